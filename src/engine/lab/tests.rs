//! Trials of vectors that are small enough to do by hand.

use std::sync::Arc;

use ndarray::{Array1, Array2, array};

use super::*;
use crate::backend::{TextInfo, TokenCount};
use crate::corpus::Document;
use crate::engine::{Lexical, Ranked};
use crate::math::quantise::Precision;
use crate::math::words::Folding;

/// Documents with these vectors, as long as a model might make them, and a query.
pub(crate) struct Bench {
    corpus: Corpus,
    ranking: Ranking,
    vectors: Vectors,
}

impl Bench {
    /// Documents are called a, b, c …
    pub(crate) fn new(query: &[f32], documents: &[&[f32]]) -> Self {
        let unit = |raw: &[f32]| {
            let mut vector = Array1::from(raw.to_vec());
            let norm = crate::math::vector::normalise(vector.view_mut()).expect("it has a direction");
            let tokens = TokenCount { total: 12, used: 12, estimated: false };
            (vector, TextInfo { tokens, norm })
        };
        let (vector, query_info) = unit(query);
        let mut rows = Array2::zeros((0, query.len()));
        let mut infos = Vec::new();
        for raw in documents {
            let (row, info) = unit(raw);
            rows.push_row(row.view()).expect("of the same size");
            infos.push(info);
        }
        let document = |(id, at): (char, usize)| Document::new(id, format!("text {at}"));
        let named: Vec<Document> = ('a'..).zip(0..documents.len()).map(document).collect();
        let corpus = Corpus::new("by hand", named);
        let scored = rows.dot(&vector);
        let scored = scored.iter().zip(&infos).enumerate();
        let scored = scored.map(|(at, (&score, &info))| Ranked { document: DocumentIndex(at), score, info }).collect();
        let mut ranking =
            Ranking::new("q".into(), query_info, scored, documents.len(), crate::engine::Timings::default());
        ranking.vector = Arc::new(vector);
        let indices = (0..documents.len()).map(DocumentIndex).collect();
        let vectors = Vectors { unit: rows, documents: indices, infos, embedded: documents.len() };
        Self { corpus, ranking, vectors }
    }

    pub(crate) fn sample(&self, k: usize) -> Sample<'_> {
        Sample { corpus: &self.corpus, ranking: &self.ranking, vectors: &self.vectors, k }
    }

    pub(crate) fn corpus(&self) -> &Corpus {
        &self.corpus
    }

    /// With another query; its vector stays as it is.
    pub(crate) fn asked(mut self, query: &str) -> Self {
        self.ranking.query = query.into();
        self
    }

    /// With the vectors of so many documents, the first ones.
    pub(crate) fn keeping(mut self, documents: usize) -> Self {
        self.vectors.unit = self.vectors.unit.view().split_at(ndarray::Axis(0), documents).0.to_owned();
        self.vectors.documents.truncate(documents);
        self.vectors.infos.truncate(documents);
        self
    }
}

fn order(ranking: &StageRanking) -> Vec<usize> {
    ranking.placed.iter().map(|placed| placed.document.0).collect()
}

fn scores(ranking: &StageRanking) -> Vec<f32> {
    ranking.placed.iter().map(|placed| placed.score).collect()
}

#[track_caller]
fn assert_near(found: &[f32], expected: &[f32]) {
    let near = found.len() == expected.len() && found.iter().zip(expected).all(|(a, b)| (a - b).abs() < 1e-5);
    assert!(near, "{found:?} is not {expected:?}");
}

/// Cosines 1, 0.8, 0.6; lengths 1, 2, 5. So the dot products with a query of length 2 are 2, 3.2 and 6.
fn three() -> Bench {
    Bench::new(&[2.0, 0.0], &[&[1.0, 0.0], &[1.6, 1.2], &[3.0, 4.0]])
}

#[test]
fn dot_products_of_raw_vectors_rank_long_ones_first() {
    let bench = three();
    let trial = bench.sample(3).metric(Metric::DotProduct).expect("no expression");
    assert_near(&scores(&trial.correct), &[1.0, 0.8, 0.6]);
    assert_eq!((order(&trial.correct), order(&trial.switched)), (vec![0, 1, 2], vec![2, 1, 0]));
    assert_near(&scores(&trial.switched), &[6.0, 3.2, 2.0]);
    let Damage { k, changed, overlap, tau_b, same_first, .. } = trial.damage;
    assert_eq!((k, changed, overlap, tau_b, same_first), (3, 2, 1.0, Some(-1.0), false));
    assert_eq!(trial.damage.largest_shift(), None);
    let Finding::Lengths { query, documents, risen } = trial.finding else { unreachable!("{:?}", trial.finding) };
    assert_near(&[query, documents[0], documents[1], documents[2]], &[2.0, 1.0, 2.0, 5.0]);
    let risen = risen.expect("the longest rose");
    assert_eq!((risen.id.as_str(), risen.from, risen.to), ("c", 3, 1));
}

