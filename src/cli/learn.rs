//! The arguments of `vecscope learn`.

use clap::Args;

use super::TableFormat;

/// Which lesson, or what to do with all of them.
#[derive(Debug, Args)]
pub struct LearnArgs {
    /// The lesson, by its name in --list [default: the list of lessons]
    #[arg(value_name = "LESSON")]
    pub lesson: Option<String>,
    /// List the lessons and which of them are done
    #[arg(long)]
    pub list: bool,
    /// How to print the list
    #[arg(long, value_enum, default_value_t = TableFormat::Table, requires = "list")]
    pub format: TableFormat,
    /// Larger, for a room: rankings are held back until you reveal them
    #[arg(long, conflicts_with = "list")]
    pub present: bool,
    /// Forget which lessons are done
    #[arg(long, conflicts_with_all = ["lesson", "list", "present"])]
    pub reset: bool,
}

impl LearnArgs {
    /// Whether a screen is wanted.
    #[must_use]
    pub fn opens_the_explorer(&self) -> bool {
        !self.list && !self.reset
    }
}
