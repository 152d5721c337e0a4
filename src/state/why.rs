//! What is known of the selected sentence beside its score.

/// What is known of the selected sentence beside its score.
#[derive(Debug, Default)]
pub struct Why {}
