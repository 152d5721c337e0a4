//! What `vecscope lab --format json` prints.

use serde::Serialize;

use crate::corpus::{Corpus, DocumentIndex};
use crate::engine::expression::Expression;
use crate::engine::lab::long::{Seen, Sweep};
use crate::engine::lab::misleading::{Answer, Case, Judged};
use crate::engine::lab::short::Settling;
use crate::engine::lab::threshold::{Cutoffs, RULE};
use crate::engine::lab::{Damage, Finding, Scale, Shift, Trial};
use crate::engine::pipeline::StageRanking;
use crate::math::cutoff::At;
use crate::phrase::lab as phrase;

/// An experiment in the list of all.
#[derive(Debug, Serialize)]
pub(super) struct Listed {
    pub(super) name: &'static str,
    pub(super) about: &'static str,
    /// What can be set, in words.
    pub(super) settings: String,
}

/// One experiment. Only what it has is printed.
#[derive(Debug, Serialize)]
pub(super) struct Report {
    pub(super) experiment: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) query: Option<String>,
    pub(super) backend: String,
    pub(super) model: String,
    pub(super) dimensions: Option<usize>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) other: Option<String>,
    pub(super) k: usize,
    /// How many the corpus has.
    pub(super) documents: usize,
    /// How many of them are ranked, the first ones: of a very large corpus not all vectors are kept.
    pub(super) ranked: usize,
    /// Each way that was tried.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub(super) trials: Vec<TrialReport>,
    /// Each way that cannot be tried on this query, among others that can.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub(super) refused: Vec<RefusedReport>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) settling: Option<SettlingReport>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) sweep: Option<SweepReport>,
    /// One entry a model.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub(super) cutoffs: Vec<CutoffsReport>,
    /// One entry a prepared pair.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub(super) cases: Vec<CaseReport>,
}

/// A setting that cannot be tried.
#[derive(Debug, Serialize)]
pub(super) struct RefusedReport {
    pub(super) setting: String,
    pub(super) reason: String,
}

/// One switch on one query.
#[derive(Debug, Serialize)]
pub(super) struct TrialReport {
    pub(super) setting: String,
    /// What the switched scores are.
    pub(super) scale: &'static str,
    pub(super) damage: DamageReport,
    pub(super) measured: Measured,
    pub(super) sentence: String,
    pub(super) correct: Vec<Place>,
    pub(super) switched: Vec<Place>,
    /// What the other rank of a place is, for the table.
    #[serde(skip)]
    pub(super) other_rank: &'static str,
}

/// How far the switched ranking is from the correct one.
#[derive(Debug, Serialize)]
pub(super) struct DamageReport {
    pub(super) changed: usize,
    pub(super) k: usize,
    pub(super) overlap: f64,
    /// What the overlap would be by chance.
    pub(super) chance: f64,
    pub(super) tau_b: Option<f64>,
    pub(super) same_first: bool,
    /// `None` where scores are on two scales.
    pub(super) shift: Option<ShiftReport>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) no_shift_because: Option<&'static str>,
    /// The figures in words, for the table.
    #[serde(skip)]
    pub(super) words: Vec<String>,
}

/// How far scores are off.
#[derive(Debug, Serialize)]
pub(super) struct ShiftReport {
    largest: f32,
    id: String,
    from: f32,
    to: f32,
    mean: f32,
    /// The largest among the first k, as a share of the score.
    largest_share: f32,
}

/// What was measured besides.
#[derive(Debug, Serialize)]
#[serde(rename_all = "snake_case")]
pub(super) enum Measured {
    /// How long vectors are; that of an expression has no length of its own.
    Norms { query: Option<f32>, least: f32, median: f32, greatest: f32 },
    /// Bytes of a vector.
    Bytes { full: usize, coded: usize },
    /// Nothing.
    Nothing,
    /// Shares of squared lengths.
    Kept { of: usize, query: f32, documents: f32 },
    /// How far the rotated model alone is from the model.
    Alone { largest_shift: Option<f32> },
    /// Words.
    Words { words: usize, of: usize },
    /// Documents with a word of the query.
    Lexical { found: usize },
}

/// A document in one ranking, and where the other has it.
#[derive(Debug, Serialize)]
pub(super) struct Place {
    pub(super) rank: usize,
    pub(super) id: String,
    /// On the ranking's own scale. Of a distance less is nearer.
    pub(super) score: f32,
    /// The same, for the table.
    #[serde(skip)]
    pub(super) shown: String,
    pub(super) other_rank: Option<usize>,
    #[serde(skip)]
    pub(super) text: String,
}