#[test]
fn distances_of_raw_vectors_have_an_order_of_their_own_and_those_of_unit_vectors_that_of_the_cosine() {
    let bench = three();
    let trial = bench.sample(2).metric(Metric::Euclidean).expect("no expression");
    // From (2, 0): to (1, 0) 1, to (1.6, 1.2) √(0.16 + 1.44), to (3, 4) √17.
    assert_near(&scores(&trial.switched), &[-1.0, -1.6_f32.sqrt(), -17.0_f32.sqrt()]);
    let trial = bench.sample(2).metric(Metric::UnitEuclidean).expect("no expression");
    assert_eq!(trial.damage.changed, 0);
    // √(2 − 2 cos).
    assert_near(&scores(&trial.switched), &[0.0, -0.4_f32.sqrt(), -0.8_f32.sqrt()]);
}

#[test]
fn fewer_bits_shift_scores_by_what_they_round_away() {
    // In 4 bits: 0.6 / (0.8 / 7) is 5.25, so 5; the query is exact.
    let bench = Bench::new(&[1.0, 0.0], &[&[0.6, 0.8], &[0.8, -0.6]]);
    let trial = bench.sample(2).precision(Precision::Int4);
    assert_near(&scores(&trial.switched), &[0.8, 5.0 * 0.8 / 7.0]);
    let Shift::Measured(shift) = trial.damage.shift else { unreachable!("cosines both") };
    assert_eq!(shift.id, "a");
    assert_near(&[shift.largest, shift.mean, shift.relative], &[0.2 / 7.0, 0.1 / 7.0, 0.2 / 7.0 / 0.6]);
    assert_eq!(trial.finding, Finding::Bytes([8, 1 + 4]));
    let trial = bench.sample(2).precision(Precision::F32);
    assert_eq!((trial.damage.largest_shift(), trial.damage.changed, trial.damage.overlap), (Some(0.0), 0, 1.0));
    // Signs: (+, +) · (+, +) and (+, +) · (+, −), each ±1/√2. They have a scale of their own.
    let trial = bench.sample(2).precision(Precision::Binary);
    assert_near(&scores(&trial.switched), &[1.0, 0.0]);
    assert_eq!((order(&trial.switched), trial.damage.largest_shift()), (vec![0, 1], None));
}

#[test]
fn cut_vectors_are_compared_as_they_are_or_scaled_again() {
    // Cosines 0.8 and 0.6; of the first dimension alone, both point the same way.
    let bench = Bench::new(&[1.0, 0.0], &[&[0.8, 0.6], &[0.6, 0.8]]);
    let cut = |renormalised| bench.sample(2).cut(Cut { kept: 1, renormalised }).expect("one of two");
    assert_near(&scores(&cut(false).switched), &[0.8, 0.6]);
    let trial = cut(true);
    assert_near(&scores(&trial.switched), &[1.0, 1.0]);
    assert_near(&[trial.damage.largest_shift().expect("cosines")], &[0.4]);
    let Finding::Kept { of, query, documents } = trial.finding else { unreachable!("{:?}", trial.finding) };
    assert_eq!(of, 2);
    assert_near(&[query, documents], &[1.0, f32::midpoint(0.64, 0.36)]);
    let refused = bench.sample(2).cut(Cut { kept: 2, renormalised: true }).expect_err("nothing to cut");
    assert_eq!(refused, Refusal::NothingToCut { kept: 2, of: 2 });
}

#[test]
fn a_vector_with_nothing_left_is_like_nothing() {
    let bench = Bench::new(&[1.0, 1.0], &[&[0.0, 1.0], &[1.0, 0.0]]);
    let trial = bench.sample(2).cut(Cut { kept: 1, renormalised: true }).expect("one of two");
    assert_near(&scores(&trial.switched), &[1.0, 0.0]);
}

/// Thirty documents around a circle of a 16-dimensional space, the query on it.
fn circle() -> Bench {
    let vector = |at: u8| -> Vec<f32> {
        let angle = f32::from(at) / 10.0;
        (0..16_u8).map(|d| if d % 2 == 0 { angle.cos() } else { angle.sin() } + f32::from(d) * 0.01).collect()
    };
    let documents: Vec<Vec<f32>> = (0..30).map(vector).collect();
    let documents: Vec<&[f32]> = documents.iter().map(Vec::as_slice).collect();
    Bench::new(&vector(0), &documents)
}

