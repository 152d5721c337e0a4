//! Texts that experiments embed beside the corpus.

use super::*;

#[test]
fn the_beginnings_of_a_query_are_embedded_as_queries_and_the_newest_only() {
    let mut state = in_lab();
    show(&mut state, Experiment::Short);
    let effects = type_and_rank(&mut state, "one two three");
    let (backend, ticket, role, asked) = texts(&effects);
    assert_eq!((backend, role, asked), (LOCAL, Role::Query, vec!["one".into(), "one two".into()]));
    assert_eq!(state.lab.waits, Some(Waits::Texts(0, 2)));
    // Another word, and the answer to the query before it.
    let effects = type_and_rank(&mut state, " four");
    let (_, newer, _, asked) = texts(&effects);
    assert_eq!(asked.len(), 3);
    assert_eq!(give_texts(&mut state, LOCAL, ticket, 2), [], "it is of an older query");
    assert!(matches!(switch(&give_texts(&mut state, LOCAL, newer, 3)), Switch::FirstWords(_, 2)));
    let effects = lab(&mut state, LabAction::RaiseParam);
    assert!(matches!(switch(&effects), Switch::FirstWords(_, 3)));
    lab(&mut state, LabAction::ShowWords(9));
    assert!(matches!(&state.lab.asked, Some((_, _, Job::Query { switch: Switch::FirstWords(_, 4), .. }))));
}

#[test]
fn texts_that_another_experiment_took_the_place_of_are_asked_for_again() {
    let mut state = in_lab();
    show(&mut state, Experiment::Short);
    let effects = type_and_rank(&mut state, "one two");
    let (_, lost, ..) = texts(&effects);
    let (_, long, role, _) = texts(&show(&mut state, Experiment::Long));
    assert_eq!(role, Role::Document);
    assert_eq!(give_texts(&mut state, LOCAL, lost, 1), [], "nobody waits for it");
    assert_ne!(texts(&show(&mut state, Experiment::Short)).1, lost);
    assert_eq!(give_texts(&mut state, LOCAL, long, 1), []);
}

#[test]
fn a_single_word_is_its_own_beginning() {
    let mut state = in_lab();
    show(&mut state, Experiment::Short);
    let effects = type_and_rank(&mut state, "w");
    let Switch::FirstWords(nothing, 1) = switch(&effects) else { unreachable!("{effects:?}") };
    assert!(nothing.infos.is_empty());
    assert_eq!(state.act(Action::Redraw), [Effect::Redraw], "and is tried once");
}

#[test]
fn long_texts_come_one_after_the_other_and_the_curve_grows() {
    let mut state = in_lab();
    show(&mut state, Experiment::Long);
    let mut effects = type_and_rank(&mut state, "w");
    for count in 1..=13 {
        let asked = effects.iter().find_map(|effect| match effect {
            Effect::EmbedTexts { ticket, texts, .. } => Some((*ticket, texts.len())),
            _ => None,
        });
        let (ticket, all) = asked.unwrap_or_else(|| unreachable!("text {count}: {effects:?}"));
        assert_eq!(all, count, "those before are known to the backend");
        effects = give_texts(&mut state, LOCAL, ticket, count);
        assert!(effects.iter().any(|effect| matches!(effect, Effect::RunExperiment { .. })));
    }
    assert_eq!(state.lab.waits, None);
    assert_eq!(effects.len(), 1, "there is nothing more to embed");
    // The needle moves in what is there already; another sentence is another text.
    assert_eq!(lab(&mut state, LabAction::RaiseParam), []);
    let effects = state.act(Action::SelectNext);
    assert_eq!(texts(&effects).3.len(), 1);
}

#[test]
fn a_server_gets_no_texts_without_a_press_and_anew_for_another_query() {
    let mut state = in_lab();
    state.panels[LOCAL.0].typing_pause = PAUSE;
    show(&mut state, Experiment::Short);
    let timers = type_text(&mut state, "one two");
    let timer = typing_pause(&timers);
    let effects = state.receive(Reply::TimerElapsed(timer));
    assert_eq!(ranked(&mut state, &effects), []);
    let Some(Waits::Press(Errand::Embed { texts: waiting, .. })) = &state.lab.waits else {
        unreachable!("{:?}", state.lab.waits)
    };
    assert_eq!(waiting, &["one"]);
    let (_, ticket, _, asked) = texts(&lab(&mut state, LabAction::Run));
    assert_eq!(asked, ["one"]);
    assert!(matches!(switch(&give_texts(&mut state, LOCAL, ticket, 1)), Switch::FirstWords(..)));
    let timers = type_text(&mut state, " three");
    let effects = state.receive(Reply::TimerElapsed(typing_pause(&timers)));
    assert_eq!(ranked(&mut state, &effects), [], "that was agreed to for another query");
}

#[test]
fn texts_that_failed_say_why_and_are_tried_again() {
    let mut state = in_lab();
    show(&mut state, Experiment::Short);
    let (_, ticket, ..) = texts(&type_and_rank(&mut state, "one two"));
    let (purpose, spent) = (Purpose::Lab, Spent::default());
    let embedded = Err("no network".into());
    state.receive(Reply::TextsEmbedded { backend: LOCAL, purpose, ticket, embedded, spent });
    assert_eq!(state.lab.waits, Some(Waits::Failed("no network".into())));
    assert_ne!(texts(&state.act(Action::Retry)).1, ticket);
}
