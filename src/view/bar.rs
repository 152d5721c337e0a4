//! Bars and histograms out of block characters.

use crate::math::distribution::Distribution;
use crate::state::BarScale;

const EIGHTHS: [char; 8] = [' ', '▏', '▎', '▍', '▌', '▋', '▊', '▉'];
const HEIGHTS: [char; 9] = [' ', '▁', '▂', '▃', '▄', '▅', '▆', '▇', '█'];

/// A bar for a score, at most `width` columns. On the cosine scale a negative score, which has no bar to the right of
/// zero, is drawn as a shaded one of its size.
///
/// `above` is the share of the corpus that stands below it, from 0 to 1.
pub(super) fn score(score: f32, above: f32, scale: BarScale, spread: &Distribution, width: usize) -> String {
    match scale {
        BarScale::Percentile => solid(above, width),
        BarScale::Spread => solid(spread.share(score), width),
        BarScale::Cosine if score < 0.0 => "░".repeat(solid(-score, width).chars().count()),
        BarScale::Cosine => solid(score, width),
    }
}

/// The share of `count` documents that stand below the one at `position`, from 0.
#[expect(clippy::cast_precision_loss, reason = "a share of documents, drawn as a bar")]
pub(super) fn percentile(position: usize, count: usize) -> f32 {
    if count < 2 { 1.0 } else { count.saturating_sub(position + 1) as f32 / (count - 1) as f32 }
}

/// A bar that fills a share (0 to 1) of `width` columns, to an eighth of a column.
pub(super) fn solid(share: f32, width: usize) -> String {
    #[expect(
        clippy::cast_precision_loss,
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "a share of a few columns"
    )]
    let eighths = (share.clamp(0.0, 1.0) * width as f32 * 8.0).round() as usize;
    let mut bar = "█".repeat(eighths / 8);
    if !eighths.is_multiple_of(8) {
        bar.push(EIGHTHS[eighths % 8]);
    }
    bar
}

/// One column a bin, as high as its share of the fullest, over `height` rows from top to bottom. A bin that is not
/// empty is never blank.
pub(super) fn histogram(counts: &[u32], height: usize) -> Vec<String> {
    let fullest = u64::from(counts.iter().copied().max().unwrap_or(0)).max(1);
    let eighths = |count: u32| (u64::from(count) * 8 * height as u64).div_ceil(fullest);
    (0..height as u64)
        .rev()
        .map(|row| {
            counts.iter().map(|&count| HEIGHTS[eighths(count).saturating_sub(row * 8).min(8) as usize]).collect()
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bars_end_on_an_eighth() {
        assert_eq!(solid(0.0, 8), "");
        assert_eq!(solid(0.5, 8), "████");
        assert_eq!(solid(0.51, 8), "████▏");
        assert_eq!(solid(1.0, 3), "███");
        assert_eq!(solid(7.0, 3), "███");
        assert_eq!(solid(f32::NAN, 3), "");
    }

    #[test]
    fn scales_differ() {
        let spread = Distribution::of([0.2_f32, 0.6].into_iter()).expect("two scores");
        assert_eq!(score(0.6, 0.5, BarScale::Cosine, &spread, 10), "██████");
        assert_eq!(score(0.6, 0.5, BarScale::Spread, &spread, 10), "██████████");
        assert_eq!(score(0.2, 0.0, BarScale::Spread, &spread, 10), "");
        assert_eq!(score(0.6, 0.5, BarScale::Percentile, &spread, 10), "█████");
        assert_eq!(score(-0.2, 0.0, BarScale::Cosine, &spread, 10), "░░");
    }

    #[test]
    fn a_single_score_is_seen_beside_thousands() {
        assert_eq!(histogram(&[0, 1, 4_000, 2_000, 8_000], 1), [" ▁▄▂█"]);
        assert_eq!(histogram(&[0, 0], 1), ["  "]);
    }

    #[test]
    fn a_tall_histogram_stacks_its_rows() {
        assert_eq!(histogram(&[4, 1, 3, 2], 2), ["█ ▄ ", "█▄██"]);
    }
}
