//! What the Learn screen knows: guided lessons.

/// What the Learn screen knows: guided lessons.
#[derive(Debug, Default)]
pub struct Learn {}
