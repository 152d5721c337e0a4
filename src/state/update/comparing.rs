//! The Compare screen: which two backends, what they disagree about, and votes.

use serde::Serialize;

use crate::engine::comparison;
use crate::state::compare::{Found, Verdict};
use crate::state::{Action, BackendId, Effect, Mode, Phase, Screen, State};

/// How many disagreements are listed.
const LISTED: usize = 50;

/// One vote, as it is written to a file.
#[derive(Serialize)]
struct WrittenVote<'a> {
    query: &'a str,
    left: &'a str,
    right: &'a str,
    verdict: Verdict,
    top_k: usize,
}

impl State {
    /// Goes to a screen. What a backend is doing for the other screen alone is taken back.
    pub(super) fn show_screen(&mut self, screen: Screen) -> Vec<Effect> {
        if screen == self.screen {
            return Vec::new();
        }
        let before = self.visible();
        let (document, masked) = (self.selected_document(), self.compare.is_masked());
        match screen {
            Screen::Compare if !self.compare.pair.contains(&self.active) => self.active = self.compare.pair[0],
            Screen::Compare => {}
            // What was hidden stays hidden: no name is given away by going there and back.
            Screen::Search | Screen::Pipeline | Screen::Map | Screen::Lab | Screen::Learn => {
                self.compare.blind.take_if(|_| masked);
            }
        }
        self.screen = screen;
        // Movements are counted from rankings of this screen and of this backend.
        (self.baseline, self.settled) = (None, None);
        self.explanation_alone = false;
        let visible = self.visible();
        let mut effects = Vec::new();
        for backend in before.into_iter().filter(|backend| !visible.contains(backend)) {
            effects.extend(self.forget_search(backend));
        }
        let shown = self.active;
        for backend in visible {
            effects.extend(self.bring_up(backend));
        }
        if self.mode != Mode::Consent {
            self.active = shown;
        }
        self.follow = document;
        self.pipeline.followed = document.filter(|_| screen == Screen::Pipeline);
        self.follow_selection();
        effects
    }

    /// Puts a backend into the column that has the arrow keys, or gives these to the column that it is in.
    pub(super) fn put_in_column(&mut self, next: BackendId) -> Vec<Effect> {
        let document = if self.row_count() == 0 { self.follow } else { self.selected_document() };
        let mut effects = Vec::new();
        if !self.compare.pair.contains(&next) {
            effects = self.forget_search(self.active);
            let column = usize::from(self.compare.pair[0] != self.active);
            self.compare.pair[column] = next;
            self.compare.blind = None;
        }
        self.active = next;
        self.follow = document;
        self.follow_selection();
        effects
    }

    /// The backend that Tab goes to: the next one, or the other column.
    pub(super) fn swap_backend(&mut self) -> Vec<Effect> {
        let next = match self.screen {
            Screen::Search | Screen::Pipeline | Screen::Map | Screen::Lab | Screen::Learn => self.next_in_tab(),
            Screen::Compare => self.compare.pair[usize::from(self.active == self.compare.pair[0])],
        };
        self.activate(next)
    }

    /// Selects a row of a column, which has the arrow keys from then on.
    pub(super) fn select_in(&mut self, backend: BackendId, row: usize) -> Vec<Effect> {
        let effects = self.activate(backend);
        [effects, self.act(Action::Select(row))].concat()
    }

    pub(super) fn toggle_chooser(&mut self) -> Vec<Effect> {
        self.mode = match self.mode {
            Mode::Choosing => Mode::Typing,
            _ if self.compare.is_masked() => {
                self.notice = Some("the columns are hidden: vote first, or leave blind mode".into());
                Mode::Typing
            }
            _ => {
                self.chosen_backend = self.active;
                Mode::Choosing
            }
        };
        Vec::new()
    }

    /// Takes what is selected in the list that is open.
    pub(super) fn choose(&mut self) -> Vec<Effect> {
        match self.mode {
            Mode::Choosing => {
                let mut effects = self.activate(self.chosen_backend);
                if matches!(self.panel().phase, Phase::Failed(_)) {
                    effects.extend(self.retry_with(self.chosen_backend));
                }
                effects
            }
            Mode::Disagreements => {
                self.mode = Mode::Typing;
                let text = match self.compare.found.get(self.compare.chosen) {
                    Some(Found::Sentence(disagreement)) => self.corpus[disagreement.document].text.clone(),
                    Some(Found::Query(query, _)) => query.clone(),
                    None => return Vec::new(),
                };
                self.take_as_query(&text)
            }
            Mode::Evaluation => self.take_evaluated(),
            Mode::Typing
            | Mode::Help
            | Mode::Consent
            | Mode::Axes
            | Mode::Filter
            | Mode::Corpus
            | Mode::Lesson
            | Mode::Presenting => Vec::new(),
        }
    }

    /// Moves in the list that is open.
    pub(super) fn move_choice(&mut self, by: isize) {
        match self.mode {
            Mode::Choosing => {
                let last = self.panels.len() - 1;
                self.chosen_backend = BackendId(self.chosen_backend.0.saturating_add_signed(by).min(last));
            }
            Mode::Disagreements => {
                let last = self.compare.found.len().saturating_sub(1);
                self.compare.chosen = self.compare.chosen.saturating_add_signed(by).min(last);
            }
            Mode::Evaluation => {
                if let Some(evaluation) = &mut self.evaluation {
                    let last = evaluation.measured.len().saturating_sub(1);
                    evaluation.chosen = evaluation.chosen.saturating_add_signed(by).min(last);
                }
            }
            Mode::Typing
            | Mode::Help
            | Mode::Consent
            | Mode::Axes
            | Mode::Filter
            | Mode::Corpus
            | Mode::Lesson
            | Mode::Presenting => {}
        }
    }

