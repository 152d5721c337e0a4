//! Numbers in fewer bits: what is left of a vector when it is stored so, and how many bytes that takes.
//!
//! Each code is applied and taken back, so that what comes out is what a store of such codes computes with. Arithmetic
//! stays single precision: only what is stored is coarser.

use half::{bf16, f16};
use ndarray::ArrayViewMut1;

/// How each number of a vector is stored.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Precision {
    /// IEEE single precision, 32 bits: as models give them.
    F32,
    /// IEEE half precision, 16 bits, 11 of them significant.
    F16,
    /// The upper half of a single: 16 bits, 8 of them significant, with the range of a single.
    Bf16,
    /// Whole numbers from −127 to 127, and one scale for each vector.
    Int8,
    /// Whole numbers from −7 to 7, and one scale for each vector.
    Int4,
    /// The sign alone.
    Binary,
}

impl Precision {
    /// All of them, the finest first.
    pub const ALL: [Self; 6] = [Self::F32, Self::F16, Self::Bf16, Self::Int8, Self::Int4, Self::Binary];

    /// What it is called.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::F32 => "f32",
            Self::F16 => "f16",
            Self::Bf16 => "bf16",
            Self::Int8 => "int8",
            Self::Int4 => "4-bit",
            Self::Binary => "binary",
        }
    }

    /// The bytes that a vector of so many dimensions takes, its scale (a single) included.
    ///
    /// ```
    /// # use vecscope::math::quantise::Precision;
    /// assert_eq!(Precision::ALL.map(|precision| precision.bytes(384)), [1536, 768, 768, 388, 196, 48]);
    /// ```
    #[must_use]
    pub fn bytes(self, dimensions: usize) -> usize {
        const SCALE: usize = 4;
        match self {
            Self::F32 => dimensions * 4,
            Self::F16 | Self::Bf16 => dimensions * 2,
            Self::Int8 => dimensions + SCALE,
            Self::Int4 => dimensions.div_ceil(2) + SCALE,
            Self::Binary => dimensions.div_ceil(8),
        }
    }

    /// Stores a vector and reads it back, in place.
    ///
    /// Halves and bfloats round to the nearest, ties to even. Whole numbers are x / scale, rounded, where scale =
    /// max |x| / 127 (or 7), so that no number is off by more than half a scale; a vector of zeros stays one. A sign is
    /// read back as ±1 / √dimensions, which makes a vector of unit length, and 0 counts as positive: the dot product of
    /// two is 1 − 2 h / dimensions, where h signs differ.
    ///
    /// ```
    /// # use ndarray::array;
    /// # use vecscope::math::quantise::Precision;
    /// let mut vector = array![0.9_f32, -0.3, 0.1, 0.0];
    /// Precision::Int4.apply(vector.view_mut());
    /// // The scale is 0.9 / 7: codes 7, −2, 1 and 0.
    /// assert!((vector[1] + 2.0 * 0.9 / 7.0).abs() < 1e-6 && vector[3] == 0.0);
    /// ```
    pub fn apply(self, mut vector: ArrayViewMut1<'_, f32>) {
        match self {
            Self::F32 => {}
            Self::F16 => vector.mapv_inplace(|x| f16::from_f32(x).to_f32()),
            Self::Bf16 => vector.mapv_inplace(|x| bf16::from_f32(x).to_f32()),
            Self::Int8 => to_whole_numbers(vector, 127.0),
            Self::Int4 => to_whole_numbers(vector, 7.0),
            Self::Binary => {
                #[expect(clippy::cast_precision_loss, reason = "a few thousand dimensions")]
                let size = 1.0 / (vector.len() as f32).sqrt();
                vector.mapv_inplace(|x| if x < 0.0 { -size } else { size });
            }
        }
    }
}

/// Symmetric: the largest number in size becomes `most`, or −`most`.
fn to_whole_numbers(mut vector: ArrayViewMut1<'_, f32>, most: f32) {
    let largest = vector.iter().fold(0.0_f32, |largest, x| largest.max(x.abs()));
    let scale = largest / most;
    // Of numbers so small that their scale is none there is nothing to store.
    if scale > 0.0 {
        vector.mapv_inplace(|x| (x / scale).round() * scale);
    }
}

#[cfg(test)]
mod tests {
    use ndarray::{Array1, array};
    use proptest::prelude::*;

    use super::*;

    fn stored(precision: Precision, vector: &Array1<f32>) -> Array1<f32> {
        let mut stored = vector.clone();
        precision.apply(stored.view_mut());
        stored
    }

    #[test]
    fn each_code_gives_back_what_it_can_say() {
        let vector = array![1.0 / 3.0, -1.0, 0.0, 0.6];
        assert_eq!(stored(Precision::F32, &vector), vector);
        // 11 bits of one third are 1365 / 4096, and of 0.6 1229 / 2048; 8 bits are 171 / 512 and 154 / 256.
        assert_eq!(stored(Precision::F16, &vector), array![1365.0 / 4096.0, -1.0, 0.0, 1229.0 / 2048.0]);
        assert_eq!(stored(Precision::Bf16, &vector), array![171.0 / 512.0, -1.0, 0.0, 154.0 / 256.0]);
        // 127 / 3 is 42.3 and 127 × 0.6 76.2; 7 / 3 is 2.3 and 7 × 0.6 4.2.
        let scaled = |codes: [f32; 4], most: f32| Array1::from_iter(codes.map(|code| code / most));
        let near = |a: &Array1<f32>, b: &Array1<f32>| (a - b).iter().all(|x| x.abs() < 1e-6);
        assert!(near(&stored(Precision::Int8, &vector), &scaled([42.0, -127.0, 0.0, 76.0], 127.0)));
        assert!(near(&stored(Precision::Int4, &vector), &scaled([2.0, -7.0, 0.0, 4.0], 7.0)));
        assert_eq!(stored(Precision::Binary, &vector), array![0.5, -0.5, 0.5, 0.5]);
    }

    #[test]
    fn a_vector_of_zeros_stays_one_in_whole_numbers() {
        let zeros = array![0.0, 0.0];
        assert_eq!(stored(Precision::Int8, &zeros), zeros);
        assert_eq!(stored(Precision::Int4, &zeros), zeros);
    }

    #[test]
    fn odd_dimensions_take_a_whole_byte() {
        assert_eq!(Precision::Int4.bytes(3), 2 + 4);
        assert_eq!(Precision::Binary.bytes(9), 2);
    }

    proptest! {
        #[test]
        fn nothing_is_off_by_more_than_the_code_allows(vector in prop::collection::vec(-1.0_f32..1.0, 1..48)) {
            let vector = Array1::from(vector);
            let largest = vector.iter().fold(0.0_f32, |largest, x| largest.max(x.abs()));
            for (precision, step) in [
                (Precision::F16, largest / 1024.0),
                (Precision::Bf16, largest / 128.0),
                (Precision::Int8, largest / 127.0),
                (Precision::Int4, largest / 7.0),
            ] {
                for (was, is) in vector.iter().zip(&stored(precision, &vector)) {
                    prop_assert!((was - is).abs() <= step * 0.5001 + 1e-7, "{precision:?}: {was} became {is}");
                }
            }
        }

        #[test]
        fn storing_again_changes_nothing(vector in prop::collection::vec(-1.0_f32..1.0, 1..24)) {
            let vector = Array1::from(vector);
            for precision in Precision::ALL {
                let once = stored(precision, &vector);
                let twice = stored(precision, &once);
                prop_assert!((&once - &twice).iter().all(|x| x.abs() < 1e-5), "{precision:?}");
            }
        }
    }
}
