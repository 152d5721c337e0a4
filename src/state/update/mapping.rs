//! The Map screen: what is projected, what is asked for, and where one looks.

use std::sync::Arc;

use crate::backend::Role;
use crate::corpus::DocumentIndex;
use crate::engine::chart::{Chart, Method, Overlay, Phrases, Recipe};
use crate::engine::groups::{Grouping, Groups};
use crate::engine::{Embedded, Vectors};
use crate::state::action::{Direction, MapAction, Nearer};
use crate::state::effect::Purpose;
use crate::state::map::{Lines, Sheet, Sides, TRAIL, Viewport, Wish};
use crate::state::{BackendId, Effect, Mode, Screen, State, Ticket};

/// How many maps of a backend are kept.
const KEPT: usize = 4;
/// How much nearer one step looks.
const STEP: f64 = 1.4;
/// How far one step goes, as a share of what is seen.
const STRIDE: f64 = 0.15;

impl State {
    /// Asks for whatever is wanted and was not asked for yet.
    pub(super) fn refresh_map(&mut self) -> Vec<Effect> {
        if self.screen != Screen::Map {
            return Vec::new();
        }
        self.follow_query();
        let mut effects = Vec::new();
        for backend in self.visible() {
            if let Some(vectors) = self.panels[backend.0].vectors.clone() {
                effects.extend(self.refresh_clusters(backend, &vectors));
                effects.extend(self.refresh_sheet(backend, &vectors));
            }
        }
        effects.extend(self.refresh_overlay());
        effects
    }

    /// Keeps the rankings of the last queries, whose places are the trail.
    fn follow_query(&mut self) {
        if self.query.is_blank() || self.map.trail_of != self.active {
            self.map.trail.clear();
        }
        self.map.trail_of = self.active;
        let Some(ranking) = self.current_ranking(self.active).cloned() else { return };
        // One that was answered anew has more documents in it.
        self.map.trail.pop_if(|last| last.query == ranking.query);
        self.map.trail.push(ranking);
        let older = self.map.trail.len().saturating_sub(TRAIL);
        self.map.trail.drain(..older);
    }

    fn refresh_clusters(&mut self, backend: BackendId, vectors: &Arc<Vectors>) -> Option<Effect> {
        let wanted = self.map.grouping == Grouping::Cluster;
        let sheet = self.map.sheets.entry(backend).or_default();
        if !wanted || sheet.clusters_asked == vectors.embedded {
            return None;
        }
        sheet.clusters_asked = vectors.embedded;
        Some(Effect::FindClusters { backend, vectors: Arc::clone(vectors) })
    }

    fn refresh_sheet(&mut self, backend: BackendId, vectors: &Arc<Vectors>) -> Option<Effect> {
        let method = self.map.method;
        let phrases = self.map.phrases.clone().filter(|_| method == Method::Axes);
        let wish = Wish { documents: vectors.embedded, method, phrases };
        let ticket = self.next_ticket();
        let sheet = self.map.sheets.entry(backend).or_default();
        if sheet.wanted.as_ref() != Some(&wish) {
            sheet.wanted = Some(wish.clone());
            if sheet.failed.take().is_some() {
                // Whoever comes back to what failed has it tried again.
                sheet.phrases_asked = None;
            }
        }
        if sheet.asked.as_ref() == Some(&wish) {
            return None;
        }
        let recipe = match (&wish.phrases, method) {
            (_, Method::Principal) => Recipe::Principal,
            (_, Method::TSne) => Recipe::TSne,
            (None, Method::Axes) => return None,
            (Some(phrases), Method::Axes) => match &sheet.phrases {
                Some((known, embedded)) if known == phrases => Recipe::Axes(Arc::clone(embedded)),
                _ => return ask_for_phrases(sheet, backend, ticket, phrases),
            },
        };
        // Whatever is on its way is not wanted any more.
        sheet.ticket = ticket;
        sheet.asked = Some(wish.clone());
        sheet.failed = None;
        let was_moving = sheet.epochs.take().is_some();
        if let Some((_, chart)) = sheet.kept.iter().find(|(kept, _)| *kept == wish) {
            sheet.chart = Some(Arc::clone(chart));
            return was_moving.then_some(Effect::StopProjecting(backend));
        }
        Some(Effect::Project { backend, ticket, vectors: Arc::clone(vectors), recipe })
    }

    /// Has the second map laid over the first, wherever one of them is new.
    fn refresh_overlay(&mut self) -> Option<Effect> {
        let visible = self.visible();
        let pair = match visible[..] {
            [first, second] => self.map.chart(second).cloned().zip(self.map.chart(first).cloned()),
            _ => None,
        };
        let Some((moving, fixed)) = pair.filter(|(moving, fixed)| moving.method == fixed.method) else {
            (self.map.overlay, self.map.overlay_asked) = (None, None);
            return None;
        };
        self.map.overlay.take_if(|overlay| !(overlay.moving.is_like(&moving) && overlay.fixed.is_like(&fixed)));
        let asked = self.map.overlay_asked.as_ref();
        if asked.is_some_and(|[asked, over]| Arc::ptr_eq(asked, &moving) && Arc::ptr_eq(over, &fixed)) {
            return None;
        }
        self.map.overlay_asked = Some([Arc::clone(&moving), Arc::clone(&fixed)]);
        Some(Effect::Overlay { moving, fixed })
    }

