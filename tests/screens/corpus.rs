//! The lines for the corpus: another one, a sentence, a file to write to.

use vecscope::corpus::Skipped;
use vecscope::state::editor::CorpusAction;

use super::*;

fn act(state: &mut State, action: CorpusAction) {
    let effects = state.act(Action::Corpus(action));
    answer(state, effects, 0, &local_card());
}

fn write(state: &mut State, text: &str) {
    for character in text.chars() {
        state.act(Action::Edit(Edit::Insert(character)));
    }
}

/// A file with something to say of how it was read, ranked for a query.
fn notes() -> State {
    let mut documents = bundled::corpus().documents;
    documents.truncate(12);
    documents[1].duplicates = Box::new([vecscope::corpus::Duplicate { id: "x".into(), metadata: Box::default() }]);
    let first = (7..12).map(|line| format!("notes.csv:{line}: there are 3 values for 4 columns")).collect();
    let corpus = Corpus {
        fields: vec!["author".into(), "year".into()],
        skipped: Skipped { rows: 9, first },
        notes: vec!["texts are from the column “body”: --text-field takes another one".into()],
        ..Corpus::new("notes.csv", documents)
    };
    let mut state = start(corpus);
    open(&mut state, LOCAL, local_card());
    rank(&mut state, "a question", 3, &local_card());
    state
}

#[test]
fn what_is_open_and_what_was_changed_stands_above_the_name_of_another_corpus() {
    let mut state = notes();
    act(&mut state, CorpusAction::Remove);
    act(&mut state, CorpusAction::Open);
    write(&mut state, "~/texts/nowhere.txt");
    state.editor.trouble = Some("nowhere.txt: No such file or directory".into());
    assert_screens("corpus_open", &mut state);
}

#[test]
fn where_changes_are_kept_is_said() {
    let mut state = notes();
    let (name, location) = ("notes at localhost:8000".into(), Location::Loopback("localhost:8000".into()));
    state.panels[LOCAL.0].store = Some(StoreCard { name, location, keeps_changes: true });
    state.prepare_editor();
    act(&mut state, CorpusAction::Remove);
    act(&mut state, CorpusAction::Open);
    assert!(screen(&mut state, (80, 24)).contains("not saved"), "nobody has said yet that it is kept");
    let total = state.corpus.documents.len();
    let progress = Progress { done: total, restored: 0, total };
    state.receive(Reply::Resumed { backend: LOCAL, card: local_card(), progress, leaves_machine: None });
    let shown = screen(&mut state, (80, 24));
    assert!(shown.contains("changes are kept at once in notes at localhost:8000"), "{shown}");
    assert!(!shown.contains("not saved"), "{shown}");
}

#[test]
fn a_sentence_is_written_above_the_ranking() {
    let mut state = notes();
    act(&mut state, CorpusAction::Add);
    assert_screens("corpus_add", &mut state);
    write(&mut state, "a sentence\u{202e} of my own");
    act(&mut state, CorpusAction::Submit);
    assert_screens("corpus_added", &mut state);
}

#[test]
fn whoever_edits_a_sentence_sees_which_and_how_many_go_with_it() {
    let mut state = notes();
    state.act(Action::Dismiss);
    state.act(Action::SelectNext);
    act(&mut state, CorpusAction::Rewrite);
    let text = screen(&mut state, (80, 24));
    assert!(text.contains(" edit s002, all 2 copies ") && text.contains("leave the steps to the machine"), "{text}");
    state.act(Action::Dismiss);
    act(&mut state, CorpusAction::Save);
    let text = screen(&mut state, (80, 24));
    assert!(text.contains("file › notes.jsonl") && text.contains(".jsonl .json .csv .tsv .txt"), "{text}");
}
