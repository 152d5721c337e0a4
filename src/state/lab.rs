//! What the Lab screen knows: pitfalls as switches, how each is set, and what came of it.

use std::sync::Arc;

use super::{BackendId, Ticket};
use crate::backend::Role;
use crate::corpus::DocumentIndex;
use crate::engine::lab::long::{Haystack, PLACES};
use crate::engine::lab::{Cut, Experiment, Job, Metric, Outcome, Setting, Trial};
use crate::engine::{Embedded, Vectors};
use crate::math::quantise::Precision;

/// What a person can do in the lab.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum LabAction {
    /// Go to the next experiment.
    NextExperiment,
    /// Go to the one before.
    PreviousExperiment,
    /// Go to this one.
    ShowExperiment(Experiment),
    /// Go to the next parameter of the experiment.
    NextParam,
    /// Raise the parameter, or go to its next value.
    RaiseParam,
    /// Lower the parameter, or go to the value before.
    LowerParam,
    /// Run what waits for a press.
    Run,
    /// Select the row with this number, from 0, in the column with the switch.
    SelectSwitched(usize),
    /// Show the ranking after so many words, from 1.
    ShowWords(usize),
}

/// One thing that can be set in place.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Param {
    /// How vectors are compared.
    Metric,
    /// How numbers are stored.
    Precision,
    /// How many dimensions are kept.
    Kept,
    /// Whether cut vectors are scaled to unit length again.
    Renormalised,
    /// The other model.
    Other,
    /// After how many words.
    Words,
    /// Where the needle is.
    Place,
    /// The least cosine that counts.
    Cutoff,
    /// The model beside this one.
    Beside,
    /// The prepared pair.
    Case,
}

/// What the Lab screen knows.
#[derive(Debug)]
pub struct Lab {
    /// The pitfall on the screen.
    pub experiment: Experiment,
    /// How vectors are compared.
    pub metric: Metric,
    /// How numbers are stored; `None` for the quantised model.
    pub precision: Option<Precision>,
    /// How many dimensions are kept, and how.
    pub cut: Cut,
    /// Whose documents the query is compared with; `None` for this model with its space rotated.
    pub other: Option<BackendId>,
    /// After how many words the ranking is shown.
    pub words: usize,
    /// Where the needle is, from 0 to [`PLACES`] − 1.
    pub place: usize,
    /// The least cosine that counts, in hundredths.
    pub cutoff: i8,
    /// The model whose cut-offs stand beside.
    pub beside: Option<BackendId>,
    /// The parameter that can be changed now, as a place in [`Lab::params`].
    param: usize,
    /// What came of the newest job that was done.
    pub shown: Option<Shown>,
    /// What keeps the experiment as it is set from being done, or from being whole.
    pub waits: Option<Waits>,
    /// The text around the needle, of the newest experiment with one.
    pub haystack: Option<Arc<Haystack>>,
    /// What it was made of, and its texts.
    pub(super) hay: Option<(Arc<Vectors>, Vec<String>)>,
    /// The job that was asked for last, and the backend that was on the screen then.
    pub(super) asked: Option<(Ticket, BackendId, Job)>,
    /// Whether it was answered.
    pub(super) answered: bool,
    /// Texts that were asked for, at most one list of each backend and experiment.
    pub(super) texts: Vec<Texts>,
    /// What the person pressed the key for.
    pub(super) agreed: Vec<Errand>,
    /// The vectors of no texts, once they were needed: always the same, so that nothing is done twice with them.
    pub(super) nothing: Option<Arc<Embedded>>,
}

/// What came of a job.
#[derive(Debug, Clone, PartialEq)]
pub struct Shown {
    /// The experiment.
    pub experiment: Experiment,
    /// The backend that was on the screen.
    pub backend: BackendId,
    /// The query, if it is about one.
    pub query: Option<String>,
    /// The answer.
    pub outcome: Outcome,
}

