//! The Lab screen: what an experiment takes follows from how it is set, and what is missing is asked for once.

use std::sync::{Arc, LazyLock};

use unicode_segmentation::UnicodeSegmentation;

use crate::backend::Role;
use crate::corpus::bundled;
use crate::engine::lab::long::Haystack;
use crate::engine::lab::{Experiment, Job, Outcome, Refusal, Setting, Switch, short};
use crate::engine::{Embedded, Vectors};
use crate::state::effect::Purpose;
use crate::state::lab::{Errand, Shown, Texts, Waits};
use crate::state::{BackendId, Effect, Panel, Phase, Screen, Search, State, Ticket};

mod acting;

/// What a model reads at the most where nobody knows: what most small models do.
const ASSUMED_LIMIT: usize = 512;

/// Beyond this limit, a text of twice as many tokens takes a model in this process so long that it is asked about.
const LONG_LIMIT: usize = 1024;

/// What an experiment takes.
enum Wants {
    /// It can be done.
    Job(Job),
    /// It can be done, and would be more with something that is missing.
    JobAnd(Job, Waits),
    /// Nothing can be done before this.
    Waits(Waits),
}

impl State {
    /// Asks for whatever is wanted and was not asked for yet.
    pub(super) fn refresh_lab(&mut self) -> Vec<Effect> {
        if self.screen != Screen::Lab {
            return Vec::new();
        }
        let mut effects: Vec<Effect> = self.rank_beside();
        let wants = self.wants(&mut effects);
        let (job, waits) = match wants {
            Wants::Job(job) => (Some(job), None),
            Wants::JobAnd(job, waits) => (Some(job), Some(waits)),
            Wants::Waits(waits) => (None, Some(waits)),
        };
        if job.is_none() && waits.as_ref().is_some_and(|waits| self.is_final(waits)) {
            // What was tried before is not what is set now.
            (self.lab.shown, self.lab.asked) = (None, None);
        }
        self.lab.waits = waits;
        effects.extend(job.and_then(|job| self.request_job(job)));
        effects
    }

    /// Whether nothing comes by itself soon: until then, what was shown before may stand there, dimmed.
    fn is_final(&self, waits: &Waits) -> bool {
        match waits {
            Waits::Query | Waits::Press(_) | Waits::Never(_) | Waits::Failed(_) => true,
            Waits::Backend(backend) => *backend != self.active,
            Waits::Texts(..) => false,
        }
    }

    fn request_job(&mut self, job: Job) -> Option<Effect> {
        if self.lab.asked.as_ref().is_some_and(|(_, asked)| asked.is_same(&job)) {
            return None;
        }
        let ticket = self.next_ticket();
        self.lab.asked = Some((ticket, job.clone()));
        self.lab.answered = false;
        Some(Effect::RunExperiment { ticket, job })
    }

    pub(super) fn experiment_run(&mut self, ticket: Ticket, outcome: Outcome) -> Vec<Effect> {
        let lab = &mut self.lab;
        if let Some((asked, job)) = &lab.asked
            && *asked == ticket
        {
            let query = job.query().map(str::to_owned);
            lab.shown = Some(Shown { experiment: experiment_of(job), backend: self.active, query, outcome });
            lab.answered = true;
        }
        Vec::new()
    }

    /// Whether an answer is being worked out that comes at once.
    #[must_use]
    pub fn experiment_is_near(&self) -> bool {
        self.screen == Screen::Lab && self.lab.is_working()
    }

    /// The backend that ranks the query beside the one on the screen: the quantised model, once it was opened.
    pub(in crate::state) fn ranked_beside(&self) -> Option<BackendId> {
        let twin = self.quantised_twin().filter(|_| self.lab.setting() == Setting::QuantisedModel)?;
        (self.panels[twin.0].phase != Phase::Closed).then_some(twin)
    }

    /// The backends that the experiment takes vectors of, as far as they are open.
    pub(super) fn lab_backends(&self) -> Vec<BackendId> {
        let beside = match self.lab.experiment {
            Experiment::Mixing => self.lab.other,
            Experiment::Threshold => self.lab.beside,
            Experiment::Precision => self.ranked_beside(),
            Experiment::Normalisation
            | Experiment::Dimensions
            | Experiment::Short
            | Experiment::Long
            | Experiment::Misleading => None,
        };
        let open = beside.filter(|id| *id != self.active && self.panels[id.0].phase != Phase::Closed);
        std::iter::once(self.active).chain(open).collect()
    }

