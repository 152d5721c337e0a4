//! Pitfalls as switches: each changes one thing about how vectors are made or compared, and shows what that does to a
//! ranking.

/// One pitfall.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub enum Experiment {
    /// No normalisation: the dot product of raw vectors, or the distance between them, in place of the cosine.
    #[default]
    Normalisation,
    /// Vectors in fewer bits, and a quantised model.
    Precision,
    /// The first dimensions alone.
    Dimensions,
    /// The query from one model, the corpus from another.
    Mixing,
    /// The ranking after each word of the query.
    Short,
    /// What a model does not see of a long text.
    Long,
    /// A cosine that counts as relevant.
    Threshold,
    /// What cosines do not hear: language, negation, numbers and identifiers.
    Misleading,
}

impl Experiment {
    /// All of them, in the order in which they are shown.
    pub const ALL: [Self; 8] = [
        Self::Normalisation,
        Self::Precision,
        Self::Dimensions,
        Self::Mixing,
        Self::Short,
        Self::Long,
        Self::Threshold,
        Self::Misleading,
    ];

    /// What it is called, on the screen and on the command line.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Normalisation => "normalisation",
            Self::Precision => "precision",
            Self::Dimensions => "dimensions",
            Self::Mixing => "mixing",
            Self::Short => "short",
            Self::Long => "long",
            Self::Threshold => "threshold",
            Self::Misleading => "misleading",
        }
    }
}
