//! What keys do with the filter, and with the way of searching.

use super::table::{bind, everywhere, line_keys, moving};
use super::{Key, Section, alt, ctrl, plain};
use crate::state::Action;
use crate::state::action::FilterAction;

pub(super) fn search_keys() -> Section {
    let bindings = vec![
        bind([alt(Key::Char('g'))], Action::Filter(FilterAction::Open), "filter: only some of the sentences"),
        bind([alt(Key::Char('m'))], Action::NextMethod, "search exactly, in two passes, by HNSW"),
        bind([alt(Key::Char('y'))], Action::MeasureRecall, "measure what that finds of the exact best"),
    ];
    Section { title: "search", bindings }
}

/// What keys do while a filter is written.
pub(super) fn filter_keys() -> Section {
    let mut bindings = vec![
        bind([plain(Key::Enter), alt(Key::Char('g'))], Action::Filter(FilterAction::Keep), "keep the filter"),
        bind([plain(Key::Esc)], Action::Filter(FilterAction::Drop), "drop it: all sentences"),
        bind([ctrl(Key::Char('p'))], Action::Filter(FilterAction::Previous), "the filter before"),
        bind([ctrl(Key::Char('n'))], Action::Filter(FilterAction::Next), "the filter after"),
    ];
    bindings.extend(moving());
    bindings.extend(line_keys());
    bindings.extend(everywhere());
    Section { title: "filter", bindings }
}
