//! Random rotations of a space: they keep every length and every angle, and change every number.

use ndarray::{Array1, ArrayView1};

use super::significance::SplitMix64;

/// An orthogonal transformation of a space, drawn at random.
///
/// It is Q of the QR decomposition of a square matrix of normal numbers, and so as likely to be one rotation (or one with
/// a reflection) as any other. Q is never written out: it is kept as the reflections that it is made of, so that turning a
/// vector of d dimensions takes d² steps. (Stewart 1980, "The efficient generation of random orthogonal matrices with an
/// application to condition estimators".)
#[derive(Debug, Clone)]
pub struct Rotation {
    /// What each reflection turns round, of unit length: the first has all dimensions, the next the last d − 1, and so on.
    normals: Vec<Vec<f64>>,
    /// The sign of each number before that.
    signs: Vec<f64>,
}

impl Rotation {
    /// The rotation of `dimensions` dimensions for a seed: the same on every machine.
    #[must_use]
    pub fn new(dimensions: usize, seed: u64) -> Self {
        let mut chance = Normal(SplitMix64(seed));
        let (mut normals, mut signs) = (Vec::with_capacity(dimensions), Vec::with_capacity(dimensions));
        for left in (1..=dimensions).rev() {
            let mut normal: Vec<f64> = (0..left).map(|_| chance.next()).collect();
            let sign = if normal[0] < 0.0 { -1.0 } else { 1.0 };
            // Householder's reflection takes x to the first axis; this side of it does not cancel.
            normal[0] += sign * dot(&normal, &normal).sqrt();
            let length = dot(&normal, &normal).sqrt();
            // That all of them are exactly 0 never happens, and would divide by it.
            if length > 0.0 {
                for x in &mut normal {
                    *x /= length;
                }
            }
            normals.push(normal);
            signs.push(-sign);
        }
        Self { normals, signs }
    }

    /// The vector turned. Of another length than the space has dimensions, what is too much stays as it is.
    ///
    /// ```
    /// # use ndarray::array;
    /// # use vecscope::math::rotation::Rotation;
    /// let rotation = Rotation::new(3, 7);
    /// let (a, b) = (array![1.0, 2.0, 3.0], array![0.5, -1.0, 0.0]);
    /// let (turned_a, turned_b) = (rotation.turn(a.view()), rotation.turn(b.view()));
    /// // What was between them is still there, and they are elsewhere.
    /// assert!((turned_a.dot(&turned_b) - a.dot(&b)).abs() < 1e-5);
    /// assert!((turned_a.dot(&b) - a.dot(&b)).abs() > 0.1);
    /// ```
    #[must_use]
    #[expect(clippy::needless_pass_by_value, reason = "a view is passed as a slice would be")]
    pub fn turn(&self, vector: ArrayView1<'_, f32>) -> Array1<f32> {
        let mut turned: Vec<f64> = vector.iter().map(|&x| f64::from(x)).collect();
        for (x, sign) in turned.iter_mut().zip(&self.signs) {
            *x *= sign;
        }
        for (first, normal) in self.normals.iter().enumerate().take(turned.len()).rev() {
            reflect(&mut turned[first..], normal);
        }
        #[expect(clippy::cast_possible_truncation, reason = "vectors are single precision")]
        turned.into_iter().map(|x| x as f32).collect()
    }
}

/// x − 2 (x · n) n.
fn reflect(vector: &mut [f64], normal: &[f64]) {
    let twice = 2.0 * dot(vector, normal);
    for (x, n) in vector.iter_mut().zip(normal) {
        *x -= twice * n;
    }
}

fn dot(a: &[f64], b: &[f64]) -> f64 {
    a.iter().zip(b).map(|(a, b)| a * b).sum()
}

/// Numbers of the normal distribution with mean 0 and variance 1, by Box and Muller (1958).
struct Normal(SplitMix64);

impl Normal {
    fn next(&mut self) -> f64 {
        let angle = std::f64::consts::TAU * self.uniform();
        // Above 0, so that the logarithm is finite.
        (-2.0 * (1.0 - self.uniform()).ln()).sqrt() * angle.cos()
    }

    /// From 0 up to, but not, 1.
    #[expect(clippy::cast_precision_loss, reason = "53 bits, which a double holds")]
    fn uniform(&mut self) -> f64 {
        (self.0.next() >> 11) as f64 / (1_u64 << 53) as f64
    }
}

#[cfg(test)]
mod tests {
    use ndarray::{Array2, Axis};
    use proptest::prelude::*;

    use super::*;

    fn unit(dimensions: usize, axis: usize) -> Array1<f32> {
        Array1::from_shape_fn(dimensions, |at| if at == axis { 1.0 } else { 0.0 })
    }

    #[test]
    fn its_columns_are_of_unit_length_and_at_right_angles() {
        let rotation = Rotation::new(7, 42);
        let columns: Vec<Array1<f32>> = (0..7).map(|axis| rotation.turn(unit(7, axis).view())).collect();
        for (i, a) in columns.iter().enumerate() {
            for (j, b) in columns.iter().enumerate() {
                let expected = if i == j { 1.0 } else { 0.0 };
                assert!((a.dot(b) - expected).abs() < 1e-5, "{i} and {j}: {}", a.dot(b));
            }
        }
    }

    #[test]
    fn a_turned_vector_points_anywhere() {
        // Over many seeds, the mean of where one axis goes is near the middle, and no number of it stands out: each has a
        // variance of 1 / dimensions.
        const SEEDS: u16 = 400;
        let turned = (0..SEEDS).map(|seed| Rotation::new(4, u64::from(seed)).turn(unit(4, 0).view()));
        let mut all = Array2::zeros((0, 4));
        for vector in turned {
            all.push_row(vector.view()).expect("four numbers");
        }
        let mean = all.mean_axis(Axis(0)).expect("there are rows");
        assert!(mean.iter().all(|x| x.abs() < 0.1), "{mean}");
        let variance = all.mapv(|x| x * x).mean_axis(Axis(0)).expect("there are rows");
        assert!(variance.iter().all(|x| (x - 0.25).abs() < 0.06), "{variance}");
    }

    #[test]
    fn seeds_are_all_of_the_chance_there_is() {
        let turned = |seed| Rotation::new(5, seed).turn(unit(5, 2).view());
        assert_eq!(turned(1), turned(1));
        assert_ne!(turned(1), turned(2));
    }

    #[test]
    fn nothing_and_a_single_number_can_be_turned() {
        assert!(Rotation::new(0, 1).turn(ArrayView1::from(&[])).is_empty());
        assert!((Rotation::new(1, 1).turn(ArrayView1::from(&[3.0]))[0].abs() - 3.0).abs() < 1e-6);
    }

    proptest! {
        #[test]
        fn lengths_and_angles_stay(
            a in prop::collection::vec(-1.0_f32..1.0, 12),
            b in prop::collection::vec(-1.0_f32..1.0, 12),
            seed: u64,
        ) {
            let rotation = Rotation::new(12, seed);
            let (a, b) = (Array1::from(a), Array1::from(b));
            let (turned_a, turned_b) = (rotation.turn(a.view()), rotation.turn(b.view()));
            prop_assert!((turned_a.dot(&turned_b) - a.dot(&b)).abs() < 1e-4);
            prop_assert!((turned_a.dot(&turned_a) - a.dot(&a)).abs() < 1e-4);
        }
    }
}
