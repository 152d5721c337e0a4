//! fastembed's catalogue of text models: what each is called, and which files of which repository it is made of.

use fastembed::{EmbeddingModel, ModelInfo, OutputKey, Pooling, QuantizationMode, TextEmbedding};

use crate::backend::BackendError;

/// The files of every model besides the model itself.
pub const TOKENIZER_FILES: [&str; 4] =
    ["tokenizer.json", "config.json", "special_tokens_map.json", "tokenizer_config.json"];

/// A text model of fastembed's catalogue.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CatalogueModel {
    /// Short and unique, e.g. `bge-small-en-v1.5`, with `-q` behind it where it is quantised.
    pub name: String,
    /// Its repository on the Hugging Face hub, e.g. `Xenova/bge-small-en-v1.5`.
    pub repository: String,
    /// The model's file in the repository.
    pub model_file: String,
    /// Files with weights of their own beside the model.
    pub weight_files: Vec<String>,
    /// The length of its vectors.
    pub dimensions: usize,
    pub(super) pooling: Pooling,
    pub(super) quantization: QuantizationMode,
    pub(super) output: Option<OutputKey>,
    /// What fastembed calls it in its own code, e.g. `BGESmallENV15`.
    code: String,
}

impl CatalogueModel {
    fn new(info: ModelInfo<EmbeddingModel>) -> Self {
        let quantization = TextEmbedding::get_quantization_mode(&info.model);
        Self {
            name: short_name(&info.model_code, &info.model_file, quantization),
            repository: info.model_code,
            model_file: info.model_file,
            weight_files: info.additional_files,
            dimensions: info.dim,
            pooling: TextEmbedding::get_default_pooling_method(&info.model).unwrap_or(Pooling::Mean),
            quantization,
            output: info.output_key,
            code: format!("{:?}", info.model),
        }
    }

    /// Every file that is needed, as paths in the repository.
    #[must_use]
    pub fn files(&self) -> Vec<&str> {
        let weights = self.weight_files.iter().map(String::as_str);
        TOKENIZER_FILES.into_iter().chain(weights).chain([self.model_file.as_str()]).collect()
    }

    /// The name without the mark of a quantised model: limits and prompts are those of the model it was made from.
    #[must_use]
    pub fn base_name(&self) -> &str {
        self.name.strip_suffix("-q4").or_else(|| self.name.strip_suffix("-q")).unwrap_or(&self.name)
    }
}

/// All models, by name.
#[must_use]
pub fn all() -> Vec<CatalogueModel> {
    let mut models: Vec<_> = TextEmbedding::list_supported_models().into_iter().map(CatalogueModel::new).collect();
    models.sort_by(|a, b| a.name.cmp(&b.name));
    models
}

/// The model that a person means: by its short name, its repository, with or without what stands before the slash, or
/// its name in fastembed's code, in capitals or not. Of a repository that holds several it is the one at full precision.
///
/// # Errors
/// [`BackendError::NotConfigured`] names those that are like it.
pub fn find(wanted: &str) -> Result<CatalogueModel, BackendError> {
    let models = all();
    let wanted = wanted.trim().to_lowercase();
    let is_called = |name: &str| name.to_lowercase() == wanted;
    let by_name = models.iter().find(|model| is_called(&model.name) || is_called(&model.code));
    let by_repository = || {
        let mut found: Vec<_> = models.iter().filter(|model| in_repository(model, &wanted)).collect();
        found.sort_by_key(|model| model.name.len());
        found.into_iter().next()
    };
    by_name.or_else(by_repository).cloned().ok_or_else(|| unknown(&wanted, &models))
}

fn in_repository(model: &CatalogueModel, wanted: &str) -> bool {
    let repository = model.repository.to_lowercase();
    // The models of sentence-transformers are in repositories of those who converted them.
    repository == wanted || wanted.rsplit_once('/').is_some_and(|(_, name)| name == model.name.to_lowercase())
}

