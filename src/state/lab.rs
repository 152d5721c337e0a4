//! What the Lab screen knows: pitfalls as switches.

use crate::engine::lab::Experiment;

/// What the Lab screen knows: pitfalls as switches.
#[derive(Debug, Default)]
pub struct Lab {
    /// The pitfall on the screen.
    pub experiment: Experiment,
}