impl TrialReport {
    pub(super) fn new(corpus: &Corpus, trial: &Trial, k: usize) -> Self {
        let places = |here: &StageRanking, there: &StageRanking, scale: Scale| -> Vec<Place> {
            let ranked = (1..).zip(here.placed.iter().take(k));
            let place = |(rank, placed): (usize, &crate::engine::pipeline::Placed)| Place {
                rank,
                id: id(corpus, placed.document),
                score: if scale == Scale::Distance { -placed.score } else { placed.score },
                shown: phrase::score(placed.score, scale),
                other_rank: there.placement(placed.document).map(|placement| placement.rank),
                text: corpus[placed.document].text.clone(),
            };
            ranked.map(place).collect()
        };
        Self {
            setting: trial.setting.name(),
            scale: phrase::scale(trial.scale),
            damage: DamageReport::new(&trial.damage),
            measured: Measured::new(trial),
            sentence: phrase::sentence(trial),
            correct: places(&trial.correct, &trial.switched, Scale::Cosine),
            switched: places(&trial.switched, &trial.correct, trial.scale),
            other_rank: phrase::other_rank(trial.setting),
        }
    }
}

impl DamageReport {
    fn new(damage: &Damage) -> Self {
        let (shift, no_shift_because) = match &damage.shift {
            Shift::Measured(shift) => (
                Some(ShiftReport {
                    largest: shift.largest,
                    id: shift.id.clone(),
                    from: shift.from,
                    to: shift.to,
                    mean: shift.mean,
                    largest_share: shift.relative,
                }),
                None,
            ),
            Shift::OtherScale(why) => (None, Some(*why)),
        };
        Self {
            changed: damage.changed,
            k: damage.k,
            overlap: damage.overlap,
            chance: damage.chance(),
            tau_b: damage.tau_b,
            same_first: damage.same_first,
            shift,
            no_shift_because,
            words: phrase::damage(damage, false),
        }
    }
}

impl Measured {
    fn new(trial: &Trial) -> Self {
        match trial.finding {
            Finding::Lengths { query, documents: [least, median, greatest], .. } => {
                let query = (!Expression::is_meant(&trial.query)).then_some(query);
                Self::Norms { query, least, median, greatest }
            }
            Finding::Bytes([full, coded]) => Self::Bytes { full, coded },
            Finding::QuantisedModel => Self::Nothing,
            Finding::Kept { of, query, documents } => Self::Kept { of, query, documents },
            Finding::Mixed { alone } => Self::Alone { largest_shift: alone },
            Finding::Words { words, of } => Self::Words { words, of },
            Finding::Lexical { found } => Self::Lexical { found },
        }
    }
}

/// The ranking after each word.
#[derive(Debug, Serialize)]
pub(super) struct SettlingReport {
    pub(super) steps: Vec<StepReport>,
    pub(super) first_settled: usize,
    pub(super) settled: usize,
    pub(super) sentence: String,
}

/// After so many words.
#[derive(Debug, Serialize)]
pub(super) struct StepReport {
    pub(super) words: usize,
    pub(super) text: String,
    pub(super) first: Option<String>,
    pub(super) score: f32,
    pub(super) overlap: f64,
    pub(super) tau_b: Option<f64>,
    pub(super) same_first: bool,
}

impl SettlingReport {
    pub(super) fn new(corpus: &Corpus, settling: &Settling) -> Self {
        let steps = settling.steps.iter().map(|step| StepReport {
            words: step.words,
            text: step.text.clone(),
            first: step.first.map(|first| id(corpus, first)),
            score: step.score,
            overlap: step.damage.overlap,
            tau_b: step.damage.tau_b,
            same_first: step.damage.same_first,
        });
        let steps: Vec<StepReport> = steps.collect();
        let first = steps.last().and_then(|step| step.first.as_deref()).unwrap_or("nothing");
        let sentence = phrase::settling(settling, first);
        Self { steps, first_settled: settling.first_settled, settled: settling.settled, sentence }
    }
}

/// A needle at each place.
#[derive(Debug, Serialize)]
pub(super) struct SweepReport {
    pub(super) needle: String,
    pub(super) limit: usize,
    pub(super) tokens: usize,
    pub(super) tokens_seen: usize,
    pub(super) alone: f32,
    pub(super) without: f32,
    pub(super) points: Vec<PointReport>,
    pub(super) sentence: String,
}

/// A needle at one place.
#[derive(Debug, Serialize)]
pub(super) struct PointReport {
    pub(super) place: usize,
    /// Before the needle.
    pub(super) sentences: usize,
    pub(super) tokens: usize,
    pub(super) seen: &'static str,
    /// The same in words, for the table.
    #[serde(skip)]
    pub(super) shown: &'static str,
    pub(super) score: f32,
}