fn unknown(wanted: &str, models: &[CatalogueModel]) -> BackendError {
    let parts: Vec<&str> = wanted.split(['-', '_', '/', '.']).filter(|part| part.len() > 2).collect();
    let likeness =
        |model: &CatalogueModel| parts.iter().filter(|&&part| model.name.to_lowercase().contains(part)).count();
    let mut like: Vec<&CatalogueModel> = models.iter().filter(|model| likeness(model) > 0).collect();
    like.sort_by_key(|model| std::cmp::Reverse(likeness(model)));
    let names: Vec<&str> = like.iter().take(4).map(|model| model.name.as_str()).collect();
    let advice = if names.is_empty() {
        "`vecscope models --all` lists them".to_owned()
    } else {
        format!("there are {}; `vecscope models --all` lists them all", names.join(", "))
    };
    BackendError::NotConfigured(format!("no model of the catalogue is called \"{wanted}\"; {advice}"))
}

/// `Qdrant/bge-small-en-v1.5-onnx-Q` becomes `bge-small-en-v1.5-q`.
fn short_name(repository: &str, file: &str, quantization: QuantizationMode) -> String {
    let name = repository.rsplit('/').next().unwrap_or(repository);
    let name = ["-onnx-Q", "-onnx", "-ONNX"].iter().find_map(|ending| name.strip_suffix(ending)).unwrap_or(name);
    match (quantization, file.contains("_q4")) {
        (_, true) => format!("{name}-q4"),
        (QuantizationMode::None, false) => name.to_owned(),
        (QuantizationMode::Static | QuantizationMode::Dynamic, false) => format!("{name}-q"),
    }
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use super::*;

    #[test]
    fn every_model_has_a_name_of_its_own_and_is_found_by_it() {
        let models = all();
        let names: HashSet<_> = models.iter().map(|model| model.name.to_lowercase()).collect();
        assert_eq!(names.len(), models.len());
        assert!(models.len() > 30, "{} models", models.len());
        for model in &models {
            assert_eq!(&find(&model.name).expect("known"), model);
            assert_eq!(&find(&model.code.to_uppercase()).expect("known"), model);
        }
    }

    #[test]
    fn the_models_of_the_exercise_are_found_by_the_names_people_know() {
        for (wanted, repository) in [
            ("sentence-transformers/all-mpnet-base-v2", "Xenova/all-mpnet-base-v2"),
            ("all-mpnet-base-v2", "Xenova/all-mpnet-base-v2"),
            ("paraphrase-multilingual-MiniLM-L12-v2", "Xenova/paraphrase-multilingual-MiniLM-L12-v2"),
            ("all-MiniLM-L6-v2-q", "Xenova/all-MiniLM-L6-v2"),
            ("intfloat/multilingual-e5-small", "intfloat/multilingual-e5-small"),
            ("bge-small-en-v1.5", "Xenova/bge-small-en-v1.5"),
            ("nomic-ai/nomic-embed-text-v1.5", "nomic-ai/nomic-embed-text-v1.5"),
        ] {
            let model = find(wanted).expect(wanted);
            assert_eq!(model.repository, repository);
            assert!(model.files().contains(&"tokenizer.json") && model.files().contains(&model.model_file.as_str()));
        }
        assert_eq!(find("nomic-ai/nomic-embed-text-v1.5").expect("known").name, "nomic-embed-text-v1.5");
    }

    #[test]
    fn an_unknown_name_is_answered_with_the_names_it_is_like() {
        let error = find("bge-tiny-en").expect_err("there is none").to_string();
        assert!(error.contains("\"bge-tiny-en\"") && error.contains("bge-"), "{error}");
        let error = find("zzz").expect_err("there is none").to_string();
        assert!(error.contains("vecscope models --all"), "{error}");
    }

    #[test]
    fn limits_and_prompts_are_those_of_the_model_at_full_precision() {
        assert_eq!(find("AllMiniLML6V2Q").expect("known").base_name(), "all-MiniLM-L6-v2");
        assert_eq!(find("embeddinggemma-300m-q4").expect("known").base_name(), "embeddinggemma-300m");
    }
}
