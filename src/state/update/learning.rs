//! The lessons: which step, what is held back, and what is checked; and a screen for a room.

use crate::engine::Stage;
use crate::engine::lab::Setting;
use crate::engine::pipeline::Settings;
use crate::lesson::{Evidence, Progress, ScreenName, Switch};
use crate::state::action::LessonAction;
use crate::state::editor::CorpusAction;
use crate::state::learn::{Before, OpenLesson, Part, Presenting};
use crate::state::{Action, BarScale, Effect, Mode, Phase, Screen, State, keymap};

/// How many of the first the lessons speak of.
const TOP_K: usize = 10;

impl State {
    /// Checks the task of the lesson that is open against what is on the screen.
    pub(super) fn refresh_lesson(&mut self) -> Vec<Effect> {
        // Whoever goes to the list of lessons has left the one that was open.
        if self.screen == Screen::Learn && self.learn.open.is_some() {
            self.learn.left = self.learn.open.take();
            self.unset();
        }
        self.hold_back_what_is_new();
        if matches!(self.mode, Mode::Typing | Mode::Lesson | Mode::Presenting) {
            self.mode = self.resting_mode();
        }
        let Some((open, lesson, step)) = self.learn.current() else { return Vec::new() };
        if open.part != Part::Try || open.solved || !step.task.is_done(&self.evidence()) {
            return Vec::new();
        }
        let key = lesson.key(open.step);
        if let Some(open) = &mut self.learn.open {
            open.solved = true;
        }
        if !self.learn.progress.finish(key.clone()) {
            return Vec::new();
        }
        self.learn.unkept.finish(key);
        vec![Effect::KeepProgress(self.learn.unkept.clone())]
    }

    /// A room is shown the ranking of a new query only when it is revealed.
    fn hold_back_what_is_new(&mut self) {
        let shown = matches!(self.learn.presenting, Presenting::Order | Presenting::Scores);
        if shown && self.learn.open.is_none() && self.learn.revealed_for != self.query.text() {
            self.learn.presenting = Presenting::Held;
        }
    }

    /// Before a room, what is typed over a revealed ranking is another query.
    pub(super) fn make_way_for_another_query(&mut self) {
        if self.mode == Mode::Presenting {
            self.query.remember();
            self.query.set("");
        }
    }

    /// Whether the list of lessons is on the screen, which nothing is typed over: says so.
    pub(super) fn refuses_text(&mut self) -> bool {
        let refuses = self.screen == Screen::Learn;
        if refuses {
            let key = |action| keymap::hint(Mode::Typing, &action);
            let (open, search) = (key(Action::Lesson(LessonAction::Open)), key(Action::ShowScreen(Screen::Search)));
            self.notice = Some(format!("{open} opens a lesson; to type a query: {search}, the Search screen"));
        }
        refuses
    }

    pub(super) fn carry_out_lesson(&mut self, action: LessonAction) -> Vec<Effect> {
        match action {
            LessonAction::SelectNext => self.select_in_lesson(1),
            LessonAction::SelectPrevious => self.select_in_lesson(-1),
            LessonAction::Pick(choice) => self.pick(choice),
            LessonAction::Open => self.open_lesson(self.learn.selected),
            LessonAction::OpenNumber(lesson) => self.open_lesson(lesson),
            LessonAction::GoOn => self.go_on(),
            LessonAction::Skip => self.skip(),
            LessonAction::GoBack => self.go_back(),
            LessonAction::Leave => self.leave_lesson(),
            LessonAction::Hint => self.give_hint(),
            LessonAction::Present => self.present(),
        }
    }

    fn open_lesson(&mut self, number: usize) -> Vec<Effect> {
        if !self.corpus.bundled {
            let key = |mode, action| keymap::hint(mode, &Action::Corpus(action));
            let (open, bundled) = (key(Mode::Typing, CorpusAction::Open), key(Mode::Corpus, CorpusAction::OpenBundled));
            self.notice = Some(format!("the lessons are about the bundled corpus: {open}, then {bundled} opens it"));
            return Vec::new();
        }
        let Some(lesson) = self.learn.lessons.get(number) else { return Vec::new() };
        self.learn.selected = number;
        let next = OpenLesson::at(number, self.learn.progress.next_step(lesson));
        // Whoever comes back finds the place where they left.
        let left = self.learn.left.take_if(|left| left.lesson == number).filter(|left| left.step == next.step);
        self.query.remember();
        self.begin_step(left.unwrap_or(next))
    }

