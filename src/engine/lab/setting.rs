//! The experiments of the lab and what can be set in each, with the names they have on the screen, on the command line
//! and in lessons.

use crate::math::quantise::Precision;

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

    /// What it is about, in one line.
    #[must_use]
    pub fn about(self) -> &'static str {
        match self {
            Self::Normalisation => "the dot product, or the distance, of vectors as long as the model makes them",
            Self::Precision => "vectors in fewer bits, and the quantised model beside the full one",
            Self::Dimensions => "the first dimensions alone, renormalised or not",
            Self::Mixing => "the query from one model, the corpus from another",
            Self::Short => "the ranking after each word of the query, and how it settles",
            Self::Long => "a sentence at every place of a text that is longer than the model reads",
            Self::Threshold => "a cosine from which on a sentence counts as relevant",
            Self::Misleading => "language, negation, numbers, identifiers: where cosine misleads, and BM25 beside it",
        }
    }

    /// The experiment of a name.
    ///
    /// # Errors
    /// The text lists the names.
    pub fn named(name: &str) -> Result<Self, String> {
        let known = || Self::ALL.map(Self::name).join(", ");
        Self::ALL
            .into_iter()
            .find(|experiment| experiment.name() == name)
            .ok_or_else(|| format!("there is no experiment “{name}”; there are {}", known()))
    }

    /// What can be set, for vectors of so many dimensions, as far as that can be listed: words, places, cut-offs and
    /// backends depend on more.
    #[must_use]
    pub fn settings(self, dimensions: usize) -> Vec<Setting> {
        match self {
            Self::Normalisation => Metric::ALL.map(Setting::Metric).to_vec(),
            Self::Precision => {
                Precision::ALL.map(Setting::Precision).into_iter().chain([Setting::QuantisedModel]).collect()
            }
            Self::Dimensions => Cut::all(dimensions).into_iter().map(Setting::Cut).collect(),
            Self::Mixing => vec![Setting::Rotated, Setting::OtherModel],
            Self::Short | Self::Long | Self::Threshold => Vec::new(),
            Self::Misleading => vec![Setting::Words],
        }
    }
}

/// How two vectors are compared in place of their cosine.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Metric {
    /// q · d of the vectors as the model made them.
    DotProduct,
    /// |q − d| of the vectors as the model made them.
    Euclidean,
    /// |q − d| of vectors of unit length: √(2 − 2 cos), which ranks as the cosine does.
    UnitEuclidean,
}

impl Metric {
    /// All of them.
    pub const ALL: [Self; 3] = [Self::DotProduct, Self::Euclidean, Self::UnitEuclidean];

    /// What it is called.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::DotProduct => "dot product",
            Self::Euclidean => "Euclidean",
            Self::UnitEuclidean => "Euclidean, normalised",
        }
    }
}

/// How many dimensions are kept, the first ones, and whether what is left is scaled to unit length again.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Cut {
    /// How many are kept.
    pub kept: usize,
    /// Whether vectors have unit length afterwards.
    pub renormalised: bool,
}

impl Cut {
    /// The cuts of vectors with so many dimensions: to each power of two below that, down to 32 or, of short vectors, to 2;
    /// each renormalised and not.
    #[must_use]
    pub fn all(dimensions: usize) -> Vec<Self> {
        let least = if dimensions > 32 { 32 } else { 2 };
        let powers = (1..usize::BITS).rev().map(|bits| 1_usize << bits);
        let kept = powers.filter(|&kept| kept < dimensions && kept >= least);
        kept.flat_map(|kept| [true, false].map(|renormalised| Self { kept, renormalised })).collect()
    }

    /// What it is called.
    #[must_use]
    pub fn name(self) -> String {
        format!("{}{}", self.kept, if self.renormalised { "" } else { " not renormalised" })
    }
}

/// One switch, set one way.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Setting {
    /// How vectors are compared.
    Metric(Metric),
    /// How numbers are stored.
    Precision(Precision),
    /// The same model with quantised weights.
    QuantisedModel,
    /// How many dimensions are kept.
    Cut(Cut),
    /// The query from this model with its space rotated.
    Rotated,
    /// The corpus from another model.
    OtherModel,
    /// So many words of the query, from the first on.
    FirstWords(usize),
    /// The place of the needle in a long text, from 0 at its beginning to [`long::PLACES`](super::long::PLACES) − 1 at its
    /// end.
    NeedleAt(usize),
    /// The least cosine that counts as relevant, in hundredths.
    Cutoff(i8),
    /// Words in place of vectors: BM25.
    Words,
}

impl Setting {
    /// The experiment that it belongs to.
    #[must_use]
    pub fn experiment(self) -> Experiment {
        match self {
            Self::Metric(_) => Experiment::Normalisation,
            Self::Precision(_) | Self::QuantisedModel => Experiment::Precision,
            Self::Cut(_) => Experiment::Dimensions,
            Self::Rotated | Self::OtherModel => Experiment::Mixing,
            Self::FirstWords(_) => Experiment::Short,
            Self::NeedleAt(_) => Experiment::Long,
            Self::Cutoff(_) => Experiment::Threshold,
            Self::Words => Experiment::Misleading,
        }
    }