    /// The backend that runs the model on the screen with quantised weights: by fastembed's names, with `-q` behind.
    #[must_use]
    pub fn quantised_twin(&self) -> Option<BackendId> {
        let model = model(self.panel())?;
        let is_twin = |panel: &Panel| panel.description.as_ref().is_some_and(|it| it.model == format!("{model}-q"));
        self.panels.iter().position(is_twin).map(BackendId)
    }

    /// Has the backend beside rank the query, where nobody asked it to yet.
    fn rank_beside(&mut self) -> Vec<Effect> {
        let Some(beside) = self.ranked_beside() else { return Vec::new() };
        let panel = &self.panels[beside.0];
        let is_due = panel.search == Search::Idle
            && matches!(panel.phase, Phase::Ready)
            && self.current_ranking(beside).is_none_or(|ranking| !ranking.is_complete());
        if is_due && !self.query.is_blank() {
            return self.request_search(beside, std::time::Duration::ZERO);
        }
        Vec::new()
    }

    /// What the experiment takes; texts that it lacks are asked for on the way.
    fn wants(&mut self, effects: &mut Vec<Effect>) -> Wants {
        if self.lab.experiment == Experiment::Threshold {
            return self.wants_cutoffs(effects);
        }
        if self.query.is_blank() {
            return Wants::Waits(Waits::Query);
        }
        let (ranking, vectors) = (self.current_ranking(self.active).cloned(), self.panel().vectors.clone());
        // A ranking that a test made up has no vector; nothing can be compared with it.
        let (Some(ranking), Some(vectors)) = (ranking.filter(|ranking| !ranking.vector.is_empty()), vectors) else {
            return Wants::Waits(Waits::Backend(self.active));
        };
        let k = self.list.top_k;
        let switch = match self.lab.setting() {
            setting @ (Setting::Metric(_) | Setting::Precision(_) | Setting::Cut(_) | Setting::Rotated) => {
                Ok((Switch::Setting(setting), None))
            }
            Setting::Words => Ok((Switch::Words, None)),
            Setting::QuantisedModel => self.wants_quantised(),
            Setting::OtherModel => self.wants_mixed(),
            Setting::FirstWords(words) => self.wants_words(words, effects),
            Setting::NeedleAt(_) => self.wants_needle(effects),
            Setting::Cutoff(_) => Err(Waits::Query),
        };
        match switch {
            Ok((switch, None)) => Wants::Job(Job::Query { ranking, vectors, k, switch }),
            Ok((switch, Some(waits))) => Wants::JobAnd(Job::Query { ranking, vectors, k, switch }, waits),
            Err(waits) => Wants::Waits(waits),
        }
    }

    fn wants_quantised(&self) -> Result<(Switch, Option<Waits>), Waits> {
        let Some(twin) = self.quantised_twin() else {
            let model = model(self.panel()).unwrap_or("this model");
            return Err(Waits::Never(format!("no backend of the config is {model} with quantised weights")));
        };
        if self.panels[twin.0].phase == Phase::Closed {
            return Err(Waits::Press(Errand::Open(twin)));
        }
        let ranking = self.current_ranking(twin).cloned().ok_or(Waits::Backend(twin))?;
        Ok((Switch::Quantised(ranking), None))
    }

    fn wants_mixed(&self) -> Result<(Switch, Option<Waits>), Waits> {
        let Some(other) = self.lab.other else { return Ok((Switch::Setting(Setting::Rotated), None)) };
        let sizes = [self.active, other].map(|id| dimensions(&self.panels[id.0]));
        if let [Some(query), Some(documents)] = sizes
            && query != documents
        {
            let refusal = Refusal::Dimensions { query, documents };
            return Err(Waits::Never(refusal.to_string()));
        }
        if !self.lab.agreed.contains(&Errand::Mix(other)) {
            return Err(Waits::Press(Errand::Mix(other)));
        }
        match (&self.panels[other.0].vectors, &self.panels[other.0].phase) {
            (Some(vectors), _) => Ok((Switch::Mixed(Arc::clone(vectors)), None)),
            // Whether the corpus may leave is asked by the press, too.
            (None, Phase::Closed | Phase::AwaitingConsent(_)) => Err(Waits::Press(Errand::Mix(other))),
            (None, _) => Err(Waits::Backend(other)),
        }
    }

