//! JSON, JSONL, CSV, TSV: fields, columns and what becomes of them.

use serde_json::Value;

use super::*;

#[test]
fn jsonl_takes_ids_of_both_kinds_and_none() {
    let corpus = read(
        "notes.jsonl",
        "{\"id\":\"a\",\"text\":\"one\",\"topic\":\"t\"}\n{\"id\":7,\"text\":\"two\"}\n{\"text\":\"three\\nlines\",\"x\":[1]}\n",
    )
    .expect("valid");
    assert_eq!(ids_and_texts(&corpus), [("a", "one"), ("7", "two"), ("3", "three lines")]);
    assert_eq!(corpus.documents[0].topic.as_deref(), Some("t"));
    assert_eq!(said(&corpus, 2, "x"), json!([1]));
    assert_eq!(corpus.notes, [""; 0], "these are the names that everybody uses");
}

#[test]
fn a_line_of_a_collection_has_a_title_before_its_text() {
    let corpus = read(
        "corpus.jsonl",
        "{\"_id\":\"a\",\"title\":\"On wings\",\"text\":\"They lift.\"}\n{\"_id\":7,\"title\":\"\",\"text\":\"Only text\"}\n\
         {\"_id\":\"c\",\"title\":\"Only\\ntitle\",\"text\":\" \"}\n{\"_id\":\"d\",\"title\":\"No text\"}\n\
         {\"_id\":\"e\",\"title\":\"\",\"text\":\"\"}\n{\"_id\":\"f\",\"title\":null,\"text\":\"Null\"}\n",
    )
    .expect("valid");
    let expected =
        [("a", "On wings They lift."), ("7", "Only text"), ("c", "Only title"), ("d", "No text"), ("f", "Null")];
    assert_eq!((ids_and_texts(&corpus), corpus.blank_lines.clone()), (expected.into(), vec![5]));
    assert_refused(
        strictly("c.jsonl", "{\"_id\":1,\"text\":\"x\"}\n{\"_id\":\"1\",\"text\":\"y\"}"),
        "c.jsonl:2: the id \"1\" was already used on line 1",
    );
}

#[test]
fn a_title_elsewhere_is_one_field_among_others() {
    let corpus = read("x.jsonl", "{\"id\":1,\"title\":\"T\",\"text\":\"x\"}").expect("valid");
    assert_eq!((ids_and_texts(&corpus), said(&corpus, 0, "title")), (vec![("1", "x")], json!("T")));
}

#[test]
fn fields_that_are_called_like_known_ones_do_no_harm() {
    let corpus = read(
        "notes.jsonl",
        "{\"_id\":\"d1\",\"id\":{\"x\":1},\"text\":\"cats\",\"topic\":12}\n{\"_id\":\"d2\",\"id\":7,\"text\":\"dogs\",\"topic\":[1]}",
    );
    let corpus = corpus.expect("valid");
    assert_eq!(ids_and_texts(&corpus), [("d1", "cats"), ("d2", "dogs")]);
    assert_eq!(said(&corpus, 0, "id"), json!({"x": 1}));
    assert_eq!(corpus.documents[0].topic.as_deref(), Some("12"));
    assert_eq!(corpus.documents[1].topic, None);
    assert_eq!(said(&corpus, 1, "topic"), json!([1]), "what is no topic is not lost");
    assert_refused(
        strictly("notes.jsonl", "{\"id\":[1],\"text\":\"x\"}"),
        "notes.jsonl:1: \"id\" must be a string or a number",
    );
}

#[test]
fn a_line_of_json_may_be_longer_than_its_text() {
    let metadata = "m".repeat(2 * MAX_LINE_BYTES);
    let long = read("notes.jsonl", format!("{{\"text\":\"short\",\"metadata\":\"{metadata}\"}}"));
    assert_eq!(ids_and_texts(&long.expect("valid")), [("1", "short")]);
    assert_refused(
        strictly("notes.jsonl", format!("{{\"text\":\"{metadata}\"}}")),
        "notes.jsonl:1: a text of 2097152 bytes; a document may have up to 1048576",
    );
}

#[test]
fn a_guessed_field_is_said_and_another_can_be_named() {
    let content = "{\"n\":1,\"summary\":\"short\",\"article\":\"a longer text\"}\n";
    let corpus = read("x.jsonl", content).expect("valid");
    assert_eq!(ids_and_texts(&corpus), [("1", "a longer text")]);
    assert_eq!(corpus.notes, ["texts are the field “article”; --text-field names another"]);
    let options = ReadOptions { text_field: Some("Summary".into()), id_field: Some("n".into()), ..Default::default() };
    let corpus = read_as_told("x.jsonl", content.as_bytes(), options).expect("valid");
    assert_eq!(ids_and_texts(&corpus), [("1", "short")]);
    let options = ReadOptions { text_field: Some("body".into()), ..Default::default() };
    assert_refused(
        read_as_told("x.jsonl", content.as_bytes(), options),
        "x.jsonl: there is no field “body”, only “n”, “summary”, “article”",
    );
    assert_refused(
        read("x.jsonl", "{\"n\":1}\n"),
        "x.jsonl: no field holds texts; there are “n”. --text-field names one",
    );
}