#[test]
fn a_rotated_model_is_right_alone_and_noise_mixed() {
    let bench = circle();
    let trial = bench.sample(10).rotated();
    let Finding::Mixed { alone: Some(alone) } = trial.finding else { unreachable!("{:?}", trial.finding) };
    assert!(alone < 1e-5, "{alone}");
    // The document that is the query itself is no longer like it.
    assert!(
        trial.correct.placed[0].score > 0.999 && trial.switched.placement(DocumentIndex(0)).expect("it").score < 0.9
    );
    assert_eq!(bench.sample(10).rotated(), trial, "the rotation is the same every time");
}

#[test]
fn another_models_vectors_are_refused_by_their_size_and_else_compared_as_they_are() {
    let bench = three();
    let other = Bench::new(&[0.0, 1.0, 0.0], &[&[1.0, 0.0, 0.0][..]; 3]);
    let refused = bench.sample(3).mixed(&other.vectors).expect_err("three dimensions");
    assert!(refused.to_string().contains("the query has 2 numbers, a document of the other model 3"), "{refused}");
    let other = Bench::new(&[0.0, 1.0], &[&[0.0, 1.0], &[0.6, 0.8], &[1.0, 0.0]]);
    let trial = bench.sample(3).mixed(&other.vectors).expect("two dimensions");
    assert_eq!(order(&trial.switched), [2, 1, 0]);
    assert_near(&scores(&trial.switched), &[1.0, 0.6, 0.0]);
}

#[test]
fn documents_that_one_side_lacks_are_changed_places_and_no_shift() {
    let bench = three();
    let mut other = bench.vectors.clone();
    (other.unit, other.documents) = (array![[0.8, 0.6]], vec![DocumentIndex(1)]);
    let trial = bench.sample(2).mixed(&other).expect("two dimensions");
    assert_eq!((trial.damage.changed, trial.damage.overlap, trial.damage.largest_shift()), (2, 0.5, Some(0.0)));
}

#[test]
fn what_needs_more_than_vectors_says_what() {
    let bench = three();
    for setting in [Setting::QuantisedModel, Setting::OtherModel, Setting::FirstWords(1), Setting::NeedleAt(0)] {
        assert!(matches!(bench.sample(3).run(setting), Err(Refusal::Needs(_))), "{setting:?}");
    }
    assert!(bench.sample(3).run(Setting::Rotated).is_ok());
}

#[test]
fn an_expression_has_no_length_and_no_words() {
    let bench = three().asked("= one - two");
    for metric in [Metric::DotProduct, Metric::Euclidean] {
        assert_eq!(bench.sample(3).metric(metric), Err(Refusal::LengthOfExpression));
    }
    assert!(bench.sample(3).metric(Metric::UnitEuclidean).is_ok(), "unit vectors have no length to tell of");
    let lexical = Lexical::new(bench.corpus(), Folding::default());
    assert_eq!(bench.sample(3).words(&lexical), Err(Refusal::WordsOfExpression));
}

#[test]
fn words_and_vectors_rank_the_same_sentences() {
    let bench = three().asked("text").keeping(2);
    let lexical = Lexical::new(bench.corpus(), Folding::default());
    let trial = bench.sample(3).words(&lexical).expect("no expression");
    assert_eq!((order(&trial.correct).len(), trial.switched.placed.len()), (2, 2), "c has no vector");
    assert_eq!(trial.finding, Finding::Lexical { found: 2 });
    assert_eq!((trial.damage.documents, trial.damage.both, trial.damage.corpus), (2, 2, 3));
}

#[test]
fn of_a_long_query_the_words_are_looked_at_evenly_up_to_the_last() {
    use super::short::{MOST_WORDS, beginnings, looked_at};
    assert!(looked_at(0).is_empty());
    assert_eq!(looked_at(1), [1]);
    assert_eq!(looked_at(31), (1..=31).collect::<Vec<_>>(), "each");
    for words in [32, 61, 1000] {
        let counts = looked_at(words);
        assert_eq!(counts.len(), MOST_WORDS + 1);
        assert!(counts.windows(2).all(|pair| pair[0] < pair[1]), "{counts:?}");
        assert_eq!((counts[0], counts[MOST_WORDS - 1], counts[MOST_WORDS]), (1, words - 1, words));
    }
    let query: Vec<String> = (1..=61).map(|word| word.to_string()).collect();
    let beginnings = beginnings(&query.join(" "));
    assert!(beginnings[29].ends_with(" 60") && beginnings[1].ends_with(" 3"), "{beginnings:?}");
}

