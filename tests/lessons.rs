//! Every step of every lesson on the real model: no lesson says something untrue, and every task can be done.

#![cfg(feature = "embedded-model")]

use std::collections::BTreeSet;
use std::sync::Arc;

use clap::Parser;
use tokio::runtime::Runtime;
use tokio_util::sync::CancellationToken;
use vecscope::backend::spec::OpenJob;
use vecscope::backend::{Job, Reranker};
use vecscope::cli::Cli;
use vecscope::config::{Config, file};
use vecscope::corpus::{Corpus, bundled};
use vecscope::engine::lab::{Sample, Trial};
use vecscope::engine::pipeline::Settings;
use vecscope::engine::{Lexical, Ranking, Run, Searcher};
use vecscope::lesson::{self, Evidence, Lesson, Step, Switch, Verdict, fill};
use vecscope::text;

/// The model that comes with the program, and everything that lessons reveal.
struct Bench {
    corpus: Arc<Corpus>,
    searcher: Searcher,
    reranker: Box<dyn Reranker>,
    lexical: Arc<Lexical>,
    _runtime: Runtime,
}

/// One query through all of it.
struct Found {
    query: String,
    ranking: Ranking,
    run: Run,
    trial: Option<Trial>,
}

impl Bench {
    fn new() -> Self {
        let options = Cli::try_parse_from(["vecscope", "--engine", "rten"]).expect("valid arguments").options;
        let config = Config::new(options, file::defaults(), false).expect("the built-in config is good");
        let runtime = Runtime::new().expect("a runtime can be had");
        let context = config.open_context(runtime.handle());
        let cancel = CancellationToken::new();
        let mut job = OpenJob { cancel: &cancel, progress: &mut |_| {} };
        let corpus = Arc::new(bundled::corpus());
        let embedder = config.chosen_backend().open(&context, &mut job).expect("the model is in the program");
        let reranker = config.chosen_reranker().open(&context, &mut job).expect("it uses the same model");
        let mut searcher = Searcher::new(embedder, Arc::clone(&corpus));
        searcher.embed_all(&mut Job { cancel: &cancel, notify: &mut |_| {} }).expect("the corpus can be embedded");
        let lexical = Arc::new(Lexical::new(&corpus, Settings::default().folding));
        Self { corpus, searcher, reranker, lexical, _runtime: runtime }
    }

    fn find(&mut self, query: &str, switch: Option<Switch>) -> Found {
        let cancel = CancellationToken::new();
        let mut job = Job { cancel: &cancel, notify: &mut |_| {} };
        let ranking = self.searcher.search(query, &mut job).expect("it can be ranked");
        let mut run = Run::first_stages(query, Some(&ranking), &self.lexical, Settings::default());
        run.rerank_with(self.reranker.as_mut(), &self.corpus, &job).expect("it can be reranked");
        let vectors = self.searcher.vectors();
        let sample = Sample { corpus: &self.corpus, ranking: &ranking, vectors: &vectors, k: 10 };
        let trial = switch.map(|Switch(setting)| sample.run(setting).expect("it can be tried"));
        Found { query: query.to_owned(), ranking, run, trial }
    }
}

impl Found {
    fn evidence<'a>(&'a self, corpus: &'a Corpus) -> Evidence<'a> {
        Evidence {
            corpus,
            query: &self.query,
            ranking: Some(&self.ranking),
            run: Some(&self.run),
            trial: self.trial.as_ref(),
        }
    }
}

fn steps(lessons: &[Lesson]) -> impl Iterator<Item = (String, &Step)> {
    lessons.iter().flat_map(|lesson| (0..).zip(&lesson.steps).map(|(number, step)| (lesson.key(number), step)))
}

