//! The program on a screen: terminal events in, frames out, and workers that run what the state asks for.

use std::fs::File;
use std::hash::{BuildHasher, RandomState};
use std::io::{self, Write};
use std::process::ExitCode;
use std::sync::Arc;
use std::time::{Duration, Instant};

use anyhow::Context as _;
use crossterm::event::{Event, EventStream};
use futures::StreamExt;
use ratatui::layout::{Position, Rect};

use crate::backend::BackendSpec;
use crate::backend::spec;
use crate::config::Config;
use crate::corpus::{Corpus, Skipped, filter};
use crate::lesson::{self, Progress};
use crate::progress::{self, Kept};
use crate::state::pipeline::RerankerPanel;
use crate::state::{Action, Effect, Panel, Phase, Reply, RerankerId, Search, State};
use crate::view::{self, Layout};

mod charts;
mod crew;
mod desk;
mod files;
mod input;
mod latest;
mod outbox;
mod rerank;
mod screen;
mod signals;
mod slot;
mod worker;

use crew::Crew;
use outbox::{Inbox, Outbox};
use screen::Screen;
use signals::{Signal, Signals};

/// At most this many frames a second are drawn.
const FRAME_TIME: Duration = Duration::from_micros(16_667);

/// How long a frame waits for the ranking of a query that was just typed: a local answer comes within, and a screen
/// with the new query over the old ranking would only flicker.
const GRACE: Duration = Duration::from_millis(12);

/// Runs the explorer until the person quits. `first` is done as if the person did it right at the start.
///
/// # Errors
/// Where the terminal cannot be used. It is given back in any case.
pub fn run(config: &Config, corpus: Corpus, first: Vec<Action>) -> anyhow::Result<ExitCode> {
    let runtime = spec::runtime()?;
    let corpus = Arc::new(corpus);
    let context = config.open_context(runtime.handle());
    let panel = |spec: &BackendSpec| {
        let panel = Panel::new(&spec.label, spec.typing_pause()).described(spec.describe(&context));
        panel.kept_in(config.store_card(&spec.name))
    };
    let panels = config.backends.iter().map(panel).collect();
    let mut state =
        State::new(Arc::clone(&corpus), panels, config.tab, config.backend, config.top_k, config.appearance);
    state.search.method = config.method;
    state.prepare_editor();
    if let Some(written) = &config.filter
        && let Some(selection) = filter::select(written, &corpus).context("--filter")?
    {
        state.prepare_filter(selection);
    }
    state.prepare_compare(config.compare, RandomState::new().hash_one(0));
    let rerankers = config.rerankers.iter().map(|spec| RerankerPanel::new(&spec.label, spec.describe(&context)));
    state.prepare_pipeline(rerankers.collect(), RerankerId(config.reranker));
    let kept_in = progress::default_path().ok();
    let Kept { progress, trouble } = kept_in.as_deref().map(progress::read).unwrap_or_default();
    let trouble = trouble.or_else(|| unread(&corpus));
    state.prepare_lessons(lesson::bundled(), progress);
    let (replies, inbox) = Outbox::open();
    let crew = Crew::assemble(config, &corpus, runtime.handle(), &replies);
    screen::install_panic_hook();
    // Before the terminal is taken, so that there is no moment in which a signal would leave it so.
    let signals = runtime.block_on(async { Signals::listen() })?;
    let screen = Screen::open()?;
    let app =
        App { state, screen, crew, inbox, first, trouble, layout: None, last_draw: None, due: None, tainted: false };
    let (ended, unkept) = runtime.block_on(app.run_and_say_what_is_unkept(signals));
    if let (Some(unkept), Some(path)) = (unkept, kept_in)
        && let Err(error) = progress::keep(&path, &unkept)
    {
        tracing::warn!("{error:#}");
    }
    // A request in flight is not waited for.
    runtime.shutdown_background();
    match ended? {
        Ended::Quit => Ok(ExitCode::SUCCESS),
        Ended::Signalled(signal) => Ok(signal.exit_code()),
    }
}

