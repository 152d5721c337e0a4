//! `vecscope lab NAME`: what a pitfall does to a ranking, once.

use std::io::{self, Write};
use std::process::ExitCode;
use std::sync::Arc;

use anyhow::{Context as _, bail};

use super::{NOTHING, Session, embed_all, escape, with_job};
use crate::backend::{BackendSpec, Role};
use crate::cli::TableFormat;
use crate::cli::lab::LabArgs;
use crate::corpus::{Corpus, bundled};
use crate::engine::lab::long::Haystack;
use crate::engine::lab::misleading::cases;
use crate::engine::lab::setting::choices;
use crate::engine::lab::threshold::Cutoffs;
use crate::engine::lab::{Experiment, Refusal, Sample, Setting, Trial, is_quantised_form, short};
use crate::engine::{Embedded, Lexical, Ranking, Searcher, Vectors, expression};
use crate::math::words::Folding;
use crate::text;

mod report;
mod table;

use report::{CaseReport, CutoffsReport, Listed, RefusedReport, Report, SettlingReport, SweepReport, TrialReport};

/// A model over the corpus.
struct Model<'a> {
    spec: &'a BackendSpec,
    searcher: Searcher,
    vectors: Vectors,
}

/// What is tried.
struct Lab<'a> {
    session: &'a Session,
    corpus: Arc<Corpus>,
    model: Model<'a>,
    experiment: Experiment,
    /// How it is set, where the person said so.
    setting: Option<Setting>,
    other: Option<&'a BackendSpec>,
}

pub(super) fn run(session: &Session, arguments: &LabArgs) -> anyhow::Result<ExitCode> {
    let Some(experiment) = arguments.experiment else { return list(arguments.format) };
    let setting = arguments.setting.as_deref().map(|name| Setting::named(experiment, name));
    let setting = setting.transpose().map_err(anyhow::Error::msg).context("--setting")?;
    let query = arguments.query.as_deref().map(str::trim).filter(|query| !expression::is_blank(query));
    refuse_what_means_nothing(experiment, setting, arguments)?;
    let is_needed = !matches!(experiment, Experiment::Threshold | Experiment::Misleading);
    if query.is_none() && (is_needed || arguments.query.is_some()) {
        bail!("{} needs a --query", experiment.name());
    }
    let other = arguments.other.as_deref().map(|name| session.config.backend_named(name)).transpose()?;
    let corpus = Arc::new(session.corpus()?);
    if corpus.documents.is_empty() {
        writeln!(io::stderr(), "vecscope: {}: nothing to rank", text::visible(&corpus.name))?;
        return Ok(ExitCode::from(NOTHING));
    }
    if !corpus.bundled && query.is_none() {
        bail!("{} without a --query is for the bundled corpus: nobody judged these texts", experiment.name());
    }
    let model = load(session, session.config.chosen_backend(), &corpus)?;
    let mut lab = Lab { session, corpus, model, experiment, setting, other };
    let mut report = lab.report(query);
    match query {
        Some(query) => lab.try_query(query, &mut report)?,
        None if experiment == Experiment::Threshold => lab.cutoffs(&mut report)?,
        None => lab.cases(&mut report)?,
    }
    let mut stdout = io::stdout().lock();
    match arguments.format {
        TableFormat::Json => writeln!(stdout, "{}", escape::json(&serde_json::to_string_pretty(&report)?))?,
        TableFormat::Table => table::write(&mut stdout, &report)?,
    }
    Ok(ExitCode::SUCCESS)
}

