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
use crate::engine::lab::{Experiment, Refusal, Sample, Setting, Trial, short};
use crate::engine::{Embedded, Lexical, Ranking, Searcher, Vectors};
use crate::math::words::Folding;
use crate::text;

mod report;
mod table;

use report::{CaseReport, CutoffsReport, Listed, Report, SettlingReport, SweepReport, TrialReport};

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
    let query = arguments.query.as_deref().map(str::trim).filter(|query| !query.is_empty());
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
    let embedder = session.open_backend(spec)?;
    if !corpus.bundled {
        session.may_send(embedder.as_ref(), &corpus.texts())?;
    }
    let mut searcher = Searcher::new(embedder, Arc::clone(corpus));
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
            trials: Vec::new(),
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
                    let trial = self.try_setting(&ranking, setting)?;
                    report.trials.push(TrialReport::new(&self.corpus, &trial, self.session.config.top_k));
                }
            }
            Experiment::Short => self.short(&ranking, report)?,
            Experiment::Long => self.long(&ranking, report)?,
            Experiment::Threshold => self.cutoffs(report)?,
            Experiment::Misleading => {
                let trial = self.sample(&ranking).words(&Lexical::new(&self.corpus, Folding::default()));
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

    fn try_setting(&self, ranking: &Ranking, setting: Setting) -> anyhow::Result<Trial> {
        let sample = self.sample(ranking);
        Ok(match setting {
            Setting::QuantisedModel => sample.quantised_model(&self.quantised()?.rank(&ranking.query)?),
            Setting::OtherModel => {
                // Known sizes are looked at before anything is loaded or paid for.
                let known = self.other.and_then(|spec| spec.describe(&self.session.context()).dimensions);
                let query = ranking.vector.len();
                if let Some(documents) = known.filter(|&documents| documents != query) {
                    return Err(Refusal::Dimensions { query, documents }.into());
                }
                sample.mixed(&self.other()?.vectors)?
            }
            setting => sample.run(setting)?,
        })
    }

    /// The backend that was named, or the one with this model's name and `-q` behind it.
    fn quantised(&self) -> anyhow::Result<Model<'a>> {
        if self.other.is_some() {
            return self.other();
        }
        let context = self.session.context();
        let name = format!("{}-q", self.model.searcher.card().model);
        let specs = &self.session.config.backends;
        let Some(spec) = specs.iter().find(|spec| spec.describe(&context).model == name) else {
            bail!("no backend of the config is {name}: --other NAME says which is the quantised model");
        };
        load(self.session, spec, &self.corpus)
    }

    fn short(&mut self, ranking: &Ranking, report: &mut Report) -> anyhow::Result<()> {
        let embedded = self.model.embed(&short::beginnings(&ranking.query), Role::Query)?;
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
        let needle = ranking.ranked.first().map(|ranked| ranked.document);
        let Some(haystack) = needle.and_then(|needle| Haystack::around(needle, &self.model.vectors, limit)) else {
            bail!("there is no text of twice {limit} tokens to be made of this corpus");
        };
        let embedded = self.model.embed(&haystack.texts(&self.corpus), Role::Document)?;
        let Some(sweep) = self.sample(ranking).sweep(&haystack, &embedded) else { bail!("nothing was embedded") };
        let place = match self.setting {
            Some(Setting::NeedleAt(place)) => Some(place),
            _ => None,
        };
        report.sweep = Some(SweepReport::new(&sweep, limit, place));
        Ok(())
    }

    fn cutoffs(&mut self, report: &mut Report) -> anyhow::Result<()> {
        if !self.corpus.bundled {
            bail!("the labelled queries are for the bundled corpus: nobody judged these texts");
        }
        let cutoff = match self.setting {
            Some(Setting::Cutoff(hundredths)) => Some(f32::from(hundredths) / 100.0),
            _ => None,
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
            let trial = self.sample(&ranking).words(&lexical);
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
