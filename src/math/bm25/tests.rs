use proptest::prelude::*;

use super::*;

const DEFAULT: Params = Params { k1: 1.2, b: 0.75 };

/// Documents given as words with spaces between them.
fn index(documents: &[&str]) -> Bm25Index {
    Bm25Index::new(documents.iter().map(|text| text.split_whitespace()))
}

#[track_caller]
fn assert_close(found: f64, expected: f64) {
    assert!((found - expected).abs() < 1e-9, "{found} is not {expected}");
}

#[track_caller]
fn assert_scores(found: &[f32], expected: &[f32]) {
    assert_eq!(found.len(), expected.len());
    for (found, expected) in found.iter().zip(expected) {
        assert!((found - expected).abs() < 1e-6, "{found} is not {expected}");
    }
}

/// N = 3 documents of 3, 1 and 2 terms: avgdl = 2.
///
/// idf(cat) = ln(1 + (3 − 1 + 0.5) / (1 + 0.5)) = ln(8 / 3) = 0.9808292530
/// idf(dog) = ln(1 + (3 − 2 + 0.5) / (2 + 0.5)) = ln(1.6) = 0.4700036292
const PETS: [&str; 3] = ["cat cat dog", "dog", "bird fish"];

#[test]
fn scores_are_those_of_the_formula() {
    // Document 0: 1.2 × (0.25 + 0.75 × 3 / 2) = 1.65. cat: 0.9808292530 × 2 / 3.65 = 0.5374406866.
    //             dog: 0.4700036292 × 1 / 2.65 = 0.1773598601. Together 0.7148005467.
    // Document 1: 1.2 × (0.25 + 0.75 × 1 / 2) = 0.75. dog: 0.4700036292 / 1.75 = 0.2685735024.
    let index = index(&PETS);
    assert_scores(&index.scores(&["cat", "dog"], DEFAULT), &[0.714_800_55, 0.268_573_5, 0.0]);
    let parts = index.explain(0, &["cat", "dog"], DEFAULT);
    assert_eq!(parts.iter().map(|part| (part.term.as_str(), part.tf)).collect::<Vec<_>>(), [("cat", 2), ("dog", 1)]);
    assert_close(parts[0].idf, 0.980_829_253_0);
    assert_close(parts[0].saturation, 2.0 / 3.65);
    assert_close(parts[0].contribution, 0.537_440_686_6);
    assert_close(parts[1].contribution, 0.177_359_860_1);
}

#[test]
fn the_parameters_are_those_of_the_query() {
    let index = index(&PETS);
    // With k1 = 0 a term is worth its idf wherever it stands.
    let binary = Params { k1: 0.0, b: 0.75 };
    assert_scores(&index.scores(&["cat", "dog"], binary), &[0.980_829_25 + 0.470_003_63, 0.470_003_63, 0.0]);
    // With b = 0 lengths do not matter: dog is worth idf × 1 / 2.2 in both.
    let lengthless = Params { k1: 1.2, b: 0.0 };
    assert_scores(&index.scores(&["dog"], lengthless), &[0.213_638_01, 0.213_638_01, 0.0]);
    // With b = 1: 1 / (1 + 1.2 × 1.5) and 1 / (1 + 1.2 × 0.5).
    let proportional = Params { k1: 1.2, b: 1.0 };
    assert_scores(&index.scores(&["dog"], proportional), &[0.470_003_63 / 2.8, 0.470_003_63 / 1.6, 0.0]);
}

#[test]
fn parameters_out_of_range_are_taken_for_the_nearest_or_the_default() {
    let index = index(&PETS);
    let scores = |k1, b| index.scores(&["cat", "dog"], Params { k1, b });
    assert_eq!(scores(-1.0, 7.0), scores(0.0, 1.0));
    assert_eq!(scores(1.2, -0.1), scores(1.2, 0.0));
    assert_eq!(scores(f64::NAN, f64::NAN), scores(1.2, 0.75));
    assert_eq!(scores(f64::INFINITY, 0.75), [0.0; 3]);
}

#[test]
fn a_term_counts_once_for_each_time_it_stands_in_the_query() {
    let index = index(&PETS);
    assert_scores(&index.scores(&["dog", "dog", "dog"], DEFAULT), &[3.0 * 0.177_359_86, 3.0 * 0.268_573_5, 0.0]);
    let parts = index.explain(1, &["dog", "cat", "dog"], DEFAULT);
    assert_eq!(
        parts.iter().map(|part| (part.term.as_str(), part.in_query)).collect::<Vec<_>>(),
        [("dog", 2), ("cat", 1)]
    );
    assert_close(parts[0].contribution, 2.0 * 0.268_573_502_4);
}

