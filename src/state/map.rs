//! What the Map screen knows: the corpus in two dimensions.

/// What the Map screen knows: the corpus in two dimensions.
#[derive(Debug, Default)]
pub struct Map {}
