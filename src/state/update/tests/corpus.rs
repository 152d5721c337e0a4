//! Another corpus, and the same one changed: what goes, what stays, and what is asked before something is lost.

use ndarray::Array2;

use super::*;
use crate::engine::chart::{NEIGHBOURS, Neighbourhoods, Overlay, Recipe};
use crate::engine::evaluation::Plan;
use crate::engine::index::Neighbours;
use crate::engine::lab::{Outcome as LabOutcome, Refusal};
use crate::engine::pipeline::Settings;
use crate::engine::{Chart, Groups, Lexical, Run, Vectors};
use crate::state::editor::{CorpusAction, Task};
use crate::state::effect::Origin;
use crate::state::evaluation::Outcome;
use crate::state::learn::OpenLesson;
use crate::state::pipeline::Matches;
use crate::state::reply::Written;
use crate::state::{Edition, RerankerId};

pub(super) fn corpus(state: &mut State, action: CorpusAction) -> Vec<Effect> {
    state.act(Action::Corpus(action))
}

/// Adds a sentence as a person does, and gives what comes of it.
pub(super) fn add(state: &mut State, text: &str) -> Vec<Effect> {
    corpus(state, CorpusAction::Add);
    assert_eq!(type_text(state, text), []);
    corpus(state, CorpusAction::Submit)
}

/// The corpus that is given to everyone by the first of the effects.
#[track_caller]
fn given(effects: &[Effect]) -> (Edition, Arc<Corpus>, Origin) {
    match effects.first() {
        Some(Effect::TakeCorpus { edition, corpus, origin }) => (*edition, Arc::clone(corpus), *origin),
        other => unreachable!("{other:?}"),
    }
}

fn texts(state: &State) -> Vec<&str> {
    state.corpus.texts()
}

pub(super) fn notice(state: &State) -> &str {
    state.notice.as_deref().unwrap_or_default()
}

fn trouble(state: &State) -> &str {
    state.editor.trouble.as_deref().unwrap_or_default()
}

pub(super) fn read(state: &mut State, name: &str, bundled: bool) -> Vec<Effect> {
    let documents = vec![Document::new("1", "rain"), Document::new("2", "snow")];
    state.receive(Reply::CorpusRead(Ok(Arc::new(Corpus { bundled, ..Corpus::new(name, documents) }))))
}

#[test]
fn an_added_sentence_is_ranked_at_once_with_the_query_as_it_stands() {
    let mut state = ready();
    rank_and_settle(&mut state, "wind", &[0.9, 0.8, 0.7, 0.6]);
    let effects = add(&mut state, " a storm ");
    let (edition, corpus, origin) = given(&effects);
    assert_eq!((corpus.documents.len(), origin), (5, Origin::Edited));
    assert_eq!(corpus.documents[4], Document::new("new-1", "a storm"));
    assert!(Arc::ptr_eq(&corpus, &state.corpus));
    assert_eq!((state.mode, state.ranking()), (Mode::Typing, None));
    let (backend, ticket, query) = sent(&effects);
    assert_eq!((backend, query.as_str()), (LOCAL, "wind"));
    let (ranking, spent) = (Arc::new(ranking("wind", &[0.1, 0.2, 0.3, 0.4, 0.9])), Spent::default());
    let answer = Reply::Ranked { backend, ticket, ranking, card: card(), spent };
    assert_eq!(state.receive_of(Edition::default(), answer.clone()), [], "of the corpus before");
    assert_eq!(state.ranking(), None);
    state.receive_of(edition, answer);
    assert_eq!(state.selected_document(), Some(DocumentIndex(4)), "what was added is selected");
    assert_eq!(state.movement(DocumentIndex(0)), None, "numbers of another corpus are compared with nothing");
}

#[test]
fn a_blank_sentence_is_not_added_and_the_line_stays() {
    let mut state = ready();
    assert_eq!(add(&mut state, "  "), []);
    assert_eq!((state.mode, trouble(&state), texts(&state).len()), (Mode::Corpus, "write a sentence", 4));
    state.act(Action::Dismiss);
    assert_eq!(state.mode, Mode::Typing);
}

