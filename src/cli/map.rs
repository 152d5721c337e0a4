//! The options of `vecscope map`.

use clap::{Args, ValueEnum};

use crate::engine::chart::Phrases;
use crate::engine::groups::Grouping;

/// How a corpus is laid flat, and what is said of it.
#[derive(Debug, Clone, PartialEq, Args)]
pub struct MapArgs {
    /// What to look for on the map: its place, and its true nearest
    #[arg(long, value_name = "QUERY")]
    pub query: Option<String>,

    /// How to lay the corpus flat
    #[arg(long, value_enum, default_value_t = MethodName::Pca)]
    pub method: MethodName,

    /// Axes by meaning in place of a method: "cold -> hot", or two pairs with a comma between them
    #[arg(long, value_name = "A -> B", value_parser = Phrases::parse, conflicts_with = "method")]
    pub axes: Option<Phrases>,

    /// What documents are grouped by [default: topic where the corpus names any, else cluster]
    #[arg(long, value_enum, value_name = "WHAT")]
    pub by: Option<GroupingName>,

    /// How to print it
    #[arg(long, value_enum, default_value_t = MapFormat::Table)]
    pub format: MapFormat,
}

/// A way to lay a corpus flat.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum MethodName {
    /// The first two principal components
    Pca,
    /// t-SNE: near stays near, and nothing else means anything
    Tsne,
}

/// What documents are grouped by.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum GroupingName {
    /// What the corpus says they are about
    Topic,
    /// Where their vectors point
    Cluster,
}

impl GroupingName {
    /// The grouping itself.
    #[must_use]
    pub fn grouping(self) -> Grouping {
        match self {
            Self::Topic => Grouping::Topic,
            Self::Cluster => Grouping::Cluster,
        }
    }
}

/// How to print a map.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum MapFormat {
    /// How far it can be trusted, for people
    Table,
    /// One object with all places
    Json,
    /// A picture
    Svg,
}
