//! What workers say, and what becomes of it.

use std::sync::Arc;
use std::time::Duration;

use crate::backend::hub::Download;
use crate::backend::{ModelCard, Retry};
use crate::engine::{Estimate, Progress, Ranking, Spent};
use crate::state::{BackendId, Baseline, Edition, Effect, Mode, Phase, Reply, Screen, Search, State, Ticket, Timer};

/// How long a ranking stands before it counts as looked at, so that the next one is compared with it.
const SETTLE_TIME: Duration = Duration::from_millis(800);

impl State {
    /// Takes in what somebody says who worked with a corpus that may be an older one.
    pub fn receive_of(&mut self, edition: Edition, reply: Reply) -> Vec<Effect> {
        if edition != self.edition && reply.is_about_corpus() { Vec::new() } else { self.receive(reply) }
    }

    /// Takes in what a worker says, and says what has to be done outside.
    pub fn receive(&mut self, reply: Reply) -> Vec<Effect> {
        let mut effects = self.take_in(reply);
        effects.extend(self.refresh());
        effects
    }

    fn take_in(&mut self, reply: Reply) -> Vec<Effect> {
        match reply {
            Reply::Opened { backend, card, leaves_machine } => self.opened(backend, card, leaves_machine),
            Reply::Resumed { backend, card, progress, leaves_machine } => {
                self.resumed(backend, card, progress, leaves_machine)
            }
            Reply::Downloading { backend, download } => self.downloading(backend, download),
            Reply::NotConfigured { backend, message } => self.closed(backend, Phase::NotConfigured(message)),
            Reply::Failed { backend, message } => self.closed(backend, Phase::Failed(message)),
            Reply::EmbeddingFailed { backend, message } => self.embedding_failed(backend, message),
            Reply::Embedded { backend, progress, card, spent } => self.embedded(backend, progress, card, spent),
            Reply::Ranked { backend, ticket, ranking, card, spent } => {
                let panel = self.panel_mut(backend);
                panel.card = Some(card);
                panel.spent = spent;
                self.ranked(backend, ticket, ranking)
            }
            Reply::Neighbours { backend, neighbours } => {
                self.panel_mut(backend).neighbours = Some(neighbours);
                self.collect_disagreements();
                self.compare.chosen = 0;
                Vec::new()
            }
            Reply::Repeated { backend, repeated, spent } => {
                let panel = self.panel_mut(backend);
                (panel.repeated, panel.spent) = (Some(repeated), spent);
                self.notice = None;
                Vec::new()
            }
            Reply::RecallMeasured { backend, recall } => {
                self.panel_mut(backend).recall = Some(recall);
                self.notice = None;
                Vec::new()
            }
            Reply::GraphGrown { backend, graph } => {
                self.panel_mut(backend).graph = graph;
                Vec::new()
            }
            Reply::Vectors { backend, vectors } => {
                self.panel_mut(backend).vectors = Some(vectors);
                Vec::new()
            }
            Reply::TextsEmbedded { backend, purpose, ticket, embedded, spent } => {
                self.panel_mut(backend).spent = spent;
                self.texts_embedded(backend, purpose, ticket, embedded)
            }
            Reply::Selected { ticket, selection } => self.selected(ticket, selection),
            Reply::Ablated { backend, ticket, ablation } => self.ablated(backend, ticket, ablation),
            Reply::ExperimentRun { ticket, outcome } => self.experiment_run(ticket, outcome),
            Reply::StoreTrouble { backend, message, is_behind } => {
                self.notice = message.or(self.notice.take());
                if self.panels[backend.0].store.is_some() {
                    self.editor.is_behind = is_behind;
                }
                Vec::new()
            }
            Reply::Broke(reason) => {
                self.notice = Some(reason);
                Vec::new()
            }
            Reply::Piped { ticket, run } => self.piped(ticket, run),
            Reply::RerankerOpened { reranker, opened } => self.reranker_opened(reranker, opened),
            Reply::RerankerDownloading { reranker, download } => self.reranker_downloading(reranker, download),
            Reply::Reranked { ticket, reranker, run } => self.reranked(ticket, reranker, run),
            Reply::LabelledRanked { backend, ticket, ranking, spent } => {
                self.panel_mut(backend).spent = spent;
                self.labelled_ranked(ticket, ranking)
            }
            Reply::Measured { ticket, measures } => self.measured(ticket, measures),
            Reply::SummedUp { ticket, outcome } => self.summed_up(ticket, outcome),
            Reply::WordsMatched(matches) => self.words_matched(matches),
            Reply::Projecting { backend, ticket, epochs, chart } => self.projecting(backend, ticket, epochs, chart),
            Reply::Projected { backend, ticket, chart } => self.projected(backend, ticket, chart),
            Reply::Overlaid(overlay) => self.overlaid(overlay),
            Reply::Clustered { backend, groups } => self.clustered(backend, groups),
            Reply::CorpusRead(result) => self.corpus_read(result),
            Reply::CorpusWritten(written) => self.corpus_written(written),
            Reply::NameCompleted { name, completed, others } => self.name_completed(&name, &completed, &others),
            Reply::Saved(saved) => {
                self.notice = Some(match saved {
                    Ok(path) => format!("written to {path}"),
                    Err(reason) => format!("cannot be written: {reason}"),
                });
                Vec::new()
            }
            Reply::SearchFailed { backend, ticket, message } => self.search_failed(backend, ticket, message),
            Reply::ProgressKept(kept) => self.progress_kept(kept),
            Reply::Retrying { backend, retry } => self.retrying(backend, retry),
            Reply::TimerElapsed(Timer::TypingPause(backend, ticket)) => self.typing_paused(backend, ticket),
            Reply::TimerElapsed(Timer::Settled(backend, ticket)) => self.settled(backend, ticket),
        }
    }

