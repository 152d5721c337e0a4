//! The Pipeline screen: what the workers are asked for follows from what is on the screen, and is asked for once.

use std::sync::Arc;

use crate::backend::hub::Download;
use crate::backend::{RerankMethod, RerankerCard};
use crate::corpus::DocumentIndex;
use crate::engine::{Run, Stage};
use crate::state::pipeline::{AskedRun, Matches, Param, RerankerPhase};
use crate::state::{Effect, Phase, RerankerId, Screen, Search, State, Ticket};

impl State {
    /// Asks for whatever the screen lacks: a run of the stages, a reranking of its best, and which words match.
    pub(super) fn refresh_pipeline(&mut self) -> Vec<Effect> {
        if self.screen != Screen::Pipeline {
            return self.forget_rerank().into_iter().collect();
        }
        if self.query.is_blank() {
            let forgotten = self.forget_rerank();
            // What is on its way is for nobody.
            let ticket = self.next_ticket();
            let pipeline = &mut self.pipeline;
            (pipeline.run, pipeline.reranked, pipeline.matches, pipeline.rerank_failed) = (None, None, None, None);
            (pipeline.asked.run, pipeline.asked.words, pipeline.asked.ticket) = (None, None, ticket);
            return forgotten.into_iter().collect();
        }
        let mut effects = Vec::new();
        effects.extend(self.request_run());
        effects.extend(self.request_rerank());
        effects.extend(self.request_words());
        self.select_followed();
        effects
    }

    /// Takes back a reranking that is on its way.
    fn forget_rerank(&mut self) -> Option<Effect> {
        let is_done = self.pipeline.rerank_is_current() || self.pipeline.rerank_failed.is_some();
        let asked = self.pipeline.asked.rerank.take_if(|_| !is_done)?;
        (asked.0 == self.pipeline.asked.ticket).then_some(Effect::CancelRerank)
    }

    fn request_run(&mut self) -> Option<Effect> {
        let (query, settings) = (self.query.text().to_owned(), self.pipeline.settings);
        let dense = self.current_ranking(self.active).filter(|_| settings.runs(Stage::Dense)).cloned();
        let selection = self.selection().cloned();
        let panel = self.panel();
        // An answer from this process comes at once: words and vectors change together.
        let is_near = panel.typing_pause.is_zero() && panel.phase == Phase::Ready && panel.search == Search::Running;
        if dense.is_none() && settings.runs(Stage::Dense) && is_near {
            return None;
        }
        if let Some(AskedRun { query: asked, dense: with, selection: of, settings: told }) = &self.pipeline.asked.run
            && (asked, of, told) == (&query, &selection, &settings)
            && with.as_ref().map(Arc::as_ptr) == dense.as_ref().map(Arc::as_ptr)
        {
            return None;
        }
        // While the corpus is embedded, every batch is another ranking: the one before goes to its end first.
        if let Some(AskedRun { query: asked, dense: Some(_), selection: of, settings: told }) = &self.pipeline.asked.run
            && (asked, of, told) == (&query, &selection, &settings)
            && dense.is_some()
            && !(self.pipeline.asked.answered && self.pipeline.is_settled())
        {
            return None;
        }
        let ticket = self.next_ticket();
        let asked = &mut self.pipeline.asked;
        (asked.ticket, asked.answered) = (ticket, false);
        asked.run =
            Some(AskedRun { query: query.clone(), dense: dense.clone(), selection: selection.clone(), settings });
        Some(Effect::RunPipeline { ticket, query, dense, selection, settings })
    }

    fn request_rerank(&mut self) -> Option<Effect> {
        let (ticket, reranker) = (self.pipeline.asked.ticket, self.pipeline.reranker);
        let run =
            self.pipeline.run.clone().filter(|run| self.pipeline.asked.answered && !run.candidates().is_empty())?;
        match &self.pipeline.reranker()?.phase {
            RerankerPhase::Closed => Some(self.open_reranker(reranker)),
            RerankerPhase::Ready(_) if self.pipeline.asked.rerank != Some((ticket, reranker)) => {
                self.pipeline.asked.rerank = Some((ticket, reranker));
                Some(Effect::Rerank { ticket, reranker, run })
            }
            _ => None,
        }
    }

