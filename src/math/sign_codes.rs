//! Vectors in one bit a dimension, for a first look at very many of them.
//!
//! Of a vector d the signs of d − m are kept, where m is the middle of all: models put their vectors into one corner of
//! the space, and the signs of d itself would be much the same for all. Two looks are possible.
//!
//! - By [agreement](SignCodes::by_agreement) the query has one bit a dimension, too. What is counted is how many signs
//!   agree, which is the quickest there is.
//! - By [sum](SignCodes::by_sum) the query keeps its numbers: q · d is estimated as f Σ ±(q − m) + d · m + q · m − m · m, with
//!   f = |d − m|² / Σ |d − m|. This f makes the estimate right for q = d, and right on average over all directions. (Gao and
//!   Long 2024, "`RaBitQ`: quantizing high-dimensional vectors with a theoretical error bound for approximate nearest
//!   neighbor search", whose random rotation is left out: it takes d² steps a vector.)

use std::ops::Range;

use pulp::{Arch, Simd, WithSimd};

use super::pages::Pages;
use super::products::Sum;
use super::space::Space;

/// How many rows stand together: word by word, so that one instruction counts for all of them.
pub const TOGETHER: usize = 8;

/// One word of 64 signs of each of the rows that stand together: the lower halves of all of them, then the upper ones.
type Words = [u32; 2 * TOGETHER];

/// Rows in one bit a dimension.
#[derive(Debug, Clone)]
pub struct SignCodes {
    space: Space,
    /// The middle of all rows: m.
    middle: Vec<f32>,
    /// The words of the first eight rows, then those of the next.
    words: Pages<Words>,
    rows: Vec<Row>,
}

/// What is known of a row beside its signs.
#[derive(Debug, Clone, Copy, Default)]
struct Row {
    /// What a sign is worth: f.
    worth: f32,
    /// What is added for the row: d · m, and where distances count − d · d / 2.
    offset: f32,
}

/// A query to estimate by.
#[derive(Debug, Clone)]
pub struct SignQuery {
    /// The signs of q − m: each word as often as rows stand together.
    words: Vec<Words>,
    /// The mean size of its numbers.
    size: f32,
    /// q − m.
    numbers: Vec<f32>,
}

impl SignCodes {
    /// No rows yet, around a middle.
    #[must_use]
    pub fn new(space: Space, middle: Vec<f32>) -> Self {
        Self { space, middle, words: Pages::default(), rows: Vec::new() }
    }

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

    fn words_a_row(&self) -> usize {
        self.middle.len().div_ceil(64)
    }

