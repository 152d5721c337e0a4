use proptest::prelude::*;
use serde_json::json;

use super::*;
use crate::corpus::Duplicate;

fn corpus() -> Corpus {
    let document = |id: &str, topic: Option<&str>, text: &str, metadata: Vec<Value>| Document {
        topic: topic.map(str::to_owned),
        metadata: metadata.into(),
        ..Document::new(id, text)
    };
    let mut documents = vec![
        document("a1", Some("Databases"), "SQL asks a table", vec![json!(1974), json!("en"), json!(["query", "old"])]),
        document("a2", Some("snakes"), "A python of 10:30", vec![json!("1990.0"), json!("DE")]),
        document("a3", None, "Ein Größe-Test", vec![json!(null), json!("de"), json!("new")]),
        document("b4", Some("dates"), "no number", vec![json!("n/a"), json!(true), json!("2024-05-01")]),
    ];
    documents[1].duplicates = [Duplicate { id: "z9".into(), metadata: [json!(2001), json!("fr")].into() }].into();
    Corpus { fields: vec!["Year".into(), "lang".into(), "tag words".into()], ..Corpus::new("c", documents) }
}

#[track_caller]
fn selected(filter: &str) -> Vec<usize> {
    let selection = select(filter, &corpus()).unwrap_or_else(|error| unreachable!("{filter}: {error}"));
    selection.map_or_else(|| vec![0, 1, 2, 3], |some| some.documents.into_iter().map(|index| index.0).collect())
}

#[test]
fn every_kind_of_term_does_what_the_table_says() {
    for (filter, expected) in [
        ("", &[0, 1, 2, 3][..]),
        ("  ", &[0, 1, 2, 3]),
        ("sql", &[0]),
        ("SNAKES", &[1]),
        ("a", &[0, 1, 2, 3]),
        ("old", &[0]),
        ("a2", &[1]),
        ("größe", &[2]),
        ("GRÖSSE", &[]),
        ("\"10:30\"", &[1]),
        ("topic:snakes", &[1]),
        ("topic:snake", &[]),
        ("topic:*", &[0, 1, 3]),
        ("-topic:*", &[2]),
        ("id:a*", &[0, 1, 2]),
        ("text~\"a table\"", &[0]),
        ("text:sql*table", &[0]),
        ("year:1974", &[0]),
        ("YEAR=1990", &[1]),
        ("year>=1990", &[1]),
        ("year>1974.5", &[1]),
        ("year<1990", &[0]),
        ("year<=1974", &[0]),
        ("year!=1974", &[1, 2, 3]),
        ("year≠1974", &[1, 2, 3]),
        ("lang:de", &[1, 2]),
        ("lang:true", &[3]),
        ("lang~e", &[0, 1, 2, 3]),
        ("not lang:de", &[0, 1, 3]),
        ("--lang:en", &[0]),
        ("\"tag words\":old", &[0]),
        ("\"tag words\">=2024-01-01", &[3]),
        ("\"tag words\">=2024", &[3]),
        ("\"tag words\">=2025", &[]),
        ("id:a* lang:de year:*", &[1]),
        ("nothing at all", &[]),
        ("year >= 1990 and lang = de", &[1]),
        ("year> 1974", &[1]),
        ("lang :de AND -id : a2", &[2]),
        ("year:1974 or lang:true", &[0, 3]),
        ("id:a* lang:de OR year:1974 lang:en or id:b4", &[0, 1, 2, 3]),
        ("year:1974 or year:1990 lang:en", &[0]),
        ("oracle or sql", &[0]),
        ("lang:en or", &[]),
        ("or lang:en", &[]),
        ("\"number\" \"or\" text:*", &[]),
        ("no", &[3]),
        ("not", &[]),
    ] {
        assert_eq!(selected(filter), expected, "{filter}");
    }
}

#[test]
fn a_document_passes_if_one_of_those_with_its_text_fulfils_all_terms() {
    assert_eq!(selected("year:2001"), [1]);
    assert_eq!(selected("id:z9 lang:fr"), [1]);
    assert_eq!(selected("year:2001 lang:de"), [] as [usize; 0], "no single one is both");
    assert_eq!(selected("topic:snakes -lang:de"), [1], "the French one is not German");
}

#[test]
fn a_star_in_quotes_is_a_star() {
    let corpus = Corpus::new("c", vec![Document::new("1", "2*3"), Document::new("2", "2 and 3")]);
    let count = |filter| select(filter, &corpus).expect("it is good").expect("it is not blank").documents.len();
    assert_eq!((count("text:2*3"), count("text:\"2*3\"")), (2, 1));
}

