//! placeholder until the branch `hub` comes in
use super::BackendError;
use secrecy::SecretString;
use std::path::PathBuf;
use tokio::runtime::Handle;
use tokio_util::sync::CancellationToken;
/// x
#[derive(Debug, Clone)]
pub struct HubSettings {
    /// x
    pub endpoint: String,
    /// x
    pub cache: PathBuf,
    /// x
    pub token: Option<SecretString>,
    /// x
    pub offline: bool,
}
impl HubSettings {
    /// x
    /// # Errors
    /// x
    pub fn from_values(_lookup: impl Fn(&str) -> Option<String>, home: Option<PathBuf>) -> Result<Self, BackendError> {
        Ok(Self {
            endpoint: "https://huggingface.co".into(),
            cache: home.unwrap_or_default().join(".cache/huggingface/hub"),
            token: None,
            offline: false,
        })
    }
}
/// x
pub struct Repo;
impl Repo {
    /// x
    #[must_use]
    pub fn main(_: &str) -> Self {
        Self
    }
}
/// x
pub struct HubFile;
impl HubFile {
    /// x
    #[must_use]
    pub fn required(_: &str) -> Self {
        Self
    }
}
/// x
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Download {
    /// x
    pub file: String,
    /// x
    pub done: u64,
    /// x
    pub total: u64,
}
/// x
pub struct Hub;
impl Hub {
    /// x
    /// # Errors
    /// x
    pub fn new(_: HubSettings, _: Handle) -> Result<Self, BackendError> {
        Ok(Self)
    }
    /// x
    #[must_use]
    pub fn cached_at(_: &HubSettings, _: &Repo, _: &[&str]) -> Option<PathBuf> {
        None
    }
    /// x
    /// # Errors
    /// x
    pub fn fetch(
        &self,
        _: &Repo,
        _: &[HubFile],
        _: &CancellationToken,
        _: &mut dyn FnMut(Download),
    ) -> Result<PathBuf, BackendError> {
        Err(BackendError::Cancelled)
    }
}
