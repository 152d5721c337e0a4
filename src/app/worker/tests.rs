//! Workers with backends that are let go by channels: nothing here waits for a clock.

use std::sync::mpsc::{self, Receiver, Sender};

use super::super::outbox::Inbox;
use super::*;
use crate::backend::fake::Fake;
use crate::backend::{Batch, Identity, Location, ModelCard, Role, TokenCount};
use crate::config::Stores;
use crate::corpus::Document;
use crate::engine::SearchOptions;
use crate::state::Edition;
use crate::state::effect::Purpose;

const ID: BackendId = BackendId(0);

/// The fake backend, each call of which waits until the test lets it go.
struct Gated {
    fake: Fake,
    /// Tells the test which texts are about to be embedded.
    entered: Sender<Vec<String>>,
    /// Lets one call go on, or breaks it.
    gate: Receiver<Go>,
}

enum Go {
    On,
    Fail,
    Panic,
}

impl Embedder for Gated {
    fn card(&self) -> &ModelCard {
        self.fake.card()
    }

    fn identity(&self, role: Role) -> Identity {
        self.fake.identity(role)
    }

    fn plan(&self, texts: &[&str]) -> Vec<Vec<usize>> {
        self.fake.plan(texts)
    }

    fn count(&self, texts: &[&str], role: Role) -> Vec<TokenCount> {
        self.fake.count(texts, role)
    }

    fn embed(&mut self, texts: &[&str], role: Role, job: &mut Job<'_>) -> Result<Batch, BackendError> {
        self.entered.send(texts.iter().map(ToString::to_string).collect()).expect("the test listens");
        match self.gate.recv().expect("the test lets it go") {
            Go::On => self.fake.embed(texts, role, job),
            Go::Fail => Err(BackendError::NotConfigured("failed on purpose".into())),
            Go::Panic => unreachable!("broken on purpose"),
        }
    }
}

/// A worker over a corpus of two, and the test's ends of its channels.
struct Bench {
    worker: Worker,
    replies: Inbox,
    entered: Receiver<Vec<String>>,
    gate: Sender<Go>,
}

fn bench(location: &Location, may_leave: bool) -> Bench {
    let (entered_sender, entered) = mpsc::channel();
    let (gate, gate_receiver) = mpsc::channel();
    let backend = Gated { fake: Fake::new(location.clone()), entered: entered_sender, gate: gate_receiver };
    let once = std::sync::Mutex::new(Some(backend));
    let open: Open = Box::new(move |_| match once.lock().expect("nobody panics with it").take() {
        Some(backend) => Ok(Box::new(backend)),
        None => Err(BackendError::NotConfigured("opened twice".into())),
    });
    let documents = ["apple", "banana"].map(|text| Document::new(text, text)).to_vec();
    let corpus = Arc::new(Corpus::new("fruit", documents));
    let (sender, replies) = Outbox::open();
    Bench {
        worker: Worker::spawn(
            (ID, "fake".into()),
            (open, Box::new(|| Ok(Stores::default())), None),
            corpus,
            may_leave,
            sender,
        ),
        replies,
        entered,
        gate,
    }
}

impl Bench {
    fn reply(&mut self) -> Reply {
        self.replies.blocking_recv().expect("the worker lives").1
    }

    /// Waits until the backend is called, and lets the call go on.
    #[track_caller]
    fn pass(&self, text: &str, go: Go) {
        assert_eq!(self.entered.recv().expect("the worker lives"), [text]);
        self.gate.send(go).expect("the worker lives");
    }

    #[track_caller]
    fn expect_embedded(&mut self, done: usize) {
        let reply = self.reply();
        let expected = Progress { done, total: 2, ..Progress::default() };
        assert!(matches!(&reply, Reply::Embedded { progress, .. } if *progress == expected), "{reply:?}");
    }

    #[track_caller]
    fn expect_ranked(&mut self, number: u64, documents: usize) {
        match self.reply() {
            Reply::Ranked { ticket, ranking, .. } => {
                assert_eq!((ticket, ranking.ranked.len()), (Ticket::numbered(number), documents));
            }
            other => unreachable!("{other:?}"),
        }
    }

