//! Vectors in whole numbers of eight bits, for a first look: their inner products are known up to an error that is known
//! as well.
//!
//! A vector d is kept as s × c, where c are whole numbers from −127 to 127 and s = max |d| / 127, and with it the length of
//! what that leaves out, |d − s c|. A query q is made coarse in the same way, with sixteen bits. By Cauchy and Schwarz
//!
//! |q · d − (t b) · (s c)| = |q · (d − s c) + (q − t b) · s c| ≤ |q| |d − s c| + |q − t b| |s c|
//!
//! where t b is the coarse query. So whoever wants the best k takes the k-th greatest lower bound of all, and looks at
//! those rows whose upper bound reaches it: no other can be among the best.

use std::ops::Range;

use pulp::{Arch, Simd, WithSimd};

use super::products::Sum;

/// The greatest whole number of a vector.
const MOST: f32 = 127.0;
/// The greatest of a query.
const MOST_OF_QUERY: f32 = 32_767.0;
/// The sum of a query's whole numbers, without their signs, is at most this: then no sum of products with a vector's goes
/// beyond 32 bits.
const MOST_TOGETHER: f32 = 16_000_000.0;
/// Lengths are summed in single precision; with this, no rounding makes one too short.
const ROUNDING: f32 = 1.001;

/// Rows in whole numbers.
#[derive(Debug, Clone, Default)]
pub struct Coarse {
    dimensions: usize,
    /// One row behind the other.
    codes: Vec<i8>,
    rows: Vec<Row>,
}

/// What is known of a row beside its whole numbers.
#[derive(Debug, Clone, Copy, Default)]
struct Row {
    /// What one of its whole numbers is worth: s.
    scale: f32,
    /// The length of what the whole numbers leave out: never too short.
    error: f32,
    /// The length of the row.
    norm: f32,
}

/// A query in whole numbers.
#[derive(Debug, Clone)]
pub struct CoarseQuery {
    codes: Vec<i16>,
    scale: f32,
    error: f32,
    norm: f32,
}

impl CoarseQuery {
    /// The coarse form of a query.
    #[must_use]
    #[expect(clippy::cast_possible_truncation, reason = "within 16 bits by the choice of the scale")]
    pub fn new(query: &[f32]) -> Self {
        let (largest, together) =
            query.iter().fold((0.0_f32, 0.0_f32), |(largest, sum), x| (largest.max(x.abs()), sum + x.abs()));
        let scale = (largest / MOST_OF_QUERY).max(together / MOST_TOGETHER);
        let code = |x: f32| if scale > 0.0 { (x / scale).round() } else { 0.0 };
        let left: Vec<f32> = query.iter().map(|&x| code(x) * scale).collect();
        Self {
            codes: query.iter().map(|&x| code(x) as i16).collect(),
            scale,
            error: Sum::SquaredDifferences.over(query, &left).sqrt() * ROUNDING,
            norm: Sum::Products.over(query, query).sqrt() * ROUNDING,
        }
    }
}

impl Coarse {
    /// How many rows there are.
    #[must_use]
    pub fn len(&self) -> usize {
        self.rows.len()
    }

    /// Whether there is none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.rows.is_empty()
    }

    /// Forgets all rows from the one with this number on.
    pub fn truncate(&mut self, rows: usize) {
        self.codes.truncate(rows * self.dimensions);
        self.rows.truncate(rows);
    }

    /// Takes in those of `rows`, which stand one behind the other, that are not among these yet: in so many pieces of work at
    /// the most, all of which have to be done, in whatever order or at once.
    pub fn take_in<'a>(
        &'a mut self,
        rows: &'a [f32],
        dimensions: usize,
        pieces: usize,
    ) -> impl Iterator<Item = impl FnOnce() + Send + 'a> + 'a {
        if self.is_empty() {
            self.dimensions = dimensions;
        }
        let (known, all) = (self.len(), rows.len() / dimensions.max(1));
        let all = all.max(known);
        self.codes.reserve_exact((all - known) * dimensions);
        self.codes.resize(all * dimensions, 0);
        self.rows.resize(all, Row::default());
        let size = (all - known).div_ceil(pieces.max(1)).max(1);
        let new = rows[known * dimensions..].chunks((size * dimensions).max(1));
        let codes = self.codes[known * dimensions..].chunks_mut((size * dimensions).max(1));
        let parts = new.zip(codes).zip(self.rows[known..].chunks_mut(size));
        parts.map(move |((rows, codes), known)| move || Arch::new().dispatch(Encode { dimensions, rows, codes, known }))
    }

    /// The inner products of some rows with a query, as far as whole numbers tell.
    pub fn products(&self, query: &CoarseQuery, rows: Range<usize>, products: &mut [f32]) {
        let codes = &self.codes[rows.start * self.dimensions..rows.end * self.dimensions];
        Arch::new().dispatch(Products { codes, rows: &self.rows[rows], query, sums: products });
    }

    /// By how much the score of a row may be off at the most that is made of its [product](Self::products), or of the
    /// square of its distance made of that, against the score that single precision gives.
    #[must_use]
    #[expect(clippy::cast_precision_loss, reason = "a few thousand dimensions")]
    pub fn error(&self, query: &CoarseQuery, row: usize) -> f32 {
        let row = self.rows[row];
        let lengths = query.norm + row.norm * ROUNDING;
        // Each of the dimensions adds one rounding, on either way; and there are a few around them.
        let rounding = f32::EPSILON * ((2 * self.dimensions + 16) as f32 * lengths * lengths + 8.0);
        query.norm * row.error + query.error * (row.norm * ROUNDING + row.error) + rounding
    }

    /// The length of a row.
    #[must_use]
    pub fn norm(&self, row: usize) -> f32 {
        self.rows[row].norm
    }
}

