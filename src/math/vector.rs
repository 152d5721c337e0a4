//! Single vectors: length, scaling and the angle between two.

use ndarray::{ArrayView1, ArrayViewMut1};

/// The Euclidean length |v|, summed in double precision.
///
/// ```
/// # use ndarray::array;
/// assert_eq!(vecscope::math::vector::norm(array![3.0, 4.0].view()), 5.0);
/// ```
#[must_use]
#[expect(clippy::needless_pass_by_value, reason = "a view is passed as a slice would be")]
pub fn norm(vector: ArrayView1<'_, f32>) -> f32 {
    let squares: f64 = vector.iter().map(|&x| f64::from(x) * f64::from(x)).sum();
    #[expect(clippy::cast_possible_truncation, reason = "vectors are single precision")]
    let norm = squares.sqrt() as f32;
    norm
}

/// Scales a vector to unit length in place and returns the length that it had.
///
/// # Errors
/// A vector with a number that is not finite, of no length, or of no dimensions has no direction; the reason says
/// which, in words that follow "vector 3 of 8".
pub fn normalise(mut vector: ArrayViewMut1<'_, f32>) -> Result<f32, String> {
    if vector.is_empty() {
        return Err("has no dimensions".into());
    }
    if let Some(position) = vector.iter().position(|x| !x.is_finite()) {
        return Err(format!("is not finite: dimension {position} is {}", vector[position]));
    }
    let norm = norm(vector.view());
    if norm == 0.0 || !norm.is_finite() {
        return Err(format!("has length {norm}, so it has no direction"));
    }
    vector.mapv_inplace(|x| x / norm);
    Ok(norm)
}

/// Whether a vector has length 1, as far as single precision leaves that of one.
///
/// ```
/// # use vecscope::math::vector::is_unit;
/// assert!(is_unit(&[0.6, 0.8]) && !is_unit(&[0.6, 0.7]) && !is_unit(&[f32::NAN, 1.0]));
/// ```
#[must_use]
pub fn is_unit(vector: &[f32]) -> bool {
    const ROUNDING: f32 = 1e-3;
    let view = ArrayView1::from(vector);
    (view.dot(&view) - 1.0).abs() < ROUNDING
}

/// The angle in degrees whose cosine is given; rounding errors beyond ±1 are taken for ±1.
///
/// ```
/// assert_eq!(vecscope::math::vector::angle_degrees(0.5).round(), 60.0);
/// ```
#[must_use]
pub fn angle_degrees(cosine: f32) -> f32 {
    cosine.clamp(-1.0, 1.0).acos().to_degrees()
}

#[cfg(test)]
mod tests {
    use ndarray::{Array1, array};
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn normalise_gives_the_old_length_and_keeps_the_direction() {
        let mut vector = array![0.0, -6.0, 8.0];
        assert_eq!(normalise(vector.view_mut()), Ok(10.0));
        assert_eq!(vector, array![0.0, -0.6, 0.8]);
    }

    #[test]
    fn vectors_without_a_direction_are_refused() {
        for (vector, reason) in [
            (vec![], "no dimensions"),
            (vec![0.0, 0.0], "length 0"),
            (vec![1.0, f32::NAN], "dimension 1 is NaN"),
            (vec![f32::INFINITY], "dimension 0 is inf"),
        ] {
            let error = normalise(Array1::from(vector).view_mut()).expect_err(reason);
            assert!(error.contains(reason), "{error}");
        }
    }

    #[test]
    fn tiny_and_huge_vectors_keep_their_direction() {
        let mut huge = array![3e30_f32, 4e30];
        normalise(huge.view_mut()).expect("its squares fit in double precision");
        assert!((huge[0] - 0.6).abs() < 1e-6);
        let mut tiny = array![3e-30_f32, 4e-30];
        normalise(tiny.view_mut()).expect("its squares fit in double precision");
        assert!((tiny[1] - 0.8).abs() < 1e-6);
    }

    proptest! {
        #[test]
        fn the_cosine_of_unit_vectors_is_within_bounds(
            a in prop::collection::vec(-1e3_f32..1e3, 16),
            b in prop::collection::vec(-1e3_f32..1e3, 16),
        ) {
            let (mut a, mut b) = (Array1::from(a), Array1::from(b));
            prop_assume!(normalise(a.view_mut()).is_ok() && normalise(b.view_mut()).is_ok());
            prop_assert!(a.dot(&b).abs() <= 1.0 + 1e-5);
            prop_assert!((a.dot(&a) - 1.0).abs() <= 1e-5);
        }
    }
}