    /// Opens the backend and embeds the corpus.
    fn make_ready(&mut self) {
        self.worker.slot().open();
        assert!(matches!(self.reply(), Reply::Opened { leaves_machine: None, .. }));
        self.worker.slot().embed();
        for (text, done) in [("apple", 1), ("banana", 2)] {
            self.pass(text, Go::On);
            self.expect_embedded(done);
        }
    }

    fn search(&self, number: u64, query: &str) {
        self.worker.slot().search(Question {
            ticket: Ticket::numbered(number),
            query: query.into(),
            options: SearchOptions::default(),
        });
    }
}

#[test]
fn a_query_goes_ahead_of_the_rest_of_the_corpus_and_is_answered_again() {
    let mut bench = bench(&Location::InProcess, true);
    bench.worker.slot().open();
    assert!(matches!(bench.reply(), Reply::Opened { .. }));
    // Too early: nothing is embedded yet.
    bench.search(1, "avocado");
    bench.worker.slot().embed();
    bench.pass("apple", Go::On);
    bench.expect_embedded(1);
    bench.pass("avocado", Go::On);
    bench.expect_ranked(1, 1);
    bench.pass("banana", Go::On);
    bench.expect_embedded(2);
    bench.expect_ranked(1, 2);
}

#[test]
fn while_one_query_is_embedded_only_the_newest_of_the_others_is_kept() {
    let mut bench = bench(&Location::InProcess, true);
    bench.make_ready();
    bench.search(1, "first");
    assert_eq!(bench.entered.recv().expect("the worker lives"), ["first"]);
    bench.search(2, "second");
    bench.search(3, "third");
    bench.gate.send(Go::On).expect("the worker lives");
    // The first was cancelled meanwhile, so it has no answer.
    bench.pass("third", Go::On);
    bench.expect_ranked(3, 2);
}

#[test]
fn a_failed_search_says_why_and_the_next_one_works() {
    let mut bench = bench(&Location::InProcess, true);
    bench.make_ready();
    bench.search(1, "first");
    bench.pass("first", Go::Fail);
    assert!(matches!(bench.reply(), Reply::SearchFailed { message, .. } if message == "failed on purpose"));
    bench.search(2, "first");
    bench.pass("first", Go::On);
    bench.expect_ranked(2, 2);
}

#[test]
fn after_a_failed_batch_only_that_batch_is_done_again() {
    let mut bench = bench(&Location::InProcess, true);
    bench.worker.slot().open();
    assert!(matches!(bench.reply(), Reply::Opened { .. }));
    bench.worker.slot().embed();
    bench.pass("apple", Go::On);
    bench.expect_embedded(1);
    bench.pass("banana", Go::Fail);
    assert!(matches!(bench.reply(), Reply::EmbeddingFailed { message, .. } if message == "failed on purpose"));
    bench.worker.slot().embed();
    bench.pass("banana", Go::On);
    bench.expect_embedded(2);
}

#[test]
fn a_batch_that_is_given_up_is_no_failure_and_is_done_again() {
    let mut bench = bench(&Location::InProcess, true);
    bench.worker.slot().open();
    assert!(matches!(bench.reply(), Reply::Opened { .. }));
    bench.worker.slot().embed();
    bench.pass("apple", Go::On);
    bench.expect_embedded(1);
    assert_eq!(bench.entered.recv().expect("the worker lives"), ["banana"]);
    bench.worker.slot().stop_embedding();
    bench.gate.send(Go::On).expect("the worker lives");
    // What there is can be searched meanwhile.
    bench.search(1, "apple pie");
    bench.pass("apple pie", Go::On);
    bench.expect_ranked(1, 1);
    bench.worker.slot().embed();
    bench.pass("banana", Go::On);
    bench.expect_embedded(2);
    bench.expect_ranked(1, 2);
}