    fn opened(&mut self, backend: BackendId, card: ModelCard, leaves_machine: Option<Estimate>) -> Vec<Effect> {
        let progress = Progress { total: self.corpus.documents.len(), ..Progress::default() };
        self.resumed(backend, card, progress, leaves_machine)
    }

    fn resumed(
        &mut self,
        backend: BackendId,
        card: ModelCard,
        progress: Progress,
        leaves_machine: Option<Estimate>,
    ) -> Vec<Effect> {
        let panel = self.panel_mut(backend);
        panel.card = Some(card);
        let is_closed = matches!(panel.phase, Phase::Closed | Phase::NotConfigured(_) | Phase::Failed(_));
        if std::mem::take(&mut panel.takes_corpus) && is_closed {
            // It says so again when somebody asks for it.
            return Vec::new();
        }
        if let Some(estimate) = leaves_machine {
            panel.phase = Phase::AwaitingConsent(estimate);
            // A query asked for meanwhile waits for the same answer.
            panel.search = Search::Idle;
            // One question at a time.
            if self.visible().contains(&backend) && self.mode != Mode::Consent {
                self.ask(backend);
            }
            return vec![Effect::CancelSearch(backend)];
        }
        if progress.is_complete() && progress.done > 0 {
            panel.phase = Phase::Ready;
            return Vec::new();
        }
        if let Phase::Stopped { progress: known, .. } = &mut panel.phase {
            *known = progress;
            return Vec::new();
        }
        panel.phase = if progress.is_complete() { Phase::Ready } else { Phase::Embedding(progress) };
        vec![Effect::EmbedCorpus(backend)]
    }

    fn downloading(&mut self, backend: BackendId, download: Download) -> Vec<Effect> {
        let panel = self.panel_mut(backend);
        // Not after the person gave it up.
        if matches!(panel.phase, Phase::Opening | Phase::Downloading(_)) {
            panel.phase = Phase::Downloading(download);
        }
        Vec::new()
    }

    fn closed(&mut self, backend: BackendId, phase: Phase) -> Vec<Effect> {
        if let Phase::Failed(message) | Phase::NotConfigured(message) = &phase {
            self.evaluation_lost(backend, message);
        }
        let panel = self.panel_mut(backend);
        panel.phase = phase;
        panel.search = Search::Idle;
        panel.retry = None;
        Vec::new()
    }

    fn embedded(&mut self, backend: BackendId, progress: Progress, card: ModelCard, spent: Spent) -> Vec<Effect> {
        let panel = self.panel_mut(backend);
        panel.card = Some(card);
        panel.spent = spent;
        // What was kept from before took no time to embed.
        panel.pace.note(spent.corpus_time, progress.done.saturating_sub(progress.restored));
        panel.retry = None;
        match &mut panel.phase {
            phase if progress.is_complete() => *phase = Phase::Ready,
            // The batch that was on its way when the person said stop.
            Phase::Stopped { progress: known, .. } => *known = progress,
            phase => *phase = Phase::Embedding(progress),
        }
        Vec::new()
    }