    /// Goes to a place in a lesson, with the screen and the query that belong there.
    fn begin_step(&mut self, open: OpenLesson) -> Vec<Effect> {
        let Some(step) = self.learn.lessons.get(open.lesson).and_then(|lesson| lesson.steps.get(open.step)) else {
            return Vec::new();
        };
        let screen = match step.screen {
            ScreenName::Search => Screen::Search,
            ScreenName::Compare => Screen::Compare,
            ScreenName::Pipeline => Screen::Pipeline,
            ScreenName::Map => Screen::Map,
            ScreenName::Lab => Screen::Lab,
        };
        let query = if open.part == Part::Try { step.task.start.clone() } else { step.query.clone() };
        let stage = step.stage();
        let switch = step.lab.map(|Switch(setting)| setting);
        self.set_for_a_lesson(switch, stage);
        self.learn.open = Some(open);
        let mut effects = self.show_screen(screen);
        self.explanation_alone = false;
        effects.extend(self.put_query(&query));
        effects
    }

    /// What a person set otherwise would tell something else than the lesson says. It comes back when the lesson is left.
    fn set_for_a_lesson(&mut self, switch: Option<Setting>, stage: Option<Stage>) {
        if self.learn.before.is_none() {
            self.learn.before = Some(Before {
                pipeline: self.pipeline.settings,
                focus: self.pipeline.focus,
                switches: self.lab.switches(),
                bar_scale: self.bar_scale,
                top_k: self.list.top_k,
            });
        }
        self.pipeline.settings = Settings::default();
        self.bar_scale = BarScale::Cosine;
        self.set_top_k(TOP_K);
        if let Some(setting) = switch {
            self.lab.set(setting);
        }
        // Where there is room for one column, it is the one that the question is about.
        if let Some(stage) = stage {
            self.pipeline.focus = stage;
        }
    }

    /// Puts back what the lesson set.
    fn unset(&mut self) {
        if let Some(before) = self.learn.before.take() {
            self.pipeline.settings = before.pipeline;
            self.pipeline.focus = before.focus;
            self.lab.put_back(before.switches);
            self.bar_scale = before.bar_scale;
            self.set_top_k(before.top_k);
        }
    }

    /// Ranks by a text that the lesson brings.
    fn put_query(&mut self, text: &str) -> Vec<Effect> {
        if self.query.text() == text {
            return Vec::new();
        }
        self.query.set(text);
        self.query.leave_history();
        self.new_query()
    }

    /// What keys mean when nothing is open over the screen.
    #[must_use]
    pub fn resting_mode(&self) -> Mode {
        match (&self.learn.open, self.learn.presenting) {
            (Some(open), _) if open.part != Part::Try => Mode::Lesson,
            (None, Presenting::Order | Presenting::Scores) if self.screen == Screen::Search => Mode::Presenting,
            (Some(_) | None, _) => Mode::Typing,
        }
    }

    fn select_in_lesson(&mut self, by: isize) -> Vec<Effect> {
        let choices = self.learn.current().map_or(0, |(_, _, step)| step.choices.len());
        // A word of warning stands before the three sentences where it came out otherwise.
        let evidence = self.evidence();
        let warns = self.learn.current().is_some_and(|(_, _, step)| step.is_as_written(&evidence) == Some(false));
        let Some(open) = &mut self.learn.open else {
            let last = self.learn.lessons.len().saturating_sub(1);
            self.learn.selected = self.learn.selected.saturating_add_signed(by).min(last);
            return Vec::new();
        };
        match open.part {
            Part::Predict => open.choice = open.choice.saturating_add_signed(by).min(choices.saturating_sub(1)),
            Part::Explain => open.sentence = open.sentence.saturating_add_signed(by).min(2 + usize::from(warns)),
            // The real screen is there to be looked at.
            Part::Reveal | Part::Try => return self.go_to_row(self.list.selected.saturating_add_signed(by)),
        }
        Vec::new()
    }

