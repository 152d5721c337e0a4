//! The Lab screen in a real terminal, with the true model; and the quantised one, fetched from a hub on this machine.

use std::fs;

use crate::hub::Hub;
use crate::terminal::{ALT_UP, BACK_TAB, CTRL_G, DOWN, ENTER, ESCAPE, F1, F4, F8, TAB, Terminal, explorer, program};

const LAB: &str = "\x1b5";
const ALT_DOWN: &str = "\x1b[1;3B";

#[test]
fn switches_are_tried_one_after_the_other_on_what_is_typed() {
    let mut terminal = explorer(&[]);
    terminal.send(LAB);
    terminal.shows(&["●1 normalisation", "Type a query, or Enter takes"]);
    terminal.send(ENTER);
    terminal.shows(&["correct: cosine", "dot product", "5 of 10 places changed", "s095 rose from #5 to #3"]);
    terminal.send(ALT_UP);
    terminal.shows(&["‹Euclidean›", "the query is 6.05 long"]);
    terminal.send(TAB);
    terminal.shows(&["‹f16›", "0 of 10 places changed", "it is often said that fp16 shifts them"]);
    terminal.send(TAB);
    terminal.send(F8);
    terminal.send(ALT_UP);
    terminal.shows(&["‹not renormalised›", "the first 64: dot product", "hold 21 % of the query's squared length"]);
    terminal.send(TAB);
    terminal.shows(&["●4 mixing", "Noise: 10 % of the top 10", "chance alone gives 10 %"]);
    terminal.send(TAB);
    terminal.shows(&["how do I ask a database", "s001, first for the whole query, leads for good from word 6 on"]);
    terminal.send(TAB);
    // Text by text, until the needle is out of sight.
    terminal.shows(&["●6 long", "of which the model sees 256", "once it lies beyond token 256"]);
    terminal.send(TAB);
    terminal.shows(&["‹cut-off 0.80›", "40 labelled queries", "The best cut-off is 0.29"]);
    terminal.send(TAB);
    terminal.send(ALT_UP);
    terminal.shows(&["prepared pair 1 of 19: negation", "Cosine is misled (#2, #1)"]);
    // The sentence is selected in both columns, and becomes the query.
    terminal.send(DOWN);
    terminal.send(ENTER);
    terminal.shows(&["│ This cake does not contain any nuts.", "what you type; 19 prepared pairs"]);
    terminal.send(F4);
    terminal.shows_no(&["BM25 ─"]);
    terminal.send(F1);
    terminal.shows(&["the next switch", "run what waits for a press"]);
    terminal.send(ESCAPE);
    terminal.shows_no(&["run what waits for a press"]);
    terminal.send(BACK_TAB);
    terminal.shows(&["●7 threshold"]);
    terminal.quit();
}

#[test]
fn the_quantised_model_is_fetched_when_the_person_says_so_and_ranks_beside_the_full_one() {
    let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/assets/model");
    let read = |(name, source): (&'static str, &str)| {
        (name, fs::read(format!("{folder}/{source}")).expect("the model is here"))
    };
    // It has the weights of the full one here: what is fetched is the file of the quantised one.
    let files = [
        ("onnx/model_quantized.onnx", "model.onnx"),
        ("tokenizer.json", "tokenizer.json"),
        ("config.json", "config.json"),
        ("special_tokens_map.json", "special_tokens_map.json"),
        ("tokenizer_config.json", "tokenizer_config.json"),
    ];
    let hub = Hub::with("Xenova/all-MiniLM-L6-v2", files.into_iter().map(read).collect(), false);
    let home = tempfile::tempdir().expect("a temporary folder can be made");
    let mut command = program(&[]);
    command.env("HF_ENDPOINT", hub.endpoint()).env("HF_HOME", home.path());
    let mut terminal = Terminal::run(command);
    terminal.send(LAB);
    terminal.shows(&["Enter takes"]);
    terminal.send(ENTER);
    terminal.send(TAB);
    for _ in 0..5 {
        terminal.send(ALT_DOWN);
    }
    terminal.shows(&[
        "‹quantised model›",
        "MiniLM-L6-v2 int8 is not open. Ctrl+G fetches it",
        "Xenova/all-MiniLM-L6-v2",
    ]);
    assert!(hub.fetched().is_empty(), "nothing is fetched unasked: {:?}", hub.fetched());
    terminal.send(CTRL_G);
    terminal.shows(&["quantised model: cosine", "0 of 10 places changed", "only therefore may its cosines"]);
    assert_eq!(hub.fetched().len(), 5, "{:?}", hub.fetched());
    // Both rank what is typed from now on.
    terminal.send(" in SQL");
    terminal.shows(&["how do I ask a database a question in SQL", "of itself among the top 10"]);
    // The same model under another name is no stranger.
    terminal.send(TAB);
    terminal.send(TAB);
    for _ in 0..6 {
        terminal.send(ALT_UP);
    }
    terminal.shows(&["corpus from MiniLM-L6-v2 int8", "Both give vectors of one size"]);
    terminal.send(CTRL_G);
    terminal.shows(&["No strangers, it seems: 100 % of the top 10"]);
    terminal.quit();
}