#[test]
fn a_name_that_says_text_goes_before_a_longer_one() {
    let corpus = read("x.jsonl", "{\"url\":\"https://a.long/address\",\"Body\":\"short\"}").expect("valid");
    assert_eq!(ids_and_texts(&corpus), [("1", "short")]);
}

#[test]
fn an_array_holds_objects_or_texts_and_its_rows_are_known_by_number() {
    let corpus =
        read("x.json", "[\n{\"text\": \"one\",\n \"n\": 1.5},\n\"two\", {\"text\": \"three\", \"id\": \"c\"}]");
    let corpus = corpus.expect("valid");
    assert_eq!(ids_and_texts(&corpus), [("1", "one"), ("2", "two"), ("c", "three")]);
    assert_eq!(said(&corpus, 0, "n"), json!(1.5));
    // Named by the line.
    assert_refused(
        strictly("x.json", "[\n{\"text\": \"one\"},\n\n7]"),
        "x.json:4: invalid type: integer `7`, expected an object with the text in a field, or a string",
    );
    let error = read("x.json", "[{\"text\":\"a\"},\n{\"text\":").expect_err("cut").to_string();
    assert!(error.starts_with("x.json:2: not JSON: EOF"), "{error}");
    assert_eq!(read("x.json", "[]").expect("valid").documents, []);
    assert_eq!(
        ids_and_texts(&read("x.json", "{\"text\":\"a\"}\n{\"text\":\"b\"}").expect("lines")),
        [("1", "a"), ("2", "b")]
    );
}

#[test]
fn a_field_that_is_there_twice_spoils_its_row() {
    assert_refused(strictly("x.jsonl", "{\"text\":\"a\",\"text\":\"b\"}"), "x.jsonl:1: duplicate field `text`");
}

#[test]
fn vectors_in_a_field_are_left_out_with_a_word() {
    let vector = vec![0.5; 384];
    let row = json!({"text": "a", "embedding": vector, "box": [1, 2, 3, 4]}).to_string();
    let corpus = read("x.jsonl", row).expect("valid");
    assert_eq!(said(&corpus, 0, "embedding"), Value::Null);
    assert_eq!(said(&corpus, 0, "box"), json!([1, 2, 3, 4]));
    assert_eq!(corpus.notes, ["lists of 384 numbers in “embedding” are left out"]);
}

#[test]
fn csv_has_quotes_line_breaks_and_numbers() {
    let corpus = read(
        "x.csv",
        "id,Text,year,zip,price,who\r\na,\"one, \"\"two\"\"\nthree\",1999,01234,1.50,\r\nb,plain,2001,99999,2,\"Ann\"\r\n",
    )
    .expect("valid");
    assert_eq!(ids_and_texts(&corpus), [("a", "one, \"two\" three"), ("b", "plain")]);
    assert_eq!(corpus.fields, ["year", "zip", "price", "who"]);
    // A code with a zero in front is no number, and so no other of its column.
    assert_eq!(&corpus.documents[0].metadata[..], [json!(1999), json!("01234"), json!(1.5)]);
    assert_eq!(&corpus.documents[1].metadata[..], [json!(2001), json!("99999"), json!(2), json!("Ann")]);
    assert_eq!(corpus.notes, [""; 0]);
}

#[test]
fn rows_of_csv_are_known_by_their_lines_and_bad_ones_named_by_them() {
    let corpus = read("x.csv", "text,n\n\"a\nb\",1\n\nc\nd,2,3\n\"e\nf\ng\",1,2,3\nh,4\n").expect("two are fine");
    assert_eq!(ids_and_texts(&corpus), [("2", "a b"), ("10", "h")]);
    assert_eq!(
        corpus.skipped.first,
        [
            "x.csv:5: 1 value; there are 2 columns",
            "x.csv:6: 3 values; there are 2 columns",
            "x.csv:7: 4 values on 3 lines; there are 2 columns"
        ]
    );
}