struct Encode<'a> {
    dimensions: usize,
    rows: &'a [f32],
    codes: &'a mut [i8],
    known: &'a mut [Row],
}

impl WithSimd for Encode<'_> {
    type Output = ();

    #[expect(clippy::inline_always, reason = "or it is compiled without the instructions it is dispatched to")]
    #[expect(clippy::cast_possible_truncation, reason = "from −127 to 127 by the choice of the scale")]
    #[inline(always)]
    fn with_simd<S: Simd>(self, _: S) {
        let mut left = vec![0.0; self.dimensions];
        let rows = self.rows.chunks_exact(self.dimensions).zip(self.codes.chunks_exact_mut(self.dimensions));
        for ((row, codes), known) in rows.zip(self.known) {
            let largest = row.iter().fold(0.0_f32, |largest, x| if x.abs() > largest { x.abs() } else { largest });
            let scale = largest / MOST;
            // Of numbers so small that their scale is none, all is left out.
            let inverse = if scale > 0.0 { 1.0 / scale } else { 0.0 };
            for ((code, left), x) in codes.iter_mut().zip(&mut left).zip(row) {
                let whole = (x * inverse).round_ties_even().clamp(-MOST, MOST);
                *code = whole as i8;
                *left = whole * scale;
            }
            let error = Sum::SquaredDifferences.over(row, &left).sqrt() * ROUNDING;
            *known = Row { scale, error, norm: Sum::Products.over(row, row).sqrt() };
        }
    }
}

struct Products<'a> {
    codes: &'a [i8],
    rows: &'a [Row],
    query: &'a CoarseQuery,
    sums: &'a mut [f32],
}

impl WithSimd for Products<'_> {
    type Output = ();

    #[expect(clippy::inline_always, reason = "or it is compiled without the instructions it is dispatched to")]
    #[expect(clippy::cast_precision_loss, reason = "counted in the error")]
    #[inline(always)]
    fn with_simd<S: Simd>(self, _: S) {
        let rows = self.codes.chunks_exact(self.query.codes.len()).zip(self.rows);
        for ((codes, row), scaled) in rows.zip(self.sums) {
            let pairs = codes.iter().zip(&self.query.codes);
            let sum: i32 = pairs.map(|(&code, &of_query)| i32::from(code) * i32::from(of_query)).sum();
            *scaled = sum as f32 * (row.scale * self.query.scale);
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn exact(a: &[f32], b: &[f32]) -> f64 {
        a.iter().zip(b).map(|(&a, &b)| f64::from(a) * f64::from(b)).sum()
    }

    proptest! {
        #[test]
        fn no_product_is_off_by_more_than_it_says(
            rows in prop::collection::vec(prop::collection::vec(-2.0_f32..2.0, 40), 1..5),
            query in prop::collection::vec(-1.0_f32..1.0, 40),
            size in -18_i32..6,
        ) {
            let size = 2.0_f32.powi(size);
            let all: Vec<f32> = rows.concat().into_iter().map(|x| x * size).collect();
            let mut coarse = Coarse::default();
            coarse.take_in(&all, 40, 3).for_each(|piece| piece());
            let coarse_query = CoarseQuery::new(&query);
            let mut products = vec![0.0; rows.len()];
            coarse.products(&coarse_query, 0..rows.len(), &mut products);
            for (number, row) in all.chunks(40).enumerate() {
                let off = (f64::from(products[number]) - exact(row, &query)).abs();
                let error = coarse.error(&coarse_query, number);
                prop_assert!(off <= f64::from(error), "off by {off}, not by {error}");
                // And it says something: an eighth-bit step of the largest number, over all dimensions.
                prop_assert!(error <= size * 0.6 * coarse_query.norm + 1e-3, "{error}");
            }
        }
    }

    #[test]
    fn rows_taken_in_later_are_as_if_they_had_been_there() {
        let all: Vec<f32> = (0..30_u8).map(|x| f32::from(x % 7) - 3.0).collect();
        let (mut at_once, mut later) = (Coarse::default(), Coarse::default());
        at_once.take_in(&all, 3, 1).for_each(|piece| piece());
        later.take_in(&all[..9], 3, 2).for_each(|piece| piece());
        later.take_in(&all, 3, 2).for_each(|piece| piece());
        assert_eq!((later.len(), &later.codes), (10, &at_once.codes));
        let query = CoarseQuery::new(&[1.0, -0.5, 0.0]);
        let products = |coarse: &Coarse| {
            let mut products = [0.0; 2];
            coarse.products(&query, 8..10, &mut products);
            products.map(f32::to_bits)
        };
        assert_eq!(products(&at_once), products(&later));
    }

    #[test]
    fn the_greatest_numbers_of_many_dimensions_do_not_overflow() {
        const DIMENSIONS: usize = 8_192;
        let mut coarse = Coarse::default();
        let ones = [1.0].repeat(DIMENSIONS);
        coarse.take_in(&ones, DIMENSIONS, 1).for_each(|piece| piece());
        let mut product = [0.0];
        coarse.products(&CoarseQuery::new(&ones), 0..1, &mut product);
        assert!((product[0] - 8_192.0).abs() < 1.0, "{}", product[0]);
    }

    #[test]
    fn a_row_of_zeros_has_no_product_and_next_to_no_error() {
        let mut coarse = Coarse::default();
        coarse.take_in(&[0.0; 4], 4, 1).for_each(|piece| piece());
        let query = CoarseQuery::new(&[1.0, 2.0, 3.0, 4.0]);
        let mut product = [f32::NAN];
        coarse.products(&query, 0..1, &mut product);
        assert!(product[0].abs() < f32::EPSILON);
        assert!(coarse.error(&query, 0) < 1e-3);
    }
}