    /// What is laid over each other may have moved on by now; the next answer catches up.
    pub(super) fn overlaid(&mut self, overlay: Arc<Overlay>) -> Vec<Effect> {
        let asked = self.map.overlay_asked.as_ref();
        if asked.is_some_and(|[moving, fixed]| overlay.moving.is_like(moving) && overlay.fixed.is_like(fixed)) {
            self.map.overlay = Some(overlay);
        }
        Vec::new()
    }

    /// The sheet that an answer is for, unless something else is wanted by now.
    fn sheet_of(&mut self, backend: BackendId, ticket: Ticket) -> Option<&mut Sheet> {
        self.map.sheets.get_mut(&backend).filter(|sheet| sheet.ticket == ticket)
    }

    pub(super) fn projecting(
        &mut self,
        backend: BackendId,
        ticket: Ticket,
        epochs: usize,
        chart: Arc<Chart>,
    ) -> Vec<Effect> {
        if let Some(sheet) = self.sheet_of(backend, ticket) {
            (sheet.epochs, sheet.chart) = (Some(epochs), Some(chart));
        }
        Vec::new()
    }

    pub(super) fn projected(
        &mut self,
        backend: BackendId,
        ticket: Ticket,
        chart: Result<Arc<Chart>, String>,
    ) -> Vec<Effect> {
        let Some(sheet) = self.sheet_of(backend, ticket) else { return Vec::new() };
        sheet.epochs = None;
        match chart {
            Ok(chart) => {
                if let Some(wish) = sheet.asked.clone() {
                    sheet.kept.truncate(KEPT - 1);
                    sheet.kept.insert(0, (wish, Arc::clone(&chart)));
                }
                sheet.chart = Some(chart);
            }
            Err(message) => sheet.failed = Some(message),
        }
        Vec::new()
    }

    pub(super) fn clustered(&mut self, backend: BackendId, groups: Arc<Groups>) -> Vec<Effect> {
        self.map.sheets.entry(backend).or_default().clusters = Some(groups);
        Vec::new()
    }

    pub(super) fn axes_embedded(
        &mut self,
        backend: BackendId,
        ticket: Ticket,
        embedded: Result<Arc<Embedded>, String>,
    ) -> Vec<Effect> {
        let Some(sheet) = self.map.sheets.get_mut(&backend) else { return Vec::new() };
        if sheet.phrases_ticket == ticket {
            match (embedded, sheet.phrases_asked.clone()) {
                (Ok(embedded), Some(phrases)) => sheet.phrases = Some((phrases, embedded)),
                (Ok(_), None) => {}
                (Err(message), _) => sheet.failed = Some(message),
            }
        }
        Vec::new()
    }

    /// A map that failed, or the phrases of its axes, are asked for again.
    pub(super) fn retry_map(&mut self) {
        for sheet in self.map.sheets.values_mut().filter(|sheet| sheet.failed.is_some()) {
            (sheet.failed, sheet.phrases_asked, sheet.asked) = (None, None, None);
        }
    }

    /// Why there is no map as wanted, where an older one stands in its place: of the first backend that failed.
    #[must_use]
    pub fn map_failure(&self) -> Option<(BackendId, &str)> {
        let failed = |backend: BackendId| {
            let sheet = self.map.sheets.get(&backend).filter(|sheet| sheet.chart.is_some())?;
            Some((backend, sheet.failed.as_deref()?))
        };
        self.visible().into_iter().find_map(failed).filter(|_| self.screen == Screen::Map)
    }

    /// Whether the screen has room for two maps now.
    pub fn fit_maps(&mut self, two: bool) {
        self.map.has_room_for_two = two;
    }

    pub(super) fn act_on_map(&mut self, action: MapAction) -> Vec<Effect> {
        match action {
            MapAction::NextMethod => self.next_method(),
            MapAction::SwapGrouping => self.swap_grouping(),
            MapAction::NextLines => {
                self.map.lines = match self.map.lines {
                    Lines::Query => Lines::Selected,
                    Lines::Selected => Lines::Everyone,
                    Lines::Everyone => Lines::Off,
                    Lines::Off => Lines::Query,
                };
            }
            MapAction::ToggleSides => return self.toggle_sides(),
            MapAction::OpenAxes => (self.mode, self.map.axes_error) = (Mode::Axes, None),
            MapAction::CloseAxes => self.mode = Mode::Typing,
            MapAction::SubmitAxes => self.submit_axes(),
            MapAction::Pan(direction) => self.pan(direction),
            MapAction::Zoom(nearer) => self.map.viewport.zoom(factor(nearer), self.map.viewport.offset),
            MapAction::ZoomAt(nearer, millionths) => self.map.viewport.zoom(factor(nearer), shares(millionths)),
            MapAction::Centre => self.centre_on_selection(),
            MapAction::ShowAll => self.map.viewport = Viewport::WHOLE,
            MapAction::Grab(cell) => self.map.grabbed = Some(cell),
            MapAction::Drag { to, by } => {
                self.map.grabbed = Some(to);
                self.map.viewport.shift(shares(by));
            }
            MapAction::LetGo => self.map.grabbed = None,
            MapAction::Point(document) => self.map.pointed = document,
            MapAction::Take(document) => return self.select_on_map(document),
        }
        Vec::new()
    }