    /// Takes in those of `rows`, which stand one behind the other, that are not among these yet: in so many pieces of work at
    /// the most, all of which have to be done, in whatever order or at once.
    pub fn take_in<'a>(
        &'a mut self,
        rows: &'a [f32],
        pieces: usize,
    ) -> impl Iterator<Item = impl FnOnce() + Send + 'a> + 'a {
        let dimensions = self.middle.len();
        let all = (rows.len() / dimensions.max(1)).max(self.len());
        // From the first of those that stand together.
        let known = self.len() / TOGETHER * TOGETHER;
        let words = self.words_a_row();
        let length = all.div_ceil(TOGETHER) * words;
        self.words.reserve(length.saturating_sub(self.words.len()));
        self.words.resize(length);
        self.rows.resize(all, Row::default());
        let size = (all - known).div_ceil(pieces.max(1)).max(1).next_multiple_of(TOGETHER);
        let (space, middle) = (self.space, &self.middle);
        let new = rows[known * dimensions..].chunks((size * dimensions).max(1));
        let codes = self.words[known / TOGETHER * words..].chunks_mut((size / TOGETHER * words).max(1));
        let parts = new.zip(codes).zip(self.rows[known..].chunks_mut(size));
        parts.map(move |((rows, codes), known)| {
            move || Arch::new().dispatch(Encode { space, middle, rows, codes, known })
        })
    }

    /// What estimates by a query take.
    #[must_use]
    #[expect(clippy::cast_precision_loss, reason = "a few thousand dimensions")]
    pub fn query(&self, query: &[f32]) -> SignQuery {
        let numbers: Vec<f32> = query.iter().zip(&self.middle).map(|(q, m)| q - m).collect();
        let word = |numbers| {
            let [lower, upper] = signs(numbers);
            std::array::from_fn(|place| if place < TOGETHER { lower } else { upper })
        };
        let words = numbers.chunks(64).map(word).collect();
        let size = numbers.iter().map(|x| x.abs()).sum::<f32>() / numbers.len().max(1) as f32;
        SignQuery { words, size, numbers }
    }

    /// Estimates of some rows by how many signs agree with the query's, for their order only. `rows` begins with the first
    /// of those that stand together.
    pub fn by_agreement(&self, query: &SignQuery, rows: Range<usize>, estimates: &mut [f32]) {
        let words = self.words_a_row();
        let codes = &self.words[rows.start / TOGETHER * words..rows.end.div_ceil(TOGETHER) * words];
        // Rows of one length, nearly, are told apart by their signs alone, and so much less has to be fetched.
        let rows = if self.space == Space::Cosine { &[] } else { &self.rows[rows] };
        let dimensions = self.middle.len();
        Arch::new().dispatch(Agreement { dimensions, codes, rows, query, estimates });
    }

    /// Estimates of single rows by sums of the query's numbers; all of them less by what is the same for all.
    pub fn by_sum(&self, query: &SignQuery, rows: &[usize], estimates: &mut [f32]) {
        /// The signs of so many rows are fetched from memory at once.
        const AT_ONCE: usize = 16;
        let tables: Vec<[f32; 256]> = query.numbers.chunks(8).map(sums_of_eight).collect();
        let words = self.words_a_row();
        let mut codes = vec![[[0; 4]; 2]; AT_ONCE * words];
        for (rows, estimates) in rows.chunks(AT_ONCE).zip(estimates.chunks_mut(AT_ONCE)) {
            for (row, codes) in rows.iter().zip(codes.chunks_exact_mut(words.max(1))) {
                let of_row = &self.words[row / TOGETHER * words..][..words];
                for (code, words) in codes.iter_mut().zip(of_row) {
                    *code = [words[row % TOGETHER], words[TOGETHER + row % TOGETHER]].map(u32::to_le_bytes);
                }
            }
            for ((&row, codes), estimate) in rows.iter().zip(codes.chunks_exact(words.max(1))).zip(estimates) {
                // Two sums side by side, as the next addition has to wait for the one before.
                let mut sums = [0.0_f32; 2];
                for (place, (table, &code)) in tables.iter().zip(codes.as_flattened().as_flattened()).enumerate() {
                    sums[place % 2] += table[usize::from(code)];
                }
                *estimate = self.rows[row].worth * (sums[0] + sums[1]) + self.rows[row].offset;
            }
        }
    }
}

/// Bit `i` is whether number `i` is not below 0; of at most 64 numbers, in two halves.
#[expect(clippy::inline_always, reason = "or it is compiled without the instructions it is dispatched to")]
#[inline(always)]
fn signs(numbers: &[f32]) -> [u32; 2] {
    let half = |numbers: &[f32]| {
        numbers.iter().enumerate().fold(0, |half, (place, &number)| half | (u32::from(number >= 0.0) << place))
    };
    let (lower, upper) = numbers.split_at(numbers.len().min(32));
    [half(lower), half(upper)]
}

/// The sum of up to eight numbers for each way of giving them signs: plus where the bit is set.
fn sums_of_eight(numbers: &[f32]) -> [f32; 256] {
    let mut sums = [0.0; 256];
    sums[0] = -numbers.iter().sum::<f32>();
    for code in 1..256_usize {
        let lowest = code.trailing_zeros() as usize;
        sums[code] = sums[code & (code - 1)] + 2.0 * numbers.get(lowest).copied().unwrap_or(0.0);
    }
    sums
}