#[test]
fn what_every_document_has_wins_over_columns_of_its_name_and_is_told_once() {
    let document = Document { metadata: [json!("7"), json!("7")].into(), ..Document::new("a", "words") };
    let fields = ["ID", "year", "text"].map(str::to_owned);
    let corpus = Corpus { fields: fields.to_vec(), ..Corpus::new("c", vec![document]) };
    let error = select("yeer:7", &corpus).expect_err("there is none");
    assert!(error.reason.contains("there are id, topic, text, year;"), "{error}");
    let count = |filter| select(filter, &corpus).expect("it is good").expect("it is not blank").documents.len();
    assert_eq!(["id:a", "id:7", "ID:a", "ID:7"].map(count), [1, 0, 1, 0]);
}

#[test]
fn what_is_wrong_is_said_with_its_place_and_what_there_is() {
    for (filter, column, reason) in [
        ("sql yeer:1990", 5, "no field is called “yeer”: there are id, topic, text, Year, lang, tag words"),
        ("größe year>=", 13, "what comes after >= is missing"),
        ("lang:en \"open", 9, "the quote that begins here has no end"),
        ("lang:\"open", 6, "no end"),
        (":x", 1, "the name of a field is missing"),
        ("lang:en -", 10, "what must not be is missing"),
        ("lang:en and ", 13, "what comes after and is missing"),
        ("lang:en or not ", 16, "what must not be is missing"),
        ("lang:en > 3", 9, "the name of a field is missing"),
        ("lang >  ", 9, "what comes after > is missing"),
    ] {
        let error = select(filter, &corpus()).expect_err(filter);
        assert_eq!(error.column, column, "{filter}: {error}");
        assert!(error.reason.contains(reason), "{filter}: {error}");
    }
}

#[test]
fn the_selection_says_how_it_was_written() {
    let selection = select("  lang:de ", &corpus()).expect("it is good").expect("it is not blank");
    assert_eq!(selection.filter, "lang:de");
    assert!(selection.holds(DocumentIndex(2)) && !selection.holds(DocumentIndex(0)));
}

/// What a term means, without any of the code above.
#[derive(Debug, Clone)]
struct Plain {
    negated: bool,
    sign: &'static str,
    value: String,
}

impl Plain {
    fn written(&self) -> String {
        format!("{}f{}{}", if self.negated { "-" } else { "" }, self.sign, self.value)
    }

    fn holds(&self, value: Option<&str>) -> bool {
        let Some(value) = value else { return self.negated != (self.sign == "!=") };
        let (value, wanted) = (value.to_lowercase(), self.value.to_lowercase());
        let order = match (value.parse::<i64>(), wanted.parse::<i64>()) {
            (Ok(value), Ok(wanted)) => Some(value.cmp(&wanted)),
            // The letters of one are never compared with the digits of the other.
            (Err(_), Err(_)) => Some(value.cmp(&wanted)),
            _ => None,
        };
        let is = |wanted: &[Ordering]| order.is_some_and(|order| wanted.contains(&order));
        let held = match self.sign {
            ":" | "=" => value == wanted || is(&[Ordering::Equal]),
            "!=" => !(value == wanted || is(&[Ordering::Equal])),
            "~" => value.contains(&wanted),
            "<" => is(&[Ordering::Less]),
            "<=" => is(&[Ordering::Less, Ordering::Equal]),
            ">" => is(&[Ordering::Greater]),
            _ => is(&[Ordering::Greater, Ordering::Equal]),
        };
        held != self.negated
    }
}

fn value() -> impl Strategy<Value = String> {
    prop_oneof!["[a-dA-D]{1,3}", "[0-9]{1,3}"]
}

proptest! {
    #[test]
    fn a_filter_selects_what_a_naive_evaluation_selects(
        terms in prop::collection::vec(
            (any::<bool>(), prop::sample::select(vec![":", "=", "!=", "~", "<", "<=", ">", ">="]), value())
                .prop_map(|(negated, sign, value)| Plain { negated, sign, value }),
            1..4,
        ),
        values in prop::collection::vec(prop::option::of(value()), 0..12),
    ) {
        let documents = values.iter().enumerate().map(|(number, value)| Document {
            metadata: value.iter().map(|value| json!(value)).collect(),
            ..Document::new(number.to_string(), "text")
        });
        let corpus = Corpus { fields: vec!["f".into()], ..Corpus::new("c", documents.collect()) };
        let filter = terms.iter().map(Plain::written).collect::<Vec<_>>().join(" ");
        let selection = select(&filter, &corpus).expect("it is good").expect("it is not blank");
        let expected: Vec<_> = (0..)
            .zip(&values)
            .filter(|(_, value)| terms.iter().all(|term| term.holds(value.as_deref())))
            .map(|(number, _)| DocumentIndex(number))
            .collect();
        prop_assert_eq!(selection.documents, expected, "{}", filter);
    }

    #[test]
    fn whatever_is_written_is_a_filter_or_an_error_with_a_place_in_it(filter in "[-a:=<>!~*\" né≠]{0,24}|.{0,24}") {
        if let Err(error) = select(&filter, &corpus()) {
            prop_assert!((1..=filter.chars().count() + 1).contains(&error.column), "{}", error);
        }
    }
}
