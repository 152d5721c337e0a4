//! A collection: its space, the model that its vectors are said to come from, and whose it is.

use serde_json::{Map, Value};

use super::wire::CollectionBody;
use crate::backend::Identity;
use crate::math::space::Space;

/// What a collection that was made here says of itself.
pub(super) const MODEL: &str = "vecscope_model";
pub(super) const DETAILS: &str = "vecscope_details";
pub(super) const CORPUS: &str = "vecscope_corpus";

/// What vecscope alone has to know of a record or a collection.
pub(super) const OWN: &str = "vecscope_";

/// The model of Chroma's own clients where nobody names another.
const DEFAULT_MODEL: &str = "all-MiniLM-L6-v2";

/// A collection of a Chroma server.
#[derive(Debug, Clone, PartialEq)]
pub struct Collection {
    /// By which it is asked for.
    pub(super) id: String,
    /// Its name.
    pub name: String,
    /// By what its vectors are compared.
    pub space: Space,
    /// The length of its vectors; `None` while it has none.
    pub dimensions: Option<usize>,
    /// What else is said of it.
    pub metadata: Map<String, Value>,
    /// The embedding function that a client has written down for it, and the model of that.
    embedding_function: Option<(String, Option<String>)>,
}

impl Collection {
    /// # Errors
    /// Where its space is none that there is.
    pub(super) fn from_body(body: CollectionBody) -> Result<Self, String> {
        let CollectionBody { id, name, metadata, dimension, configuration_json: configuration } = body;
        let metadata = metadata.unwrap_or_default();
        let configured = [&configuration["hnsw"]["space"], &configuration["spann"]["space"]];
        // Older clients and servers keep it in the metadata.
        let space = configured.into_iter().chain(metadata.get("hnsw:space")).find_map(Value::as_str);
        let space = match space {
            Some(space) => Space::of_name(space)
                .ok_or_else(|| format!("the collection {name} has the space {space}, which vecscope does not know"))?,
            None => Space::Euclidean,
        };
        let function = &configuration["embedding_function"];
        let embedding_function = function["name"].as_str().map(|name| {
            let config = &function["config"];
            let model =
                [&config["model_name"], &config["model"], &config["model_id"]].into_iter().find_map(Value::as_str);
            (name.to_owned(), model.map(str::to_owned))
        });
        Ok(Self { id, name, space, dimensions: dimension, metadata, embedding_function })
    }

    /// The model that its vectors come from, as far as the collection says so: its embedding function's, or what made it
    /// here. Nobody has to tell Chroma the truth.
    #[must_use]
    pub fn model(&self) -> Option<&str> {
        let said = |key: &str| self.metadata.get(key).and_then(Value::as_str);
        let function = self.embedding_function.as_ref().and_then(|(name, model)| match (name.as_str(), model) {
            (_, Some(model)) => Some(model.as_str()),
            ("default" | "onnx_mini_lm_l6_v2", None) => Some(DEFAULT_MODEL),
            (_, None) => None,
        });
        said(MODEL).or(said("embedding_model")).or(function)
    }

    /// The model that filled it, where it was made here.
    #[must_use]
    pub fn identity(&self) -> Option<Identity> {
        let said = |key: &str| self.metadata.get(key).and_then(Value::as_str).map(str::to_owned);
        Some(Identity { model: said(MODEL)?, details: said(DETAILS)? })
    }

    /// The corpus that it keeps, where it was made here.
    #[must_use]
    pub fn corpus(&self) -> Option<&str> {
        self.identity().and_then(|_| self.metadata.get(CORPUS)).and_then(Value::as_str)
    }

    /// What a person or a client has said of it, as `key=value`, and nothing that only vecscope has to know.
    #[must_use]
    pub fn said(&self) -> Vec<(&str, &Value)> {
        let others = |key: &&String| !key.starts_with(OWN) && !key.starts_with("hnsw:");
        let mut said: Vec<(&str, &Value)> =
            self.metadata.iter().filter(|(key, _)| others(key)).map(|(key, value)| (key.as_str(), value)).collect();
        said.sort_unstable_by_key(|(key, _)| *key);
        said
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn collection(metadata: &Value, configuration: &Value) -> Result<Collection, String> {
        let body = json!({ "id": "1", "name": "notes", "metadata": metadata, "dimension": 3, "configuration_json": configuration });
        Collection::from_body(serde_json::from_value(body).expect("a collection"))
    }

    #[test]
    fn the_space_is_found_wherever_clients_have_put_it() {
        for (metadata, configuration, space) in [
            (Value::Null, json!({ "hnsw": { "space": "ip" }, "spann": null }), Space::InnerProduct),
            (Value::Null, json!({ "hnsw": null, "spann": { "space": "cosine" } }), Space::Cosine),
            (json!({ "hnsw:space": "cosine" }), json!({}), Space::Cosine),
            // What there is when nobody chose.
            (json!({}), json!({}), Space::Euclidean),
        ] {
            assert_eq!(collection(&metadata, &configuration).expect("a known space").space, space);
        }
        let error = collection(&json!({ "hnsw:space": "manhattan" }), &json!({})).expect_err("no such space");
        assert!(error.contains("notes") && error.contains("manhattan"), "{error}");
    }

    #[test]
    fn the_model_is_what_made_it_or_what_its_embedding_function_names() {
        let function = |name: &str, config: Value| json!({ "embedding_function": { "type": "known", "name": name, "config": config } });
        for (metadata, configuration, model) in [
            (json!({}), function("default", json!({})), Some("all-MiniLM-L6-v2")),
            (
                json!({}),
                function("openai", json!({ "model_name": "text-embedding-3-small" })),
                Some("text-embedding-3-small"),
            ),
            (json!({}), function("mine", json!({})), None),
            (json!({}), json!({ "embedding_function": { "type": "legacy" } }), None),
            (json!({ "vecscope_model": "e5" }), function("default", json!({})), Some("e5")),
        ] {
            assert_eq!(collection(&metadata, &configuration).expect("a collection").model(), model);
        }
    }

    #[test]
    fn only_what_others_said_is_shown() {
        let metadata = json!({ "vecscope_model": "m", "hnsw:space": "l2", "owner": "me", "count": 2 });
        let collection = collection(&metadata, &json!({})).expect("a collection");
        assert_eq!(collection.said(), [("count", &json!(2)), ("owner", &json!("me"))]);
        assert_eq!(collection.identity(), None);
    }
}
