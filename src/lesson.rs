//! The guided lessons: what is asked, what may be answered, and what is true of a ranking. Content comes from
//! `assets/lessons.toml`; nothing in it is believed: which answer is right and whether a task is done is found out from
//! the ranking on the screen, by its [`Condition`]s. So another model gets another lesson, and none that says something
//! untrue.

use serde::Deserialize;

use crate::engine::Stage;
use crate::engine::lab::{Experiment, Setting};

mod condition;
mod evidence;
pub mod progress;
mod quote;

pub use condition::{Condition, StageName};
pub use evidence::Evidence;
pub use progress::Progress;
pub use quote::{fill, written};

/// The lessons as they come with the program.
const LESSONS: &str = include_str!("../assets/lessons.toml");

/// One lesson: a few steps about one idea.
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Lesson {
    /// What it is called on the command line and in the file of finished steps.
    pub id: String,
    /// What it is called on the screen.
    pub title: String,
    /// What a person knows after it, in a line.
    pub teaches: String,
    /// About how long it takes.
    pub minutes: usize,
    /// In order.
    pub steps: Vec<Step>,
}

/// One step: predict, see, understand, try.
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Step {
    /// Unique in its lesson.
    pub id: String,
    /// The query that is ranked.
    pub query: String,
    /// The screen that shows what is true.
    #[serde(default)]
    pub screen: ScreenName,
    /// What the Lab screen is set to, where it is that screen.
    #[serde(default)]
    pub lab: Option<Switch>,
    /// What to predict.
    pub question: String,
    /// What may be predicted.
    pub choices: Vec<Choice>,
    /// Three sentences that say why it is so; they may quote the ranking, see [`fill`].
    pub explain: [String; 3],
    /// What to do oneself.
    pub task: Task,
}

/// One thing that may be predicted.
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Choice {
    /// In words.
    pub text: String,
    /// When it is true; without one, when no other is.
    #[serde(default)]
    pub when: Option<Condition>,
    /// Whether it is the true one with the model that comes with the program, for which the explanation is written.
    #[serde(default)]
    pub answer: bool,
}

/// Something to try.
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Task {
    /// What is to be brought about.
    pub text: String,
    /// What stands in the query line at the start.
    #[serde(default)]
    pub start: String,
    /// When it is done.
    pub when: Condition,
    /// Given on request, one after the other.
    pub hints: Vec<String>,
    /// A query that does it with the model that comes with the program. Only the tests read this.
    pub solution: String,
    /// What the lab is set to for that, where the task is to set it otherwise than the step does.
    #[serde(default)]
    pub solution_lab: Option<Switch>,
}

/// A screen by name.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum ScreenName {
    /// One ranking, explained.
    #[default]
    Search,
    /// Two backends.
    Compare,
    /// Dense, BM25, hybrid, rerank.
    Pipeline,
    /// The corpus in two dimensions.
    Map,
    /// Pitfalls as switches.
    Lab,
}

/// One switch of the lab, set one way: `{ experiment = "precision", setting = "4-bit" }`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(try_from = "NamedSwitch")]
pub struct Switch(pub Setting);

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct NamedSwitch {
    experiment: String,
    setting: String,
}

impl TryFrom<NamedSwitch> for Switch {
    type Error = String;

    fn try_from(NamedSwitch { experiment, setting }: NamedSwitch) -> Result<Self, String> {
        Setting::named(Experiment::named(&experiment)?, &setting).map(Self)
    }
}

/// What became of a prediction.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Verdict {
    /// What was predicted came true.
    Held,
    /// This choice came true instead.
    Other(usize),
    /// None of the choices came true: another model than the lesson was written for may do anything.
    None,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct File {
    lesson: Vec<Lesson>,
}

/// The lessons that come with the program.
///
/// # Panics
/// Never: a test reads them.
#[must_use]
pub fn bundled() -> Vec<Lesson> {
    parse(LESSONS).expect("the bundled lessons are checked by a test")
}

/// Reads lessons.
///
/// # Errors
/// Says where the text is at fault.
pub fn parse(text: &str) -> Result<Vec<Lesson>, toml::de::Error> {
    toml::from_str::<File>(text).map(|file| file.lesson)
}

impl Lesson {
    /// What a step is called in the file of finished steps.
    #[must_use]
    pub fn key(&self, step: usize) -> String {
        format!("{}.{}", self.id, self.steps[step].id)
    }
}