/// Why there is no answer, or not all of it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Waits {
    /// Nothing is typed.
    Query,
    /// The ranking or the vectors are on their way, or something is wrong with the backend, which says so itself.
    Backend(BackendId),
    /// Texts are being embedded: so many of so many.
    Texts(usize, usize),
    /// A press of the key does it; the text says what.
    Press(Errand),
    /// It cannot be done; the text says why.
    Never(String),
    /// Something went wrong, and can be tried again; the text says what.
    Failed(String),
}

/// What waits for a press of a key.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Errand {
    /// Make a backend ready, which may have to be fetched.
    Open(BackendId),
    /// Compare a query with another model's documents, though it means nothing.
    Mix(BackendId),
    /// Embed texts that cost time or money.
    Embed {
        /// With which backend.
        backend: BackendId,
        /// For which experiment.
        experiment: Experiment,
        /// Which.
        texts: Vec<String>,
        /// The limit that is assumed where none is known.
        assumed_limit: Option<usize>,
    },
}

/// Texts that were asked for.
#[derive(Debug)]
pub(super) struct Texts {
    pub(super) backend: BackendId,
    pub(super) experiment: Experiment,
    pub(super) role: Role,
    pub(super) wanted: Vec<String>,
    /// Of the newest request.
    pub(super) ticket: Ticket,
    /// How many of them it is about.
    pub(super) asked: usize,
    /// Those that are there, from the first on.
    pub(super) embedded: Option<Arc<Embedded>>,
    pub(super) failed: Option<String>,
}

/// How the switches of the lab are set, to be put back.
#[derive(Debug, Clone, Copy)]
pub(super) struct Switches {
    experiment: Experiment,
    metric: Metric,
    precision: Option<Precision>,
    cut: Cut,
    other: Option<BackendId>,
    words: usize,
    place: usize,
    cutoff: i8,
    beside: Option<BackendId>,
}

impl Texts {
    /// How many are there.
    pub(super) fn done(&self) -> usize {
        self.embedded.as_ref().map_or(0, |embedded| embedded.infos.len())
    }

    /// Whether nobody has answered the newest request yet.
    pub(super) fn is_waiting(&self) -> bool {
        self.failed.is_none() && self.done() < self.asked
    }
}

