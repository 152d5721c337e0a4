//! Which Chroma server is meant, and by which token it lets people in.

use secrecy::SecretString;

use crate::backend::BackendError;
use crate::cli::chroma::ChromaArgs;
use crate::store::chroma::{ChromaSettings, Given};

/// The variable with the token: it never stands on the command line, where others can read it.
const TOKEN: &str = "CHROMA_TOKEN";

/// A Chroma server as it was chosen, before anything is checked. Its `Debug` shows no token.
#[derive(Debug, Clone)]
pub struct ChromaChoice {
    /// The collection's name.
    pub collection: Option<String>,
    tenant: Option<String>,
    database: Option<String>,
    token: Option<SecretString>,
}

impl ChromaChoice {
    pub(super) fn new(arguments: ChromaArgs) -> Self {
        let ChromaArgs { collection, tenant, database, .. } = arguments;
        let token = std::env::var(TOKEN).ok().map(SecretString::from);
        Self { collection, tenant, database, token }
    }

    /// The settings for the server at `url`, which a person calls `name`.
    ///
    /// # Errors
    /// [`BackendError::NotConfigured`] says which is wrong.
    pub fn settings(&self, name: &str, url: &str) -> Result<ChromaSettings, BackendError> {
        let Self { tenant, database, token, .. } = self;
        let (tenant, database) = (tenant.as_deref(), database.as_deref());
        ChromaSettings::new(Given { name, url, token: token.as_ref(), tenant, database })
    }
}