impl SweepReport {
    /// With all places, or with one.
    pub(super) fn new(sweep: &Sweep, limit: usize, place: Option<usize>) -> Self {
        let points = sweep.points.iter().enumerate().filter(|(at, _)| place.is_none_or(|place| place == *at));
        let points = points.map(|(at, point)| PointReport {
            place: at + 1,
            sentences: point.sentences,
            tokens: point.tokens,
            seen: match point.seen {
                Seen::Whole => "whole",
                Seen::Partly => "partly",
                Seen::Nothing => "nothing",
            },
            shown: phrase::seen(point.seen),
            score: point.score,
        });
        let [tokens, tokens_seen] = sweep.tokens;
        Self {
            needle: sweep.id.clone(),
            limit,
            tokens,
            tokens_seen,
            alone: sweep.alone,
            without: sweep.without,
            points: points.collect(),
            sentence: phrase::sweep(sweep, limit),
        }
    }
}

/// The cut-offs of one model.
#[derive(Debug, Serialize)]
pub(super) struct CutoffsReport {
    pub(super) backend: String,
    pub(super) queries: usize,
    pub(super) pairs: usize,
    pub(super) relevant: usize,
    pub(super) least: f32,
    pub(super) greatest: f32,
    pub(super) best: AtReport,
    /// What the rule of thumb gives, or the cut-off that was named.
    pub(super) at: AtReport,
    /// Every twentieth.
    pub(super) curve: Vec<AtReport>,
    pub(super) sentence: String,
}

/// One cut-off.
#[derive(Debug, Clone, Serialize)]
pub(super) struct AtReport {
    pub(super) cutoff: f32,
    found: usize,
    hits: usize,
    precision: Option<f64>,
    recall: f64,
    f1: f64,
    #[serde(skip)]
    pub(super) words: String,
}

impl AtReport {
    fn new(at: At) -> Self {
        let At { cutoff, found, hits, precision, recall, f1 } = at;
        Self { cutoff, found, hits, precision, recall, f1, words: phrase::at(&at) }
    }
}

impl CutoffsReport {
    pub(super) fn new(backend: &str, cutoffs: &Cutoffs, cutoff: Option<f32>) -> Self {
        let [least, greatest] = cutoffs.range;
        let curve = &cutoffs.curve;
        Self {
            backend: backend.to_owned(),
            queries: cutoffs.queries,
            pairs: cutoffs.pairs,
            relevant: curve.relevant(),
            least,
            greatest,
            best: AtReport::new(curve.best()),
            at: AtReport::new(curve.at(cutoff.unwrap_or(RULE))),
            curve: (0..=20_u8).map(|step| AtReport::new(curve.at(f32::from(step) / 20.0))).collect(),
            sentence: String::new(),
        }
    }
}

/// A prepared pair as both rankings have it.
#[derive(Debug, Serialize)]
pub(super) struct CaseReport {
    pub(super) kind: String,
    pub(super) query: String,
    pub(super) right: PairReport,
    pub(super) wrong: PairReport,
    /// `right`, `misled` or `undecided`.
    pub(super) cosine: &'static str,
    pub(super) bm25: &'static str,
    pub(super) why: String,
}

/// A document of a pair: where both rankings have it.
#[derive(Debug, Serialize)]
pub(super) struct PairReport {
    pub(super) id: String,
    pub(super) cosine_rank: Option<usize>,
    pub(super) bm25_rank: Option<usize>,
}

impl CaseReport {
    pub(super) fn new(case: &Case, trial: &Trial, judged: &Judged) -> Self {
        let pair = |id: &str, document: DocumentIndex| {
            let rank = |ranking: &StageRanking| ranking.placement(document).map(|placement| placement.rank);
            PairReport { id: id.into(), cosine_rank: rank(&trial.correct), bm25_rank: rank(&trial.switched) }
        };
        let [cosine, bm25] = judged.answers.map(|answer| match answer {
            Answer::Right => "right",
            Answer::Misled => "misled",
            Answer::Undecided => "undecided",
        });
        Self {
            kind: case.kind.clone(),
            query: case.query.clone(),
            right: pair(&case.right, judged.right),
            wrong: pair(&case.wrong, judged.wrong),
            cosine,
            bm25,
            why: case.why.clone(),
        }
    }
}

fn id(corpus: &Corpus, document: DocumentIndex) -> String {
    corpus[document].id.clone()
}