    fn wants_words(&mut self, words: usize, effects: &mut Vec<Effect>) -> Result<(Switch, Option<Waits>), Waits> {
        let query = self.query.text().to_owned();
        let texts = short::beginnings(&query);
        let words = words.min(query.unicode_words().count());
        if texts.is_empty() {
            // A single word has no beginning but itself.
            let (unit, infos) = (ndarray::Array2::zeros((0, 0)), Vec::new());
            let nothing = self.lab.nothing.get_or_insert_with(|| Arc::new(Embedded { unit, infos }));
            return Ok((Switch::FirstWords(Arc::clone(nothing), words), None));
        }
        let together = texts.len();
        let (embedded, waits) = self.texts(self.active, Role::Query, texts, together, None, effects)?;
        // Those that there is a step of, and then the whole query: the first that has as many words as are wanted.
        let all = query.unicode_words().count();
        let steps = short::looked_at(all).into_iter().take(embedded.infos.len());
        let words = steps.chain([all]).find(|&step| step >= words).unwrap_or(all);
        Ok((Switch::FirstWords(embedded, words), waits))
    }

    fn wants_needle(&mut self, effects: &mut Vec<Effect>) -> Result<(Switch, Option<Waits>), Waits> {
        let known = self.panel().card.as_ref().and_then(|card| card.max_tokens);
        let limit = known.unwrap_or(ASSUMED_LIMIT);
        let (needle, vectors) = (self.selected_document(), self.panel().vectors.clone());
        let (Some(needle), Some(vectors)) = (needle, vectors) else { return Err(Waits::Backend(self.active)) };
        let is_made = self.lab.haystack.as_ref().is_some_and(|hay| (hay.needle, hay.limit) == (needle, limit))
            && self.lab.hay.as_ref().is_some_and(|(of, _)| Arc::ptr_eq(of, &vectors));
        if !is_made {
            let haystack = Haystack::around(needle, &vectors, limit);
            let Some(haystack) = haystack else {
                let reason = format!("there is no text of twice {limit} tokens to be made of this corpus");
                return Err(Waits::Never(reason));
            };
            self.lab.hay = Some((vectors, haystack.texts(&self.corpus)));
            self.lab.haystack = Some(Arc::new(haystack));
        }
        let (Some(haystack), Some((_, texts))) = (self.lab.haystack.clone(), &self.lab.hay) else {
            return Err(Waits::Backend(self.active));
        };
        let (texts, is_here) = (texts.clone(), self.panel().typing_pause.is_zero());
        // One after the other, so that the curve grows and a query never waits for more than one of them. A server is asked
        // once, for all.
        let together = if is_here { 1 } else { texts.len() };
        let assumed = if known.is_none() { Some(ASSUMED_LIMIT) } else { None };
        let asks = assumed.or(Some(limit).filter(|&limit| limit > LONG_LIMIT));
        let (embedded, waits) = self.texts(self.active, Role::Document, texts, together, asks, effects)?;
        Ok((Switch::Needle(haystack, embedded), waits))
    }

    fn wants_cutoffs(&mut self, effects: &mut Vec<Effect>) -> Wants {
        if !self.corpus.bundled {
            let reason = "the labelled queries are for the bundled corpus; nobody judged these texts";
            return Wants::Waits(Waits::Never(reason.into()));
        }
        let own = match self.labelled_of(self.active, effects) {
            Ok(own) => own,
            Err(waits) => return Wants::Waits(waits),
        };
        match self.lab.beside.filter(|beside| *beside != self.active) {
            None => Wants::Job(Job::Cutoffs(vec![own])),
            Some(beside) => match self.labelled_of(beside, effects) {
                Ok(beside) => Wants::Job(Job::Cutoffs(vec![own, beside])),
                Err(waits) => Wants::JobAnd(Job::Cutoffs(vec![own]), waits),
            },
        }
    }

    /// The labelled queries' vectors and those of the documents, by one backend.
    fn labelled_of(
        &mut self,
        backend: BackendId,
        effects: &mut Vec<Effect>,
    ) -> Result<(Arc<Embedded>, Arc<Vectors>), Waits> {
        // Read once: this is asked after every key.
        static LABELLED: LazyLock<Vec<String>> =
            LazyLock::new(|| bundled::queries().into_iter().map(|query| query.query).collect());
        if self.panels[backend.0].phase == Phase::Closed {
            return Err(Waits::Press(Errand::Open(backend)));
        }
        let Some(vectors) = self.panels[backend.0].vectors.clone() else { return Err(Waits::Backend(backend)) };
        let texts = LABELLED.clone();
        let together = texts.len();
        match self.texts(backend, Role::Query, texts, together, None, effects)? {
            (embedded, None) => Ok((embedded, vectors)),
            // Without all of them the figures would be of something else.
            (_, Some(waits)) => Err(waits),
        }
    }

