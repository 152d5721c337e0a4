//! What keys do on the Map screen.

use super::table::{anywhere, moving};
use super::{Key, Section, plain, table};
use crate::state::Action;

pub(super) fn map_keys() -> Section {
    let mut bindings =
        vec![table::bind([plain(Key::Tab), plain(Key::BackTab)], Action::SwapBackend, "rank with the other backend")];
    bindings.extend(moving());
    bindings.extend(anywhere());
    Section { title: "map", bindings }
}
