//! The options of `vecscope lab`.

use clap::Args;

use super::TableFormat;
use crate::engine::lab::Experiment;

/// Which pitfall, and how it is set.
#[derive(Debug, Clone, Args)]
pub struct LabArgs {
    /// The pitfall; without it, all are listed with what can be set
    #[arg(value_name = "NAME", value_parser = Experiment::named)]
    pub experiment: Option<Experiment>,

    /// What to rank by; threshold needs none, and misleading goes through its prepared pairs without one
    #[arg(long, value_name = "QUERY", requires = "experiment")]
    pub query: Option<String>,

    /// How to set it [default: every way there is, where that can be listed]
    #[arg(long, value_name = "SETTING", requires = "experiment", allow_hyphen_values = true)]
    pub setting: Option<String>,

    /// The other backend, by its name in the config: whose corpus mixing takes, whose cut-offs threshold puts beside, or the
    /// quantised model of precision
    #[arg(long, value_name = "NAME", requires = "experiment")]
    pub other: Option<String>,

    /// How to print it
    #[arg(long, value_enum, default_value_t = TableFormat::Table)]
    pub format: TableFormat,
}
