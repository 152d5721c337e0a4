//! What has to be done outside of the state.

use std::time::Duration;

use super::{BackendId, Ticket};

/// Work that [`State::act`](super::State::act) and [`State::receive`](super::State::receive) ask for. Plain data: only workers act on it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Effect {
    /// Make the backend ready to embed; nothing leaves the machine yet.
    Open(BackendId),
    /// Embed the corpus with an open backend.
    EmbedCorpus(BackendId),
    /// Rank the corpus for a query. A newer search of the same backend takes the place of an older one.
    Search {
        /// With which backend.
        backend: BackendId,
        /// Comes back with the answer.
        ticket: Ticket,
        /// What to rank by.
        query: String,
    },
    /// Nobody waits any more for the backend's search.
    CancelSearch(BackendId),
    /// Send [`Reply::TimerElapsed`](super::Reply::TimerElapsed) after a while.
    StartTimer {
        /// Comes back.
        timer: Timer,
        /// How long to wait.
        after: Duration,
    },
    /// Draw everything anew, also what seems unchanged.
    Redraw,
    /// Give the terminal back and stop until the person goes on.
    Suspend,
    /// End the program.
    Quit,
}

/// What a timer was started for. One that no longer fits the state when it elapses does nothing.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Timer {
    /// The person may have stopped typing: send the query with this ticket.
    TypingPause(BackendId, Ticket),
    /// The person has looked at the ranking with this ticket for a while.
    Settled(BackendId, Ticket),
}