    /// Last of all, when everything else is answered.
    fn request_words(&mut self) -> Option<Effect> {
        let document = self.pipeline.document()?;
        let is_of_query = self.pipeline.run.as_ref().is_some_and(|run| run.query == self.query.text());
        if !(is_of_query && self.pipeline.asked.answered && self.pipeline.is_settled()) {
            return None;
        }
        self.match_words(document)
    }

    /// Asks which words of a document match those of the query, unless that was asked last.
    pub(super) fn match_words(&mut self, document: DocumentIndex) -> Option<Effect> {
        let matcher = self.pipeline.word_matcher()?;
        match self.pipeline.rerankers[matcher.0].phase {
            RerankerPhase::Closed => Some(self.open_reranker(matcher)),
            RerankerPhase::Ready(_) => {
                let words = (matcher, self.query.text().to_owned(), document);
                if self.pipeline.asked.words.as_ref() == Some(&words) {
                    return None;
                }
                self.pipeline.asked.words = Some(words.clone());
                Some(Effect::MatchWords { reranker: matcher, query: words.1, document })
            }
            _ => None,
        }
    }

    /// Whether anything on the screen is ranked by vectors: without the dense stage, no query goes to a backend.
    pub(super) fn wants_vectors(&self) -> bool {
        self.screen != Screen::Pipeline || self.pipeline.settings.runs(Stage::Dense)
    }

    fn open_reranker(&mut self, reranker: RerankerId) -> Effect {
        self.pipeline.rerankers[reranker.0].phase = RerankerPhase::Opening;
        Effect::OpenReranker(reranker)
    }

    /// Keeps the row in step with the sentence that is followed, where its column ranks it.
    fn select_followed(&mut self) {
        let focus = self.pipeline.focus;
        let placement = self.pipeline.document().and_then(|document| self.pipeline.placement(focus, document));
        let row = placement.map_or(0, |placement| placement.rank - 1);
        if row != self.list.selected || self.list.selected >= self.row_count() {
            self.list.select(row, self.row_count());
        }
    }

    /// The person went to a row: its sentence is followed from now on.
    pub(super) fn follow_row(&mut self) {
        let placed = self.pipeline.rows(self.pipeline.focus).get(self.list.selected);
        self.pipeline.followed = placed.map(|placed| placed.document).or(self.pipeline.followed);
    }

    pub(super) fn move_stage(&mut self, by: isize) -> Vec<Effect> {
        // The sentence stays, whichever column has the keys.
        self.pipeline.followed = self.pipeline.document();
        self.pipeline.move_focus(by);
        self.select(0)
    }

    pub(super) fn select_in_stage(&mut self, stage: Stage, row: usize) -> Vec<Effect> {
        self.pipeline.focus = stage;
        self.go_to_row(row)
    }

    pub(super) fn toggle_stage(&mut self) -> Vec<Effect> {
        let before = self.wants_vectors();
        if let Err(reason) = self.pipeline.toggle(self.pipeline.focus) {
            self.notice = Some(reason.into());
        }
        match (before, self.wants_vectors()) {
            (false, true) => self.bring_up(self.active),
            (true, false) => self.forget_search(self.active),
            _ => Vec::new(),
        }
    }

    pub(super) fn next_param(&mut self) -> Vec<Effect> {
        self.pipeline.choose_next();
        Vec::new()
    }

    pub(super) fn adjust_param(&mut self, up: bool) -> Vec<Effect> {
        let param = self.pipeline.chosen(self.pipeline.focus);
        if param == Param::Backend {
            return self.activate(self.next_in_tab());
        }
        self.pipeline.adjust(param, up);
        Vec::new()
    }