#[test]
fn no_lesson_says_something_untrue_and_every_task_can_be_done() {
    let mut bench = Bench::new();
    let corpus = Arc::clone(&bench.corpus);
    let mut wrong = Vec::new();
    let lessons = lesson::bundled();
    for (key, step) in steps(&lessons) {
        let found = bench.find(&step.query, step.lab);
        let evidence = found.evidence(&corpus);
        let answer = step.choices.iter().position(|choice| choice.answer).expect("one is marked");
        if step.verdict(answer, &evidence) != Some(Verdict::Held) {
            wrong.push(format!("{key}: the answer is {answer}, and true is {:?}", step.truth(&evidence)));
        }
        let others = step.choices.iter().enumerate().filter(|(number, _)| *number != answer);
        for (number, choice) in others {
            if choice.when.as_ref().is_some_and(|when| when.holds(&evidence) != Some(false)) {
                wrong.push(format!("{key}: choice {number} is true as well"));
            }
        }
        for name in step.explain.iter().flat_map(|sentence| sentence.split(['{', '}']).skip(1).step_by(2)) {
            if fill(&format!("{{{name}}}"), &evidence) == "…" {
                wrong.push(format!("{key}: nothing is known of {{{name}}}"));
            }
        }
        if step.task.is_done(&evidence) {
            wrong.push(format!("{key}: the task is done before it is begun"));
        }
        let solution = bench.find(&step.task.solution, step.task.solution_lab.or(step.lab));
        if !step.task.is_done(&solution.evidence(&corpus)) {
            let first: Vec<_> =
                solution.ranking.ranked.iter().take(3).map(|it| (&corpus[it.document].id, it.score)).collect();
            wrong.push(format!("{key}: the solution does not do it: {first:?}"));
        }
        if !step.task.start.trim().is_empty()
            && step.task.is_done(&bench.find(&step.task.start, step.lab).evidence(&corpus))
        {
            wrong.push(format!("{key}: what stands there at the start does it"));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn the_lessons_are_complete_and_name_sentences_that_exist() {
    let lessons = lesson::bundled();
    let ids: Vec<&str> = lessons.iter().map(|lesson| lesson.id.as_str()).collect();
    assert_eq!(ids, ["idea", "lengths", "ranks", "words", "negation", "tiny", "precision", "models", "hybrid"]);
    let corpus = bundled::corpus();
    let known: BTreeSet<&str> = corpus.documents.iter().map(|document| document.id.as_str()).collect();
    let mut keys = BTreeSet::new();
    for lesson in &lessons {
        assert!((2..=4).contains(&lesson.steps.len()), "{}", lesson.id);
        assert!((1..=9).contains(&lesson.minutes), "{}", lesson.id);
    }
    for (key, step) in steps(&lessons) {
        assert!((2..=4).contains(&step.choices.len()), "{key}");
        assert_eq!(step.choices.iter().filter(|choice| choice.answer).count(), 1, "{key}: one answer");
        assert!(step.choices.iter().filter(|choice| choice.when.is_none()).count() <= 1, "{key}: one “otherwise”");
        assert!((1..=3).contains(&step.task.hints.len()), "{key}: hints");
        let conditions = step.choices.iter().filter_map(|choice| choice.when.as_ref()).chain([&step.task.when]);
        for id in conditions.flat_map(lesson::Condition::ids) {
            assert!(known.contains(id), "{key}: there is no {id}");
        }
        assert!(keys.insert(key.clone()), "{key} is there twice");
    }
}

#[test]
fn every_text_can_be_shown_and_fits_80_by_24() {
    // Inside of a lesson's frame: the columns, and the lines.
    const WIDTH: usize = 76;
    const HEIGHT: usize = 7;
    let lines = |text: &str, indent: usize| text::wrap(text, WIDTH - indent, 99).len();
    for (key, step) in steps(&lesson::bundled()) {
        let texts = step.choices.iter().map(|choice| &choice.text).chain(&step.explain).chain(&step.task.hints);
        for text in texts.chain([&step.query, &step.question, &step.task.text, &step.task.start]) {
            assert_eq!(text::visible(text), text.as_str(), "{key}");
        }
        // A verdict is shown with the choices; the longest note stands behind one of them.
        let note = "   ← you";
        let choices = |note: &str| -> usize {
            step.choices.iter().map(|choice| lines(&format!("{}{note}", choice.text), 4)).sum()
        };
        assert!(lines(&step.question, 0) + choices("") <= HEIGHT, "{key}: the question and its choices are too long");
        assert!(choices(note) < HEIGHT, "{key}: the choices are too long");
        // A quoted number is shorter than what stands for it.
        let explained: usize = step.explain.iter().map(|sentence| lines(&shortened(sentence), 0)).sum();
        assert!(explained <= HEIGHT, "{key}: the explanation has {explained} lines");
        let hints: usize = step.task.hints.iter().map(|hint| lines(hint, 8)).sum();
        assert!(lines(&step.task.text, 0) + 1 + hints <= HEIGHT, "{key}: the task and its hints are too long");
    }
    for lesson in lesson::bundled() {
        assert!(text::width(&lesson.teaches) <= WIDTH - 7, "{}: {}", lesson.id, lesson.teaches);
        assert!(text::width(&lesson.title) <= 28, "{}", lesson.title);
    }
}

/// A text with numbers as wide as they get.
fn shortened(sentence: &str) -> String {
    let parts: Vec<&str> = sentence.split(['{', '}']).collect();
    let number = |part: &str| if part.starts_with("text") { "x".repeat(42) } else { "0.0000".into() };
    parts.iter().enumerate().map(|(place, part)| if place % 2 == 1 { number(part) } else { (*part).into() }).collect()
}
