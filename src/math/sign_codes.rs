//! Vectors in one bit a dimension, for a first look at very many of them.
//!
//! Of a vector d the signs of d − m are kept, where m is the middle of all: models put their vectors into one corner of
//! the space, and the signs of d itself would be much the same for all. The query has two bits a dimension: the sign of
//! q − m, and whether it is large; a large one counts three times. So q · d is estimated as f w Σ ±c + d · m + q · m − m · m,
//! where c is 1 or 3, and the sign is plus where those of d and q agree. What a sign of d is worth is f = |d − m|² / Σ |d − m|,
//! and what c is worth is w = Σ c |q − m| / Σ c². This f makes the estimate right for q = d, and right on average over all
//! directions. (Gao and Long 2024, "`RaBitQ`: quantizing high-dimensional vectors with a theoretical error bound for
//! approximate nearest neighbor search", whose random rotation is left out: it takes d² steps a vector.)
//!
//! With one bit for the query, four times as many rows have to be looked at for the same recall. With all of its numbers
//! half as many would do, but that takes longer than the memory takes to hand out the signs; two bits do not.

use std::ops::Range;

use pulp::{Arch, Simd, WithSimd};

use super::pages::Pages;
use super::products::Sum;
use super::space::Space;

/// How many rows stand together: word by word, so that one instruction counts for all of them.
pub const TOGETHER: usize = 8;

/// How many times larger than the mean a number of a query has to be to count as large: with this, the true neighbours of
/// real queries among a million real vectors ranked best.
const LARGE: f32 = 1.2;

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
    signs: Vec<Words>,
    /// Which numbers of q − m are large.
    large: Vec<Words>,
    /// All counts together: Σ c.
    counts: f32,
    /// What a count is worth: w.
    worth: f32,
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
        let least = LARGE * numbers.iter().map(|x| x.abs()).sum::<f32>() / numbers.len().max(1) as f32;
        let beyond: Vec<f32> = numbers.iter().map(|x| x.abs() - least).collect();
        let word = |numbers| {
            let [lower, upper] = signs(numbers);
            std::array::from_fn(|place| if place < TOGETHER { lower } else { upper })
        };
        let counts = beyond.iter().map(|&beyond| if beyond >= 0.0 { 3.0 } else { 1.0 });
        let (all, squares) =
            counts.clone().fold((0.0, 0.0), |(all, squares), count| (all + count, squares + count * count));
        let counted: f32 = counts.zip(&numbers).map(|(count, x)| count * x.abs()).sum();
        SignQuery {
            signs: numbers.chunks(64).map(word).collect(),
            large: beyond.chunks(64).map(word).collect(),
            counts: all,
            worth: if squares > 0.0 { counted / squares } else { 0.0 },
        }
    }

    /// Estimates of some rows, all of them less by what is the same for all; in the space of cosines for their order only.
    /// `rows` begins with the first of those that stand together.
    pub fn estimate(&self, query: &SignQuery, rows: Range<usize>, estimates: &mut [f32]) {
        let words = self.words_a_row();
        let codes = &self.words[rows.start / TOGETHER * words..rows.end.div_ceil(TOGETHER) * words];
        // Rows of one length, nearly, are told apart by their signs alone, and so much less has to be fetched.
        let rows = if self.space == Space::Cosine { &[] } else { &self.rows[rows] };
        Arch::new().dispatch(Estimate { codes, rows, query, estimates });
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

struct Estimate<'a> {
    codes: &'a [Words],
    /// None where what they are worth does not count.
    rows: &'a [Row],
    query: &'a SignQuery,
    estimates: &'a mut [f32],
}

impl WithSimd for Estimate<'_> {
    type Output = ();

    #[expect(clippy::inline_always, reason = "or it is compiled without the instructions it is dispatched to")]
    #[inline(always)]
    fn with_simd<S: Simd>(self, simd: S) {
        let Self { codes, rows, query, estimates } = self;
        let blocks = codes.chunks_exact(query.signs.len().max(1));
        let (whole, rest) = estimates.as_chunks_mut::<TOGETHER>();
        let last = whole.len();
        for (block, estimates) in blocks.clone().zip(whole) {
            *estimates = agreement(simd, block, query);
        }
        if let Some(block) = blocks.clone().nth(last).filter(|_| !rest.is_empty()) {
            rest.copy_from_slice(&agreement(simd, block, query)[..rest.len()]);
        }
        for (estimate, row) in estimates.iter_mut().zip(rows) {
            *estimate = row.worth * query.worth * *estimate + row.offset;
        }
    }
}