    /// Fetches the model of the reranker in use, where that is what it waits for.
    pub(super) fn fetch_reranker(&mut self) -> Vec<Effect> {
        if let Some(RerankerPhase::Absent(_)) = self.pipeline.phase() {
            return vec![self.open_reranker(self.pipeline.reranker)];
        }
        self.notice = Some("there is nothing to fetch".into());
        Vec::new()
    }

    pub(super) fn toggle_numbers(&mut self) -> Vec<Effect> {
        self.pipeline.numbers = !self.pipeline.numbers;
        Vec::new()
    }

    /// What failed is tried again as soon as it is wanted.
    pub(super) fn retry_reranker(&mut self) {
        if self.screen != Screen::Pipeline {
            return;
        }
        let pipeline = &mut self.pipeline;
        (pipeline.rerank_failed, pipeline.asked.rerank) = (None, None);
        if pipeline.matches.as_ref().is_some_and(|matches| matches.words.is_err()) {
            pipeline.asked.words = None;
        }
        let in_use = pipeline.reranker.0;
        for (place, panel) in pipeline.rerankers.iter_mut().enumerate() {
            let is_wanted = place == in_use || panel.method == RerankMethod::LateInteraction;
            if is_wanted && matches!(panel.phase, RerankerPhase::Failed(_)) {
                panel.phase = RerankerPhase::Closed;
            }
        }
    }

    pub(super) fn stop_reranker(&mut self) -> Option<Effect> {
        let is_fetched = matches!(self.pipeline.reranker()?.phase, RerankerPhase::Downloading(_));
        (self.screen == Screen::Pipeline && is_fetched).then_some(Effect::StopOpeningReranker)
    }

    pub(super) fn piped(&mut self, ticket: Ticket, run: Arc<Run>) -> Vec<Effect> {
        let pipeline = &mut self.pipeline;
        if ticket == pipeline.asked.ticket {
            pipeline.asked.answered = true;
            pipeline.rerank_failed = None;
            if run.candidates().is_empty() {
                pipeline.reranked = None;
            }
            pipeline.run = Some(run);
        }
        Vec::new()
    }

    pub(super) fn reranked(
        &mut self,
        ticket: Ticket,
        reranker: RerankerId,
        run: Result<Arc<Run>, String>,
    ) -> Vec<Effect> {
        let pipeline = &mut self.pipeline;
        if ticket == pipeline.asked.ticket && reranker == pipeline.reranker {
            match run {
                Ok(run) => (pipeline.reranked, pipeline.asked.reranked) = (Some(run), ticket),
                Err(message) => (pipeline.reranked, pipeline.rerank_failed) = (None, Some(message)),
            }
        }
        Vec::new()
    }

    pub(super) fn reranker_opened(
        &mut self,
        reranker: RerankerId,
        opened: Result<RerankerCard, String>,
    ) -> Vec<Effect> {
        let pipeline = &mut self.pipeline;
        pipeline.rerankers[reranker.0].phase = match opened {
            Ok(card) => RerankerPhase::Ready(card),
            Err(message) => {
                // What it was asked for it will not answer.
                pipeline.asked.words = None;
                if reranker == pipeline.reranker {
                    (pipeline.reranked, pipeline.asked.rerank) = (None, None);
                }
                RerankerPhase::Failed(message)
            }
        };
        Vec::new()
    }

    pub(super) fn reranker_downloading(&mut self, reranker: RerankerId, download: Download) -> Vec<Effect> {
        let phase = &mut self.pipeline.rerankers[reranker.0].phase;
        if matches!(phase, RerankerPhase::Opening | RerankerPhase::Downloading(_)) {
            *phase = RerankerPhase::Downloading(download);
        }
        Vec::new()
    }

    /// Only of the newest query and document that were asked for.
    pub(super) fn words_matched(&mut self, matches: Matches) -> Vec<Effect> {
        let of: (RerankerId, &str, DocumentIndex) = (matches.reranker, &matches.query, matches.document);
        let asked = self.pipeline.asked.words.as_ref();
        if asked.is_some_and(|(reranker, query, document)| (*reranker, query.as_str(), *document) == of) {
            self.pipeline.matches = Some(matches);
        }
        Vec::new()
    }
}