#[test]
fn what_is_empty_or_unknown_adds_nothing() {
    let nothing: [&str; 0] = [];
    let pets = index(&PETS);
    assert_eq!(pets.scores(&nothing, DEFAULT), [0.0; 3]);
    assert!(pets.explain(0, &nothing, DEFAULT).is_empty());
    assert_eq!(pets.scores(&["unicorn"], DEFAULT), [0.0; 3]);
    let part = &pets.explain(0, &["unicorn"], DEFAULT)[0];
    assert_eq!((part.documents, part.tf, part.contribution), (0, 0, 0.0));
    // ln(1 + 3.5 / 0.5)
    assert_close(part.idf, 8.0_f64.ln());
    assert!(pets.explain(3, &["cat"], DEFAULT).is_empty());

    let empty = Bm25Index::default();
    assert!(empty.scores(&["cat"], DEFAULT).is_empty());
    assert_eq!((empty.documents(), empty.terms(), empty.average_length(), empty.length(0)), (0, 0, 0.0, None));

    let blank = index(&["", ""]);
    assert_eq!(blank.scores(&["cat"], DEFAULT), [0.0; 2]);
    assert_close(blank.explain(1, &["cat"], DEFAULT)[0].contribution, 0.0);
}

#[test]
fn an_empty_document_counts_among_the_documents() {
    // N = 2, avgdl = 0.5: ln(1 + 1.5 / 1.5) / (1 + 1.2 × (0.25 + 0.75 × 2)) = 0.6931471806 / 3.1.
    assert_scores(&index(&["cat", ""]).scores(&["cat"], DEFAULT), &[0.223_595_86, 0.0]);
}

#[test]
fn documents_that_come_later_are_as_good_as_the_first() {
    let mut grown = Bm25Index::default();
    let numbers: Vec<usize> = PETS.iter().map(|text| grown.add(text.split(' '))).collect();
    assert_eq!(numbers, [0, 1, 2]);
    assert_eq!((grown.documents(), grown.terms(), grown.average_length(), grown.length(0)), (3, 4, 2.0, Some(3)));
    assert_eq!(grown.scores(&["cat", "dog"], DEFAULT), index(&PETS).scores(&["cat", "dog"], DEFAULT));
}

fn terms() -> impl Strategy<Value = Vec<String>> {
    prop::collection::vec("[a-e]", 0..12)
}

fn params() -> impl Strategy<Value = Params> {
    (0.0..3.0, 0.0..=1.0).prop_map(|(k1, b)| Params { k1, b })
}

proptest! {
    #[test]
    #[expect(clippy::cast_possible_truncation, reason = "scores are single precision")]
    #[expect(clippy::float_cmp, reason = "they are the same sum")]
    fn contributions_sum_to_the_score(
        documents in prop::collection::vec(terms(), 0..8),
        query in terms(),
        params in params(),
    ) {
        let index = Bm25Index::new(&documents);
        for (document, score) in index.scores(&query, params).into_iter().enumerate() {
            let parts = index.explain(document, &query, params);
            let sum = parts.iter().fold(0.0, |sum, part| sum + part.contribution);
            prop_assert_eq!(sum as f32, score);
            let most: f64 = parts.iter().map(|part| part.idf * f64::from(u32::try_from(part.in_query).unwrap_or(0))).sum();
            prop_assert!((0.0..=most + 1e-9).contains(&sum));
            prop_assert!(parts.iter().all(|part| part.idf > 0.0));
        }
    }

    #[test]
    fn a_term_that_stands_there_more_often_is_worth_more(
        few in 1_usize..20, more in 1_usize..20, rest in 0_usize..20, k1 in 0.1..3.0, b in 0.0..=1.0,
    ) {
        // Both are of the same length.
        let document = |count: usize| {
            let filling = std::iter::repeat_n("b", few + more + rest - count);
            std::iter::repeat_n("a", count).chain(filling)
        };
        let index = Bm25Index::new([document(few), document(few + more)]);
        let worth = |number| index.explain(number, &["a"], Params { k1, b })[0].contribution;
        prop_assert!(worth(0) < worth(1));
    }

    #[test]
    fn order_does_not_matter(
        documents in prop::collection::vec(terms(), 1..8),
        query in terms(),
        params in params(),
    ) {
        let forward = Bm25Index::new(&documents).scores(&query, params);
        let reversed = documents.iter().rev().map(|terms| terms.iter().rev());
        let asked: Vec<_> = query.iter().rev().collect();
        let backward = Bm25Index::new(reversed).scores(&asked, params);
        for (one, other) in forward.iter().zip(backward.iter().rev()) {
            prop_assert!((one - other).abs() < 1e-5, "{one} is not {other}");
        }
    }
}