/// The counts of a query where the signs of each row agree with its own, less those where they differ.
#[expect(clippy::cast_precision_loss, reason = "a few thousand dimensions")]
#[expect(clippy::inline_always, reason = "or it is compiled without the instructions it is dispatched to")]
#[inline(always)]
fn agreement<S: Simd>(simd: S, block: &[Words], query: &SignQuery) -> [f32; TOGETHER] {
    let mut differing = Words::default();
    let (sums, _) = S::as_mut_simd_u32s(&mut differing);
    let (blocks, block) = block.as_chunks::<SIX>();
    let (all_signs, signs) = query.signs.as_chunks::<SIX>();
    let (all_large, large) = query.large.as_chunks::<SIX>();
    for (place, sum) in sums.iter_mut().enumerate() {
        let at = |words: &Words| S::as_simd_u32s(words).0[place];
        for ((block, signs), large) in blocks.iter().zip(all_signs).zip(all_large) {
            let (mut differing, mut of_large) = ([simd.splat_u32s(0); SIX], [simd.splat_u32s(0); SIX]);
            for word in 0..SIX {
                differing[word] = simd.xor_u32s(at(&block[word]), at(&signs[word]));
                of_large[word] = at(&large[word]);
            }
            *sum = simd.add_u32s(*sum, count(simd, differing, of_large));
        }
        if !block.is_empty() {
            let (mut differing, mut of_large) = ([simd.splat_u32s(0); SIX], [simd.splat_u32s(0); SIX]);
            for (word, words) in block.iter().enumerate() {
                differing[word] = simd.xor_u32s(at(words), at(&signs[word]));
                of_large[word] = at(&large[word]);
            }
            *sum = simd.add_u32s(*sum, count(simd, differing, of_large));
        }
    }
    let (lower, upper) = differing.split_at(TOGETHER);
    std::array::from_fn(|row| query.counts - 2.0 * (lower[row] + upper[row]) as f32)
}

/// So many words are counted together: all of 384 dimensions.
const SIX: usize = 6;

/// How many bits are set in six words, of each 32 of them, those counted three times that are in the masks beside them.
///
/// The words are added up bit by bit first, so that five are left to be counted in place of twelve: of ones, of twos, and so
/// on to sixteens (Harley and Seal's counting; Muła, Kurz and Lemire 2018, "Faster population counts using AVX2
/// instructions").
#[expect(clippy::inline_always, reason = "or it is compiled without the instructions it is dispatched to")]
#[inline(always)]
fn count<S: Simd>(simd: S, words: [S::u32s; SIX], large: [S::u32s; SIX]) -> S::u32s {
    let twice = |a| simd.add_u32s(a, a);
    let [ones, twos, fours] = six(simd, words);
    // Once more, and as many again.
    let mut of_large = words;
    for (word, large) in of_large.iter_mut().zip(large) {
        *word = simd.and_u32s(*word, large);
    }
    let [more_twos, more_fours, more_eights] = six(simd, of_large);
    let (twos, carried) = two(simd, twos, more_twos);
    let (fours, carried) = three(simd, fours, more_fours, carried);
    let (eights, sixteens) = two(simd, more_eights, carried);
    // At the most 4 + 2 · 4 in four bits.
    let low = of_eight(simd, simd.add_u32s(of_four(simd, ones), twice(of_four(simd, twos))));
    let middle = of_eight(simd, simd.add_u32s(of_four(simd, fours), twice(of_four(simd, eights))));
    let high = of_eight(simd, of_four(simd, sixteens));
    // No bit counts more than 18, so that eight of them stay below 256.
    let bytes = simd.add_u32s(low, twice(twice(simd.add_u32s(middle, twice(twice(high))))));
    let sixteens = simd.add_u32s(and(simd, bytes, 0x00ff_00ff), and(simd, right(simd, bytes, 8), 0x00ff_00ff));
    simd.add_u32s(and(simd, sixteens, 0xffff), right(simd, sixteens, 16))
}

