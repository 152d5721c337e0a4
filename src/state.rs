//! What the program knows and how it changes. Pure: no clock, no thread, no terminal, no file, no network.
//!
//! ```text
//! Action (a person did something) ─┐
//!                                  ├─→ State::update ─→ Effects (plain data that a worker runs)
//! Reply (a worker has something) ──┘
//! ```

use std::sync::Arc;
use std::time::Duration;

use crate::backend::Usage;
use crate::corpus::{Corpus, DocumentIndex};
use crate::engine::lab::Experiment;
use crate::engine::{Ranking, SearchOptions, Stage};
use crate::lesson::{Lesson, Progress};
use crate::math::space::Space;
use learn::Part;
use pipeline::RerankerPanel;

pub mod action;
pub mod compare;
pub mod editor;
pub mod effect;
pub mod evaluation;
pub mod filter;
pub mod keymap;
pub mod lab;
pub mod learn;
pub mod list;
pub mod map;
pub mod movement;
pub mod pace;
pub mod panel;
pub mod pipeline;
pub mod pitfall;
pub mod query_line;
pub mod reply;
mod update;
pub mod why;

pub use action::{Action, Edit};
pub use compare::Compare;
pub use editor::Editor;
pub use effect::{Effect, Timer};
pub use evaluation::Evaluation;
pub use filter::Filter;
pub use keymap::Place;
pub use lab::Lab;
pub use learn::Learn;
pub use list::List;
pub use map::Map;
pub use movement::{Baseline, Movement};
pub use pace::Pace;
pub use panel::{BackendId, Panel, Phase, Search, StoreCard};
pub use pipeline::{Pipeline, RerankerId};
pub use query_line::QueryLine;
pub use reply::Reply;
pub use why::Why;

/// Numbers the searches, so that an answer to an older one is known when it comes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub struct Ticket(u64);

/// Numbers the corpora of this run, edits included, so that what is said of an older one is known when it comes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub struct Edition(u64);

#[cfg(test)]
impl Edition {
    /// An edition for tests of what only passes editions on.
    pub(crate) fn numbered(number: u64) -> Self {
        Self(number)
    }
}

#[cfg(test)]
impl Ticket {
    /// A ticket for tests of what only passes tickets on.
    pub(crate) fn numbered(number: u64) -> Self {
        Self(number)
    }
}

/// What keys and clicks mean at the moment.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Mode {
    /// The query line takes the text.
    Typing,
    /// The list of keys is open.
    Help,
    /// The program asks whether the corpus may leave this machine.
    Consent,
    /// The list of backends is open.
    Choosing,
    /// The list of what two models disagree about is open.
    Disagreements,
    /// The panel of the evaluation is open.
    Evaluation,
    /// The line for axes of the map takes the text.
    Axes,
    /// The line for the filter takes the text.
    Filter,
    /// A line for the corpus takes the text: the name of another one, a sentence, or a file to write to.
    Corpus,
    /// A lesson has the keys, and the query line has not.
    Lesson,
    /// A room is shown the ranking step by step.
    Presenting,
}

/// What the screen is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Screen {
    /// One ranking, and one sentence explained.
    Search,
    /// Two backends on one query.
    Compare,
    /// The stages of a retrieval pipeline on one query.
    Pipeline,
    /// The corpus in two dimensions.
    Map,
    /// Pitfalls as switches.
    Lab,
    /// Guided lessons.
    Learn,
}

impl Screen {
    /// All of them, in the order of their tabs.
    pub const ALL: [Self; 6] = [Self::Search, Self::Compare, Self::Pipeline, Self::Map, Self::Lab, Self::Learn];

    /// What it is called.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Search => "Search",
            Self::Compare => "Compare",
            Self::Pipeline => "Pipeline",
            Self::Map => "Map",
            Self::Lab => "Lab",
            Self::Learn => "Learn",
        }
    }
}

/// What the length of a bar stands for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum BarScale {
    /// The cosine itself: an empty bar is 0, a full one 1.
    Cosine,
    /// This query's spread: an empty bar is the corpus's lowest score, a full one its highest.
    Spread,
    /// The share of the corpus that stands below: a full bar is the first of all.
    Percentile,
}