    /// What is embedded stays searchable; with nothing embedded there is only the reason to show.
    fn embedding_failed(&mut self, backend: BackendId, message: String) -> Vec<Effect> {
        let panel = self.panel_mut(backend);
        panel.retry = None;
        match panel.phase {
            Phase::Embedding(progress) if progress.done > 0 => {
                panel.phase = Phase::Stopped { progress, reason: Some(message) };
                Vec::new()
            }
            _ => self.closed(backend, Phase::Failed(message)),
        }
    }

    fn ranked(&mut self, backend: BackendId, ticket: Ticket, ranking: Arc<Ranking>) -> Vec<Effect> {
        let panel = self.panel_mut(backend);
        if panel.ticket != ticket {
            return Vec::new();
        }
        panel.search = Search::Idle;
        panel.retry = None;
        if !ranking.timings.embed.is_zero() && panel.last_timed != Some(ticket) {
            panel.last_timed = Some(ticket);
            panel.query_times.push(ranking.timings.embed);
        }
        if backend == self.active && self.screen == Screen::Search {
            self.choose_baseline(&ranking);
        }
        let panel = self.panel_mut(backend);
        panel.ranking = Some(ranking);
        panel.ranked_with = panel.asked_with.clone();
        if !self.visible().contains(&backend) {
            return Vec::new();
        }
        if backend == self.active {
            if self.follow.is_some() {
                self.follow_selection();
            } else {
                self.list.select(self.list.selected, self.row_count());
            }
        }
        vec![Effect::StartTimer { timer: Timer::Settled(backend, ticket), after: SETTLE_TIME }]
    }

    /// Movements are counted from another backend's ranking of the same query right after a swap, else from the
    /// ranking on which the person paused last.
    fn choose_baseline(&mut self, now: &Ranking) {
        match (&self.baseline, &self.settled) {
            (Some(Baseline::Backend(_, other)), _) if other.query == now.query => {}
            (_, Some(settled)) if settled.query != now.query => {
                self.baseline = Some(Baseline::Earlier(Arc::clone(settled)));
            }
            (Some(Baseline::Earlier(earlier)), _) if earlier.query != now.query => {}
            // Another backend's ranking of an older query, or the very query that is ranked now.
            (Some(_), _) => self.baseline = None,
            (None, _) => {}
        }
    }

    fn search_failed(&mut self, backend: BackendId, ticket: Ticket, message: String) -> Vec<Effect> {
        let panel = self.panel_mut(backend);
        if panel.ticket == ticket {
            panel.search = Search::Failed(message);
            panel.retry = None;
        }
        Vec::new()
    }

    /// A wait that nobody waits for any more is not shown.
    fn retrying(&mut self, backend: BackendId, retry: Retry) -> Vec<Effect> {
        let panel = self.panel_mut(backend);
        if panel.search == Search::Running || matches!(panel.phase, Phase::Embedding(_)) {
            panel.retry = Some(retry);
        }
        Vec::new()
    }

    fn typing_paused(&mut self, backend: BackendId, ticket: Ticket) -> Vec<Effect> {
        let panel = &self.panels[backend.0];
        let waiting = panel.ticket == ticket && panel.search == Search::Paused && self.visible().contains(&backend);
        if waiting { vec![self.send_search(backend, ticket)] } else { Vec::new() }
    }

    /// The ranking has stood for a while: it goes into the history, and the next one is compared with it.
    fn settled(&mut self, backend: BackendId, ticket: Ticket) -> Vec<Effect> {
        if self.screen == Screen::Compare {
            let complete = |id| self.current_ranking(id).is_some_and(|ranking| ranking.is_complete());
            if self.panels[backend.0].ticket == ticket && self.visible().into_iter().all(complete) {
                let selection = self.selection().cloned();
                self.compare.record(selection.as_ref().map(|selection| selection.filter.as_str()));
                self.query.remember();
            }
        } else if backend == self.active && self.panel().ticket == ticket && self.is_current() {
            // A part of a corpus is no place to count movements from.
            self.settled = self.ranking().filter(|ranking| ranking.is_complete()).cloned();
            self.query.remember();
        }
        Vec::new()
    }
}
