//! The parameters of a stage: the one that the keys change stands in ‹ ›.

use ratatui::text::{Line, Span};

use crate::engine::Stage;
use crate::engine::pipeline::Fusion;
use crate::state::State;
use crate::state::pipeline::Param;
use crate::text;
use crate::view::Theme;

/// As many parameters of a stage as there is room for, that which can be changed among them.
pub(super) fn line(state: &State, stage: Stage, room: usize, theme: &Theme) -> Line<'static> {
    let (pipeline, focused) = (&state.pipeline, stage == state.pipeline.focus);
    let chosen = pipeline.chosen(stage);
    let params = pipeline.params(stage);
    let at = params.iter().position(|&param| param == chosen).unwrap_or(0);
    // From the first on, or from as far to the right as the chosen one needs.
    let fits = |from: usize, to: usize| {
        let width: usize = params[from..=to].iter().map(|&param| text::width(&shown(state, param)) + 1).sum();
        width + 3 <= room
    };
    let from = (0..=at).find(|&from| fits(from, at)).unwrap_or(at);
    let to = (at..params.len()).rev().find(|&to| fits(from, to)).unwrap_or(at);
    let mut line = Line::from(Span::styled(" ", theme.dim));
    for &param in &params[from..=to] {
        let value = text::fit(&shown(state, param), room.saturating_sub(4)).into_owned();
        if param == chosen && focused {
            line.push_span(Span::styled(format!("‹{value}› "), theme.accent));
        } else {
            line.push_span(Span::styled(format!("{value} "), theme.dim));
        }
    }
    line
}

/// What a parameter is called and how it stands.
pub(super) fn shown(state: &State, param: Param) -> String {
    let settings = &state.pipeline.settings;
    let on = |word: &str, is_on: bool| if is_on { word.to_owned() } else { format!("no {word}") };
    match param {
        Param::Backend => text::visible(&state.panel().label).into_owned(),
        Param::K1 => format!("k1 {}", settings.bm25.k1),
        Param::B => format!("b {}", settings.bm25.b),
        Param::Stemming => on("stems", settings.folding.stemming),
        // Left out is what is set, kept is what is shown.
        Param::StopWords => on("stop words", !settings.folding.stop_words),
        Param::Accents => on("accents", !settings.folding.accents),
        Param::Fusion => match settings.fusion {
            Fusion::ReciprocalRank => "RRF".into(),
            Fusion::Blend => "blend".into(),
        },
        Param::K => format!("k {}", settings.k),
        Param::DenseWeight => format!("dense ×{}", settings.weights[0]),
        Param::Bm25Weight => format!("BM25 ×{}", settings.weights[1]),
        Param::Alpha => format!("alpha {}", settings.alpha),
        Param::Reranker => match state.pipeline.reranker() {
            Some(panel) => text::visible(&panel.label).into_owned(),
            None => "none".into(),
        },
        Param::Depth => format!("top {}", settings.depth),
        Param::LateWeight => format!("late {}", settings.late_weight),
    }
}