/// Which colours suit the terminal.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Appearance {
    /// For a dark background.
    Dark,
    /// For a light background.
    Light,
    /// No colours at all, only bold, dim and reversed.
    Plain,
}

/// Everything that the screen shows.
#[derive(Debug)]
pub struct State {
    /// What is ranked.
    pub corpus: Arc<Corpus>,
    /// How many documents its source has, those with the same text counted each; and of which corpus that is known.
    copies: (Arc<Corpus>, usize),
    /// What was typed.
    pub query: QueryLine,
    /// The backends: those that Tab goes through first, in its order; never empty.
    pub panels: Vec<Panel>,
    /// How many of them Tab goes through.
    pub in_tab: usize,
    /// What the screen is for.
    pub screen: Screen,
    /// The backend on the screen; on the Compare screen the one whose column has the arrow keys.
    pub active: BackendId,
    /// What the Compare screen knows.
    pub compare: Compare,
    /// What the Pipeline screen knows.
    pub pipeline: Pipeline,
    /// What the Map screen knows.
    pub map: Map,
    /// What the Lab screen knows.
    pub lab: Lab,
    /// What the Learn screen knows.
    pub learn: Learn,
    /// What is known of the corpus as something to open, change and save.
    pub editor: Editor,
    /// What is known of the selected sentence beside its score.
    pub why: Why,
    /// What the panel of the evaluation knows, once it was opened.
    pub evaluation: Option<Evaluation>,
    /// The selected line of the list of backends.
    pub chosen_backend: BackendId,
    /// The part of the ranking that is on the screen.
    pub list: List,
    /// By what way the corpus is searched, and which of its documents.
    pub search: SearchOptions,
    /// The filter from which these documents come.
    pub filter: Filter,
    /// What the length of a bar stands for.
    pub bar_scale: BarScale,
    /// Whether the explanation of the selected sentence stands in the place of the rows.
    pub explanation_alone: bool,
    baseline: Option<Baseline>,
    /// What keys mean.
    pub mode: Mode,
    /// Which colours are in use.
    pub appearance: Appearance,
    /// How far the list of keys is scrolled, in lines.
    pub help_scroll: usize,
    /// A short message about the last thing done, until the next key.
    pub notice: Option<String>,
    /// How long the last frame took to draw.
    pub draw_time: Duration,
    /// The ranking on which the person paused last: the next one is compared with it.
    settled: Option<Arc<Ranking>>,
    /// The document that stays selected when another backend's ranking comes.
    follow: Option<DocumentIndex>,
    last_ticket: Ticket,
    edition: Edition,
}

impl State {
    /// The state at the start, with nothing typed and no backend open, and `active` on the screen. Tab goes through the
    /// first `in_tab` of the backends.
    ///
    /// # Panics
    /// Where `active` is none of `panels`: there is always at least one backend.
    #[must_use]
    pub fn new(
        corpus: Arc<Corpus>,
        panels: Vec<Panel>,
        in_tab: usize,
        active: BackendId,
        top_k: usize,
        appearance: Appearance,
    ) -> Self {
        assert!(active.0 < panels.len(), "the backend on the screen exists");
        let list = List::new(top_k, corpus.documents.len());
        let second = BackendId(1.min(panels.len() - 1));
        let map = Map::new(&corpus);
        let copies = (Arc::clone(&corpus), corpus.copies());
        // Other scores than cosines are of any size.
        let is_cosine = corpus.vectors.as_ref().is_none_or(|given| given.space == Space::Cosine);
        Self {
            corpus,
            copies,
            query: QueryLine::default(),
            in_tab: in_tab.clamp(1, panels.len()),
            panels,
            screen: Screen::Search,
            active,
            compare: Compare::new([BackendId(0), second], 0),
            pipeline: Pipeline::new(),
            map,
            lab: Lab::default(),
            learn: Learn::default(),
            editor: Editor::default(),
            why: Why::default(),
            evaluation: None,
            chosen_backend: active,
            list,
            search: SearchOptions::default(),
            filter: Filter::default(),
            bar_scale: if is_cosine { BarScale::Cosine } else { BarScale::Spread },
            explanation_alone: false,
            baseline: None,
            mode: Mode::Typing,
            appearance,
            help_scroll: 0,
            notice: None,
            draw_time: Duration::ZERO,
            settled: None,
            follow: None,
            last_ticket: Ticket::default(),
            edition: Edition::default(),
        }
    }