struct Encode<'a> {
    space: Space,
    middle: &'a [f32],
    rows: &'a [f32],
    codes: &'a mut [Words],
    known: &'a mut [Row],
}

impl WithSimd for Encode<'_> {
    type Output = ();

    #[expect(clippy::inline_always, reason = "or it is compiled without the instructions it is dispatched to")]
    #[inline(always)]
    fn with_simd<S: Simd>(self, _: S) {
        let Self { space, middle, rows, codes, known } = self;
        let words = middle.len().div_ceil(64);
        let mut from_middle = vec![0.0; middle.len()];
        for (number, (row, known)) in rows.chunks_exact(middle.len()).zip(known).enumerate() {
            for ((from_middle, x), m) in from_middle.iter_mut().zip(row).zip(middle) {
                *from_middle = x - m;
            }
            let (block, lane) = (number / TOGETHER, number % TOGETHER);
            for (word, numbers) in codes[block * words..].iter_mut().zip(from_middle.chunks(64)) {
                [word[lane], word[TOGETHER + lane]] = signs(numbers);
            }
            let sizes: f32 = from_middle.iter().map(|x| x.abs()).sum();
            let square = Sum::Products.over(&from_middle, &from_middle);
            let half = if space == Space::Euclidean { Sum::Products.over(row, row) / 2.0 } else { 0.0 };
            *known = Row {
                worth: if sizes > 0.0 { square / sizes } else { 0.0 },
                offset: Sum::Products.over(row, middle) - half,
            };
        }
    }
}

struct Agreement<'a> {
    dimensions: usize,
    codes: &'a [Words],
    /// None where what they are worth does not count.
    rows: &'a [Row],
    query: &'a SignQuery,
    estimates: &'a mut [f32],
}

impl WithSimd for Agreement<'_> {
    type Output = ();

    #[expect(clippy::inline_always, reason = "or it is compiled without the instructions it is dispatched to")]
    #[inline(always)]
    fn with_simd<S: Simd>(self, simd: S) {
        let Self { dimensions, codes, rows, query, estimates } = self;
        let blocks = codes.chunks_exact(query.words.len().max(1));
        let (whole, rest) = estimates.as_chunks_mut::<TOGETHER>();
        let last = whole.len();
        for (block, estimates) in blocks.clone().zip(whole) {
            *estimates = agreement(simd, dimensions, block, &query.words);
        }
        if let Some(block) = blocks.clone().nth(last).filter(|_| !rest.is_empty()) {
            rest.copy_from_slice(&agreement(simd, dimensions, block, &query.words)[..rest.len()]);
        }
        for (estimate, row) in estimates.iter_mut().zip(rows) {
            *estimate = row.worth * query.size * *estimate + row.offset;
        }
    }
}

/// How many more of the signs of each row agree with a query's than differ.
#[expect(clippy::cast_precision_loss, reason = "a few thousand dimensions")]
#[expect(clippy::inline_always, reason = "or it is compiled without the instructions it is dispatched to")]
#[inline(always)]
fn agreement<S: Simd>(simd: S, dimensions: usize, block: &[Words], query: &[Words]) -> [f32; TOGETHER] {
    let mut differing = Words::default();
    let (sums, _) = S::as_mut_simd_u32s(&mut differing);
    let (blocks, block) = block.as_chunks::<SIX>();
    let (queries, query) = query.as_chunks::<SIX>();
    for (place, sum) in sums.iter_mut().enumerate() {
        for (block, query) in blocks.iter().zip(queries) {
            *sum = simd.add_u32s(*sum, count_six(simd, differ(simd, block, query, place)));
        }
        if !block.is_empty() {
            let mut last = [simd.splat_u32s(0); SIX];
            for ((last, words), of_query) in last.iter_mut().zip(block).zip(query) {
                *last = simd.xor_u32s(S::as_simd_u32s(words).0[place], S::as_simd_u32s(of_query).0[place]);
            }
            *sum = simd.add_u32s(*sum, count_six(simd, last));
        }
    }
    let (lower, upper) = differing.split_at(TOGETHER);
    std::array::from_fn(|row| dimensions as f32 - 2.0 * (lower[row] + upper[row]) as f32)
}