    fn pick(&mut self, choice: usize) -> Vec<Effect> {
        let choices = self.learn.current().map_or(0, |(_, _, step)| step.choices.len());
        if let Some(open) = self.learn.open.as_mut().filter(|open| open.part == Part::Predict && choice < choices) {
            open.choice = choice;
        }
        Vec::new()
    }

    /// What comes next in the lesson, a task only once it is done; without a lesson, what a room sees next.
    pub(super) fn go_on(&mut self) -> Vec<Effect> {
        if self.learn.open.as_ref().is_some_and(|open| open.part == Part::Try && !open.solved) {
            let key = |action| keymap::hint(Mode::Typing, &Action::Lesson(action));
            let (hint, skip) = (key(LessonAction::Hint), key(LessonAction::Skip));
            self.notice = Some(format!("not done yet: {hint} gives a hint, {skip} goes on all the same"));
            return Vec::new();
        }
        self.take_next_part()
    }

    /// The next part of the lesson, the next step, or the end.
    fn take_next_part(&mut self) -> Vec<Effect> {
        let Some(open) = &mut self.learn.open else { return self.reveal_more() };
        match open.part {
            Part::Predict => (open.part, open.predicted) = (Part::Reveal, Some(open.choice)),
            Part::Reveal => open.part = Part::Explain,
            Part::Explain => {
                open.part = Part::Try;
                let open = open.clone();
                return self.begin_step(open);
            }
            Part::Try => {
                let next = OpenLesson::at(open.lesson, open.step + 1);
                return if next.step < self.learn.lessons[next.lesson].steps.len() {
                    self.begin_step(next)
                } else {
                    self.end_lesson()
                };
            }
        }
        Vec::new()
    }

    /// The same without a prediction, or without having done the task.
    fn skip(&mut self) -> Vec<Effect> {
        let effects = self.take_next_part();
        if let Some(open) = self.learn.open.as_mut().filter(|open| open.part == Part::Reveal) {
            open.predicted = None;
        }
        effects
    }

    fn go_back(&mut self) -> Vec<Effect> {
        let Some(open) = &self.learn.open else { return self.reveal_less() };
        let mut back = open.clone();
        match open.part {
            Part::Predict if open.step == 0 => return Vec::new(),
            Part::Predict => {
                back = OpenLesson::at(open.lesson, open.step - 1);
                back.part = Part::Explain;
                back.solved = self.learn.progress.has(&self.learn.lessons[back.lesson], back.step);
            }
            Part::Reveal => back.part = Part::Predict,
            Part::Explain => back.part = Part::Reveal,
            Part::Try => {
                back.part = Part::Explain;
                // What was tried is found again in the history.
                self.query.remember();
            }
        }
        self.begin_step(back)
    }

    /// The lesson is over: the list says what is next.
    fn end_lesson(&mut self) -> Vec<Effect> {
        let Some(open) = self.learn.open.take() else { return Vec::new() };
        let last = self.learn.lessons.len() - 1;
        self.learn.selected = (open.lesson + 1).min(last);
        self.back_to_the_list()
    }

    /// Leaves the lesson and keeps the place.
    pub(super) fn leave_lesson(&mut self) -> Vec<Effect> {
        self.learn.left = self.learn.open.take();
        self.back_to_the_list()
    }

    fn back_to_the_list(&mut self) -> Vec<Effect> {
        self.unset();
        let mut effects = self.put_query("");
        effects.extend(self.show_screen(Screen::Learn));
        effects
    }

    fn give_hint(&mut self) -> Vec<Effect> {
        let hints = self.learn.current().map_or(0, |(_, _, step)| step.task.hints.len());
        if let Some(open) = self.learn.open.as_mut().filter(|open| open.part == Part::Try) {
            open.hints = (open.hints + 1).min(hints);
        }
        Vec::new()
    }

    /// Makes the screen one for a room, or that of one person again.
    fn present(&mut self) -> Vec<Effect> {
        let is_off = self.learn.presenting == Presenting::Off;
        self.learn.presenting = if is_off { Presenting::Held } else { Presenting::Off };
        // Elsewhere nothing would show it.
        if self.screen != Screen::Search {
            let now = if is_off { "on; it is of the Search screen" } else { "off" };
            self.notice = Some(format!("view for a room: {now}"));
        }
        Vec::new()
    }