impl Lab {
    /// What can be set.
    #[must_use]
    pub fn params(&self) -> &'static [Param] {
        match self.experiment {
            Experiment::Normalisation => &[Param::Metric],
            Experiment::Precision => &[Param::Precision],
            Experiment::Dimensions => &[Param::Kept, Param::Renormalised],
            Experiment::Mixing => &[Param::Other],
            Experiment::Short => &[Param::Words],
            Experiment::Long => &[Param::Place],
            Experiment::Threshold => &[Param::Cutoff, Param::Beside],
            Experiment::Misleading => &[Param::Case],
        }
    }

    /// What the keys change now.
    #[must_use]
    pub fn chosen(&self) -> Param {
        let params = self.params();
        params[self.param.min(params.len() - 1)]
    }

    /// The setting as it is.
    #[must_use]
    pub fn setting(&self) -> Setting {
        match self.experiment {
            Experiment::Normalisation => Setting::Metric(self.metric),
            Experiment::Precision => self.precision.map_or(Setting::QuantisedModel, Setting::Precision),
            Experiment::Dimensions => Setting::Cut(self.cut),
            Experiment::Mixing if self.other.is_none() => Setting::Rotated,
            Experiment::Mixing => Setting::OtherModel,
            Experiment::Short => Setting::FirstWords(self.words),
            Experiment::Long => Setting::NeedleAt(self.place),
            Experiment::Threshold => Setting::Cutoff(self.cutoff),
            Experiment::Misleading => Setting::Words,
        }
    }

    /// Sets a switch one way, and shows it.
    pub(super) fn set(&mut self, setting: Setting) {
        self.show(setting.experiment());
        match setting {
            Setting::Metric(metric) => self.metric = metric,
            Setting::Precision(precision) => self.precision = Some(precision),
            Setting::QuantisedModel => self.precision = None,
            Setting::Cut(cut) => self.cut = cut,
            Setting::Rotated => self.other = None,
            Setting::FirstWords(words) => self.words = words,
            Setting::NeedleAt(place) => self.place = place,
            Setting::Cutoff(cutoff) => self.cutoff = cutoff,
            // Which other model is a person's to say; words have nothing to set.
            Setting::OtherModel | Setting::Words => {}
        }
    }

    /// How everything is set.
    pub(super) fn switches(&self) -> Switches {
        let Self { experiment, metric, precision, cut, other, words, place, cutoff, beside, .. } = *self;
        Switches { experiment, metric, precision, cut, other, words, place, cutoff, beside }
    }

    /// Sets everything as it was.
    pub(super) fn put_back(&mut self, switches: Switches) {
        let Switches { experiment, metric, precision, cut, other, words, place, cutoff, beside } = switches;
        self.show(experiment);
        (self.metric, self.precision, self.cut, self.other) = (metric, precision, cut, other);
        (self.words, self.place, self.cutoff, self.beside) = (words, place, cutoff, beside);
    }

    /// Goes to another experiment.
    pub(super) fn show(&mut self, experiment: Experiment) {
        (self.experiment, self.param) = (experiment, 0);
    }

    /// Goes so many experiments on, or back, and round.
    pub(super) fn step(&mut self, by: isize) {
        let count = Experiment::ALL.len();
        let at = Experiment::ALL.iter().position(|&it| it == self.experiment).unwrap_or(0);
        self.show(Experiment::ALL[at.checked_add_signed(by).unwrap_or(count - 1) % count]);
    }

    pub(super) fn next_param(&mut self) {
        self.param = (self.param + 1) % self.params().len();
    }

    /// Drops what is known of a corpus. How the switches are set stays.
    pub(super) fn forget_corpus(&mut self) {
        (self.shown, self.waits, self.haystack, self.hay, self.asked) = (None, None, None, None, None);
        self.answered = false;
        self.texts.clear();
    }

    /// The answer on the screen, if it is of the experiment on the screen.
    #[must_use]
    pub fn outcome(&self) -> Option<&Outcome> {
        self.shown.as_ref().filter(|shown| shown.experiment == self.experiment).map(|shown| &shown.outcome)
    }

    /// The two rankings on the screen, if there are two.
    #[must_use]
    pub fn trial(&self) -> Option<&Trial> {
        match self.outcome()? {
            Outcome::Trial(trial) => Some(trial),
            Outcome::Settling(_, trial) => trial.as_deref(),
            Outcome::Sweep(_) | Outcome::Cutoffs(_) | Outcome::Refused(_) => None,
        }
    }

    /// Whether the answer to what is on the screen is still being worked out.
    #[must_use]
    pub fn is_working(&self) -> bool {
        self.asked.is_some() && !self.answered
    }

    /// The document in a row of the column with the switch.
    pub(super) fn switched_at(&self, row: usize) -> Option<DocumentIndex> {
        self.trial()?.switched.placed.get(row).map(|placed| placed.document)
    }

    /// Moves the needle.
    pub(super) fn move_needle(&mut self, up: bool) {
        self.place = if up { (self.place + 1).min(PLACES - 1) } else { self.place.saturating_sub(1) };
    }
}

impl Default for Lab {
    /// Each experiment is set to what the exercise warns of.
    fn default() -> Self {
        Self {
            experiment: Experiment::default(),
            metric: Metric::DotProduct,
            precision: Some(Precision::F16),
            cut: Cut { kept: 64, renormalised: true },
            other: None,
            words: 2,
            place: 0,
            cutoff: 80,
            beside: None,
            param: 0,
            shown: None,
            waits: None,
            haystack: None,
            hay: None,
            asked: None,
            answered: false,
            texts: Vec::new(),
            agreed: Vec::new(),
            nothing: None,
        }
    }
}