/// The sums of six bits: ones, twos and fours.
#[expect(clippy::inline_always, reason = "or it is compiled without the instructions it is dispatched to")]
#[inline(always)]
fn six<S: Simd>(simd: S, words: [S::u32s; SIX]) -> [S::u32s; 3] {
    let (first, carried) = three(simd, words[0], words[1], words[2]);
    let (second, carried_too) = three(simd, words[3], words[4], words[5]);
    let (ones, carried_on) = two(simd, first, second);
    let (twos, fours) = three(simd, carried, carried_too, carried_on);
    [ones, twos, fours]
}

/// The sums of two bits, and what is carried.
#[expect(clippy::inline_always, reason = "or it is compiled without the instructions it is dispatched to")]
#[inline(always)]
fn two<S: Simd>(simd: S, one: S::u32s, other: S::u32s) -> (S::u32s, S::u32s) {
    (simd.xor_u32s(one, other), simd.and_u32s(one, other))
}

/// The sums of three bits, and what is carried.
#[expect(clippy::inline_always, reason = "or it is compiled without the instructions it is dispatched to")]
#[inline(always)]
fn three<S: Simd>(simd: S, one: S::u32s, other: S::u32s, third: S::u32s) -> (S::u32s, S::u32s) {
    let either = simd.xor_u32s(one, other);
    (simd.xor_u32s(either, third), simd.or_u32s(simd.and_u32s(one, other), simd.and_u32s(either, third)))
}

/// How many of each four bits are set.
#[expect(clippy::inline_always, reason = "or it is compiled without the instructions it is dispatched to")]
#[inline(always)]
fn of_four<S: Simd>(simd: S, bits: S::u32s) -> S::u32s {
    let of_two = simd.sub_u32s(bits, and(simd, right(simd, bits, 1), 0x5555_5555));
    simd.add_u32s(and(simd, of_two, 0x3333_3333), and(simd, right(simd, of_two, 2), 0x3333_3333))
}

/// The sums of pairs of four bits each.
#[expect(clippy::inline_always, reason = "or it is compiled without the instructions it is dispatched to")]
#[inline(always)]
fn of_eight<S: Simd>(simd: S, of_four: S::u32s) -> S::u32s {
    simd.add_u32s(and(simd, of_four, 0x0f0f_0f0f), and(simd, right(simd, of_four, 4), 0x0f0f_0f0f))
}

#[expect(clippy::inline_always, reason = "or it is compiled without the instructions it is dispatched to")]
#[inline(always)]
fn and<S: Simd>(simd: S, bits: S::u32s, mask: u32) -> S::u32s {
    simd.and_u32s(bits, simd.splat_u32s(mask))
}

