//! How the state changes: one function for what a person does, one for what workers say.

use std::sync::Arc;
use std::time::Duration;

use super::editor::CorpusAction;
use super::learn::Part;
use super::{Action, Appearance, BarScale, Edit, Effect, Mode, Panel, Phase, Screen, State};
use crate::text;

mod backends;
mod comparing;
mod corpus;
mod evaluating;
mod explaining;
mod filtering;
mod lab;
mod learning;
mod mapping;
mod pipeline;
mod replies;
mod vectors;

#[cfg(test)]
mod tests;

impl State {
    /// Does what a person asked for, and says what has to be done outside.
    pub fn act(&mut self, action: Action) -> Vec<Effect> {
        if action != Action::Redraw {
            self.notice = None;
        }
        let insists = matches!(
            action,
            Action::Redraw | Action::Quit | Action::Corpus(CorpusAction::Submit | CorpusAction::OpenBundled)
        );
        if !insists {
            self.editor.doubt = None;
        }
        let mut effects = self.carry_out(action);
        effects.extend(self.refresh());
        effects
    }

    /// Whatever has changed: asks for what the screen lacks.
    fn refresh(&mut self) -> Vec<Effect> {
        // Counted once: to count a million for every frame would take too long.
        if !Arc::ptr_eq(&self.copies.0, &self.corpus) {
            self.copies = (Arc::clone(&self.corpus), self.corpus.copies());
        }
        let is_embedded = |panel: &Panel| !panel.takes_corpus && panel.phase == Phase::Ready;
        self.editor.waits = self.panels.iter().any(|panel| panel.store.is_some() && !is_embedded(panel));
        // Before whatever computes with the ranking.
        let mut effects: Vec<Effect> = self.refresh_filter().into_iter().collect();
        effects.extend(self.refresh_search());
        self.refresh_comparison();
        effects.extend(self.refresh_pipeline());
        effects.extend(self.refresh_vectors());
        effects.extend(self.refresh_why());
        effects.extend(self.refresh_map());
        effects.extend(self.refresh_lab());
        effects.extend(self.refresh_lesson());
        effects
    }

    fn carry_out(&mut self, action: Action) -> Vec<Effect> {
        match action {
            Action::Edit(edit) => self.edit(edit),
            Action::Paste(text) => self.paste(&text),
            Action::SelectNext => self.go_to_row(self.list.selected.saturating_add(1)),
            Action::SelectPrevious => self.go_to_row(self.list.selected.saturating_sub(1)),
            Action::SelectPageDown => self.go_to_row(self.list.selected.saturating_add(self.list.height)),
            Action::SelectPageUp => self.go_to_row(self.list.selected.saturating_sub(self.list.height)),
            Action::SelectFirst => self.go_to_row(0),
            Action::SelectLast => self.go_to_row(usize::MAX),
            Action::Select(row) => self.go_to_row(row),
            Action::SelectIn(backend, row) => self.select_in(backend, row),
            Action::Scroll(by) => self.scroll(by),
            Action::GrowTopK => self.set_top_k(self.list.top_k.saturating_add(1)),
            Action::ShrinkTopK => self.set_top_k(self.list.top_k.saturating_sub(1)),
            Action::ToggleAll => self.toggle_all(),
            Action::ShowScreen(screen) => self.show_screen(screen),
            Action::NextStage => self.move_stage(1),
            Action::PreviousStage => self.move_stage(-1),
            Action::SelectInStage(stage, row) => self.select_in_stage(stage, row),
            Action::ToggleStage => self.toggle_stage(),
            Action::NextParam => self.next_param(),
            Action::RaiseParam => self.adjust_param(true),
            Action::LowerParam => self.adjust_param(false),
            Action::ToggleEvaluation => self.toggle_evaluation(),
            Action::FetchReranker => self.fetch_reranker(),
            Action::ToggleNumbers => self.toggle_numbers(),
            Action::Map(action) => self.act_on_map(action),
            Action::Corpus(action) => self.act_on_corpus(action),
            Action::Lab(action) => self.act_in_lab(action),
            Action::Filter(action) => self.act_on_filter(action),
            Action::NextMethod => self.next_search_method(),
            Action::MeasureRecall => self.measure_recall(),
            Action::SwapBackend => self.swap_backend(),
            Action::ToggleChooser => self.toggle_chooser(),
            Action::Choose => self.choose(),
            Action::ToggleDisagreements => self.toggle_disagreements(),
            Action::Repeat => self.repeat(),
            Action::ToggleBlind => self.toggle_blind(),
            Action::Vote(verdict) => self.vote(verdict),
            Action::SaveVotes => self.save_votes(),
            Action::ShowBackend(backend) => self.activate(backend),
            Action::Retry => self.retry(),
            Action::SwapBarScale => self.swap_bar_scale(),
            Action::UseSelected => self.use_selected(),
            Action::ToggleExplanation => self.toggle_explanation(),
            Action::NextPage => self.next_page(),
            Action::AskWords => self.ask_words(),
            Action::Copy => self.copy(),
            Action::Stop => self.stop(),
            Action::HistoryPrevious => self.recall(super::QueryLine::recall_previous),
            Action::HistoryNext => self.recall(super::QueryLine::recall_next),
            Action::SwapAppearance => self.swap_appearance(),
            Action::ToggleHelp => self.toggle_help(),
            Action::Dismiss => self.dismiss(),
            Action::Confirm => self.answer_consent(true),
            Action::Decline => self.answer_consent(false),
            Action::Lesson(action) => self.carry_out_lesson(action),
            Action::Redraw => vec![Effect::Redraw],
            Action::Suspend => vec![Effect::Suspend],
            Action::Quit => self.quit(),
        }
    }

