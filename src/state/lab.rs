//! What the Lab screen knows: pitfalls as switches.

/// What the Lab screen knows: pitfalls as switches.
#[derive(Debug, Default)]
pub struct Lab {}