impl Step {
    /// The choice that is true of what was found; `None` while that is not known, `Some(None)` where none is.
    #[must_use]
    pub fn truth(&self, evidence: &Evidence<'_>) -> Option<Option<usize>> {
        let mut otherwise = None;
        let mut found = None;
        for (number, choice) in self.choices.iter().enumerate() {
            match &choice.when {
                None => otherwise = Some(number),
                Some(when) if when.holds(evidence)? => found = found.or(Some(number)),
                Some(_) => {}
            }
        }
        Some(found.or(otherwise))
    }

    /// The stage of the pipeline that the question is about, where it is about one.
    #[must_use]
    pub fn stage(&self) -> Option<Stage> {
        if self.screen != ScreenName::Pipeline {
            return None;
        }
        let when = self.choices.iter().find_map(|choice| choice.when.as_ref())?;
        match when.stage {
            StageName::Dense => Some(Stage::Dense),
            StageName::Bm25 => Some(Stage::Bm25),
            StageName::Hybrid => Some(Stage::Hybrid),
            StageName::Rerank => Some(Stage::Rerank),
            StageName::Lab => None,
        }
    }

    /// Whether it came out as the explanation tells; `None` while that is not known.
    #[must_use]
    pub fn is_as_written(&self, evidence: &Evidence<'_>) -> Option<bool> {
        let truth = self.truth(evidence)?;
        Some(truth.is_some_and(|truth| self.choices[truth].answer))
    }

    /// Whether the lab, set so, shows what the step is about: its switch, and set as the step sets it unless that is what
    /// there is to try.
    #[must_use]
    pub fn is_about(&self, setting: Setting) -> bool {
        self.lab.is_none_or(|Switch(own)| {
            setting == own || self.task.solution_lab.is_some() && setting.experiment() == own.experiment()
        })
    }

    /// What became of a prediction; `None` while that is not known.
    #[must_use]
    pub fn verdict(&self, predicted: usize, evidence: &Evidence<'_>) -> Option<Verdict> {
        Some(match self.truth(evidence)? {
            Some(truth) if truth == predicted => Verdict::Held,
            Some(truth) => Verdict::Other(truth),
            None => Verdict::None,
        })
    }
}