#[test]
fn nothing_at_all_can_be_tried_too() {
    let mut bench = Bench::new(&[1.0, 2.0], &[&[1.0, 0.0]]);
    bench.ranking.ranked.clear();
    bench.vectors = Vectors { unit: Array2::zeros((0, 2)), documents: vec![], infos: vec![], embedded: 0 };
    for setting in [Setting::Metric(Metric::Euclidean), Setting::Precision(Precision::Int8), Setting::Rotated] {
        let trial = bench.sample(10).run(setting).expect("nothing is in the way");
        assert!(trial.switched.placed.is_empty() && trial.damage.largest_shift().is_none());
    }
}

mod more {
    use super::*;
    use crate::engine::Embedded;
    use crate::engine::lab::long::{Haystack, NoHaystack, PLACES, Seen};
    use crate::engine::lab::short::beginnings;

    fn embedded(rows: Array2<f32>, tokens: usize) -> Embedded {
        let tokens = TokenCount { total: tokens, used: tokens.min(20), estimated: false };
        let infos = vec![TextInfo { tokens, norm: 1.0 }; rows.nrows()];
        Embedded { unit: rows, infos }
    }

    #[test]
    fn a_ranking_settles_where_it_no_longer_changes() {
        let mut bench = three();
        bench.ranking.query = "one two three, four".into();
        assert_eq!(beginnings(&bench.ranking.query), ["one", "one two", "one two three"]);
        // First c, then a, then c again; the whole query has a.
        let steps = array![[0.6, 0.8], [1.0, 0.0], [0.6, 0.8]];
        let settling = bench.sample(1).settling(&embedded(steps, 3));
        let firsts: Vec<usize> = settling.steps.iter().map(|step| step.first.expect("one").0).collect();
        assert_eq!((firsts, settling.first_settled, settling.settled), (vec![2, 0, 2, 0], 4, 4));
        assert_eq!(settling.steps[1].damage.tau_b, Some(1.0));
        let trial = bench.sample(1).first_words(&settling, 3).expect("three words");
        assert_eq!((order(&trial.switched), trial.finding), (vec![2, 1, 0], Finding::Words { words: 3, of: 4 }));
        // As long as only the first are embedded, there are only those and the whole.
        let settling = bench.sample(3).settling(&embedded(array![[1.0, 0.0]], 3));
        assert_eq!(settling.steps.iter().map(|step| step.words).collect::<Vec<_>>(), [1, 4]);
        assert_eq!((settling.settled, settling.first_settled), (1, 1));
    }

    #[test]
    fn a_needle_goes_through_the_whole_text_and_out_of_sight() {
        let bench = three();
        // Ten tokens a document without the two around it, and a text of at least 40: four fillers.
        let haystack = Haystack::around(DocumentIndex(1), &bench.vectors, 20).expect("there are others");
        assert_eq!(haystack.fillers.len(), 4);
        assert!(haystack.fillers.iter().all(|&filler| filler != DocumentIndex(1)));
        let texts = haystack.texts(&bench.corpus);
        assert_eq!(texts.len(), PLACES + 1);
        assert!(!texts[0].contains("text 1") && texts[1].starts_with("text 1 ") && texts[PLACES].ends_with(" text 1"));
        let (text, needle) = haystack.text(&bench.corpus, Some(5));
        assert_eq!(&text[needle], "text 1");

        let scores =
            Array2::from_shape_fn((4, 2), |(row, column)| if column == 0 { [0.1, 0.5, 0.4, 0.1][row] } else { 0.0 });
        let sweep = bench.sample(3).sweep(&haystack, &embedded(scores, 52)).expect("the first is there");
        assert_near(&[sweep.without, sweep.alone, sweep.points[0].score], &[0.1, 0.8, 0.5]);
        assert_eq!((sweep.id.as_str(), sweep.tokens, sweep.points.len()), ("b", [52, 20], 3));
        // 18 tokens are seen: after one filler, at place 3, the needle is cut.
        let all = embedded(Array2::zeros((PLACES + 1, 2)), 52);
        let points = bench.sample(3).sweep(&haystack, &all).expect("all are there").points;
        let seen: Vec<Seen> = points.iter().map(|point| point.seen).collect();
        assert_eq!((seen[0], points[2].sentences, seen[3], points[3].tokens), (Seen::Whole, 0, Seen::Partly, 10));
        assert_eq!(seen[PLACES - 1], Seen::Nothing);
        assert_eq!(bench.sample(3).sweep(&haystack, &embedded(Array2::zeros((0, 2)), 0)), None);
    }