    fn edit(&mut self, edit: Edit) -> Vec<Effect> {
        if let Some(line) = self.other_line() {
            line.edit(edit);
            return Vec::new();
        }
        if self.mode == Mode::Corpus {
            self.edit_in_editor(edit);
            return Vec::new();
        }
        if self.refuses_text() {
            return Vec::new();
        }
        if matches!(edit, Edit::Insert(_)) {
            self.make_way_for_another_query();
        }
        if self.query.edit(edit) { self.query_changed() } else { Vec::new() }
    }

    /// The line that takes the text in place of the query line, where one does.
    fn other_line(&mut self) -> Option<&mut super::QueryLine> {
        match self.mode {
            Mode::Axes => Some(&mut self.map.axes),
            Mode::Filter => Some(&mut self.filter.line),
            _ => None,
        }
    }

    fn paste(&mut self, text: &str) -> Vec<Effect> {
        if let Some(line) = self.other_line() {
            line.insert(text);
            return Vec::new();
        }
        if self.mode == Mode::Corpus {
            return self.paste_in_editor(text);
        }
        if self.refuses_text() {
            return Vec::new();
        }
        self.make_way_for_another_query();
        let inserted = self.query.insert(text);
        if inserted.cut {
            self.notice =
                Some(format!("the paste was cut: a query may have {} KiB", super::query_line::MAX_QUERY_BYTES / 1024));
        }
        if inserted.changed { self.query_changed() } else { Vec::new() }
    }

    /// The person's own change of the text, as opposed to one that comes from the history.
    fn query_changed(&mut self) -> Vec<Effect> {
        self.query.leave_history();
        self.new_query()
    }

    /// Ranks by the text as it stands now; with none, lists the corpus.
    fn new_query(&mut self) -> Vec<Effect> {
        self.follow = None;
        self.pipeline.followed = None;
        self.select(0);
        let visible = self.visible();
        if self.query.is_blank() {
            self.settled = None;
            self.baseline = None;
            return visible.into_iter().flat_map(|backend| self.forget_search(backend)).collect();
        }
        if self.screen == Screen::Compare {
            let query = self.query.text().to_owned();
            if self.compare.shuffle(&query) {
                self.focus_first_column();
            }
        }
        if !self.wants_vectors() {
            return Vec::new();
        }
        let pauses: Vec<_> =
            visible.into_iter().map(|backend| (backend, self.panels[backend.0].typing_pause)).collect();
        pauses.into_iter().flat_map(|(backend, pause)| self.request_search(backend, pause)).collect()
    }

    fn select(&mut self, row: usize) -> Vec<Effect> {
        self.list.select(row, self.row_count());
        Vec::new()
    }

    /// Selects a row because the person did: its document stays selected while more of the corpus is ranked, and when
    /// another backend ranks it.
    fn go_to_row(&mut self, row: usize) -> Vec<Effect> {
        let effects = self.select(row);
        if self.screen == Screen::Pipeline {
            self.follow_row();
        }
        self.follow = self.selected_document();
        effects
    }

    fn scroll(&mut self, by: isize) -> Vec<Effect> {
        match self.mode {
            Mode::Help => {
                let hidden =
                    super::keymap::help_lines(self.resting_mode(), self.place()).saturating_sub(self.list.height);
                self.help_scroll = self.help_scroll.saturating_add_signed(by).min(hidden);
            }
            Mode::Choosing | Mode::Disagreements | Mode::Evaluation => self.move_choice(by),
            Mode::Typing
            | Mode::Consent
            | Mode::Axes
            | Mode::Filter
            | Mode::Corpus
            | Mode::Lesson
            | Mode::Presenting => {
                self.list.scroll(by, self.row_count());
            }
        }
        Vec::new()
    }

