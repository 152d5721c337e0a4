//! Laying one map over another: the turn, reflection, scale and shift that bring its points closest to the other's.
//!
//! Orthogonal Procrustes (Schönemann 1966), which in two dimensions has a closed form: of the best rotation and the best
//! reflection, the one that brings more together. The scale makes both maps as large as each other; the one that would
//! leave the least distance shrinks a map to nothing that has nothing in common with the other, and then nothing is seen.

use super::plane::Place;

/// What lays one map over another.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Alignment {
    from: Place,
    to: Place,
    /// Two rows.
    turn: [[f64; 2]; 2],
    scale: f64,
    /// What is left between the two, from 0 (the same shape) to 1 (nothing in common): the least sum of squared distances
    /// that any scale leaves, as a share of the fixed map's own (Gower's m²).
    pub residual: f64,
}

impl Alignment {
    /// What lays `moving` over `fixed`, place by place. Maps of no extent are only shifted.
    ///
    /// ```
    /// use vecscope::math::procrustes::Alignment;
    /// // A quarter turn and twice the size.
    /// let alignment = Alignment::of(&[[0.0, 0.0], [1.0, 0.0]], &[[5.0, 5.0], [5.0, 7.0]]);
    /// let [x, y] = alignment.apply([1.0, 0.0]);
    /// assert!((x - 5.0).abs() < 1e-12 && (y - 7.0).abs() < 1e-12 && alignment.residual < 1e-12);
    /// ```
    #[must_use]
    pub fn of(moving: &[Place], fixed: &[Place]) -> Self {
        let (from, to) = (mean(moving), mean(fixed));
        let (mut product, mut own, mut other) = ([[0.0; 2]; 2], 0.0, 0.0);
        for (a, b) in moving.iter().zip(fixed) {
            let (a, b) = ([a[0] - from[0], a[1] - from[1]], [b[0] - to[0], b[1] - to[1]]);
            own += a[0] * a[0] + a[1] * a[1];
            other += b[0] * b[0] + b[1] * b[1];
            for row in 0..2 {
                for column in 0..2 {
                    product[row][column] += b[row] * a[column];
                }
            }
        }
        let [[xx, xy], [yx, yy]] = product;
        let (rotation, reflection) = ((xx + yy).hypot(yx - xy), (xx - yy).hypot(yx + xy));
        let gain = rotation.max(reflection);
        if gain <= 1e-12 * (own * other).sqrt() || gain == 0.0 {
            let residual = if other > 0.0 { 1.0 } else { 0.0 };
            return Self { from, to, turn: [[1.0, 0.0], [0.0, 1.0]], scale: 1.0, residual };
        }
        let turn = if rotation >= reflection {
            let (cos, sin) = ((xx + yy) / rotation, (yx - xy) / rotation);
            [[cos, -sin], [sin, cos]]
        } else {
            let (cos, sin) = ((xx - yy) / reflection, (yx + xy) / reflection);
            [[cos, sin], [sin, -cos]]
        };
        let residual = (1.0 - gain * gain / (own * other)).clamp(0.0, 1.0);
        Self { from, to, turn, scale: (other / own).sqrt(), residual }
    }

    /// Where a place of the moving map comes to lie over the fixed one.
    #[must_use]
    pub fn apply(&self, place: Place) -> Place {
        let [x, y] = [place[0] - self.from[0], place[1] - self.from[1]];
        let turned = self.turn.map(|[a, b]| self.scale * (a * x + b * y));
        [turned[0] + self.to[0], turned[1] + self.to[1]]
    }
}

fn mean(places: &[Place]) -> Place {
    #[expect(clippy::cast_precision_loss, reason = "a count of places")]
    let count = places.len().max(1) as f64;
    let [x, y] = places.iter().fold([0.0; 2], |sum, place| [sum[0] + place[0], sum[1] + place[1]]);
    [x / count, y / count]
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn what_is_not_the_same_shape_leaves_a_residual() {
        let square = [[1.0, 1.0], [-1.0, 1.0], [-1.0, -1.0], [1.0, -1.0]];
        assert!(Alignment::of(&square, &square).residual < 1e-12);
        // Two pairs that cross: no turn brings both together.
        let crossed = [[1.0, 1.0], [-1.0, 1.0], [1.0, -1.0], [-1.0, -1.0]];
        let alignment = Alignment::of(&crossed, &square);
        // Only their heights agree: 1 − 4² / (8 · 8).
        assert!((alignment.residual - 0.75).abs() < 1e-12, "{}", alignment.residual);
    }

    #[test]
    fn maps_of_no_extent_are_only_shifted() {
        let alignment = Alignment::of(&[[2.0, 2.0], [2.0, 2.0]], &[[0.0, 1.0], [4.0, 1.0]]);
        assert_eq!((alignment.apply([3.0, 2.0]), alignment.residual), ([3.0, 1.0], 1.0));
        let (nothing, one) = (Alignment::of(&[], &[]), Alignment::of(&[[1.0, 1.0]], &[[5.0, 0.0]]));
        assert_eq!((nothing.apply([1.0, 2.0]), one.apply([1.0, 1.0])), ([1.0, 2.0], [5.0, 0.0]));
    }

    proptest! {
        #[test]
        fn a_map_that_was_turned_reflected_scaled_and_shifted_comes_back(
            places in prop::collection::vec((-5.0_f64..5.0, -5.0_f64..5.0), 3..20),
            angle in 0.0_f64..6.3,
            scale in 0.1_f64..9.0,
            mirrored: bool,
            shift in (-9.0_f64..9.0, -9.0_f64..9.0),
        ) {
            let fixed: Vec<Place> = places.into_iter().map(|(x, y)| [x, y]).collect();
            let side = if mirrored { -1.0 } else { 1.0 };
            let moving: Vec<Place> = fixed.iter().map(|&[x, y]| {
                let (sin, cos) = angle.sin_cos();
                let (x, y) = (side * x, y);
                [scale * (cos * x - sin * y) + shift.0, scale * (sin * x + cos * y) + shift.1]
            }).collect();
            let alignment = Alignment::of(&moving, &fixed);
            prop_assert!(alignment.residual < 1e-6, "{}", alignment.residual);
            for (&moved, &place) in moving.iter().zip(&fixed) {
                let [x, y] = alignment.apply(moved);
                prop_assert!((x - place[0]).abs() < 1e-4 && (y - place[1]).abs() < 1e-4);
            }
        }
    }
}
