//! Options of the vector cache, and `vecscope cache`.

use std::ffi::OsString;

use bytesize::ByteSize;
use clap::builder::FalseyValueParser;
use clap::{Args, Subcommand};

use super::{TableFormat, positive};

/// Where vectors are kept between runs.
#[derive(Debug, Args)]
#[command(next_help_heading = "Vectors kept between runs")]
pub struct CacheOptions {
    /// Keep no vectors, and use none that were kept
    #[arg(long, global = true, env = "VECSCOPE_NO_CACHE", hide_env_values = true, value_parser = FalseyValueParser::new())]
    pub no_cache: bool,

    /// The folder of the vector cache [default: vecscope in the platform's cache folder]
    // Not a path for clap, which refuses a variable that is set to nothing.
    #[arg(long, global = true, env = "VECSCOPE_CACHE_DIR", hide_env_values = true, value_name = "DIR")]
    pub cache_dir: Option<OsString>,

    /// How large the vector cache may become, e.g. 500MB or 8GiB: what was not used for the longest makes room [default:
    /// 4GiB]
    #[arg(long, global = true, value_name = "SIZE")]
    pub cache_limit: Option<ByteSize>,
}

/// What `vecscope cache` takes.
#[derive(Debug, Args)]
#[command(args_conflicts_with_subcommands = true)]
pub struct CacheArgs {
    /// What to do; without it, what the cache holds is listed
    #[command(subcommand)]
    pub command: Option<CacheCommand>,

    /// How to print what the cache holds
    #[arg(long, value_enum, default_value_t = TableFormat::Table)]
    pub format: TableFormat,
}

/// What can be done with the vector cache.
#[derive(Debug, Subcommand)]
pub enum CacheCommand {
    /// Remove vectors that were not used for long, or the oldest of them
    Prune {
        /// Those that were not used for so many days [default: 90, without --to]
        #[arg(long, value_name = "DAYS", value_parser = positive)]
        older_than: Option<usize>,
        /// Those that were not used for the longest, until the cache takes no more than this, e.g. 500MB
        #[arg(long, value_name = "SIZE")]
        to: Option<ByteSize>,
    },
    /// Remove all vectors
    Clear {
        /// Only those of this model, by its name in the list
        #[arg(long, value_name = "NAME")]
        model: Option<String>,
    },
}