#[test]
fn a_quote_that_is_never_closed_says_how_much_it_swallowed() {
    let corpus = read("x.csv", "text,n\na,1\n\"b,2\nc,3\nd,4\n").expect("one is fine");
    assert_eq!(ids_and_texts(&corpus), [("2", "a")]);
    assert_eq!(corpus.skipped.first, ["x.csv:3: a quote is never closed; 3 lines are not read"]);
    let corpus = read("x.csv", "text,n\na,1\nb,\"2\"").expect("closed at the very end");
    assert_eq!(ids_and_texts(&corpus), [("2", "a"), ("3", "b")]);
}

#[test]
fn a_byte_that_is_no_text_is_named_by_its_own_line() {
    assert_refused(strictly("x.csv", b"text,n\n\"a\nb \xFF\",1\n"), "x.csv:3: not UTF-8: byte 3 of the line is 0xFF");
}

#[test]
fn values_are_divided_by_whatever_divides_the_first_rows() {
    let corpus = read("x.csv", "text;n\none, two;1\nthree, four;2\n").expect("valid");
    assert_eq!(ids_and_texts(&corpus), [("2", "one, two"), ("3", "three, four")]);
    assert_eq!(corpus.notes, ["values are divided by semicolons"]);
    let corpus = read("x.tsv", "n\ttext\n1\tone, two; three\n").expect("valid");
    assert_eq!((ids_and_texts(&corpus), said(&corpus, 0, "n")), (vec![("2", "one, two; three")], json!(1)));
    let corpus = read("x.csv", "text\none; two\nthree\n").expect("valid");
    assert_eq!(ids_and_texts(&corpus), [("2", "one; two"), ("3", "three")]);
}

#[test]
fn a_column_of_ids_holds_different_ones() {
    let corpus = read("x.csv", "id,text\n7,a\n8,b\n7,c\n").expect("valid");
    assert_eq!(ids_and_texts(&corpus), [("2", "a"), ("3", "b"), ("4", "c")]);
    assert_eq!(said(&corpus, 2, "id"), json!(7));
    assert_eq!(
        corpus.notes,
        ["the column “id” holds no ids, as lines 2 and 4 have the same: rows are known by their numbers"]
    );
    let chosen = ReadOptions { id_field: Some("id".into()), ..ReadOptions::default() };
    let corpus = read_as_told("x.csv", b"id,text\n7,a\n8,b\n7,c\n", chosen).expect("two are fine");
    assert_eq!(ids_and_texts(&corpus), [("7", "a"), ("8", "b")]);
    assert_eq!(corpus.skipped.first, ["x.csv:4: the id \"7\" was already used on line 2"]);
    let corpus = read("x.csv", "key,text\nk7,a\nk8,b\n").expect("valid");
    assert_eq!(ids_and_texts(&corpus), [("k7", "a"), ("k8", "b")]);
    assert_eq!(corpus.notes, ["ids are the column “key”; --id-field names another"]);
}

#[test]
fn a_first_line_that_holds_no_names_is_a_row() {
    let corpus = read("x.csv", "1,the first text\n2,the second text\n").expect("valid");
    assert_eq!(ids_and_texts(&corpus), [("1", "the first text"), ("2", "the second text")]);
    assert_eq!(said(&corpus, 1, "column 1"), json!(2));
    assert_eq!(
        corpus.notes,
        [
            "the first line holds no names, so columns are called “column 1” and so on",
            "texts are the column “column 2”; --text-field names another"
        ]
    );
}

#[test]
fn columns_of_one_name_and_of_none_stay_apart() {
    let corpus = read("x.csv", "text,a,a,\nx,1,2,3\n").expect("valid");
    assert_eq!(corpus.fields, ["a", "a (3)", "column 4"]);
    assert_eq!(&corpus.documents[0].metadata[..], [json!(1), json!(2), json!(3)]);
}

#[test]
fn a_category_is_a_topic_and_can_be_filtered_by_its_name() {
    let corpus = read("x.csv", "text,category\nx,sport\ny,\n").expect("valid");
    assert_eq!(corpus.documents[0].topic.as_deref(), Some("sport"));
    assert_eq!(said(&corpus, 0, "category"), json!("sport"));
    assert_eq!(corpus.documents[1].topic, None);
}

#[test]
fn texts_of_a_table_can_be_split() {
    let corpus = split("x.jsonl", "{\"id\":\"a\",\"text\":\"One here. Two there.\",\"n\":1}", Split::Sentences);
    assert_eq!(ids_and_texts(&corpus), [("a#1", "One here."), ("a#2", "Two there.")]);
    assert_eq!(said(&corpus, 1, "n"), json!(1));
    let corpus = split("x.jsonl", "{\"id\":\"a\",\"text\":\"one\\nline\\n\\ntwo\"}", Split::Paragraphs);
    assert_eq!(ids_and_texts(&corpus), [("a#1", "one line"), ("a#2", "two")]);
}
