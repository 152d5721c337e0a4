//! Which backend makes vectors like those of a collection.

use crate::store::chroma::Collection;

/// A configured backend, as far as it is known before it is opened.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Candidate {
    /// Its name in the config.
    pub(super) name: String,
    /// The model's own name.
    pub(super) model: String,
    /// The length of its vectors, where that is known.
    pub(super) dimensions: Option<usize>,
}

/// The backend that was found.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Found {
    /// Its name in the config.
    pub(super) backend: String,
    /// Why it was taken, where nobody named it.
    pub(super) why: Option<String>,
}

/// Finds the backend: the one that was asked for; else that of the model that the collection names; else the only one
/// whose vectors have the collection's size.
///
/// # Errors
/// Says both sizes where the one that was asked for makes others, and which backends there are where none can be found.
pub(super) fn recognise(
    collection: &Collection,
    dimensions: usize,
    candidates: &[Candidate],
    asked: Option<&str>,
) -> Result<Found, String> {
    let name = &collection.name;
    if let Some(asked) = asked {
        let candidate = candidates.iter().find(|candidate| candidate.name == asked);
        return match candidate.and_then(|candidate| candidate.dimensions) {
            Some(other) if other != dimensions => Err(format!(
                "the collection {name} has vectors of {dimensions} dimensions, and the backend {asked} makes vectors of \
                 {other}: they come from different models"
            )),
            _ => Ok(Found { backend: asked.to_owned(), why: None }),
        };
    }
    let fits = |candidate: &&Candidate| candidate.dimensions.is_none_or(|other| other == dimensions);
    if let Some(model) = collection.model() {
        let same = |candidate: &&Candidate| base_name(&candidate.model) == base_name(model);
        if let Some(candidate) = candidates.iter().filter(same).find(fits) {
            let why = format!(
                "queries are embedded by {}: the collection {name} says that it was made with {model}",
                candidate.name
            );
            return Ok(Found { backend: candidate.name.clone(), why: Some(why) });
        }
    }
    let mut sized = candidates.iter().filter(|candidate| candidate.dimensions == Some(dimensions));
    match (sized.next(), sized.next(), collection.model()) {
        (Some(only), None, None) => Ok(Found {
            backend: only.name.clone(),
            why: Some(format!(
                "queries are embedded by {}, the only backend with {dimensions} dimensions: the collection {name} does \
                 not say what it was made with",
                only.name
            )),
        }),
        (_, _, model) => Err(unknown(collection, dimensions, candidates, model)),
    }
}

/// What to say where nothing but the person knows.
fn unknown(collection: &Collection, dimensions: usize, candidates: &[Candidate], model: Option<&str>) -> String {
    let said = model.map_or_else(|| "and does not say from which model".into(), |model| format!("from {model}"));
    let backends: Vec<String> = candidates
        .iter()
        .map(|Candidate { name, dimensions, .. }| match dimensions {
            Some(dimensions) => format!("{name} ({dimensions})"),
            None => format!("{name} (size not known)"),
        })
        .collect();
    format!(
        "the collection {} has vectors of {dimensions} dimensions {said}; name the backend that made them with --backend: {}",
        collection.name,
        backends.join(", ")
    )
}

/// A model's name without whose it is, nor which version of its files: `BAAI/bge-m3:latest` is `bge-m3`.
fn base_name(model: &str) -> String {
    let name = model.rsplit('/').next().unwrap_or(model);
    name.split(':').next().unwrap_or(name).to_lowercase()
}
