//! The panel of the evaluation: one query after the other goes through the stages as they are set.

use std::sync::Arc;

use crate::corpus::bundled;
use crate::engine::evaluation::{DEFAULT_K, Judged, Plan};
use crate::engine::{Ranking, Stage};
use crate::math::relevance::Measures;
use crate::state::evaluation::{Evaluation, Outcome, Setup};
use crate::state::pipeline::RerankerPhase;
use crate::state::{BackendId, Effect, Mode, Phase, Screen, State, Ticket};

impl State {
    /// Opens the panel, and measures where that was not done for the pipeline as it is set; or leaves the panel. What is
    /// under way goes on.
    pub(super) fn toggle_evaluation(&mut self) -> Vec<Effect> {
        if self.mode == Mode::Evaluation {
            self.mode = Mode::Typing;
            return Vec::new();
        }
        if self.screen != Screen::Pipeline {
            return Vec::new();
        }
        if !self.corpus.bundled {
            self.notice =
                Some("the labelled queries are for the bundled corpus; for yours: vecscope eval --help".into());
            return Vec::new();
        }
        let setup = self.setup();
        let known = self.evaluation.as_ref().is_some_and(|known| known.setup == setup && known.failed.is_none());
        if known {
            self.mode = Mode::Evaluation;
            return Vec::new();
        }
        if setup.settings.runs(Stage::Dense) && self.panel().phase != Phase::Ready {
            self.notice = Some("the backend has to have embedded the corpus first".into());
            return Vec::new();
        }
        let plan = match Plan::of_settings(setup.settings, DEFAULT_K) {
            Ok(plan) => plan,
            Err(error) => {
                self.notice = Some(error.to_string());
                return Vec::new();
            }
        };
        let judged = Arc::new(Judged::bundled(&self.corpus, &bundled::queries()));
        let ticket = self.next_ticket();
        self.mode = Mode::Evaluation;
        self.evaluation = Some(Evaluation {
            setup,
            plan,
            judged,
            measured: Vec::new(),
            outcome: None,
            failed: None,
            chosen: 0,
            ticket,
        });
        self.next_query().into_iter().collect()
    }

    /// What would be measured now. A reranker that would have to be fetched is left out.
    fn setup(&self) -> Setup {
        let usable = matches!(
            self.pipeline.phase(),
            Some(RerankerPhase::Closed | RerankerPhase::Opening | RerankerPhase::Ready(_))
        );
        let mut settings = self.pipeline.settings;
        settings.switch(Stage::Rerank, settings.is_on(Stage::Rerank) && usable);
        let reranker = settings.runs(Stage::Rerank).then_some(self.pipeline.reranker);
        Setup { backend: self.active, settings, reranker }
    }

    /// Has the next query ranked and measured, or the whole summed up.
    fn next_query(&self) -> Option<Effect> {
        let evaluation = self.evaluation.as_ref()?;
        let Evaluation { ticket, ref setup, ref plan, ref judged, .. } = *evaluation;
        let number = evaluation.measured.len();
        let Some(query) = judged.queries.get(number) else {
            return Some(Effect::SumUp { ticket, plan: plan.clone(), systems: evaluation.systems() });
        };
        if setup.settings.runs(Stage::Dense) {
            return Some(Effect::RankLabelled { backend: setup.backend, ticket, query: query.text.clone() });
        }
        Some(measure(evaluation, None))
    }

    /// The evaluation that a ticket is of, while it is under way.
    fn evaluating(&mut self, ticket: Ticket) -> Option<&mut Evaluation> {
        self.evaluation.as_mut().filter(|evaluation| evaluation.ticket == ticket && evaluation.failed.is_none())
    }

    /// A backend that broke ranks no more queries.
    pub(super) fn evaluation_lost(&mut self, backend: BackendId, message: &str) {
        let of_backend = |evaluation: &&mut Evaluation| {
            evaluation.setup.backend == backend && evaluation.setup.settings.runs(Stage::Dense)
        };
        if let Some(evaluation) = self.evaluation.as_mut().filter(of_backend)
            && evaluation.outcome.is_none()
        {
            evaluation.failed = Some(message.to_owned());
        }
    }

    pub(super) fn labelled_ranked(&mut self, ticket: Ticket, ranking: Result<Arc<Ranking>, String>) -> Vec<Effect> {
        let Some(evaluation) = self.evaluating(ticket) else { return Vec::new() };
        match ranking {
            Ok(ranking) => vec![measure(evaluation, Some(ranking))],
            Err(message) => {
                evaluation.failed = Some(message);
                Vec::new()
            }
        }
    }

    pub(super) fn measured(&mut self, ticket: Ticket, measures: Result<Vec<Measures>, String>) -> Vec<Effect> {
        let Some(evaluation) = self.evaluating(ticket) else { return Vec::new() };
        match measures {
            Ok(measures) => {
                evaluation.measured.push(measures);
                self.next_query().into_iter().collect()
            }
            Err(message) => {
                evaluation.failed = Some(message);
                Vec::new()
            }
        }
    }

    pub(super) fn summed_up(&mut self, ticket: Ticket, outcome: Outcome) -> Vec<Effect> {
        if let Some(evaluation) = self.evaluating(ticket) {
            // The list is in another order now.
            (evaluation.outcome, evaluation.chosen) = (Some(outcome), 0);
        }
        Vec::new()
    }

    /// Takes the selected query.
    pub(super) fn take_evaluated(&mut self) -> Vec<Effect> {
        self.mode = Mode::Typing;
        let Some(evaluation) = &self.evaluation else { return Vec::new() };
        let Some(&(number, _)) = evaluation.listed().get(evaluation.chosen) else { return Vec::new() };
        let text = evaluation.judged.queries[number].text.clone();
        self.take_as_query(&text)
    }
}

/// Has the next query measured.
fn measure(evaluation: &Evaluation, dense: Option<Arc<Ranking>>) -> Effect {
    Effect::Measure {
        ticket: evaluation.ticket,
        number: evaluation.measured.len(),
        dense,
        plan: evaluation.plan.clone(),
        judged: Arc::clone(&evaluation.judged),
        reranker: evaluation.setup.reranker,
    }
}
