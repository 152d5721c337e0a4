//! Options and arguments for Chroma.

use clap::{Args, ValueEnum};

use super::SearchFormat;

/// Where vectors are kept between runs.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, ValueEnum)]
pub enum StoreName {
    /// In a file of the cache folder
    #[default]
    Sqlite,
    /// In a collection of a Chroma server, with the texts, and searched there
    Chroma,
}

/// What is meant on a Chroma server. The token for it is taken from a variable.
#[derive(Debug, Default, Args)]
#[command(next_help_heading = "Chroma")]
pub struct ChromaArgs {
    /// Where the vectors of the corpus are kept between runs [default: sqlite]
    #[arg(long, global = true, value_enum, value_name = "STORE")]
    pub store: Option<StoreName>,

    /// The Chroma server [default: http://localhost:8000]
    #[arg(long, global = true, value_name = "URL")]
    pub chroma_url: Option<String>,

    /// The collection on the Chroma server
    #[arg(long, global = true, value_name = "NAME")]
    pub collection: Option<String>,

    /// The tenant on the Chroma server [default: default_tenant]
    #[arg(long, global = true, value_name = "NAME")]
    pub tenant: Option<String>,

    /// The database on the Chroma server [default: default_database]
    #[arg(long, global = true, value_name = "NAME")]
    pub database: Option<String>,
}

/// Which collection to look at, and how.
#[derive(Debug, Args)]
pub struct BrowseArgs {
    /// The server and, after a slash, the collection, such as http://localhost:8000/notes; without a collection, those
    /// that there are are listed
    #[arg(value_name = "URL[/COLLECTION]")]
    pub place: String,
    /// What to rank by, once and without the explorer
    pub query: Option<String>,
    /// Measure what the way of searching finds of what the exact one does, by 100 documents as queries
    #[arg(long, requires = "query")]
    pub measure_recall: bool,
    /// Change the collection as the corpus is changed in the explorer; without it, nothing is ever written there
    #[arg(long)]
    pub write: bool,
    /// How to print a ranking or the list of collections
    #[arg(long, value_enum, default_value_t = SearchFormat::Table)]
    pub format: SearchFormat,
}

impl BrowseArgs {
    /// The server's URL and the collection's name, if there is one: what stands after the last slash of a path. A URL
    /// with a slash at its end names no collection, nor does one with a collection that is named beside it.
    #[must_use]
    pub fn server_and_collection<'a>(&'a self, collection: Option<&'a str>) -> (&'a str, Option<&'a str>) {
        let place = self.place.trim();
        if collection.is_some() {
            return (place, collection);
        }
        let path = place.find("://").map_or(0, |scheme| scheme + 3);
        match place[path..].rsplit_once('/') {
            Some((_, "")) | None => (place, None),
            Some((before, name)) => (&place[..path + before.len()], Some(name)),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_collection_is_what_stands_after_the_last_slash() {
        for (place, expected) in [
            ("http://localhost:8000", ("http://localhost:8000", None)),
            ("http://localhost:8000/", ("http://localhost:8000/", None)),
            ("http://localhost:8000/notes", ("http://localhost:8000", Some("notes"))),
            ("https://h/chroma/notes", ("https://h/chroma", Some("notes"))),
            ("https://h/chroma/", ("https://h/chroma/", None)),
            ("localhost:8000/notes", ("localhost:8000", Some("notes"))),
        ] {
            let args = BrowseArgs {
                place: place.into(),
                query: None,
                write: false,
                measure_recall: false,
                format: SearchFormat::Table,
            };
            assert_eq!(args.server_and_collection(None), expected);
        }
        let args = BrowseArgs {
            place: "https://h/chroma".into(),
            query: None,
            write: false,
            measure_recall: false,
            format: SearchFormat::Table,
        };
        assert_eq!(args.server_and_collection(Some("notes")), ("https://h/chroma", Some("notes")));
    }
}