    /// Begins the Compare screen with a pair, and its shuffling with a number that is another in each run.
    pub fn prepare_compare(&mut self, pair: [BackendId; 2], seed: u64) {
        self.compare = Compare::new(pair, seed);
    }

    /// Says whether changes of the corpus are kept as they are made, where the first backend keeps its vectors.
    pub fn prepare_editor(&mut self) {
        self.editor.keeps = self.panel().store.as_ref().is_some_and(|store| store.keeps_changes);
    }

    /// Gives the Pipeline screen its rerankers, and the one to begin with.
    pub fn prepare_pipeline(&mut self, rerankers: Vec<RerankerPanel>, reranker: RerankerId) {
        (self.pipeline.rerankers, self.pipeline.reranker) = (rerankers, reranker);
    }

    /// Gives the Learn screen its lessons, and what is known to be done.
    pub fn prepare_lessons(&mut self, lessons: Vec<Lesson>, progress: Progress) {
        (self.learn.lessons, self.learn.progress) = (lessons, progress);
    }

    /// The backends that rank the query now.
    #[must_use]
    pub fn visible(&self) -> Vec<BackendId> {
        match self.screen {
            Screen::Search | Screen::Pipeline | Screen::Learn => vec![self.active],
            Screen::Map => [self.active].into_iter().chain(self.second_map()).collect(),
            Screen::Lab => std::iter::once(self.active).chain(self.ranked_beside()).collect(),
            Screen::Compare => {
                let [left, right] = self.compare.pair;
                if left == right { vec![left] } else { vec![left, right] }
            }
        }
    }

    /// What the query line stands over.
    #[must_use]
    pub fn place(&self) -> Place {
        match self.screen {
            Screen::Compare if self.compare.is_masked() => Place::Blind,
            screen if self.learn.is_in(Part::Try) => Place::Task(screen),
            Screen::Search if self.is_revealed_by_hand() => Place::Room,
            screen => Place::of(screen),
        }
    }

    /// The newest ranking of a backend, if it is that of the query as it stands, of the documents that are wanted, and by
    /// the way that is wanted.
    #[must_use]
    pub fn current_ranking(&self, backend: BackendId) -> Option<&Arc<Ranking>> {
        let ranking = self.panels[backend.0].ranking.as_ref()?;
        let is_of_query = !self.query.is_blank() && ranking.query == self.query.text();
        (is_of_query && self.is_ranked_as_wanted(backend)).then_some(ranking)
    }

    /// How many documents the source of the corpus has, those with the same text counted each.
    #[must_use]
    pub fn copies(&self) -> usize {
        self.copies.1
    }

    /// What has to be done before anything else: the backend on the screen is opened.
    pub fn start(&mut self) -> Vec<Effect> {
        self.activate(self.active)
    }

    /// The backend on the screen.
    #[must_use]
    pub fn panel(&self) -> &Panel {
        &self.panels[self.active.0]
    }

    fn panel_mut(&mut self, id: BackendId) -> &mut Panel {
        &mut self.panels[id.0]
    }

    /// The ranking on the screen: the newest of the active backend. `None` while the query is empty.
    #[must_use]
    pub fn ranking(&self) -> Option<&Arc<Ranking>> {
        if self.query.is_blank() { None } else { self.panel().ranking.as_ref() }
    }

    /// Whether the ranking on the screen is the current one: [`Self::current_ranking`].
    #[must_use]
    pub fn is_current(&self) -> bool {
        self.current_ranking(self.active).is_some()
    }

    /// The document that is selected: in the ranking, or in the corpus while nothing is ranked.
    #[must_use]
    pub fn selected_document(&self) -> Option<DocumentIndex> {
        if self.screen == Screen::Pipeline {
            return if self.query.is_blank() { None } else { self.pipeline.document() };
        }
        match self.ranking() {
            Some(ranking) => ranking.ranked.get(self.list.selected).map(|ranked| ranked.document),
            None if self.row_count() == 0 => None,
            None => self.listed_document(self.list.selected),
        }
    }