    fn next_method(&mut self) {
        let after = |method| match method {
            Method::Principal => Method::TSne,
            Method::TSne if self.map.phrases.is_some() => Method::Axes,
            Method::TSne | Method::Axes => Method::Principal,
        };
        // Where what is wanted failed, on from what is seen; and not to the same again.
        let sheet = self.map.sheets.get(&self.active);
        let seen = sheet.filter(|sheet| sheet.failed.is_some()).and_then(|sheet| sheet.chart.as_ref());
        let next = after(seen.map_or(self.map.method, |chart| chart.method));
        self.map.method = if seen.is_some() && next == self.map.method { after(next) } else { next };
        self.map.viewport = Viewport::WHOLE;
    }

    fn swap_grouping(&mut self) {
        self.map.grouping = match self.map.grouping {
            Grouping::Cluster if self.map.topics.is_some() => Grouping::Topic,
            Grouping::Cluster => {
                self.notice = Some("the corpus names no topics: documents are grouped by their vectors".into());
                Grouping::Cluster
            }
            Grouping::Topic => Grouping::Cluster,
        };
    }

    /// The backend whose map stands beside that of the active one.
    pub(in crate::state) fn second_map(&self) -> Option<BackendId> {
        let next = self.next_in_tab();
        (self.map.sides == Sides::Two && next != self.active).then_some(next)
    }

    fn toggle_sides(&mut self) -> Vec<Effect> {
        if let Some(second) = self.second_map() {
            self.map.sides = Sides::One;
            return self.forget_search(second);
        }
        if !self.map.has_room_for_two {
            self.notice = Some("no room for 2 maps: it takes a larger window".into());
            return Vec::new();
        }
        self.map.sides = Sides::Two;
        let Some(second) = self.second_map() else {
            self.map.sides = Sides::One;
            self.notice = Some("there is only one backend: the config names others".into());
            return Vec::new();
        };
        self.bring_up(second)
    }

    fn submit_axes(&mut self) {
        if self.map.axes.is_blank() {
            (self.map.phrases, self.mode) = (None, Mode::Typing);
            if self.map.method == Method::Axes {
                self.map.method = Method::Principal;
            }
            self.map.viewport = Viewport::WHOLE;
            return;
        }
        match Phrases::parse(self.map.axes.text()) {
            Ok(phrases) => {
                (self.map.phrases, self.map.method, self.mode) = (Some(phrases), Method::Axes, Mode::Typing);
                self.map.viewport = Viewport::WHOLE;
            }
            Err(message) => self.map.axes_error = Some(message),
        }
    }

    fn pan(&mut self, direction: Direction) {
        let stride = STRIDE / self.map.viewport.zoom;
        self.map.viewport.shift(match direction {
            Direction::Left => [-stride, 0.0],
            Direction::Right => [stride, 0.0],
            Direction::Up => [0.0, stride],
            Direction::Down => [0.0, -stride],
        });
    }

    fn centre_on_selection(&mut self) {
        let document = self.map.pointed.or_else(|| self.selected_document());
        let chart = self.map.chart(self.active);
        let Some((chart, place)) = chart.and_then(|chart| Some((chart, chart.place_of(document?)?))) else { return };
        let (centre, extent) = (chart.centre(), chart.extent());
        self.map.viewport.offset = [0, 1].map(|axis| (place[axis] - centre[axis]) / extent[axis]);
        // Of the whole map nothing would move.
        self.map.viewport.zoom = self.map.viewport.zoom.max(2.0);
    }

    fn select_on_map(&mut self, document: DocumentIndex) -> Vec<Effect> {
        let row = match self.ranking() {
            Some(ranking) => ranking.rank_of(document).map(|rank| rank - 1),
            None => self.row_of_listed(document),
        };
        row.map_or_else(Vec::new, |row| self.go_to_row(row))
    }
}

fn ask_for_phrases(sheet: &mut Sheet, backend: BackendId, ticket: Ticket, phrases: &Phrases) -> Option<Effect> {
    if sheet.phrases_asked.as_ref() == Some(phrases) {
        return None;
    }
    (sheet.phrases_asked, sheet.phrases_ticket, sheet.failed) = (Some(phrases.clone()), ticket, None);
    Some(Effect::EmbedTexts { backend, purpose: Purpose::Axes, ticket, role: Role::Query, texts: phrases.texts() })
}

fn factor(nearer: Nearer) -> f64 {
    match nearer {
        Nearer::In => STEP,
        Nearer::Out => STEP.recip(),
    }
}

fn shares(millionths: [i32; 2]) -> [f64; 2] {
    millionths.map(|millionth| f64::from(millionth) / 1e6)
}
