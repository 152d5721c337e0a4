//! Where workers put what they have to say, marked with the corpus that it is about.

use tokio::sync::mpsc::{UnboundedReceiver, UnboundedSender, unbounded_channel};

use crate::state::{Edition, Reply};

/// The other end: replies, each with the corpus that its sender worked with.
pub(super) type Inbox = UnboundedReceiver<(Edition, Reply)>;

/// One sender's way to the screen.
#[derive(Debug, Clone)]
pub(super) struct Outbox {
    edition: Edition,
    replies: UnboundedSender<(Edition, Reply)>,
}

impl Outbox {
    /// A way for those who work with the corpus of the start, and its other end.
    pub(super) fn open() -> (Self, Inbox) {
        let (replies, inbox) = unbounded_channel();
        (Self { edition: Edition::default(), replies }, inbox)
    }

    /// The same way for those who work with another corpus.
    pub(super) fn of(&self, edition: Edition) -> Self {
        Self { edition, replies: self.replies.clone() }
    }

    /// Sends a reply. Nobody listens any more when the program ends, which is no error.
    pub(super) fn send(&self, reply: Reply) {
        drop(self.replies.send((self.edition, reply)));
    }
}