#[test]
fn pasted_lines_are_sentences_and_one_change() {
    let mut state = ready();
    corpus(&mut state, CorpusAction::Add);
    type_text(&mut state, "first, ");
    state.act(Action::Paste("to its end\r\n\n second\neast wind\n".into()));
    assert_eq!(texts(&state)[4..], ["first, to its end", "second"]);
    assert_eq!(state.corpus.documents[1].copies(), 2, "one that is there is counted");
    corpus(&mut state, CorpusAction::Undo);
    assert_eq!((texts(&state).len(), state.corpus.documents[1].copies()), (4, 1));
    corpus(&mut state, CorpusAction::Add);
    assert_eq!(state.act(Action::Paste("a single line\n".into())), []);
    assert_eq!(state.editor.line.text(), "a single line");
}

#[test]
fn a_rewritten_sentence_keeps_its_id_and_stays_selected() {
    let mut state = ready();
    let (_, ticket, _) = sent(&type_text(&mut state, "wind"));
    answer(&mut state, LOCAL, ticket, ranking("wind", &[0.1, 0.9, 0.8, 0.2]));
    state.act(Action::SelectNext);
    corpus(&mut state, CorpusAction::Rewrite);
    assert_eq!((state.editor.task, state.editor.line.text()), (Task::Rewrite(DocumentIndex(2)), "south wind"));
    type_text(&mut state, "s");
    let (_, ticket, _) = sent(&corpus(&mut state, CorpusAction::Submit));
    assert_eq!(state.corpus.documents[2], Document::new("south", "south winds"));
    answer(&mut state, LOCAL, ticket, ranking("wind", &[0.1, 0.5, 0.7, 0.2]));
    assert_eq!((state.list.selected, state.selected_document()), (0, Some(DocumentIndex(2))));
    corpus(&mut state, CorpusAction::Rewrite);
    assert_eq!(corpus(&mut state, CorpusAction::Submit), []);
    assert_eq!(notice(&state), "nothing was changed");
}

#[test]
fn what_is_deleted_comes_back_step_by_step_and_then_nothing_is_unsaved() {
    let mut state = ready();
    let before = Arc::clone(&state.corpus);
    state.act(Action::SelectNext);
    let (_, without, _) = given(&corpus(&mut state, CorpusAction::Remove));
    assert_eq!(without.texts(), ["north wind", "south wind", "west wind"]);
    assert_eq!(state.selected_document(), Some(DocumentIndex(1)), "the same row");
    corpus(&mut state, CorpusAction::Remove);
    assert_eq!((texts(&state), state.editor.is_unsaved()), (vec!["north wind", "west wind"], true));
    corpus(&mut state, CorpusAction::Undo);
    assert_eq!(state.selected_document(), Some(DocumentIndex(1)), "what came back");
    corpus(&mut state, CorpusAction::Undo);
    assert_eq!((&state.corpus, state.editor.is_unsaved()), (&before, false));
    assert_eq!(corpus(&mut state, CorpusAction::Undo), []);
    assert_eq!(notice(&state), "there is no change to take back");
    // Another change from here is none that was saved.
    add(&mut state, "storm");
    assert!(state.editor.is_unsaved());
}

#[test]
fn the_bundled_corpus_is_no_longer_bundled_when_it_is_changed_and_is_again_when_that_is_taken_back() {
    let mut state = closed();
    state.corpus = Arc::new(Corpus { bundled: true, ..Corpus::clone(&state.corpus) });
    add(&mut state, "storm");
    assert!(!state.corpus.bundled);
    corpus(&mut state, CorpusAction::Undo);
    assert!(state.corpus.bundled);
}