    /// How many rows the list has: the top k of a ranking, or the whole corpus while the query is empty.
    #[must_use]
    pub fn row_count(&self) -> usize {
        if self.screen == Screen::Pipeline {
            return if self.query.is_blank() { 0 } else { self.pipeline.rows(self.pipeline.focus).len() };
        }
        self.rows_of(self.active)
    }

    /// The rows of a stage's column that there is room for, from 0: its window and, where the followed sentence lies
    /// outside, that one in the last place. Only the column that has the arrow keys is scrolled.
    #[must_use]
    pub fn stage_window(&self, stage: Stage, height: usize) -> Vec<usize> {
        let first = if stage == self.pipeline.focus { self.list.first } else { 0 };
        let mut rows: Vec<usize> = (first..self.pipeline.rows(stage).len()).take(height).collect();
        let followed = self.pipeline.document().and_then(|document| self.pipeline.placement(stage, document));
        if let (Some(followed), Some(last)) = (followed, rows.last_mut())
            && stage != self.pipeline.focus
            && followed.rank > *last
        {
            *last = followed.rank - 1;
        }
        rows
    }

    /// Whether there is something beside the rows, or in their place, that the person may want to see alone.
    #[must_use]
    pub fn has_two_parts(&self) -> bool {
        match self.screen {
            Screen::Search | Screen::Compare | Screen::Pipeline | Screen::Map => true,
            Screen::Lab => !self.query.is_blank() || self.lab.experiment == Experiment::Threshold,
            Screen::Learn => false,
        }
    }

    /// Whether stages of the pipeline are on their way that this process answers at once.
    #[must_use]
    pub fn stages_are_near(&self) -> bool {
        self.screen == Screen::Pipeline && !self.query.is_blank() && self.pipeline.is_near()
    }

    /// How many rows a backend's column has.
    #[must_use]
    pub fn rows_of(&self, backend: BackendId) -> usize {
        match (&self.panels[backend.0].ranking, self.query.is_blank()) {
            // A map shows them all.
            (Some(ranking), false) if self.screen == Screen::Map => ranking.ranked.len(),
            (Some(ranking), false) => self.list.top_k.min(ranking.ranked.len()),
            // Without a query there is the corpus to look at, but nothing to compare.
            (_, true) if matches!(self.screen, Screen::Search | Screen::Map) => self.listed(),
            _ => 0,
        }
    }

    /// The ranking that movements are counted from. That of another backend only serves for the same query.
    #[must_use]
    pub fn baseline(&self) -> Option<&Baseline> {
        let now = self.ranking()?;
        self.baseline.as_ref().filter(|baseline| match baseline {
            Baseline::Earlier(_) => true,
            Baseline::Backend(_, other) => other.query == now.query,
        })
    }

    /// The backend that Tab goes to.
    #[must_use]
    pub fn next_in_tab(&self) -> BackendId {
        let next = self.active.0 + 1;
        BackendId(if next < self.in_tab { next } else { 0 })
    }

    /// The backends whose names stand below the query: those that Tab goes through, and the one that is shown; on the
    /// Compare screen the pair.
    #[must_use]
    pub fn offered(&self) -> Vec<BackendId> {
        if self.screen == Screen::Compare {
            return self.compare.columns().to_vec();
        }
        let others = Some(self.active).filter(|active| active.0 >= self.in_tab);
        (0..self.in_tab).map(BackendId).chain(others).collect()
    }

    /// What all backends together have used in this run.
    #[must_use]
    pub fn usage(&self) -> Usage {
        self.panels.iter().fold(Usage::default(), |sum, panel| sum.plus(panel.spent.total()))
    }

    /// How a document of the ranking on the screen moved; `None` where there is nothing to compare with.
    #[must_use]
    pub fn movement(&self, document: DocumentIndex) -> Option<Movement> {
        let baseline = self.baseline()?;
        Some(baseline.movement(self.ranking()?, document, self.list.top_k))
    }
}
