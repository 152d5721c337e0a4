//! Inner products and distances of one vector with many, with the widest instructions that the processor has.
//!
//! The numbers of a row are summed in an order that depends on the processor alone: not on how many rows there are, nor
//! on who computes them. So a score is the same on every run.

use pulp::{Arch, Simd, WithSimd};

/// What is summed over the dimensions of two vectors.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Sum {
    /// a × b: the inner product.
    Products,
    /// (a − b)²: the square of the Euclidean distance.
    SquaredDifferences,
}

impl Sum {
    /// The sum over two vectors of the same length.
    ///
    /// ```
    /// use vecscope::math::products::Sum;
    /// assert_eq!(Sum::Products.over(&[1.0, 2.0, 3.0], &[4.0, 0.5, -1.0]), 2.0);
    /// assert_eq!(Sum::SquaredDifferences.over(&[1.0, 2.0], &[4.0, 0.0]), 13.0);
    /// ```
    #[must_use]
    pub fn over(self, a: &[f32], b: &[f32]) -> f32 {
        let mut sum = 0.0;
        self.over_rows(a, b, std::slice::from_mut(&mut sum));
        sum
    }

    /// The sum of each of `rows`, which stand one behind the other, with a vector: one number a row into `sums`.
    pub fn over_rows(self, rows: &[f32], vector: &[f32], sums: &mut [f32]) {
        if vector.is_empty() {
            sums.fill(0.0);
            return;
        }
        match self {
            Self::Products => Arch::new().dispatch(Products { rows, vector, sums }),
            Self::SquaredDifferences => Arch::new().dispatch(SquaredDifferences { rows, vector, sums }),
        }
    }
}

struct Products<'a> {
    rows: &'a [f32],
    vector: &'a [f32],
    sums: &'a mut [f32],
}

impl WithSimd for Products<'_> {
    type Output = ();

    #[expect(clippy::inline_always, reason = "or it is compiled without the instructions it is dispatched to")]
    #[inline(always)]
    fn with_simd<S: Simd>(self, simd: S) {
        for (row, sum) in self.rows.chunks_exact(self.vector.len()).zip(self.sums) {
            *sum = sum_up(simd, row, self.vector, |a, b, sum| simd.mul_add_e_f32s(a, b, sum));
        }
    }
}

struct SquaredDifferences<'a> {
    rows: &'a [f32],
    vector: &'a [f32],
    sums: &'a mut [f32],
}

impl WithSimd for SquaredDifferences<'_> {
    type Output = ();

    #[expect(clippy::inline_always, reason = "or it is compiled without the instructions it is dispatched to")]
    #[inline(always)]
    fn with_simd<S: Simd>(self, simd: S) {
        for (row, sum) in self.rows.chunks_exact(self.vector.len()).zip(self.sums) {
            *sum = sum_up(simd, row, self.vector, |a, b, sum| {
                let difference = simd.sub_f32s(a, b);
                simd.mul_add_e_f32s(difference, difference, sum)
            });
        }
    }
}

/// Four sums side by side, because the next addition to one of them has to wait for the one before.
#[expect(clippy::inline_always, reason = "or it is compiled without the instructions it is dispatched to")]
#[inline(always)]
fn sum_up<S: Simd>(simd: S, a: &[f32], b: &[f32], add: impl Fn(S::f32s, S::f32s, S::f32s) -> S::f32s) -> f32 {
    let (a, a_rest) = S::as_simd_f32s(a);
    let (b, b_rest) = S::as_simd_f32s(b);
    let (a_fours, a) = pulp::as_arrays::<4, _>(a);
    let (b_fours, b) = pulp::as_arrays::<4, _>(b);
    let mut sums = [simd.splat_f32s(0.0); 4];
    for (a, b) in a_fours.iter().zip(b_fours) {
        for (sum, (&a, &b)) in sums.iter_mut().zip(a.iter().zip(b)) {
            *sum = add(a, b, *sum);
        }
    }
    for (&a, &b) in a.iter().zip(b) {
        sums[0] = add(a, b, sums[0]);
    }
    if !a_rest.is_empty() {
        sums[1] = add(simd.partial_load_f32s(a_rest), simd.partial_load_f32s(b_rest), sums[1]);
    }
    let [first, second, third, fourth] = sums;
    simd.reduce_sum_f32s(simd.add_f32s(simd.add_f32s(first, second), simd.add_f32s(third, fourth)))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn naive(sum: Sum, a: &[f32], b: &[f32]) -> f64 {
        let pairs = a.iter().zip(b).map(|(&a, &b)| (f64::from(a), f64::from(b)));
        match sum {
            Sum::Products => pairs.map(|(a, b)| a * b).sum(),
            Sum::SquaredDifferences => pairs.map(|(a, b)| (a - b) * (a - b)).sum(),
        }
    }

    proptest! {
        #[test]
        fn every_row_is_summed_as_in_double_precision_whatever_its_length(
            dimensions in 1_usize..200,
            rows in 0_usize..4,
            seed: u64,
        ) {
            let mut state = seed | 1;
            let mut next = || {
                state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
                f32::from((state >> 48) as u16) / 32_768.0 - 1.0
            };
            let vector: Vec<f32> = (0..dimensions).map(|_| next()).collect();
            let all: Vec<f32> = (0..rows * dimensions).map(|_| next()).collect();
            for sum in [Sum::Products, Sum::SquaredDifferences] {
                let mut sums = vec![f32::NAN; rows];
                sum.over_rows(&all, &vector, &mut sums);
                for (row, &found) in all.chunks(dimensions).zip(&sums) {
                    prop_assert!((f64::from(found) - naive(sum, row, &vector)).abs() < 1e-4);
                    prop_assert_eq!(found.to_bits(), sum.over(row, &vector).to_bits(), "alone as among others");
                }
            }
        }
    }

    #[test]
    fn vectors_without_dimensions_have_sums_of_nothing() {
        let mut sums = vec![1.0, 2.0];
        Sum::Products.over_rows(&[], &[], &mut sums);
        assert_eq!(sums, [0.0, 0.0]);
    }
}