/// Options that would change nothing are refused: whoever gives them means something by it.
fn refuse_what_means_nothing(
    experiment: Experiment,
    setting: Option<Setting>,
    arguments: &LabArgs,
) -> anyhow::Result<()> {
    if experiment == Experiment::Threshold && arguments.query.is_some() {
        bail!("--query: threshold takes the labelled queries, all of them");
    }
    let takes_other = match setting {
        None => matches!(experiment, Experiment::Precision | Experiment::Mixing | Experiment::Threshold),
        Some(Setting::QuantisedModel | Setting::OtherModel | Setting::Cutoff(_)) => true,
        Some(
            Setting::Metric(_)
            | Setting::Precision(_)
            | Setting::Cut(_)
            | Setting::Rotated
            | Setting::FirstWords(_)
            | Setting::NeedleAt(_)
            | Setting::Words,
        ) => false,
    };
    if arguments.other.is_some() && !takes_other {
        let set = setting.map_or_else(String::new, |setting| format!(" --setting “{}”", setting.name()));
        bail!("--other: {}{set} takes no other backend", experiment.name());
    }
    Ok(())
}

/// All experiments with what can be set.
fn list(format: TableFormat) -> anyhow::Result<ExitCode> {
    let listed = Experiment::ALL.map(|it| Listed { name: it.name(), about: it.about(), settings: choices(it) });
    let mut stdout = io::stdout().lock();
    match format {
        TableFormat::Json => writeln!(stdout, "{}", serde_json::to_string_pretty(&listed)?)?,
        TableFormat::Table => table::write_list(&mut stdout, &listed)?,
    }
    Ok(ExitCode::SUCCESS)
}

/// Opens a backend and embeds the corpus with it.
fn load<'a>(session: &Session, spec: &'a BackendSpec, corpus: &Arc<Corpus>) -> anyhow::Result<Model<'a>> {
    let mut searcher = session.searcher_for(spec, corpus, &[])?;
    embed_all(&mut searcher)?;
    let vectors = searcher.vectors();
    Ok(Model { spec, searcher, vectors })
}

impl Model<'_> {
    fn rank(&mut self, query: &str) -> anyhow::Result<Ranking> {
        Ok(with_job(|job| self.searcher.search(query, job))?)
    }

    fn embed(&mut self, texts: &[String], role: Role) -> anyhow::Result<Embedded> {
        Ok(with_job(|job| self.searcher.embed_texts(texts, role, job))?)
    }

    /// The cut-offs on the labelled queries.
    fn cutoffs(&mut self, corpus: &Corpus) -> anyhow::Result<Cutoffs> {
        let queries = bundled::queries();
        let texts: Vec<String> = queries.iter().map(|query| query.query.clone()).collect();
        let embedded = self.embed(&texts, Role::Query)?;
        let cutoffs = Cutoffs::new(corpus, &queries, &embedded, &self.vectors);
        cutoffs.context("none of the labelled queries has a relevant sentence here")
    }
}

impl<'a> Lab<'a> {
    fn report(&self, query: Option<&str>) -> Report {
        let card = self.model.searcher.card();
        Report {
            experiment: self.experiment.name(),
            query: query.map(str::to_owned),
            backend: self.model.spec.name.clone(),
            model: card.model.clone(),
            dimensions: card.dimensions,
            other: self.other.map(|spec| spec.name.clone()),
            k: self.session.config.top_k,
            documents: self.corpus.documents.len(),
            ranked: self.model.vectors.documents.len(),
            trials: Vec::new(),
            refused: Vec::new(),
            settling: None,
            sweep: None,
            cutoffs: Vec::new(),
            cases: Vec::new(),
        }
    }

