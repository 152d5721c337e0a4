//! The suite.

use std::collections::BTreeMap;

use vecscope::backend::{Identity, TextInfo, TokenCount};
use vecscope::store::{Row, StoreError, VectorStore};

/// Opens a new handle on one place, which is empty when a test begins.
pub(crate) type Open<'a> = &'a dyn Fn() -> Box<dyn VectorStore>;

/// One test of the suite.
type Test = fn(Open<'_>);

/// What holds for a place that keeps vectors of one model only, too: all but what is about several models.
pub(crate) const OF_ONE_MODEL: [(&str, Test); 8] = [
    ("what_was_put_comes_back_to_the_bit", |open| what_was_put_comes_back_to_the_bit(open)),
    ("a_newer_vector_takes_the_place_of_an_older_one", |open| a_newer_vector_takes_the_place_of_an_older_one(open)),
    ("texts_of_any_kind_are_told_apart", |open| texts_of_any_kind_are_told_apart(open)),
    ("another_size_is_refused", |open| another_size_is_refused_and_nothing_of_the_batch_is_kept(open)),
    ("ten_thousand_come_back", |open| ten_thousand_come_back_whether_all_or_few_are_wanted(open)),
    ("nothing_is_found_in_an_empty_place", |open| nothing_is_found_in_an_empty_place_and_nothing_is_no_error(open)),
    ("what_was_kept_is_there_for_the_next_handle", |open| what_was_kept_is_there_for_the_next_handle(open)),
    ("two_handles_at_once_lose_nothing", |open| two_handles_at_once_lose_nothing(open)),
];

/// A suite for one kind of store: `$place` makes an empty place, and `$open` opens a handle on it.
macro_rules! contract {
    ($place:expr, $open:expr) => {
        contract!(@each $place, $open,
            what_was_put_comes_back_to_the_bit,
            a_newer_vector_takes_the_place_of_an_older_one,
            texts_of_any_kind_are_told_apart,
            models_that_differ_in_anything_share_nothing,
            of_many_only_those_of_the_model_come_back,
            another_size_is_refused_and_nothing_of_the_batch_is_kept,
            ten_thousand_come_back_whether_all_or_few_are_wanted,
            nothing_is_found_in_an_empty_place_and_nothing_is_no_error,
            what_was_kept_is_there_for_the_next_handle,
            two_handles_at_once_lose_nothing,
        );
    };
    (@each $place:expr, $open:expr, $($name:ident,)*) => {
        $(
            #[test]
            fn $name() {
                let place = $place;
                $crate::contract::$name(&|| $open(&place));
            }
        )*
    };
}

pub(crate) fn model(name: &str) -> Identity {
    Identity { model: name.into(), details: r#"{"weights":"0"}"#.into() }
}

pub(crate) fn info(number: usize) -> TextInfo {
    #[expect(clippy::cast_precision_loss, reason = "small numbers")]
    let norm = 0.1 + number as f32;
    TextInfo {
        tokens: TokenCount { total: number + 1, used: number.min(7), estimated: number.is_multiple_of(3) },
        norm,
    }
}

/// A vector of unit length that no other number has: what is not exact in decimal is in most of its places.
pub(crate) fn vector(number: usize, dimensions: usize) -> Vec<f32> {
    let mut state = number as u64 + 1;
    let mut next = || {
        state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        #[expect(clippy::cast_precision_loss, reason = "any number will do")]
        let value = (state >> 40) as f32 / 16_777_216.0 - 0.5;
        value
    };
    let raw: Vec<f32> = (0..dimensions).map(|_| next()).collect();
    let norm = raw.iter().map(|x| x * x).sum::<f32>().sqrt();
    raw.into_iter().map(|x| x / norm).collect()
}

/// Keeps the vectors of these numbers under these texts.
fn put(store: &mut dyn VectorStore, model: &Identity, texts: &[&str], first: usize, dimensions: usize) {
    let vectors: Vec<Vec<f32>> = (first..first + texts.len()).map(|number| vector(number, dimensions)).collect();
    let rows = texts.iter().zip(&vectors).zip(first..);
    let rows: Vec<Row<'_>> = rows.map(|((text, vector), number)| Row { text, vector, info: info(number) }).collect();
    store.put(model, &rows).expect("they can be kept");
}

/// What is found of texts, by their places; each must be found once.
fn get(store: &mut dyn VectorStore, model: &Identity, texts: &[&str]) -> BTreeMap<usize, (Vec<u32>, TextInfo)> {
    let mut found = BTreeMap::new();
    let mut take = |place, vector: &[f32], info| {
        assert!(found.insert(place, (bits(vector), info)).is_none(), "{place} was given twice");
    };
    store.get(model, texts, &mut take).expect("it can be read");
    found
}

/// Equal only where every bit is.
fn bits(vector: &[f32]) -> Vec<u32> {
    vector.iter().map(|number| number.to_bits()).collect()
}

fn expected(numbers: impl IntoIterator<Item = usize>, dimensions: usize) -> BTreeMap<usize, (Vec<u32>, TextInfo)> {
    let each = |(place, number)| (place, (bits(&vector(number, dimensions)), info(number)));
    numbers.into_iter().enumerate().map(each).collect()
}

pub(crate) fn what_was_put_comes_back_to_the_bit(open: Open<'_>) {
    let mut store = open();
    put(store.as_mut(), &model("m"), &["a", "b", "c"], 0, 384);
    assert_eq!(get(store.as_mut(), &model("m"), &["a", "b", "c"]), expected([0, 1, 2], 384));
    // In the order of the question, a text as often as it is asked for, and nothing of what is not there.
    let found = get(store.as_mut(), &model("m"), &["c", "a", "c", "d"]);
    assert_eq!(found, expected([2, 0, 2], 384));
}

pub(crate) fn a_newer_vector_takes_the_place_of_an_older_one(open: Open<'_>) {
    let mut store = open();
    put(store.as_mut(), &model("m"), &["a", "b"], 0, 8);
    put(store.as_mut(), &model("m"), &["b", "c"], 5, 8);
    assert_eq!(get(store.as_mut(), &model("m"), &["a", "b", "c"]), expected([0, 5, 6], 8));
}

pub(crate) fn texts_of_any_kind_are_told_apart(open: Open<'_>) {
    let long = "word ".repeat(100_000);
    let longer = format!("{long}.");
    // One with a combining accent and one without; NUL, line feed and nothing at all.
    let texts = [long.as_str(), &longer, "é", "e\u{301}", "a\0b", "a", "a\n", "", " ", "🦀", "' OR 1=1 --"];
    let mut store = open();
    put(store.as_mut(), &model("m"), &texts, 0, 8);
    assert_eq!(get(store.as_mut(), &model("m"), &texts), expected(0..texts.len(), 8));
}

pub(crate) fn models_that_differ_in_anything_share_nothing(open: Open<'_>) {
    let mut store = open();
    let others = [
        model("m"),
        model("n"),
        Identity { details: r#"{"weights":"1"}"#.into(), ..model("m") },
        Identity { details: r#"{"weights":"0","told":"query: "}"#.into(), ..model("m") },
    ];
    for (number, other) in others.iter().enumerate() {
        assert!(get(store.as_mut(), other, &["a"]).is_empty(), "{other}");
        // Their vectors may be of different sizes.
        put(store.as_mut(), other, &["a"], number, 8 + number);
    }
    for (number, other) in others.iter().enumerate() {
        assert_eq!(get(store.as_mut(), other, &["a"]), expected([number], 8 + number), "{other}");
    }
}

pub(crate) fn another_size_is_refused_and_nothing_of_the_batch_is_kept(open: Open<'_>) {
    let mut store = open();
    put(store.as_mut(), &model("m"), &["a"], 0, 8);
    let (fits, other) = (vector(1, 8), vector(2, 9));
    let row = |text, vector| Row { text, vector, info: info(1) };
    for rows in [vec![row("b", &other)], vec![row("b", &fits), row("c", &other)]] {
        let error = store.put(&model("m"), &rows).expect_err("they are of different sizes");
        assert!(matches!(error, StoreError::WrongSize { kept: 8, given: 9, .. }), "{error}");
        let said = error.to_string();
        assert!(said.contains('8') && said.contains('9'), "{said}");
    }
    assert_eq!(get(store.as_mut(), &model("m"), &["a", "b", "c"]), expected([0], 8));
}

pub(crate) fn ten_thousand_come_back_whether_all_or_few_are_wanted(open: Open<'_>) {
    let texts: Vec<String> = (0..10_000).map(|number| format!("text {number}")).collect();
    let texts: Vec<&str> = texts.iter().map(String::as_str).collect();
    let mut store = open();
    for (number, batch) in texts.chunks(1_000).enumerate() {
        put(store.as_mut(), &model("m"), batch, number * 1_000, 8);
    }
    assert_eq!(get(store.as_mut(), &model("m"), &texts), expected(0..10_000, 8));
    assert_eq!(get(store.as_mut(), &model("m"), &["text 9999", "text 17"]), expected([9_999, 17], 8));
}

pub(crate) fn of_many_only_those_of_the_model_come_back(open: Open<'_>) {
    let texts: Vec<String> = (0..2_000).map(|number| format!("text {number}")).collect();
    let texts: Vec<&str> = texts.iter().map(String::as_str).collect();
    let mut store = open();
    put(store.as_mut(), &model("m"), &texts, 0, 8);
    put(store.as_mut(), &model("other"), &texts[..100], 500, 8);
    assert_eq!(get(store.as_mut(), &model("m"), &texts), expected(0..2_000, 8));
    assert_eq!(get(store.as_mut(), &model("other"), &texts), expected(500..600, 8));
}

pub(crate) fn nothing_is_found_in_an_empty_place_and_nothing_is_no_error(open: Open<'_>) {
    let mut store = open();
    assert!(get(store.as_mut(), &model("m"), &["a"]).is_empty());
    assert!(get(store.as_mut(), &model("m"), &[]).is_empty());
    store.put(&model("m"), &[]).expect("nothing can always be kept");
    assert!(!store.describe().is_empty());
}

pub(crate) fn what_was_kept_is_there_for_the_next_handle(open: Open<'_>) {
    put(open().as_mut(), &model("m"), &["a", "b"], 0, 8);
    assert_eq!(get(open().as_mut(), &model("m"), &["a", "b"]), expected([0, 1], 8));
}

pub(crate) fn two_handles_at_once_lose_nothing(open: Open<'_>) {
    const BATCHES: usize = 20;
    let names = ["left", "right"];
    let text = |name: &str, batch: usize| [format!("{name} {batch}"), format!("both {batch}")];
    std::thread::scope(|scope| {
        for name in names {
            let mut store = open();
            scope.spawn(move || {
                for batch in 0..BATCHES {
                    let texts = text(name, batch);
                    // What both keep is the same, as it is with one model.
                    let vectors = [vector(name.len() * 1_000 + batch, 8), vector(batch, 8)];
                    let rows = texts.iter().zip(&vectors);
                    let rows: Vec<_> = rows.map(|(text, vector)| Row { text, vector, info: info(batch) }).collect();
                    store.put(&model("m"), &rows).expect("the other one is waited for");
                }
            });
        }
    });
    let mut store = open();
    for name in names {
        for batch in 0..BATCHES {
            let texts = text(name, batch);
            let found = get(store.as_mut(), &model("m"), &[&texts[0], &texts[1]]);
            assert_eq!(found[&0].0, bits(&vector(name.len() * 1_000 + batch, 8)), "{}", texts[0]);
            assert_eq!(found[&1].0, bits(&vector(batch, 8)), "{}", texts[1]);
        }
    }
}