    /// What it is called, on the screen, on the command line and in lessons.
    #[must_use]
    pub fn name(self) -> String {
        match self {
            Self::Metric(metric) => metric.name().into(),
            Self::Precision(precision) => precision.name().into(),
            Self::QuantisedModel => "quantised model".into(),
            Self::Cut(cut) => cut.name(),
            Self::Rotated => "rotated".into(),
            Self::OtherModel => "another model".into(),
            Self::FirstWords(words) => words.to_string(),
            Self::NeedleAt(place) => (place + 1).to_string(),
            Self::Cutoff(hundredths) => format!("{:.2}", f32::from(hundredths) / 100.0),
            Self::Words => "BM25".into(),
        }
    }

    /// The setting of a name, as [`name`](Self::name) gives it; capitals do not matter.
    ///
    /// # Errors
    /// The text says what can be set.
    ///
    /// ```
    /// use vecscope::engine::lab::{Experiment, Setting};
    /// use vecscope::math::quantise::Precision;
    /// assert_eq!(Setting::named(Experiment::Precision, "4-bit"), Ok(Setting::Precision(Precision::Int4)));
    /// assert_eq!(Setting::named(Experiment::Dimensions, "64 not renormalised").unwrap().name(), "64 not renormalised");
    /// assert!(Setting::named(Experiment::Normalisation, "4-bit").is_err());
    /// ```
    pub fn named(experiment: Experiment, name: &str) -> Result<Self, String> {
        let name = name.trim().to_lowercase();
        let listed = experiment.settings(0).into_iter().find(|setting| setting.name().to_lowercase() == name);
        let parsed = match experiment {
            Experiment::Normalisation | Experiment::Precision | Experiment::Mixing | Experiment::Misleading => None,
            Experiment::Dimensions => {
                let (number, renormalised) =
                    name.strip_suffix("not renormalised").map_or((name.as_str(), true), |number| (number, false));
                let kept = number.trim().parse().ok().filter(|&kept| kept > 0);
                kept.map(|kept| Self::Cut(Cut { kept, renormalised }))
            }
            Experiment::Short => name.parse().ok().filter(|&words| words > 0).map(Self::FirstWords),
            Experiment::Long => {
                let place = name.parse().ok().filter(|place| (1..=super::long::PLACES).contains(place));
                place.map(|place| Self::NeedleAt(place - 1))
            }
            Experiment::Threshold => name.parse().ok().and_then(hundredths).map(Self::Cutoff),
        };
        listed
            .or(parsed)
            .ok_or_else(|| format!("“{name}” cannot be set for {}: {}", experiment.name(), choices(experiment)))
    }
}

/// What can be set, in words.
#[must_use]
pub fn choices(experiment: Experiment) -> String {
    match experiment {
        Experiment::Normalisation | Experiment::Precision | Experiment::Mixing | Experiment::Misleading => {
            experiment.settings(0).into_iter().map(Setting::name).collect::<Vec<_>>().join(" | ")
        }
        Experiment::Dimensions => "how many are kept, e.g. 64, or 64 not renormalised".into(),
        Experiment::Short => "how many words, from 1".into(),
        Experiment::Long => format!("the place of the sentence, from 1 to {}", super::long::PLACES),
        Experiment::Threshold => "the cut-off, from -1 to 1, e.g. 0.35".into(),
    }
}

/// A cosine in whole hundredths; `None` beyond ±1.
fn hundredths(cutoff: f32) -> Option<i8> {
    let whole = (cutoff * 100.0).round();
    #[expect(clippy::cast_possible_truncation, reason = "a whole number from −100 to 100")]
    (-100.0..=100.0).contains(&whole).then_some(whole as i8)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_setting_is_found_by_its_name() {
        for experiment in Experiment::ALL {
            assert_eq!(Experiment::named(experiment.name()), Ok(experiment));
            for setting in experiment.settings(384) {
                assert_eq!(Setting::named(experiment, &setting.name()), Ok(setting));
                assert_eq!(setting.experiment(), experiment);
            }
        }
        for setting in [Setting::FirstWords(3), Setting::NeedleAt(0), Setting::Cutoff(-7), Setting::Cutoff(100)] {
            assert_eq!(Setting::named(setting.experiment(), &setting.name()), Ok(setting));
        }
    }

    #[test]
    fn what_cannot_be_set_is_refused_with_what_can() {
        for (experiment, name) in [
            (Experiment::Dimensions, "0"),
            (Experiment::Dimensions, "many"),
            (Experiment::Short, "0"),
            (Experiment::Long, "13"),
            (Experiment::Threshold, "1.2"),
            (Experiment::Threshold, "NaN"),
            (Experiment::Precision, "5-bit"),
        ] {
            let refused = Setting::named(experiment, name).expect_err(name);
            assert!(refused.contains(&choices(experiment)), "{refused}");
        }
        assert!(Experiment::named("nothing").expect_err("no such name").contains("misleading"));
    }

    #[test]
    fn cuts_are_powers_of_two_that_leave_something() {
        let kept = |dimensions| Cut::all(dimensions).into_iter().step_by(2).map(|cut| cut.kept).collect::<Vec<_>>();
        assert_eq!(kept(384), [256, 128, 64, 32]);
        assert_eq!(kept(1536), [1024, 512, 256, 128, 64, 32]);
        assert_eq!(kept(32), [16, 8, 4, 2]);
        assert!(kept(2).is_empty() && kept(0).is_empty());
    }
}