#[test]
fn a_panic_of_a_backend_is_a_failure_of_that_backend() {
    let mut bench = bench(&Location::InProcess, true);
    bench.make_ready();
    bench.search(1, "first");
    bench.pass("first", Go::Panic);
    let reply = bench.reply();
    let expected = "the backend broke: internal error: entered unreachable code: broken on purpose";
    assert!(matches!(&reply, Reply::Failed { message, .. } if message == expected), "{reply:?}");
    // It is opened anew, not used again in an unknown state.
    bench.worker.slot().open();
    assert!(matches!(bench.reply(), Reply::NotConfigured { message, .. } if message == "opened twice"));
}

#[test]
fn a_corpus_that_would_leave_the_machine_is_estimated_and_waits() {
    let remote = Location::Remote("example.org".into());
    let mut asking = bench(&remote, false);
    asking.worker.slot().open();
    let Reply::Opened { leaves_machine: Some(estimate), .. } = asking.reply() else { unreachable!("it asks") };
    assert_eq!((estimate.texts, estimate.tokens), (2, 2));
    assert!(asking.entered.try_recv().is_err(), "nothing was sent");
    // Not even where it is asked to without a yes.
    asking.worker.slot().embed();
    assert!(matches!(asking.reply(), Reply::Opened { leaves_machine: Some(_), .. }));
    assert!(asking.entered.try_recv().is_err(), "nothing was sent");
    // Once there was a yes, it does not ask again.
    asking.worker.slot().allow();
    asking.worker.slot().embed();
    asking.pass("apple", Go::Fail);
    assert!(matches!(asking.reply(), Reply::EmbeddingFailed { .. }));
    asking.worker.slot().open();
    assert!(matches!(asking.reply(), Reply::Opened { leaves_machine: None, .. }));

    let mut allowed = bench(&remote, true);
    allowed.worker.slot().open();
    assert!(matches!(allowed.reply(), Reply::Opened { leaves_machine: None, .. }));
}

/// Texts beside the corpus, given up for a query while the first of them is embedded.
fn given_up(location: &Location) -> Bench {
    let mut bench = bench(location, true);
    bench.make_ready();
    let (ticket, role, texts) = (Ticket::numbered(7), Role::Query, vec!["cherry".to_owned(), "date".to_owned()]);
    bench.worker.slot().run(Errand::Embed(EmbedJob { purpose: Purpose::Words, ticket, role, texts }));
    let entered = bench.entered.recv().expect("the worker lives");
    bench.search(8, "avocado");
    bench.gate.send(Go::On).expect("the worker lives");
    assert_eq!(entered[0], "cherry");
    bench
}

#[test]
fn texts_that_were_given_up_for_a_query_are_embedded_after_it_where_that_costs_nothing() {
    let mut bench = given_up(&Location::InProcess);
    bench.pass("avocado", Go::On);
    bench.expect_ranked(8, 2);
    assert_eq!(bench.entered.recv().expect("the worker lives"), ["cherry", "date"]);
    bench.gate.send(Go::On).expect("the worker lives");
    let reply = bench.reply();
    assert!(matches!(&reply, Reply::TextsEmbedded { embedded: Ok(texts), .. } if texts.unit.nrows() == 2), "{reply:?}");
}

#[test]
fn a_server_is_not_sent_again_what_was_given_up() {
    let mut bench = given_up(&Location::Loopback("here".into()));
    let reply = bench.reply();
    assert!(matches!(&reply, Reply::TextsEmbedded { embedded: Err(_), .. }), "{reply:?}");
    bench.pass("avocado", Go::On);
    bench.expect_ranked(8, 2);
}

fn fruit(texts: &[&str], bundled: bool) -> Arc<Corpus> {
    let documents = texts.iter().map(|text| Document::new(*text, *text)).collect();
    Arc::new(Corpus { bundled, ..Corpus::new("fruit", documents) })
}

impl Bench {
    fn take_corpus(&self, number: u64, corpus: &Arc<Corpus>, origin: Origin) {
        let (edition, corpus) = (Edition::numbered(number), Arc::clone(corpus));
        self.worker.slot().take_corpus(NewCorpus { edition, corpus, origin });
    }

