use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::mpsc;
use std::time::Duration;

use super::super::outbox::Inbox;
use super::*;
use crate::backend::{RerankMethod, RerankScore, RerankerCard, WordMatches};
use crate::corpus::bundled;
use crate::engine::Stage;
use crate::engine::pipeline::Settings;

const FIRST: RerankerId = RerankerId(0);

/// Says what it is asked, and waits to be let go, or to be cancelled; breaks where it reads so.
struct Gated {
    card: RerankerCard,
    asked: mpsc::Sender<String>,
    go: Arc<Mutex<mpsc::Receiver<()>>>,
}

impl Reranker for Gated {
    fn card(&self) -> &RerankerCard {
        &self.card
    }

    fn rerank(
        &mut self,
        query: &str,
        documents: &[&str],
        cancel: &CancellationToken,
    ) -> Result<Vec<RerankScore>, BackendError> {
        self.asked.send(query.to_owned()).expect("the test listens");
        assert!(query != "break", "as it was told");
        loop {
            if cancel.is_cancelled() {
                return Err(BackendError::Cancelled);
            }
            let go = self.go.lock().unwrap_or_else(PoisonError::into_inner);
            if go.recv_timeout(Duration::from_millis(1)).is_ok() {
                return Ok(vec![RerankScore::Logit(1.0); documents.len()]);
            }
        }
    }

    fn word_matches(&mut self, _: &str, _: &str, _: &CancellationToken) -> Result<Option<WordMatches>, BackendError> {
        Ok(None)
    }
}

/// The thread with one reranker, and what happens around it.
struct Lab {
    reranking: Reranking,
    replies: Inbox,
    asked: mpsc::Receiver<String>,
    go: mpsc::Sender<()>,
    opened: Arc<AtomicUsize>,
}

impl Lab {
    fn new() -> Self {
        let (asked_sender, asked) = mpsc::channel();
        let (go, go_receiver) = mpsc::channel();
        let go_receiver = Arc::new(Mutex::new(go_receiver));
        let opened = Arc::new(AtomicUsize::new(0));
        let count = Arc::clone(&opened);
        let open: OpenReranker = Box::new(move |_| {
            count.fetch_add(1, Ordering::SeqCst);
            let method = RerankMethod::CrossEncoder;
            let card = RerankerCard { model: "gated".into(), engine: "test".into(), method, max_tokens: 1 };
            Ok(Box::new(Gated { card, asked: asked_sender.clone(), go: Arc::clone(&go_receiver) }))
        });
        let (sender, replies) = Outbox::open();
        let reranking = Reranking::spawn(vec![open], Arc::new(bundled::corpus()), sender);
        Self { reranking, replies, asked, go, opened }
    }

    /// With its reranker open.
    fn ready() -> Self {
        let mut lab = Self::new();
        lab.reranking.open(FIRST);
        assert!(matches!(lab.reply(), Reply::RerankerOpened { opened: Ok(_), .. }));
        lab
    }

    fn reply(&mut self) -> Reply {
        self.replies.blocking_recv().expect("the thread lives").1
    }

    fn asked(&self) -> String {
        self.asked.recv_timeout(Duration::from_mins(1)).expect("the reranker is asked")
    }

    fn go(&self) {
        self.go.send(()).expect("the reranker waits");
    }

    fn rerank(&self, number: u64, query: &str) {
        self.reranking.rerank(Ticket::numbered(number), FIRST, Arc::new(run(query)));
    }
}

fn settings() -> Settings {
    Settings::default().only(&[Stage::Bm25, Stage::Rerank])
}

fn run(query: &str) -> Run {
    let lexical = Arc::new(Lexical::new(&bundled::corpus(), settings().folding));
    Run::first_stages(query, None, &lexical, settings())
}

fn measure_job(number: u64) -> MeasureJob {
    let corpus = bundled::corpus();
    MeasureJob {
        ticket: Ticket::numbered(number),
        number: 0,
        dense: None,
        plan: Plan::of_settings(settings(), 10).expect("two stages"),
        judged: Arc::new(Judged::bundled(&corpus, &bundled::queries())),
        reranker: Some(FIRST),
    }
}

#[test]
fn a_newer_run_takes_the_place_of_the_one_that_is_read() {
    let mut lab = Lab::ready();
    lab.rerank(1, "the older");
    assert_eq!(lab.asked(), "the older");
    lab.rerank(2, "the newer");
    assert_eq!(lab.asked(), "the newer");
    lab.go();
    let Reply::Reranked { ticket, run: Ok(run), .. } = lab.reply() else { unreachable!("it was let go") };
    assert_eq!((ticket, run.query.as_str()), (Ticket::numbered(2), "the newer"));
    assert_eq!(run.order(Stage::Rerank).len(), run.order(Stage::Bm25).len());
}

#[test]
fn what_is_taken_back_is_not_answered() {
    let mut lab = Lab::ready();
    lab.rerank(1, "the first");
    lab.asked();
    lab.reranking.cancel();
    lab.rerank(2, "the second");
    assert_eq!(lab.asked(), "the second");
    lab.go();
    assert!(matches!(lab.reply(), Reply::Reranked { ticket, .. } if ticket == Ticket::numbered(2)));
}

#[test]
fn a_measured_query_makes_way_and_comes_again() {
    let mut lab = Lab::ready();
    lab.reranking.measure(measure_job(1));
    let measured = lab.asked();
    lab.rerank(2, "what the person typed, about the weather");
    assert!(lab.asked().contains("typed"));
    lab.go();
    assert!(matches!(lab.reply(), Reply::Reranked { .. }));
    assert_eq!(lab.asked(), measured);
    lab.go();
    let Reply::Measured { measures: Ok(measures), .. } = lab.reply() else { unreachable!("it was let go") };
    assert_eq!(measures.len(), 2);
}

#[test]
fn a_reranker_that_breaks_is_opened_again_and_the_thread_lives() {
    let mut lab = Lab::ready();
    lab.rerank(1, "break");
    assert!(
        matches!(lab.reply(), Reply::RerankerOpened { opened: Err(reason), .. } if reason.contains("as it was told"))
    );
    lab.reranking.open(FIRST);
    assert!(matches!(lab.reply(), Reply::RerankerOpened { opened: Ok(_), .. }));
    lab.reranking.open(FIRST);
    assert!(matches!(lab.reply(), Reply::RerankerOpened { opened: Ok(_), .. }));
    assert_eq!(lab.opened.load(Ordering::SeqCst), 2, "one that is open is not opened again");
}

#[test]
fn a_measurement_opens_its_reranker_itself() {
    let mut lab = Lab::new();
    lab.reranking.measure(measure_job(1));
    assert!(matches!(lab.reply(), Reply::RerankerOpened { opened: Ok(_), .. }));
    lab.asked();
    lab.go();
    assert!(matches!(lab.reply(), Reply::Measured { measures: Ok(_), .. }));
}
