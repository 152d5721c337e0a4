//! What keys do on the Map screen.

use super::table::{anywhere, bind, everywhere, line_keys, moving};
use super::{Key, Section, alt, plain, shift};
use crate::state::Action;
use crate::state::action::{Direction, MapAction, Nearer};

pub(super) fn map_keys() -> Section {
    let on_map = Action::Map;
    let mut bindings = vec![
        bind([plain(Key::Tab), plain(Key::BackTab)], Action::SwapBackend, "the map of the other backend"),
        bind([plain(Key::Function(7))], on_map(MapAction::NextMethod), "PCA, t-SNE, and axes by meaning if there are"),
        bind([plain(Key::Function(8))], on_map(MapAction::OpenAxes), "axes by meaning: cold -> hot"),
        bind([plain(Key::Function(9))], on_map(MapAction::NextLines), "lines to true neighbours: of what"),
        bind([plain(Key::Function(2))], on_map(MapAction::SwapGrouping), "signs by topic, or by cluster"),
        bind([alt(Key::Char('s'))], on_map(MapAction::ToggleSides), "two backends' maps side by side"),
        bind([plain(Key::Function(4))], Action::ToggleExplanation, "the facts alone, or the map"),
        bind([alt(Key::Char('=')), alt(Key::Char('+'))], on_map(MapAction::Zoom(Nearer::In)), "nearer (and the wheel)"),
        bind([alt(Key::Char('-'))], on_map(MapAction::Zoom(Nearer::Out)), "farther away"),
        bind([alt(Key::Char('c'))], on_map(MapAction::Centre), "the selected sentence to the middle"),
        bind([alt(Key::Char('0'))], on_map(MapAction::ShowAll), "the whole map"),
        bind([shift(Key::Left), alt(Key::Char('h'))], on_map(MapAction::Pan(Direction::Left)), "look left (or drag)"),
        bind([shift(Key::Down), alt(Key::Char('j'))], on_map(MapAction::Pan(Direction::Down)), "look down"),
        bind([shift(Key::Up), alt(Key::Char('k'))], on_map(MapAction::Pan(Direction::Up)), "look up"),
        bind([shift(Key::Right), alt(Key::Char('l'))], on_map(MapAction::Pan(Direction::Right)), "look right"),
    ];
    bindings.extend(moving());
    bindings.extend(anywhere());
    Section { title: "map", bindings }
}

/// What keys do while axes are written.
pub(super) fn axes_keys() -> Section {
    let mut bindings = vec![
        bind([plain(Key::Enter)], Action::Map(MapAction::SubmitAxes), "lay the map along them"),
        bind(
            [plain(Key::Esc), plain(Key::Function(8))],
            Action::Map(MapAction::CloseAxes),
            "leave the axes as they are",
        ),
    ];
    bindings.extend(line_keys());
    bindings.extend(everywhere());
    Section { title: "axes", bindings }
}