#[test]
fn the_last_sentence_can_go_and_the_first_one_come() {
    let mut state = ready();
    for _ in 0..4 {
        corpus(&mut state, CorpusAction::Remove);
    }
    assert_eq!((texts(&state).len(), state.selected_document()), (0, None));
    assert_eq!(corpus(&mut state, CorpusAction::Remove), []);
    assert_eq!(notice(&state), "no sentence is selected");
    add(&mut state, "storm");
    assert_eq!(state.selected_document(), Some(DocumentIndex(0)));
}

/// One of each reply that is about a corpus.
fn about_the_corpus(before: &State, ticket: Ticket) -> Vec<Reply> {
    let unit = Array2::from_shape_fn((4, 4), |(row, column)| f32::from(u8::from(row == column)));
    let infos = vec![ranking("q", &[1.0]).query_info; 4];
    let documents = (0..4).map(DocumentIndex).collect();
    let vectors = Arc::new(Vectors { unit, documents, infos, embedded: 4 });
    let neighbourhoods = Arc::new(Neighbourhoods::of(&vectors.unit, NEIGHBOURS));
    let chart = Chart::draw(&vectors, &neighbourhoods, &Recipe::Principal, &mut |_, _| true);
    let chart = Arc::new(chart.expect("a plane").expect("nobody gave it up"));
    let settings = Settings::default();
    let lexical = Arc::new(Lexical::new(&before.corpus, settings.folding));
    let run = Arc::new(Run::first_stages("wind", None, &lexical, settings));
    let plan = Plan::of_settings(settings, 10).expect("stages");
    let progress = Progress { done: 4, total: 4, ..Progress::default() };
    let (backend, spent, reranker, broke) = (LOCAL, Spent::default(), RerankerId(0), || Err("broke".to_owned()));
    vec![
        Reply::Opened { backend, card: card(), leaves_machine: None },
        Reply::Resumed { backend, card: card(), progress, leaves_machine: Some(ESTIMATE) },
        Reply::EmbeddingFailed { backend, message: "no".into() },
        Reply::Embedded { backend, progress, card: card(), spent },
        Reply::Ranked { backend, ticket, ranking: Arc::new(ranking("wind", &[0.1; 4])), card: card(), spent },
        Reply::SearchFailed { backend, ticket, message: "no".into() },
        Reply::Neighbours { backend, neighbours: Arc::new(Neighbours { lists: [].into() }) },
        Reply::Vectors { backend, vectors: Arc::clone(&vectors) },
        Reply::Ablated { backend, ticket, ablation: Err("no".into()) },
        Reply::ExperimentRun { ticket, outcome: LabOutcome::Refused(Refusal::Needs("it".into())) },
        Reply::Piped { ticket, run: Arc::clone(&run) },
        Reply::Reranked { ticket, reranker, run: Ok(run) },
        Reply::WordsMatched(Matches { reranker, query: "wind".into(), document: DocumentIndex(3), words: broke() }),
        Reply::LabelledRanked { backend, ticket, ranking: Err("no".into()), spent },
        Reply::Measured { ticket, measures: Err("no".into()) },
        Reply::SummedUp { ticket, outcome: Outcome::of(&plan, &[]) },
        Reply::Projecting { backend, ticket, epochs: 3, chart: Arc::clone(&chart) },
        Reply::Projected { backend, ticket, chart: Ok(Arc::clone(&chart)) },
        Reply::Overlaid(Arc::new(Overlay::new(&chart, &chart))),
        Reply::Clustered { backend, groups: Arc::new(Groups::by_cluster(&before.corpus, &vectors)) },
    ]
}

#[test]
fn whatever_is_said_of_the_corpus_before_changes_nothing() {
    for screen in Screen::ALL {
        let mut state = ready();
        state.act(Action::ShowScreen(screen));
        type_text(&mut state, "wind");
        let replies = about_the_corpus(&state, Ticket::default());
        state.editor.reading = Some("rain.txt".into());
        read(&mut state, "rain.txt", false);
        let ticket = state.panel().ticket;
        for reply in replies.into_iter().chain(about_the_corpus(&ready(), ticket)) {
            let before = format!("{state:?}");
            assert_eq!(state.receive_of(Edition::default(), reply.clone()), [], "{reply:?}");
            assert!(format!("{state:?}") == before, "{screen:?}: {reply:?}");
        }
        let failed = Reply::Failed { backend: LOCAL, message: "gone".into() };
        state.receive_of(Edition::default(), failed);
        assert_eq!(state.panel().phase, Phase::Failed("gone".into()), "that holds for any corpus");
    }
}