    fn set_top_k(&mut self, top_k: usize) -> Vec<Effect> {
        self.list.set_top_k(top_k);
        self.select(self.list.selected)
    }

    fn toggle_all(&mut self) -> Vec<Effect> {
        self.list.toggle_all();
        self.select(self.list.selected)
    }

    /// The list has room for this many rows now.
    pub fn fit_list(&mut self, rows: usize) {
        self.list.resize(rows, self.row_count());
    }

    /// A frame took this long to draw.
    pub fn drawn(&mut self, took: Duration) {
        self.draw_time = took;
    }

    fn toggle_explanation(&mut self) -> Vec<Effect> {
        if self.has_two_parts() {
            self.explanation_alone = !self.explanation_alone;
        }
        Vec::new()
    }

    fn copy(&mut self) -> Vec<Effect> {
        let Some(document) = self.selected_document() else { return Vec::new() };
        let document = &self.corpus[document];
        self.notice = Some(format!("copied {}, if the terminal allows it", document.id));
        // What a text holds unseen must not be pasted unseen, into a shell of all places.
        vec![Effect::Copy(text::visible(&document.text).into_owned())]
    }

    fn swap_bar_scale(&mut self) -> Vec<Effect> {
        self.bar_scale = match self.bar_scale {
            BarScale::Cosine => BarScale::Spread,
            BarScale::Spread => BarScale::Percentile,
            BarScale::Percentile => BarScale::Cosine,
        };
        Vec::new()
    }

    fn swap_appearance(&mut self) -> Vec<Effect> {
        self.appearance = match self.appearance {
            Appearance::Dark => Appearance::Light,
            Appearance::Light => Appearance::Dark,
            Appearance::Plain => Appearance::Plain,
        };
        Vec::new()
    }

    fn use_selected(&mut self) -> Vec<Effect> {
        // Whoever has a task to do, and has done it, means to go on; a sentence is nobody's own words.
        if self.learn.is_in(Part::Try) {
            return self.go_on();
        }
        if self.screen == Screen::Lab && self.query.is_blank() {
            return self.take_prepared();
        }
        let Some(document) = self.selected_document() else { return Vec::new() };
        // Whoever takes a sentence out of a ranking has looked at it.
        if self.is_current() {
            self.settled = self.ranking().cloned();
        }
        let text = self.corpus[document].text.clone();
        self.take_as_query(&text)
    }

    /// A text takes the place of the query; both are in the history.
    fn take_as_query(&mut self, text: &str) -> Vec<Effect> {
        self.query.remember();
        self.query.set(text);
        self.query.remember();
        self.query_changed()
    }

    fn recall(&mut self, step: impl FnOnce(&mut super::QueryLine) -> bool) -> Vec<Effect> {
        if step(&mut self.query) { self.new_query() } else { Vec::new() }
    }

    fn toggle_help(&mut self) -> Vec<Effect> {
        self.help_scroll = 0;
        self.mode = match self.mode {
            Mode::Typing | Mode::Lesson | Mode::Presenting => Mode::Help,
            Mode::Help => Mode::Typing,
            // A question is answered first, and a list left.
            Mode::Consent
            | Mode::Choosing
            | Mode::Disagreements
            | Mode::Evaluation
            | Mode::Axes
            | Mode::Filter
            | Mode::Corpus => self.mode,
        };
        Vec::new()
    }

    fn dismiss(&mut self) -> Vec<Effect> {
        match self.mode {
            Mode::Help => self.toggle_help(),
            Mode::Consent => self.answer_consent(false),
            Mode::Choosing => self.toggle_chooser(),
            Mode::Disagreements => self.toggle_disagreements(),
            Mode::Evaluation => self.toggle_evaluation(),
            Mode::Axes => {
                self.mode = Mode::Typing;
                Vec::new()
            }
            Mode::Filter => self.act_on_filter(super::action::FilterAction::Drop),
            Mode::Corpus => self.act_on_corpus(CorpusAction::Close),
            Mode::Lesson => self.leave_lesson(),
            Mode::Typing if self.query.text().is_empty() && self.learn.open.is_some() => self.leave_lesson(),
            Mode::Typing if self.query.text().is_empty() => Vec::new(),
            Mode::Typing | Mode::Presenting => {
                self.query.remember();
                self.query.set("");
                self.query_changed()
            }
        }
    }
}