    /// How many texts it asks to send, if it asks.
    fn expect_resumed(&mut self, number: u64, (done, total): (usize, usize)) -> Option<usize> {
        let (edition, reply) = self.replies.blocking_recv().expect("the worker lives");
        assert_eq!(edition, Edition::numbered(number));
        let Reply::Resumed { progress, leaves_machine, .. } = reply else { unreachable!("{reply:?}") };
        assert_eq!((progress.done, progress.total), (done, total));
        leaves_machine.map(|estimate| estimate.texts)
    }
}

#[test]
fn of_a_changed_corpus_only_what_is_new_is_embedded_and_the_model_stays_open() {
    let mut bench = bench(&Location::InProcess, true);
    bench.make_ready();
    let changed = fruit(&["banana", "cherry", "apple"], false);
    bench.take_corpus(1, &changed, Origin::Edited);
    // Before anything is ranked, so that it is in the first ranking already.
    bench.search(2, "avocado");
    bench.pass("cherry", Go::On);
    assert_eq!(bench.expect_resumed(1, (3, 3)), None);
    bench.pass("avocado", Go::On);
    let Reply::Ranked { ranking, .. } = bench.reply() else { unreachable!("it was let go") };
    assert_eq!(ranking.ranked[0].document.0, 2, "the number that apple has now");
}

#[test]
fn what_is_asked_over_the_corpus_before_is_taken_back() {
    let mut bench = bench(&Location::InProcess, true);
    bench.make_ready();
    bench.search(1, "first");
    assert_eq!(bench.entered.recv().expect("the worker lives"), ["first"]);
    bench.search(2, "second");
    bench.worker.slot().run(Errand::Vectors);
    bench.take_corpus(1, &fruit(&["banana"], false), Origin::Edited);
    bench.gate.send(Go::On).expect("the worker lives");
    assert_eq!(bench.expect_resumed(1, (1, 1)), None);
    bench.search(3, "third");
    bench.pass("third", Go::On);
    bench.expect_ranked(3, 1);
}

#[test]
fn a_yes_goes_for_a_corpus_and_its_edits_and_not_for_another() {
    let mut bench = bench(&Location::Remote("example.org".into()), false);
    bench.worker.slot().open();
    assert!(matches!(bench.reply(), Reply::Opened { leaves_machine: Some(_), .. }));
    bench.worker.slot().allow();
    bench.worker.slot().embed();
    for (text, done) in [("apple", 1), ("banana", 2)] {
        bench.pass(text, Go::On);
        bench.expect_embedded(done);
    }
    bench.take_corpus(1, &fruit(&["apple", "banana", "cherry"], false), Origin::Edited);
    assert_eq!(bench.expect_resumed(1, (2, 3)), None);
    bench.pass("cherry", Go::On);
    assert!(matches!(bench.reply(), Reply::Embedded { .. }));
    bench.take_corpus(2, &fruit(&["apple", "date"], false), Origin::Opened);
    assert_eq!(bench.expect_resumed(2, (1, 2)), Some(1));
    bench.worker.slot().embed();
    assert_eq!(bench.expect_resumed(2, (1, 2)), Some(1), "it asks again, and sends nothing");
    assert!(bench.entered.try_recv().is_err());
}

#[test]
fn what_is_added_to_the_bundled_corpus_is_private() {
    let mut bench = bench(&Location::Remote("example.org".into()), false);
    bench.take_corpus(1, &fruit(&["apple", "banana"], true), Origin::Opened);
    bench.worker.slot().open();
    assert!(matches!(bench.reply(), Reply::Opened { leaves_machine: None, .. }));
    bench.worker.slot().embed();
    for (text, done) in [("apple", 1), ("banana", 2)] {
        bench.pass(text, Go::On);
        bench.expect_embedded(done);
    }
    bench.take_corpus(2, &fruit(&["apple", "banana", "cherry"], false), Origin::Edited);
    assert_eq!(bench.expect_resumed(2, (2, 3)), Some(1), "asked for one text, and not for those that are public");
    bench.take_corpus(3, &fruit(&["apple", "banana"], true), Origin::Edited);
    assert_eq!(bench.expect_resumed(3, (2, 2)), None, "taken back, there is nothing to ask");
    assert!(bench.entered.try_recv().is_err());
}