/// So many words are counted together: all of 384 dimensions.
const SIX: usize = 6;

/// Where signs of six words differ from a query's: of those rows that stand at `place`.
#[expect(clippy::inline_always, reason = "or it is compiled without the instructions it is dispatched to")]
#[inline(always)]
fn differ<S: Simd>(simd: S, block: &[Words; SIX], query: &[Words; SIX], place: usize) -> [S::u32s; SIX] {
    std::array::from_fn(|word| {
        simd.xor_u32s(S::as_simd_u32s(&block[word]).0[place], S::as_simd_u32s(&query[word]).0[place])
    })
}

/// How many bits are set in six words, of each 32 of them.
///
/// The words are added up bit by bit first, so that three are left to be counted in place of six: of ones, of twos and
/// of fours (Harley and Seal's counting; Muła, Kurz and Lemire 2018, "Faster population counts using AVX2 instructions").
#[expect(clippy::inline_always, reason = "or it is compiled without the instructions it is dispatched to")]
#[inline(always)]
fn count_six<S: Simd>(simd: S, words: [S::u32s; SIX]) -> S::u32s {
    let and = |a, mask| simd.and_u32s(a, simd.splat_u32s(mask));
    let right = |a, bits| simd.wrapping_dyn_shr_u32s(a, simd.splat_u32s(bits));
    let twice = |a| simd.add_u32s(a, a);
    // The sum of three bits, and what is carried.
    let three = |one, other, third| {
        let either = simd.xor_u32s(one, other);
        (simd.xor_u32s(either, third), simd.or_u32s(simd.and_u32s(one, other), simd.and_u32s(either, third)))
    };
    let (first, carried) = three(words[0], words[1], words[2]);
    let (second, carried_too) = three(words[3], words[4], words[5]);
    let ones = simd.xor_u32s(first, second);
    let (twos, fours) = three(carried, carried_too, simd.and_u32s(first, second));
    // How many of two bits, of four, and of eight.
    let of_two = |a| simd.sub_u32s(a, and(right(a, 1), 0x5555_5555));
    let of_four = |a| simd.add_u32s(and(a, 0x3333_3333), and(right(a, 2), 0x3333_3333));
    let of_eight = |a| simd.add_u32s(and(a, 0x0f0f_0f0f), and(right(a, 4), 0x0f0f_0f0f));
    // At the most 4 + 2 · 4 in four bits, and twice that and 4 · 8 in eight.
    let low = of_eight(simd.add_u32s(of_four(of_two(ones)), twice(of_four(of_two(twos)))));
    let high = of_eight(of_four(of_two(fours)));
    let bytes = simd.add_u32s(low, twice(twice(high)));
    let sixteens = simd.add_u32s(and(bytes, 0x00ff_00ff), and(right(bytes, 8), 0x00ff_00ff));
    simd.add_u32s(and(sixteens, 0xffff), right(sixteens, 16))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    /// One sign at a time, as the formula is written.
    fn sum_of_signs(row: &[f32], query: &[f32], middle: &[f32]) -> f32 {
        let from_middle: Vec<f32> = row.iter().zip(middle).map(|(d, m)| d - m).collect();
        let square: f32 = from_middle.iter().map(|x| x * x).sum();
        let sizes: f32 = from_middle.iter().map(|x| x.abs()).sum();
        let signed = from_middle.iter().zip(query.iter().zip(middle));
        let sum: f32 = signed.map(|(x, (q, m))| if *x >= 0.0 { q - m } else { m - q }).sum();
        let offset: f32 = row.iter().zip(middle).map(|(d, m)| d * m).sum();
        if sizes > 0.0 { square / sizes * sum + offset } else { offset }
    }

    proptest! {
        #[test]
        fn the_estimate_is_that_of_the_formula(
            rows in prop::collection::vec(prop::collection::vec(-1.0_f32..1.0, 70), 1..20),
            query in prop::collection::vec(-1.0_f32..1.0, 70),
            middle in prop::collection::vec(-0.2_f32..0.2, 70),
        ) {
            let mut codes = SignCodes::new(Space::InnerProduct, middle.clone());
            // In two goes, of which the first ends within those that stand together.
            codes.take_in(&rows[..rows.len() / 2].concat(), 2).for_each(|piece| piece());
            codes.take_in(&rows.concat(), 2).for_each(|piece| piece());
            prop_assert_eq!(codes.len(), rows.len());
            let sign_query = codes.query(&query);
            // In any order, and more than are fetched at once.
            let numbers: Vec<usize> = (0..rows.len()).rev().chain(0..rows.len()).collect();
            let mut estimates = vec![f32::NAN; numbers.len()];
            codes.by_sum(&sign_query, &numbers, &mut estimates);
            for (number, estimate) in numbers.into_iter().zip(estimates) {
                prop_assert!((estimate - sum_of_signs(&rows[number], &query, &middle)).abs() < 1e-3);
            }
        }
    }

    #[test]
    fn agreeing_signs_are_counted_of_every_row() {
        // Around 0: signs + + −, + − −, − − −. The query's are + + +.
        let mut codes = SignCodes::new(Space::InnerProduct, vec![0.0; 3]);
        codes.take_in(&[0.5, 0.5, -0.5, 0.5, -0.5, -0.5, -0.5, -0.5, -0.5], 1).for_each(|piece| piece());
        let mut estimates = vec![f32::NAN; 3];
        codes.by_agreement(&codes.query(&[1.0, 1.0, 1.0]), 0..3, &mut estimates);
        // Each is worth 0.75 / 1.5 = 0.5: times 2 − 1, 1 − 2 and 0 − 3.
        assert_eq!(estimates, [0.5, -0.5, -1.5]);
        // Where lengths do not count, how many more agree than differ.
        let mut codes = SignCodes::new(Space::Cosine, vec![0.0; 3]);
        codes.take_in(&[0.5, 0.5, -0.5], 1).for_each(|piece| piece());
        codes.by_agreement(&codes.query(&[1.0, 1.0, 1.0]), 0..1, &mut estimates[..1]);
        assert!((estimates[0] - 1.0).abs() < f32::EPSILON);
    }

    #[test]
    fn signs_of_very_many_dimensions_are_all_counted() {
        // 40 words and a part of one, and rows that are no multiple of those that stand together.
        const DIMENSIONS: usize = 40 * 64 + 7;
        let mut codes = SignCodes::new(Space::Cosine, vec![0.0; DIMENSIONS]);
        let rows: Vec<f32> =
            (0..11).flat_map(|row| (0..DIMENSIONS).map(move |at| if at < row * 200 { -1.0 } else { 1.0 })).collect();
        codes.take_in(&rows, 1).for_each(|piece| piece());
        let mut estimates = vec![f32::NAN; 11];
        codes.by_agreement(&codes.query(&[1.0; DIMENSIONS]), 0..11, &mut estimates);
        let expected: Vec<f32> = (0..11_u16).map(|row| 2567.0 - 400.0 * f32::from(row)).collect();
        assert_eq!(estimates, expected);
    }

    #[test]
    fn a_row_is_estimated_exactly_for_itself() {
        let row = [0.6, -0.8, 0.0, 0.3];
        for (space, half) in [(Space::Cosine, 0.0), (Space::Euclidean, 1.09 / 2.0)] {
            let middle = vec![0.1, 0.0, -0.1, 0.2];
            let mut codes = SignCodes::new(space, middle.clone());
            codes.take_in(&row, 1).for_each(|piece| piece());
            // What is the same for all, q · m − m · m, is left out.
            let same: f32 = row.iter().zip(&middle).map(|(q, m)| (q - m) * m).sum();
            let mut estimate = [f32::NAN];
            codes.by_sum(&codes.query(&row), &[0], &mut estimate);
            let estimate = estimate[0] + same;
            assert!((estimate - (1.09 - half)).abs() < 1e-5, "{estimate}");
        }
    }
}