    /// The vectors of texts, as far as they are there, and what the rest waits for. Asks for more of them, `together` at a
    /// time; where that costs money, or with `asks` of any backend, only once the person has agreed.
    fn texts(
        &mut self,
        backend: BackendId,
        role: Role,
        texts: Vec<String>,
        together: usize,
        asks: Option<usize>,
        effects: &mut Vec<Effect>,
    ) -> Result<(Arc<Embedded>, Option<Waits>), Waits> {
        let experiment = self.lab.experiment;
        let is_it = |it: &Texts| (it.backend, it.experiment, it.role) == (backend, experiment, role);
        let known = self.lab.texts.iter().position(|it| is_it(it) && it.wanted == texts);
        let known = if let Some(known) = known {
            known
        } else {
            let is_free = self.panels[backend.0].typing_pause.is_zero() && asks.is_none();
            let errand = Errand::Embed { backend, experiment, texts: texts.clone(), assumed_limit: asks };
            if !is_free && !self.lab.agreed.contains(&errand) {
                return Err(Waits::Press(errand));
            }
            // Of each backend only the newest request is answered.
            self.lab.texts.retain(|it| !(is_it(it) || it.backend == backend && it.is_waiting()));
            let ticket = Ticket::default();
            let it = Texts { backend, experiment, role, wanted: texts, ticket, asked: 0, embedded: None, failed: None };
            self.lab.texts.push(it);
            self.lab.texts.len() - 1
        };
        effects.extend(self.ask_for_texts(known, together));
        let it = &self.lab.texts[known];
        if let Some(message) = &it.failed {
            return Err(Waits::Failed(message.clone()));
        }
        let (done, all) = (it.done(), it.wanted.len());
        let waits = (done < all).then_some(Waits::Texts(done, all));
        match (&it.embedded, waits) {
            (Some(embedded), waits) => Ok((Arc::clone(embedded), waits)),
            (None, waits) => Err(waits.unwrap_or(Waits::Texts(0, all))),
        }
    }

    fn ask_for_texts(&mut self, known: usize, together: usize) -> Option<Effect> {
        let it = &self.lab.texts[known];
        if it.is_waiting() || it.failed.is_some() || it.done() == it.wanted.len() {
            return None;
        }
        let ticket = self.next_ticket();
        let it = &mut self.lab.texts[known];
        it.ticket = ticket;
        it.asked = (it.done() + together).min(it.wanted.len());
        // Those that were embedded before are known to the backend.
        let texts = it.wanted[..it.asked].to_vec();
        Some(Effect::EmbedTexts { backend: it.backend, purpose: Purpose::Lab, ticket, role: it.role, texts })
    }

    pub(super) fn lab_embedded(
        &mut self,
        backend: BackendId,
        ticket: Ticket,
        embedded: Result<Arc<Embedded>, String>,
    ) -> Vec<Effect> {
        let asked = self.lab.texts.iter_mut().find(|it| (it.backend, it.ticket) == (backend, ticket));
        if let Some(it) = asked {
            match embedded {
                Ok(embedded) => it.embedded = Some(embedded),
                Err(message) => it.failed = Some(message),
            }
        }
        Vec::new()
    }

    /// What failed, or was never answered, is asked for again as soon as it is wanted.
    pub(super) fn retry_lab(&mut self) {
        self.lab.texts.retain(|it| it.failed.is_none() && !it.is_waiting());
    }
}

/// The experiment that a job is of.
fn experiment_of(job: &Job) -> Experiment {
    match job {
        Job::Cutoffs(_) => Experiment::Threshold,
        Job::Query { switch, .. } => match switch {
            Switch::Setting(setting) => setting.experiment(),
            Switch::Quantised(_) => Experiment::Precision,
            Switch::Mixed(_) => Experiment::Mixing,
            Switch::FirstWords(..) => Experiment::Short,
            Switch::Needle(..) => Experiment::Long,
            Switch::Words => Experiment::Misleading,
        },
    }
}

/// The name of the model that a backend runs.
fn model(panel: &Panel) -> Option<&str> {
    let card = panel.card.as_ref().map(|card| card.model.as_str());
    card.or_else(|| panel.description.as_ref().map(|description| description.model.as_str()))
}

/// The length of a backend's vectors, as far as it is known.
fn dimensions(panel: &Panel) -> Option<usize> {
    let vectors = panel.vectors.as_ref().map(|vectors| vectors.unit.ncols());
    let card = panel.card.as_ref().and_then(|card| card.dimensions);
    vectors.or(card).or_else(|| panel.description.as_ref()?.dimensions)
}