    fn reveal_more(&mut self) -> Vec<Effect> {
        self.learn.presenting = match self.learn.presenting {
            Presenting::Off => {
                self.notice = Some("no lesson is open".into());
                return Vec::new();
            }
            Presenting::Held if self.query.is_blank() => return Vec::new(),
            // A press that comes before the ranking counts, where one is on its way.
            Presenting::Held if !self.has_whole_ranking() && self.panel().phase != Phase::Ready => {
                self.notice = Some("there is nothing to reveal yet".into());
                return Vec::new();
            }
            Presenting::Held => Presenting::Order,
            Presenting::Order if !self.has_whole_ranking() => return Vec::new(),
            Presenting::Order | Presenting::Scores => Presenting::Scores,
        };
        self.query.text().clone_into(&mut self.learn.revealed_for);
        Vec::new()
    }

    fn reveal_less(&mut self) -> Vec<Effect> {
        self.learn.presenting = match self.learn.presenting {
            Presenting::Off => Presenting::Off,
            Presenting::Held | Presenting::Order => Presenting::Held,
            Presenting::Scores => Presenting::Order,
        };
        Vec::new()
    }

    /// What is known of the query as it stands, for the conditions of lessons.
    #[must_use]
    pub fn evidence(&self) -> Evidence<'_> {
        let query = self.query.text();
        let pipeline = &self.pipeline;
        let run = if pipeline.rerank_is_current() { &pipeline.reranked } else { &pipeline.run };
        let run = run.as_deref().filter(|run| self.screen == Screen::Pipeline && run.query == query);
        let ranking = self.current_ranking(self.active).map(AsRef::as_ref);
        // Of the query and of the switch as they stand now; in a lesson, of no other switch than its own.
        let setting = self.lab.setting();
        let trial = self.lab.trial().filter(|trial| trial.query == query && trial.setting == setting);
        let trial = trial.filter(|_| self.screen == Screen::Lab && self.set_otherwise().is_none());
        Evidence { corpus: &self.corpus, query, ranking, run, trial }
    }

    /// What the step of the lesson that is open is about, where the lab is set otherwise: nothing that it shows counts then.
    #[must_use]
    pub fn set_otherwise(&self) -> Option<Setting> {
        let (_, _, step) = self.learn.current().filter(|_| self.screen == Screen::Lab)?;
        step.lab.map(|Switch(setting)| setting).filter(|_| !step.is_about(self.lab.setting()))
    }

    /// Whether what is on the screen is not to be seen yet.
    #[must_use]
    pub fn is_held_back(&self) -> bool {
        self.learn.is_in(Part::Predict)
            || self.is_revealed_by_hand() && self.learn.presenting == Presenting::Held && self.has_whole_ranking()
    }

    /// Whether all of the corpus is ranked by the query as it stands. A room is shown nothing less.
    #[must_use]
    pub fn has_whole_ranking(&self) -> bool {
        self.current_ranking(self.active).is_some_and(|ranking| ranking.is_complete())
    }

    /// Whether the Search screen is shown to a room.
    #[must_use]
    pub fn is_for_a_room(&self) -> bool {
        self.screen == Screen::Search && self.learn.presenting != Presenting::Off
    }

    /// Whether what a room sees is revealed by the person at the keys, and not by a lesson.
    #[must_use]
    pub fn is_revealed_by_hand(&self) -> bool {
        self.is_for_a_room() && self.learn.open.is_none()
    }

    /// Whether a room is shown scores.
    #[must_use]
    pub fn are_scores_revealed(&self) -> bool {
        !self.is_revealed_by_hand() || self.learn.presenting == Presenting::Scores
    }

    /// What is done was written, or was not.
    pub(super) fn progress_kept(&mut self, kept: Result<(Progress, Option<String>), String>) -> Vec<Effect> {
        match kept {
            Ok((progress, told)) => {
                self.notice = told.or(self.notice.take());
                self.learn.unkept.remove_all(&progress);
                self.learn.progress.merge(progress);
            }
            Err(message) => self.notice = Some(message),
        }
        Vec::new()
    }
}
