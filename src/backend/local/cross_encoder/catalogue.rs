//! The cross-encoders that are known by name: which files of which repository each is made of.

use fastembed::{RerankerModelInfo, TextRerank};

use crate::backend::BackendError;
use crate::backend::local::catalogue::TOKENIZER_FILES;

/// A cross-encoder that can be fetched.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CrossEncoderModel {
    /// Short and unique, e.g. `bge-reranker-base`.
    pub name: String,
    /// Its repository on the Hugging Face hub, e.g. `BAAI/bge-reranker-base`.
    pub repository: String,
    /// The model's file in the repository.
    pub model_file: String,
    /// Files with weights of their own beside the model.
    pub weight_files: Vec<String>,
}

impl CrossEncoderModel {
    /// Every file that is needed, as paths in the repository.
    #[must_use]
    pub fn files(&self) -> Vec<&str> {
        let weights = self.weight_files.iter().map(String::as_str);
        TOKENIZER_FILES.into_iter().chain(weights).chain([self.model_file.as_str()]).collect()
    }
}

impl From<RerankerModelInfo> for CrossEncoderModel {
    fn from(info: RerankerModelInfo) -> Self {
        let name = info.model_code.rsplit('/').next().unwrap_or(&info.model_code).to_owned();
        Self { name, repository: info.model_code, model_file: info.model_file, weight_files: info.additional_files }
    }
}

/// All of them: the one that most people know, and those of fastembed.
#[must_use]
pub fn all() -> Vec<CrossEncoderModel> {
    let ms_marco = CrossEncoderModel {
        name: "ms-marco-MiniLM-L6-v2".into(),
        repository: "cross-encoder/ms-marco-MiniLM-L6-v2".into(),
        model_file: "onnx/model.onnx".into(),
        weight_files: Vec::new(),
    };
    [ms_marco].into_iter().chain(TextRerank::list_supported_models().into_iter().map(Into::into)).collect()
}

/// The model that a person means, by its name or its repository, in capitals or not.
///
/// # Errors
/// [`BackendError::NotConfigured`] names those that there are.
pub fn find(wanted: &str) -> Result<CrossEncoderModel, BackendError> {
    // Its makers renamed it; the old name is in many a text.
    let wanted = wanted.trim().to_lowercase().replace("ms-marco-minilm-l-6-v2", "ms-marco-minilm-l6-v2");
    let models = all();
    let is_called = |name: &str| name.to_lowercase() == wanted;
    let found = models.iter().find(|model| is_called(&model.name) || is_called(&model.repository));
    found.cloned().ok_or_else(|| {
        let names: Vec<&str> = models.iter().map(|model| model.name.as_str()).collect();
        BackendError::NotConfigured(format!("no cross-encoder is called \"{wanted}\"; there are {}", names.join(", ")))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn models_are_found_by_the_names_people_know() {
        for (wanted, repository) in [
            ("cross-encoder/ms-marco-MiniLM-L-6-v2", "cross-encoder/ms-marco-MiniLM-L6-v2"),
            ("ms-marco-MiniLM-L6-v2", "cross-encoder/ms-marco-MiniLM-L6-v2"),
            ("BAAI/bge-reranker-base", "BAAI/bge-reranker-base"),
            ("BGE-reranker-v2-m3", "rozgo/bge-reranker-v2-m3"),
            ("jina-reranker-v1-turbo-en", "jinaai/jina-reranker-v1-turbo-en"),
            ("jina-reranker-v2-base-multilingual", "jinaai/jina-reranker-v2-base-multilingual"),
        ] {
            let model = find(wanted).expect(wanted);
            assert_eq!(model.repository, repository);
            assert!(model.files().contains(&"tokenizer.json") && model.files().contains(&model.model_file.as_str()));
        }
        assert!(find("BGE-reranker-v2-m3").expect("known").files().contains(&"model.onnx.data"));
    }

    #[test]
    fn an_unknown_name_is_answered_with_those_there_are() {
        let error = find("bge-reranker-huge").expect_err("there is none").to_string();
        assert!(error.contains("\"bge-reranker-huge\"") && error.contains("bge-reranker-base"), "{error}");
    }
}