    /// Looks for what the two models disagree about most.
    pub(super) fn toggle_disagreements(&mut self) -> Vec<Effect> {
        if self.mode == Mode::Disagreements {
            self.mode = Mode::Typing;
            return Vec::new();
        }
        if self.screen != Screen::Compare {
            return Vec::new();
        }
        if self.compare.is_masked() {
            self.notice = Some("the columns are hidden: vote first, or leave blind mode".into());
            return Vec::new();
        }
        let is_ready = |id: &BackendId| self.panels[id.0].phase == Phase::Ready;
        if !self.visible().iter().all(is_ready) {
            self.notice = Some("both models have to have embedded the corpus first".into());
            return Vec::new();
        }
        (self.mode, self.compare.chosen) = (Mode::Disagreements, 0);
        self.collect_disagreements();
        let missing = self.visible().into_iter().filter(|id| self.panels[id.0].neighbours.is_none());
        missing.map(|id| Effect::FindNeighbours(id, NEIGHBOURS)).collect()
    }

    /// Puts together what is known of disagreements, among what the filter lets through: of sentences once both models have
    /// their neighbours.
    pub(super) fn collect_disagreements(&mut self) {
        let [left, right] = self.compare.pair.map(|id| self.panels[id.0].neighbours.clone());
        let sentences = match (left, right) {
            (Some(left), Some(right)) => {
                comparison::disagreements(&left, &right, LISTED, |document| self.lets_through(document))
            }
            _ => Vec::new(),
        };
        let queries = self
            .compare
            .of_pair(self.list.top_k, self.selection().map(|selection| selection.filter.as_str()))
            .map(|compared| Found::Query(compared.query.clone(), compared.agreement));
        let mut found: Vec<Found> = sentences.into_iter().map(Found::Sentence).chain(queries).collect();
        found.sort_by(|a, b| a.rbo().total_cmp(&b.rbo()));
        found.truncate(LISTED);
        self.compare.found = found;
    }

    /// Has both models embed the same text again and again.
    pub(super) fn repeat(&mut self) -> Vec<Effect> {
        if self.screen != Screen::Compare {
            return Vec::new();
        }
        let query = if self.query.is_blank() {
            self.selected_document().map(|document| self.corpus[document].text.clone())
        } else {
            Some(self.query.text().to_owned())
        };
        let Some(query) = query else { return Vec::new() };
        let ready: Vec<BackendId> =
            self.visible().into_iter().filter(|id| self.panels[id.0].phase == Phase::Ready).collect();
        self.notice =
            Some(if ready.is_empty() { "no model is ready yet" } else { "embedding the same text again …" }.into());
        ready.into_iter().map(|backend| Effect::Repeat(backend, query.clone())).collect()
    }

    pub(super) fn toggle_blind(&mut self) -> Vec<Effect> {
        if self.screen == Screen::Compare {
            let query = self.query.text().to_owned();
            self.compare.toggle_blind(&query);
            self.focus_first_column();
        }
        Vec::new()
    }

    /// Gives the arrow keys to the left column, whichever backend that is: to stay with a backend would show where it
    /// went.
    pub(super) fn focus_first_column(&mut self) {
        self.active = self.compare.columns()[0];
        self.follow = None;
        self.list.select(0, self.row_count());
    }

    pub(super) fn vote(&mut self, verdict: Verdict) -> Vec<Effect> {
        let are_current = self.visible().into_iter().all(|backend| self.current_ranking(backend).is_some());
        let voted = if are_current { self.compare.vote(verdict) } else { Err("both columns have to be ranked first") };
        if let Err(reason) = voted {
            self.notice = Some(reason.into());
        }
        Vec::new()
    }

    /// Writes every vote of this run as JSON lines.
    pub(super) fn save_votes(&mut self) -> Vec<Effect> {
        if self.compare.votes.is_empty() {
            self.notice = Some("there are no votes yet: blind mode takes them".into());
            return Vec::new();
        }
        let lines = self.compare.votes.iter().filter_map(|vote| {
            let [left, right] = vote.columns.map(|id| self.panels[id.0].label.as_str());
            let written = WrittenVote { query: &vote.query, left, right, verdict: vote.verdict, top_k: vote.top_k };
            Some(serde_json::to_string(&written).ok()? + "\n")
        });
        vec![Effect::Save { name: ("vecscope-votes", "jsonl"), content: lines.collect() }]
    }

    /// Compares the rankings on the screen, where that has not been done.
    pub(super) fn refresh_comparison(&mut self) {
        if self.screen != Screen::Compare {
            return;
        }
        let [left, right] = self.compare.pair;
        let rankings = self.current_ranking(left).cloned().zip(self.current_ranking(right).cloned());
        self.compare.refresh(rankings.as_ref().map(|(left, right)| (left, right)), self.list.top_k);
    }
}

/// How many neighbours of each sentence are compared.
const NEIGHBOURS: usize = 10;
