//! What a person does in the lab.

use unicode_segmentation::UnicodeSegmentation;

use crate::corpus::bundled;
use crate::engine::lab::{Cut, Experiment, Metric, short};
use crate::math::quantise::Precision;
use crate::state::lab::{Errand, LabAction, Param, Waits};
use crate::state::{BackendId, Effect, Phase, State};

impl State {
    pub(in crate::state::update) fn act_in_lab(&mut self, action: LabAction) -> Vec<Effect> {
        match action {
            LabAction::NextExperiment => self.lab.step(1),
            LabAction::PreviousExperiment => self.lab.step(-1),
            LabAction::ShowExperiment(experiment) => self.lab.show(experiment),
            LabAction::NextParam => self.lab.next_param(),
            LabAction::RaiseParam => return self.adjust_lab(true),
            LabAction::LowerParam => return self.adjust_lab(false),
            LabAction::Run => return self.run_experiment(),
            LabAction::SelectSwitched(row) => return self.select_switched(row),
            LabAction::ShowWords(words) => self.lab.words = words.max(1),
        }
        Vec::new()
    }

    /// Raises or lowers the parameter. Choices go round; numbers, and how fine they are, stop at both ends.
    fn adjust_lab(&mut self, up: bool) -> Vec<Effect> {
        match self.lab.chosen() {
            Param::Metric => self.lab.metric = next(&Metric::ALL, &self.lab.metric, up),
            Param::Precision => {
                // From the coarsest up, so that raising it is finer; the quantised model is below them all.
                let all: Vec<_> = std::iter::once(None).chain(Precision::ALL.into_iter().rev().map(Some)).collect();
                self.lab.precision = next_or_last(&all, &self.lab.precision, up);
            }
            Param::Kept => {
                let dimensions = self.ranking().map_or(0, |ranking| ranking.vector.len());
                let dimensions =
                    if dimensions == 0 { super::dimensions(self.panel()).unwrap_or(0) } else { dimensions };
                // From the fewest up, so that raising it keeps more.
                let mut kept: Vec<usize> = Cut::all(dimensions).into_iter().rev().map(|cut| cut.kept).collect();
                kept.dedup();
                self.lab.cut.kept = stop_at_ends(&kept, self.lab.cut.kept, up);
            }
            Param::Renormalised => self.lab.cut.renormalised = !self.lab.cut.renormalised,
            Param::Other => self.lab.other = self.next_backend(self.lab.other, up),
            Param::Beside => self.lab.beside = self.next_backend(self.lab.beside, up),
            Param::Words => {
                let all = self.query.text().unicode_words().count().max(1);
                self.lab.words = stop_at_ends(&short::looked_at(all), self.lab.words.min(all), up);
            }
            Param::Place => self.lab.move_needle(up),
            Param::Cutoff => {
                let by = if up { 1 } else { -1 };
                self.lab.cutoff = (self.lab.cutoff + by).clamp(-100, 100);
            }
            Param::Case => return self.next_case(up),
        }
        Vec::new()
    }

    /// The other backends one after the other, and none.
    fn next_backend(&self, current: Option<BackendId>, up: bool) -> Option<BackendId> {
        let others = (0..self.panels.len()).map(BackendId).filter(|id| *id != self.active).map(Some);
        let all: Vec<_> = std::iter::once(None).chain(others).collect();
        next(&all, &current, up)
    }

    /// Takes the query of the next prepared pair.
    fn next_case(&mut self, up: bool) -> Vec<Effect> {
        if !self.corpus.bundled {
            self.notice = Some("the prepared pairs are of the bundled corpus; type a query of your own".into());
            return Vec::new();
        }
        let cases = bundled::cases();
        let at = cases.iter().position(|case| case.query == self.query.text());
        let next = match (at, up) {
            (None, true) => 0,
            (None, false) => cases.len() - 1,
            (Some(at), true) => (at + 1) % cases.len(),
            (Some(at), false) => (at + cases.len() - 1) % cases.len(),
        };
        self.take_as_query(&cases[next].query)
    }

    /// With nothing typed: takes the query that the experiment is shown best with.
    pub(in crate::state::update) fn take_prepared(&mut self) -> Vec<Effect> {
        match self.prepared_query() {
            Some(query) => self.take_as_query(&query),
            None => Vec::new(),
        }
    }

    /// The query that an experiment is shown best with: over the bundled corpus one that was written for it, else the first
    /// sentence of the corpus.
    #[must_use]
    pub fn prepared_query(&self) -> Option<String> {
        if !self.corpus.bundled {
            return self.corpus.documents.first().map(|document| document.text.clone());
        }
        let query = match self.lab.experiment {
            Experiment::Normalisation | Experiment::Precision | Experiment::Dimensions | Experiment::Mixing => {
                "how do I ask a database a question"
            }
            Experiment::Short => "the bank of the river where we pitched our tent",
            Experiment::Long => "how long does light from the Sun take to reach us?",
            Experiment::Threshold => return None,
            Experiment::Misleading => return bundled::cases().first().map(|case| case.query.clone()),
        };
        Some(query.into())
    }

    /// Does what waits for a press.
    fn run_experiment(&mut self) -> Vec<Effect> {
        let Some(Waits::Press(errand)) = self.lab.waits.clone() else {
            self.notice = Some("nothing here waits for a press".into());
            return Vec::new();
        };
        let backend = match &errand {
            Errand::Open(backend) | Errand::Mix(backend) => Some(*backend),
            Errand::Embed { .. } => None,
        };
        if !self.lab.agreed.contains(&errand) {
            self.lab.agreed.push(errand);
        }
        match backend.map(|backend| (backend, &self.panels[backend.0].phase)) {
            Some((backend, Phase::Closed)) => self.open(backend),
            Some((backend, Phase::AwaitingConsent(_))) => {
                self.ask(backend);
                Vec::new()
            }
            _ => Vec::new(),
        }
    }

    /// Selects the sentence in a row of the column with the switch, where the correct ranking shows it too.
    fn select_switched(&mut self, row: usize) -> Vec<Effect> {
        let Some(document) = self.lab.switched_at(row) else { return Vec::new() };
        let Some(rank) = self.ranking().and_then(|ranking| ranking.rank_of(document)) else { return Vec::new() };
        if rank > self.row_count() {
            self.notice = Some(format!("it stands at #{rank} of the correct ranking, below what is shown"));
            return Vec::new();
        }
        self.go_to_row(rank - 1)
    }
}

/// The value after or before one, and round.
fn next<T: Clone + PartialEq>(all: &[T], current: &T, up: bool) -> T {
    let at = all.iter().position(|it| it == current).unwrap_or(0);
    let step = if up { 1 } else { all.len() - 1 };
    all[(at + step) % all.len()].clone()
}

/// The value after or before one; the last in that direction has none.
fn next_or_last<T: Clone + PartialEq>(all: &[T], current: &T, up: bool) -> T {
    let at = all.iter().position(|it| it == current).unwrap_or(0);
    let next = if up { at + 1 } else { at.saturating_sub(1) };
    all[next.min(all.len() - 1)].clone()
}

/// The number above or below one, of ascending ones; the last in that direction has none.
fn stop_at_ends(ascending: &[usize], current: usize, up: bool) -> usize {
    let found =
        if up { ascending.iter().find(|&&it| it > current) } else { ascending.iter().rev().find(|&&it| it < current) };
    found.copied().unwrap_or(current)
}