    #[test]
    fn a_text_beyond_all_measure_is_not_made() {
        let bench = three();
        let refused = |needle, vectors: &Vectors, limit| {
            Haystack::around(DocumentIndex(needle), vectors, limit).expect_err("there is none")
        };
        assert_eq!(refused(1, &bench.vectors, usize::MAX), NoHaystack::TooLong(usize::MAX));
        let too_long = refused(1, &bench.vectors, 32_768).to_string();
        assert!(too_long.contains("reads 32,768 tokens") && too_long.contains("more than the 40,000"), "{too_long}");
        let beyond = refused(7, &bench.vectors, 20);
        assert_eq!(beyond, NoHaystack::Beyond(3));
        assert!(beyond.to_string().starts_with("the sentence to hide is not among the first 3 "), "{beyond}");
        let one = three().keeping(1);
        assert_eq!(refused(0, &one.vectors, 20), NoHaystack::Alone);
    }

    #[test]
    fn cutoffs_take_every_pair_of_a_query_and_a_document() {
        use crate::corpus::bundled::LabelledQuery;
        use crate::engine::lab::threshold::Cutoffs;
        let bench = three();
        let query = |relevant: &[(&str, u8)]| LabelledQuery {
            id: "q".into(),
            query: "q".into(),
            kind: "k".into(),
            relevant: relevant.iter().map(|&(id, grade)| (id.to_owned(), grade)).collect(),
        };
        // Cosines 1, 0.8, 0.6 and 0, 0.6, 0.8; relevant are a of the first and c of the second, and one that is not there.
        let queries = [query(&[("a", 3)]), query(&[("c", 1), ("z", 3)])];
        let of = embedded(array![[1.0, 0.0], [0.0, 1.0]], 3);
        let cutoffs = Cutoffs::new(&bench.corpus, &queries, &of, &bench.vectors).expect("two are relevant");
        assert_eq!((cutoffs.pairs, cutoffs.queries, cutoffs.curve.relevant()), (6, 2, 2));
        assert_near(&cutoffs.range, &[0.0, 1.0]);
        let at = cutoffs.curve.at(0.7);
        assert_eq!((at.found, at.hits, at.recall), (3, 2, 1.0));
        assert_eq!(Cutoffs::new(&bench.corpus, &queries[..1], &of, &bench.vectors), None, "a vector too many");
    }
}

/// What holds on any vectors, with any setting.
mod always {
    use proptest::prelude::*;

    use super::*;

    fn vectors() -> impl Strategy<Value = Vec<Vec<f32>>> {
        prop::collection::vec(prop::collection::vec(-1.0_f32..1.0, 8), 2..12)
            .prop_filter("each has a direction", |rows| rows.iter().all(|row| row.iter().any(|x| x.abs() > 0.1)))
    }

    proptest! {
        #[test]
        fn a_switch_ranks_the_same_documents_and_its_damage_is_within_bounds(rows in vectors(), k in 1_usize..12) {
            let documents: Vec<&[f32]> = rows[1..].iter().map(Vec::as_slice).collect();
            let bench = Bench::new(&rows[0], &documents);
            for experiment in Experiment::ALL {
                for setting in experiment.settings(8) {
                    let Ok(trial) = bench.sample(k).run(setting) else { continue };
                    let mut all = order(&trial.switched);
                    all.sort_unstable();
                    prop_assert_eq!(all, (0..documents.len()).collect::<Vec<_>>());
                    let damage = &trial.damage;
                    prop_assert!(damage.changed <= damage.k && (0.0..=1.0).contains(&damage.overlap));
                    prop_assert!(damage.tau_b.is_none_or(|tau| (-1.0..=1.0).contains(&tau)));
                    prop_assert_eq!(damage.changed == 0 && damage.k > 0, order(&trial.correct)[..damage.k] == order(&trial.switched)[..damage.k]);
                }
            }
        }

        #[test]
        fn the_distance_of_unit_vectors_orders_as_their_cosine(rows in vectors()) {
            let documents: Vec<&[f32]> = rows[1..].iter().map(Vec::as_slice).collect();
            let bench = Bench::new(&rows[0], &documents);
            let trial = bench.sample(12).metric(Metric::UnitEuclidean).expect("no expression");
            for pair in trial.switched.placed.windows(2) {
                let cosine = |placed: &Placed| trial.correct.placement(placed.document).expect("ranked").score;
                prop_assert!(cosine(&pair[0]) >= cosine(&pair[1]) - 1e-4);
            }
        }
    }
}