/// Why the program ends.
enum Ended {
    Quit,
    Signalled(Signal),
}

struct App {
    state: State,
    screen: Screen,
    crew: Crew,
    inbox: Inbox,
    /// What the command line asks for.
    first: Vec<Action>,
    /// What was not as it should be at the start.
    trouble: Option<String>,
    /// Of the last frame, for the mouse.
    layout: Option<Layout>,
    last_draw: Option<Instant>,
    /// When the next frame is due; `None` while nothing has changed.
    due: Option<Instant>,
    /// Whether the terminal may show something else than the last frame.
    tainted: bool,
}

/// What to say at the start of rows that could not be read.
fn unread(corpus: &Corpus) -> Option<String> {
    let Skipped { rows, first } = &corpus.skipped;
    let first = first.first()?;
    Some(match rows {
        1 => format!("1 row was passed over: {first}"),
        rows => format!("{rows} rows were passed over, the first: {first}"),
    })
}

impl App {
    /// Also gives the finished steps of lessons that nobody has written yet: the program may end at any moment.
    async fn run_and_say_what_is_unkept(mut self, signals: Signals) -> (anyhow::Result<Ended>, Option<Progress>) {
        let ended = self.run(signals).await;
        (ended, self.state.learn.unkept().cloned())
    }

    async fn run(&mut self, mut signals: Signals) -> anyhow::Result<Ended> {
        let mut events = EventStream::new();
        self.draw()?;
        let effects = self.state.start();
        if let Some(ended) = self.carry_out(effects)? {
            return Ok(ended);
        }
        for action in std::mem::take(&mut self.first) {
            let effects = self.state.act(action);
            if let Some(ended) = self.carry_out(effects)? {
                return Ok(ended);
            }
            self.soon();
        }
        // After those, or the first of them would take it away.
        self.state.notice = self.trouble.take().or(self.state.notice.take());
        self.soon();
        loop {
            let due = self.due;
            let ended = tokio::select! {
                biased;
                () = sleep_until(due), if due.is_some() => { self.draw()?; None }
                event = events.next() => match event {
                    Some(event) => self.on_event(&event?)?,
                    // The terminal is gone.
                    None => Some(Ended::Quit),
                },
                Some((edition, reply)) = self.inbox.recv() => {
                    let effects = self.state.receive_of(edition, reply);
                    self.soon();
                    self.carry_out(effects)?
                }
                signal = signals.next() => match signal {
                    Signal::Stop => { self.suspend()?; None }
                    Signal::Terminate | Signal::HangUp | Signal::Interrupt => Some(Ended::Signalled(signal)),
                },
            };
            if let Some(ended) = ended {
                return Ok(ended);
            }
        }
    }

    fn on_event(&mut self, event: &Event) -> anyhow::Result<Option<Ended>> {
        if let Event::Resize(..) = event {
            self.tainted = true;
            self.soon();
            return Ok(None);
        }
        let Some(action) = input::action(event, &self.state, self.layout.as_ref()) else { return Ok(None) };
        let effects = self.state.act(action);
        let ended = self.carry_out(effects)?;
        self.soon();
        Ok(ended)
    }