#[test]
fn every_screen_goes_on_with_another_corpus() {
    for screen in Screen::ALL {
        let mut state = ready();
        state.act(Action::ShowScreen(screen));
        type_text(&mut state, "wind");
        let ticket = state.panel().ticket;
        for reply in about_the_corpus(&state, ticket) {
            state.receive(reply);
        }
        state.mode = Mode::Typing;
        corpus(&mut state, CorpusAction::Open);
        type_text(&mut state, "rain.txt");
        assert_eq!(corpus(&mut state, CorpusAction::Submit), [Effect::ReadCorpus(Some("rain.txt".into()))]);
        let effects = read(&mut state, "rain.txt", false);
        assert_eq!(given(&effects).2, Origin::Opened);
        assert_eq!((texts(&state), state.mode), (vec!["rain", "snow"], Mode::Typing));
        assert_eq!(state.query.text(), if screen == Screen::Learn { "" } else { "wind" });
        let known = format!("{:?}", (&state.panels, &state.map, &state.pipeline, &state.lab, &state.why));
        assert!(!known.contains("DocumentIndex"), "{screen:?}: {known}");
    }
}

#[test]
fn the_backend_says_how_much_it_knows_before_it_is_asked_for_vectors() {
    let mut state = ready();
    state.act(Action::ShowScreen(Screen::Map));
    assert_eq!(state.panel().vectors_asked, 4);
    let effects = add(&mut state, "storm");
    assert!(!effects.contains(&Effect::ShareVectors(LOCAL)), "{effects:?}");
    let progress = Progress { done: 4, total: 5, ..Progress::default() };
    let resumed = Reply::Resumed { backend: LOCAL, card: card(), progress, leaves_machine: None };
    assert_eq!(state.receive(resumed), [Effect::EmbedCorpus(LOCAL)]);
    let progress = Progress { done: 5, total: 5, ..Progress::default() };
    let embedded = Reply::Embedded { backend: LOCAL, progress, card: card(), spent: Spent::default() };
    assert_eq!(state.receive(embedded), [Effect::ShareVectors(LOCAL)]);
}

#[test]
fn what_was_stopped_stays_stopped_when_a_sentence_is_added() {
    let mut state = ready();
    let progress = Progress { done: 2, total: 4, ..Progress::default() };
    state.panels[0].phase = Phase::Stopped { progress, reason: None };
    add(&mut state, "storm");
    let progress = Progress { done: 2, total: 5, ..Progress::default() };
    let resumed = Reply::Resumed { backend: LOCAL, card: card(), progress, leaves_machine: None };
    assert_eq!(state.receive(resumed), []);
    assert_eq!(state.panel().phase, Phase::Stopped { progress, reason: None });
}

#[test]
fn a_backend_that_nobody_looks_at_waits_until_somebody_does() {
    let mut state = ready();
    state.act(Action::SwapBackend);
    open(&mut state, REMOTE);
    state.act(Action::SwapBackend);
    add(&mut state, "storm");
    assert_eq!(state.panels[REMOTE.0].phase, Phase::Closed);
    let progress = Progress { done: 4, total: 5, ..Progress::default() };
    let resumed = |leaves_machine| Reply::Resumed { backend: REMOTE, card: card(), progress, leaves_machine };
    assert_eq!(state.receive(resumed(None)), [], "nothing is embedded");
    assert_eq!(state.panels[REMOTE.0].phase, Phase::Closed);
    assert_eq!(state.act(Action::SwapBackend), [Effect::Open(REMOTE)]);
    state.receive(resumed(Some(ESTIMATE)));
    assert_eq!((state.mode, &state.panel().phase), (Mode::Consent, &Phase::AwaitingConsent(ESTIMATE)));
}