/// How near a task is to being done.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Standing<'a> {
    /// The ranking is not there.
    Unknown,
    /// The query is a sentence of the corpus: that would be copying.
    Copied,
    /// There are words in the query that there must not be, or the other way round, or too few or many of them.
    Words,
    /// Where a ranking has the sentence that it is about: its text, rank and score.
    At(StageName, &'a str, usize, f32),
    /// That sentence is not in the ranking at all.
    Unranked(StageName, &'a str),
    /// How many of the first k the lab's switch left among them, and at how many places another one stands.
    Damage {
        /// How many are the same, of k.
        same: usize,
        /// How many places have another sentence.
        changed: usize,
        /// How many of the first count.
        k: usize,
    },
    /// What stands first in a ranking, and its score.
    First(StageName, &'a str, f32),
    /// A ranking is empty.
    Nothing(StageName),
}

impl Task {
    /// Whether a query does it. One that is a sentence of the corpus is a copy, and does nothing.
    #[must_use]
    pub fn is_done(&self, evidence: &Evidence<'_>) -> bool {
        !evidence.is_a_sentence() && self.when.holds(evidence) == Some(true)
    }

    /// How near it is to being done.
    #[must_use]
    pub fn standing<'a>(&self, evidence: &Evidence<'a>) -> Standing<'a> {
        if evidence.is_a_sentence() {
            return Standing::Copied;
        }
        let unmet = self.when.unmet(evidence);
        if !unmet.words_hold(evidence) && !evidence.query.trim().is_empty() {
            return Standing::Words;
        }
        let stage = unmet.stage;
        if let Some(document) = unmet.ids().first().and_then(|id| evidence.document(id)) {
            let text = &evidence.corpus[document].text;
            return match evidence.placement(stage, document) {
                Some(placement) => Standing::At(stage, text, placement.rank, placement.score),
                None if evidence.has(stage) => Standing::Unranked(stage, text),
                None => Standing::Unknown,
            };
        }
        if let Some(trial) = evidence.trial {
            let damage = &trial.damage;
            return Standing::Damage { same: damage.same(), changed: damage.changed, k: damage.k };
        }
        match evidence.at(stage, 1) {
            Some((document, score)) => Standing::First(stage, &evidence.corpus[document].text, score),
            None if evidence.has(stage) => Standing::Nothing(stage),
            None => Standing::Unknown,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::corpus::{Corpus, Document};
    use crate::engine::ranking::tests::ranking;

    fn step(task: &str) -> Step {
        let step = format!(
            "id = 'a'\nquery = 'q'\nquestion = '?'\nexplain = ['a', 'b', 'c']\n\
             choices = [{{ text = 'x', when = {{ first = 'a' }}, answer = true }}, {{ text = 'y' }}]\n\
             task = {{ text = 't', hints = ['h'], solution = 's', when = {task} }}"
        );
        toml::from_str(&step).expect("a step")
    }

    fn with<T>(query: &str, scores: Option<&[f32]>, ask: impl FnOnce(&Evidence<'_>) -> T) -> T {
        let documents = ["a", "b"].map(|id| Document::new(id, format!("the {id} text"))).to_vec();
        let corpus = Corpus { bundled: true, ..Corpus::new("", documents) };
        let ranking = scores.map(|scores| ranking(query, scores));
        ask(&Evidence { corpus: &corpus, query, ranking: ranking.as_ref(), run: None, trial: None })
    }

    #[test]
    fn a_choice_without_a_condition_is_true_when_no_other_is() {
        let step = step("{ first = 'b' }");
        assert_eq!(with("q", Some(&[0.9, 0.1]), |evidence| step.truth(evidence)), Some(Some(0)));
        assert_eq!(with("q", Some(&[0.1, 0.9]), |evidence| step.truth(evidence)), Some(Some(1)));
        assert_eq!(with("q", None, |evidence| step.truth(evidence)), None, "nobody knows yet");
        assert_eq!(with("q", Some(&[0.1, 0.9]), |evidence| step.is_as_written(evidence)), Some(false));
        assert_eq!(with("q", Some(&[0.1, 0.9]), |evidence| step.verdict(0, evidence)), Some(Verdict::Other(1)));
    }

    #[test]
    fn how_near_a_task_is_names_what_is_missing() {
        let step = step("{ first = 'b', without_words = ['b'], and = { stage = 'bm25', first = 'b' } }");
        let standing = |query: &str, scores: Option<&[f32]>| {
            with(query, scores, |evidence| format!("{:?}", step.task.standing(evidence)))
        };
        assert_eq!(standing("q", Some(&[0.9, 0.1])), "At(Dense, \"the b text\", 2, 0.1)");
        assert_eq!(standing("about b", Some(&[0.1, 0.9])), "Words");
        assert_eq!(standing("The b text!", Some(&[0.1, 0.9])), "Copied");
        assert_eq!(standing("q", Some(&[0.1, 0.9])), "Unknown", "that of the stage is still to come");
        assert_eq!(standing("", None), "Unknown");
    }

    #[test]
    fn a_step_is_about_its_own_switch_and_its_setting_is_changed_only_where_that_is_the_task() {
        let switch = |experiment: &str, setting: &str| {
            let switch = format!("experiment = '{experiment}'\nsetting = '{setting}'");
            toml::from_str::<Switch>(&switch).expect("a switch")
        };
        let [half, four_bits, raw] = [("precision", "f16"), ("precision", "4-bit"), ("normalisation", "dot product")]
            .map(|it| switch(it.0, it.1));
        let mut step = step("{ same_first = true }");
        let about = |step: &Step| [half, four_bits, raw].map(|Switch(setting)| step.is_about(setting));
        assert_eq!(about(&step), [true; 3], "it is not about the lab");
        step.lab = Some(half);
        assert_eq!(about(&step), [true, false, false]);
        step.task.solution_lab = Some(four_bits);
        assert_eq!(about(&step), [true, true, false]);
    }

    #[test]
    fn lessons_with_a_slip_of_the_pen_are_refused() {
        assert!(parse("[[lesson]]\nid = 'a'").is_err());
        let unknown = "experiment = 'alchemy'\nsetting = 'gold'";
        assert!(toml::from_str::<Switch>(unknown).is_err_and(|error| error.to_string().contains("alchemy")));
        let switch = toml::from_str::<Switch>("experiment = 'precision'\nsetting = '4-bit'");
        assert_eq!(switch.map(|Switch(setting)| setting.name()), Ok("4-bit".to_owned()));
    }
}