    fn carry_out(&mut self, effects: Vec<Effect>) -> anyhow::Result<Option<Ended>> {
        for effect in effects {
            match effect {
                Effect::Quit => return Ok(Some(Ended::Quit)),
                Effect::Suspend => self.suspend()?,
                Effect::Redraw => self.tainted = true,
                Effect::Copy(text) => self.screen.copy(text)?,
                Effect::Save { name, content } => {
                    // What it leads to is only a message.
                    self.state.receive(Reply::Saved(save(name, &content).map_err(|error| error.to_string())));
                }
                Effect::TakeCorpus { .. }
                | Effect::ReadCorpus(_)
                | Effect::WriteCorpus { .. }
                | Effect::CompleteName(_)
                | Effect::Open(_)
                | Effect::StopOpening(_)
                | Effect::AllowCorpus(_)
                | Effect::EmbedCorpus(_)
                | Effect::StopEmbedding(_)
                | Effect::Search { .. }
                | Effect::CancelSearch(_)
                | Effect::Select { .. }
                | Effect::FindNeighbours(..)
                | Effect::Repeat(..)
                | Effect::MeasureRecall { .. }
                | Effect::ShareVectors(_)
                | Effect::EmbedTexts { .. }
                | Effect::Ablate { .. }
                | Effect::RunExperiment { .. }
                | Effect::RunPipeline { .. }
                | Effect::OpenReranker(_)
                | Effect::StopOpeningReranker
                | Effect::Rerank { .. }
                | Effect::CancelRerank
                | Effect::MatchWords { .. }
                | Effect::RankLabelled { .. }
                | Effect::Measure { .. }
                | Effect::SumUp { .. }
                | Effect::Project { .. }
                | Effect::StopProjecting(_)
                | Effect::Overlay { .. }
                | Effect::FindClusters { .. }
                | Effect::KeepProgress(_)
                | Effect::StartTimer { .. } => self.crew.carry_out(effect),
            }
        }
        Ok(None)
    }

    /// Has a frame drawn as soon as there may be one.
    fn soon(&mut self) {
        let now = Instant::now();
        let after_last = self.last_draw.map_or(now, |last| last + FRAME_TIME);
        let wanted = if self.answer_is_near() { now + GRACE } else { now };
        let at = wanted.max(after_last);
        // A frame that is due already is brought forward by an answer, and never put off by another key.
        self.due = Some(self.due.map_or(at, |due| due.min(at)));
    }

    /// Whether this process is just now ranking what was typed.
    fn answer_is_near(&self) -> bool {
        self.state.stages_are_near()
            || self.state.experiment_is_near()
            || self.state.visible().into_iter().any(|backend| {
                let panel = &self.state.panels[backend.0];
                panel.typing_pause.is_zero() && panel.search == Search::Running && panel.phase == Phase::Ready
            })
    }

    fn draw(&mut self) -> io::Result<()> {
        self.due = None;
        let started = Instant::now();
        let size = self.screen.terminal().size()?;
        let area = Rect::from((Position::ORIGIN, size));
        if std::mem::take(&mut self.tainted) {
            self.screen.terminal().resize(area)?;
        }
        let (state, layout) = (&mut self.state, &mut self.layout);
        // For the frame's own area: the terminal may have changed its size just now.
        self.screen.terminal().draw(|frame| {
            *layout = Layout::build(frame.area(), state);
            if let Some(rows) = layout.as_ref().and_then(Layout::row_count) {
                state.fit_list(rows);
            }
            state.fit_maps(layout.as_ref().is_some_and(|layout| layout.framed));
            view::draw(frame, layout.as_ref(), state);
        })?;
        let now = Instant::now();
        self.state.drawn(now - started);
        self.last_draw = Some(now);
        Ok(())
    }

    /// Gives the terminal back, stops as a shell expects, and takes it again when the person goes on.
    fn suspend(&mut self) -> io::Result<()> {
        self.screen.suspended(signals::stop_this_process)?;
        self.tainted = true;
        self.soon();
        Ok(())
    }
}

/// Writes a file that was not there before, and gives its name.
fn save((name, ending): (&str, &str), content: &str) -> io::Result<String> {
    for number in 1.. {
        let file = if number == 1 { format!("{name}.{ending}") } else { format!("{name}-{number}.{ending}") };
        match File::create_new(&file) {
            Ok(mut created) => return created.write_all(content.as_bytes()).map(|()| file),
            Err(error) if error.kind() == io::ErrorKind::AlreadyExists => {}
            Err(error) => return Err(error),
        }
    }
    Err(io::ErrorKind::AlreadyExists.into())
}

async fn sleep_until(due: Option<Instant>) {
    if let Some(due) = due {
        tokio::time::sleep_until(due.into()).await;
    }
}