#[test]
fn a_question_about_the_corpus_before_is_gone() {
    let mut state = asking();
    state.editor.reading = Some("rain.txt".into());
    read(&mut state, "rain.txt", true);
    assert_eq!((state.mode, &state.panel().phase), (Mode::Typing, &Phase::Opening));
    assert_eq!(state.act(Action::Confirm), [], "there is nothing to say yes to");
    assert_eq!(
        state.receive(Reply::Opened { backend: REMOTE, card: card(), leaves_machine: None }),
        [Effect::EmbedCorpus(REMOTE)]
    );
}

#[test]
fn what_cannot_be_read_is_said_in_place_and_nothing_is_lost() {
    let mut state = ready();
    corpus(&mut state, CorpusAction::Open);
    assert_eq!(corpus(&mut state, CorpusAction::Submit), []);
    assert_eq!(trouble(&state), "write the name of a file");
    type_text(&mut state, "nowhere.txt");
    corpus(&mut state, CorpusAction::Submit);
    assert_eq!(state.editor.reading.as_deref(), Some("nowhere.txt"));
    assert_eq!(state.receive(Reply::CorpusRead(Err("nowhere.txt: no such file".into()))), []);
    assert_eq!((state.mode, trouble(&state)), (Mode::Corpus, "nowhere.txt: no such file"));
    assert_eq!((state.editor.line.text(), texts(&state).len()), ("nowhere.txt", 4));
}

#[test]
fn another_corpus_takes_the_place_of_unsaved_changes_only_when_asked_twice() {
    let mut state = ready();
    add(&mut state, "storm");
    corpus(&mut state, CorpusAction::Open);
    type_text(&mut state, "rain.txt");
    assert_eq!(corpus(&mut state, CorpusAction::Submit), []);
    assert!(trouble(&state).contains("not saved"), "{}", trouble(&state));
    // Another name is another question.
    type_text(&mut state, "x");
    assert_eq!(corpus(&mut state, CorpusAction::Submit), []);
    assert_eq!(corpus(&mut state, CorpusAction::OpenBundled), []);
    assert_eq!(corpus(&mut state, CorpusAction::OpenBundled), [Effect::ReadCorpus(None)]);
    read(&mut state, "bundled corpus", true);
    assert!(!state.editor.is_unsaved());
    assert_eq!(corpus(&mut state, CorpusAction::Undo), [], "changes of the corpus before are none of this one");
}

#[test]
fn a_corpus_that_comes_after_another_change_is_not_opened() {
    let mut state = ready();
    corpus(&mut state, CorpusAction::Open);
    type_text(&mut state, "rain.txt");
    corpus(&mut state, CorpusAction::Submit);
    corpus(&mut state, CorpusAction::Close);
    add(&mut state, "storm");
    assert_eq!(read(&mut state, "rain.txt", false), []);
    assert_eq!((texts(&state).len(), notice(&state).contains("not opened")), (5, true));
    assert_eq!(read(&mut state, "rain.txt", false), [], "nobody asked for it");
}

#[test]
fn a_file_that_is_there_is_replaced_only_when_asked_twice() {
    let mut state = ready();
    add(&mut state, "storm");
    corpus(&mut state, CorpusAction::Save);
    assert_eq!(state.editor.line.text(), "winds.jsonl");
    let written = |state: &State, replace| {
        let (name, corpus) = ("winds.jsonl".to_owned(), Arc::clone(&state.corpus));
        vec![Effect::WriteCorpus { name, replace, corpus }]
    };
    assert_eq!(corpus(&mut state, CorpusAction::Submit), written(&state, false));
    state.receive(Reply::CorpusWritten(Written::Exists));
    assert!(trouble(&state).contains("winds.jsonl is there already"), "{}", trouble(&state));
    assert_eq!(corpus(&mut state, CorpusAction::Submit), written(&state, true));
    state.receive(Reply::CorpusWritten(Written::Whole(5)));
    assert_eq!((state.mode, notice(&state)), (Mode::Typing, "5 sentences written to winds.jsonl"));
    assert!(!state.editor.is_unsaved());
    // The next time it asks again.
    corpus(&mut state, CorpusAction::Save);
    assert_eq!(corpus(&mut state, CorpusAction::Submit), written(&state, false));
}