    /// The other backend, with the corpus embedded.
    fn other(&self) -> anyhow::Result<Model<'a>> {
        let Some(spec) = self.other else { bail!("this takes another backend: --other NAME") };
        load(self.session, spec, &self.corpus)
    }

    fn try_query(&mut self, query: &str, report: &mut Report) -> anyhow::Result<()> {
        let ranking = self.model.rank(query)?;
        match self.experiment {
            Experiment::Normalisation | Experiment::Precision | Experiment::Dimensions | Experiment::Mixing => {
                for setting in self.settings() {
                    match self.try_setting(&ranking, setting)? {
                        Ok(trial) => {
                            report.trials.push(TrialReport::new(&self.corpus, &trial, self.session.config.top_k));
                        }
                        // What was asked for by its name is an error; among others, the others are still worth having.
                        Err(refusal) if self.setting.is_some() => return Err(refusal.into()),
                        Err(refusal) => {
                            let (setting, reason) = (setting.name(), refusal.to_string());
                            report.refused.push(RefusedReport { setting, reason });
                        }
                    }
                }
            }
            Experiment::Short => self.short(&ranking, report)?,
            Experiment::Long => self.long(&ranking, report)?,
            // It was refused with a query.
            Experiment::Threshold => self.cutoffs(report)?,
            Experiment::Misleading => {
                let trial = self.sample(&ranking).words(&Lexical::new(&self.corpus, Folding::default()))?;
                report.cases.extend(self.case(&trial));
                report.trials.push(TrialReport::new(&self.corpus, &trial, self.session.config.top_k));
            }
        }
        Ok(())
    }

    fn sample<'s>(&'s self, ranking: &'s Ranking) -> Sample<'s> {
        Sample { corpus: &self.corpus, ranking, vectors: &self.model.vectors, k: self.session.config.top_k }
    }

    /// The setting that was named, or all that there are without another model; with one, that too.
    fn settings(&self) -> Vec<Setting> {
        if let Some(setting) = self.setting {
            return vec![setting];
        }
        let needs_other = |setting: &Setting| matches!(setting, Setting::QuantisedModel | Setting::OtherModel);
        let all = self.experiment.settings(self.model.vectors.unit.ncols());
        all.into_iter().filter(|setting| self.other.is_some() || !needs_other(setting)).collect()
    }

    fn try_setting(&self, ranking: &Ranking, setting: Setting) -> anyhow::Result<Result<Trial, Refusal>> {
        let sample = self.sample(ranking);
        Ok(match setting {
            Setting::QuantisedModel => match self.quantised()? {
                Ok(mut quantised) => {
                    let other = quantised.rank(&ranking.query)?;
                    if other.vector.len() == ranking.vector.len() {
                        Ok(sample.quantised_model(&other))
                    } else {
                        // Whatever it is called.
                        let [model, other] = [&self.model, &quantised].map(|it| it.searcher.card().model.clone());
                        Err(Refusal::NotItsQuantised { model, other })
                    }
                }
                Err(refusal) => Err(refusal),
            },
            Setting::OtherModel => {
                // Known sizes are looked at before anything is loaded or paid for.
                let known = self.other.and_then(|spec| spec.describe(&self.session.context()).dimensions);
                let query = ranking.vector.len();
                if let Some(documents) = known.filter(|&documents| documents != query) {
                    return Ok(Err(Refusal::Dimensions { query, documents }));
                }
                sample.mixed(&self.other()?.vectors)
            }
            setting => sample.run(setting),
        })
    }

    /// The backend that was named, or the one of the config that is this model with quantised weights.
    fn quantised(&self) -> anyhow::Result<Result<Model<'a>, Refusal>> {
        let context = self.session.context();
        let model = &self.model.searcher.card().model;
        let is_it = |spec: &BackendSpec| is_quantised_form(&spec.describe(&context).model, model);
        let spec = match self.other {
            Some(spec) if is_it(spec) => spec,
            // Before anything is loaded or paid for.
            Some(spec) => {
                let other = spec.describe(&context).model;
                return Ok(Err(Refusal::NotItsQuantised { model: model.clone(), other }));
            }
            None => {
                let Some(spec) = self.session.config.backends.iter().find(|spec| is_it(spec)) else {
                    bail!(
                        "no backend of the config is {model} with quantised weights, which would be called {model}-q"
                    );
                };
                spec
            }
        };
        load(self.session, spec, &self.corpus).map(Ok)
    }

    /// Asks whether texts besides the corpus may leave this machine, whosever corpus it is: they may cost something.
    fn may_send(&mut self, texts: &[String], role: Role) -> anyhow::Result<()> {
        let searcher = &mut self.model.searcher;
        if !self.session.must_ask(searcher) {
            return Ok(());
        }
        let texts: Vec<&str> = texts.iter().map(String::as_str).collect();
        let estimate = searcher.estimate_texts(&texts, role);
        self.session.ask(searcher, estimate)
    }

    fn short(&mut self, ranking: &Ranking, report: &mut Report) -> anyhow::Result<()> {
        let beginnings = short::beginnings(&ranking.query);
        self.may_send(&beginnings, Role::Query)?;
        let embedded = self.model.embed(&beginnings, Role::Query)?;
        let settling = self.sample(ranking).settling(&embedded);
        if let Some(Setting::FirstWords(words)) = self.setting {
            let Some(trial) = self.sample(ranking).first_words(&settling, words) else {
                let most = settling.steps.last().map_or(0, |step| step.words);
                bail!("--setting: the query has {most} words, not {words}, or it was not looked at after so many");
            };
            report.trials.push(TrialReport::new(&self.corpus, &trial, self.session.config.top_k));
        }
        report.settling = Some(SettlingReport::new(&self.corpus, &settling));
        Ok(())
    }

    fn long(&mut self, ranking: &Ranking, report: &mut Report) -> anyhow::Result<()> {
        let Some(limit) = self.model.searcher.card().max_tokens else {
            bail!("the limit of this model is not known; a config can say it: max_tokens");
        };
        let needle = ranking.ranked.first().context("nothing is ranked")?.document;
        let haystack = Haystack::around(needle, &self.model.vectors, limit)?;
        let texts = haystack.texts(&self.corpus);
        self.may_send(&texts, Role::Document)?;
        let embedded = self.model.embed(&texts, Role::Document)?;
        let Some(sweep) = self.sample(ranking).sweep(&haystack, &embedded) else { bail!("nothing was embedded") };
        let place = if let Some(Setting::NeedleAt(place)) = self.setting { Some(place) } else { None };
        report.sweep = Some(SweepReport::new(&sweep, limit, place));
        Ok(())
    }

    fn cutoffs(&mut self, report: &mut Report) -> anyhow::Result<()> {
        if !self.corpus.bundled {
            bail!("the labelled queries are for the bundled corpus: nobody judged these texts");
        }
        let cutoff = if let Some(Setting::Cutoff(hundredths)) = self.setting {
            Some(f32::from(hundredths) / 100.0)
        } else {
            None
        };
        let own = self.model.cutoffs(&self.corpus)?;
        report.cutoffs.push(CutoffsReport::new(&self.model.spec.name, &own, cutoff));
        let mut all = vec![(self.model.spec.name.clone(), own)];
        if self.other.is_some() {
            let mut other = self.other()?;
            let cutoffs = other.cutoffs(&self.corpus)?;
            report.cutoffs.push(CutoffsReport::new(&other.spec.name, &cutoffs, cutoff));
            all.push((other.spec.name.clone(), cutoffs));
        }
        let named: Vec<(&str, &Cutoffs)> = all.iter().map(|(name, cutoffs)| (name.as_str(), cutoffs)).collect();
        let sentence = crate::phrase::lab::cutoffs(&named);
        for report in &mut report.cutoffs {
            report.sentence.clone_from(&sentence);
        }
        Ok(())
    }

    /// All prepared pairs.
    fn cases(&mut self, report: &mut Report) -> anyhow::Result<()> {
        let lexical = Lexical::new(&self.corpus, Folding::default());
        for case in cases() {
            let ranking = self.model.rank(&case.query)?;
            let trial = self.sample(&ranking).words(&lexical)?;
            report.cases.extend(self.case(&trial));
        }
        Ok(())
    }

    /// The prepared pair of the query, if it is one.
    fn case(&self, trial: &Trial) -> Option<CaseReport> {
        let case = cases().iter().find(|case| self.corpus.bundled && case.query == trial.query)?;
        let judged = trial.judge(&self.corpus, case)?;
        Some(CaseReport::new(case, trial, &judged))
    }
}