#[expect(clippy::inline_always, reason = "or it is compiled without the instructions it is dispatched to")]
#[inline(always)]
fn right<S: Simd>(simd: S, bits: S::u32s, by: u32) -> S::u32s {
    simd.wrapping_dyn_shr_u32s(bits, simd.splat_u32s(by))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    /// One sign at a time, as the formula is written.
    #[expect(clippy::cast_precision_loss, reason = "small numbers")]
    fn sum_of_signs(row: &[f32], query: &[f32], middle: &[f32]) -> f32 {
        let less = |vector: &[f32]| vector.iter().zip(middle).map(|(x, m)| x - m).collect::<Vec<f32>>();
        let (of_row, of_query) = (less(row), less(query));
        let square: f32 = of_row.iter().map(|x| x * x).sum();
        let sizes: f32 = of_row.iter().map(|x| x.abs()).sum();
        let mean = of_query.iter().map(|x| x.abs()).sum::<f32>() / query.len() as f32;
        let counts: Vec<f32> = of_query.iter().map(|x| if x.abs() < 1.2 * mean { 1.0 } else { 3.0 }).collect();
        let counted: f32 = counts.iter().zip(&of_query).map(|(c, x)| c * x.abs()).sum();
        let worth = counted / counts.iter().map(|c| c * c).sum::<f32>();
        let signed = of_row.iter().zip(&of_query).zip(&counts);
        let sum: f32 = signed.map(|((d, q), c)| if (*d >= 0.0) == (*q >= 0.0) { *c } else { -c }).sum();
        let offset: f32 = row.iter().zip(middle).map(|(d, m)| d * m).sum();
        if sizes > 0.0 { square / sizes * worth * sum + offset } else { offset }
    }

    proptest! {
        #[test]
        fn the_estimate_is_that_of_the_formula(
            rows in prop::collection::vec(prop::collection::vec(-1.0_f32..1.0, 470), 1..20),
            query in prop::collection::vec(-1.0_f32..1.0, 470),
            middle in prop::collection::vec(-0.2_f32..0.2, 470),
        ) {
            let mut codes = SignCodes::new(Space::InnerProduct, middle.clone());
            // In two goes, of which the first ends within those that stand together.
            codes.take_in(&rows[..rows.len() / 2].concat(), 2).for_each(|piece| piece());
            codes.take_in(&rows.concat(), 2).for_each(|piece| piece());
            prop_assert_eq!(codes.len(), rows.len());
            let mut estimates = vec![f32::NAN; rows.len()];
            codes.estimate(&codes.query(&query), 0..rows.len(), &mut estimates);
            for (row, estimate) in rows.iter().zip(estimates) {
                let expected = sum_of_signs(row, &query, &middle);
                prop_assert!((estimate - expected).abs() < 1e-2, "{estimate} for {expected}");
            }
        }
    }

    #[test]
    fn agreeing_signs_are_counted_of_every_row() {
        // Around 0: signs + + −, + − −, − − −. The query's are + + +.
        let mut codes = SignCodes::new(Space::InnerProduct, vec![0.0; 3]);
        codes.take_in(&[0.5, 0.5, -0.5, 0.5, -0.5, -0.5, -0.5, -0.5, -0.5], 1).for_each(|piece| piece());
        let mut estimates = vec![f32::NAN; 3];
        codes.estimate(&codes.query(&[1.0, 1.0, 1.0]), 0..3, &mut estimates);
        // Each is worth 0.75 / 1.5 = 0.5: times 2 − 1, 1 − 2 and 0 − 3.
        assert_eq!(estimates, [0.5, -0.5, -1.5]);
        // Where lengths do not count, how many more agree than differ.
        let mut codes = SignCodes::new(Space::Cosine, vec![0.0; 3]);
        codes.take_in(&[0.5, 0.5, -0.5], 1).for_each(|piece| piece());
        codes.estimate(&codes.query(&[1.0, 1.0, 1.0]), 0..1, &mut estimates[..1]);
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
        codes.estimate(&codes.query(&[1.0; DIMENSIONS]), 0..11, &mut estimates);
        let expected: Vec<f32> = (0..11_u16).map(|row| 2567.0 - 400.0 * f32::from(row)).collect();
        assert_eq!(estimates, expected);
        // All of the first 67 are large, and the others are not: they count three times.
        let query: Vec<f32> = (0..DIMENSIONS).map(|at| if at < 67 { 9.0 } else { 1.0 }).collect();
        codes.estimate(&codes.query(&query), 0..11, &mut estimates);
        let all = 2567.0 + 2.0 * 67.0;
        let less = |row: u16| if row == 0 { 0.0 } else { 400.0 * f32::from(row) + 4.0 * 67.0 };
        let expected: Vec<f32> = (0..11).map(|row| all - less(row)).collect();
        assert_eq!(estimates, expected);
    }

    #[test]
    fn a_row_whose_numbers_have_one_size_is_estimated_exactly_for_itself() {
        let (row, middle) = ([0.6, -0.5, 0.4, 0.7], [0.1, 0.0, -0.1, 0.2]);
        for (space, half) in [(Space::InnerProduct, 0.0), (Space::Euclidean, 1.26 / 2.0)] {
            let mut codes = SignCodes::new(space, middle.to_vec());
            codes.take_in(&row, 1).for_each(|piece| piece());
            // What is the same for all, q · m − m · m, is left out.
            let same: f32 = row.iter().zip(&middle).map(|(q, m)| (q - m) * m).sum();
            let mut estimate = [f32::NAN];
            codes.estimate(&codes.query(&row), 0..1, &mut estimate);
            let estimate = estimate[0] + same;
            assert!((estimate - (1.26 - half)).abs() < 1e-5, "{estimate}");
        }
    }
}