#[test]
fn a_change_made_while_a_file_is_written_is_not_in_it() {
    let mut state = ready();
    add(&mut state, "storm");
    corpus(&mut state, CorpusAction::Save);
    corpus(&mut state, CorpusAction::Submit);
    corpus(&mut state, CorpusAction::Close);
    add(&mut state, "gale");
    state.receive(Reply::CorpusWritten(Written::Whole(5)));
    assert!(state.editor.is_unsaved());
    corpus(&mut state, CorpusAction::Undo);
    assert!(!state.editor.is_unsaved(), "back to what was written");
}

#[test]
fn an_ending_says_the_format_and_what_cannot_be_written_says_why() {
    let mut state = ready();
    corpus(&mut state, CorpusAction::Save);
    type_text(&mut state, ".pdf");
    assert_eq!(corpus(&mut state, CorpusAction::Submit), []);
    assert!(trouble(&state).contains(".jsonl"), "{}", trouble(&state));
    for _ in 0..4 {
        state.act(Action::Edit(Edit::DeleteLeft));
    }
    corpus(&mut state, CorpusAction::Submit);
    state.receive(Reply::CorpusWritten(Written::Failed("the disk is full".into())));
    assert_eq!((state.mode, trouble(&state)), (Mode::Corpus, "the disk is full"));
}

#[test]
fn unsaved_changes_are_asked_about_once_before_the_program_ends() {
    let mut state = ready();
    assert_eq!(state.act(Action::Quit), [Effect::Quit]);
    add(&mut state, "storm");
    assert_eq!(state.act(Action::Quit), []);
    assert!(notice(&state).contains("not saved"), "{}", notice(&state));
    // Whoever goes on means something else.
    type_text(&mut state, "w");
    assert_eq!(state.act(Action::Quit), []);
    state.act(Action::Redraw);
    assert_eq!(state.act(Action::Quit), [Effect::Quit]);
}

#[test]
fn a_lesson_keeps_the_corpus_that_it_is_about() {
    let mut state = ready();
    state.learn.open = Some(OpenLesson::at(0, 0));
    for action in [CorpusAction::Add, CorpusAction::Rewrite, CorpusAction::Remove, CorpusAction::Undo] {
        assert_eq!(corpus(&mut state, action), []);
        assert!(notice(&state).contains("lesson"), "{action:?}");
    }
    assert_eq!(texts(&state).len(), 4);
}

#[test]
fn a_name_is_completed_where_it_is_still_what_stands_there() {
    let mut state = ready();
    corpus(&mut state, CorpusAction::Open);
    type_text(&mut state, "no");
    assert_eq!(corpus(&mut state, CorpusAction::Complete), [Effect::CompleteName("no".into())]);
    let completed = Reply::NameCompleted { name: "no".into(), completed: "notes.txt".into(), others: Vec::new() };
    state.receive(completed.clone());
    assert_eq!(state.editor.line.text(), "notes.txt");
    type_text(&mut state, ".gz");
    state.receive(completed);
    assert_eq!(state.editor.line.text(), "notes.txt.gz");
}

#[test]
fn whoever_sees_all_rows_sees_those_that_come() {
    let mut state = ready();
    state.act(Action::ToggleAll);
    add(&mut state, "storm");
    assert_eq!(state.list.top_k, 5);
    state.act(Action::ToggleAll);
    assert_eq!(state.list.top_k, 2);
}
