//! Planes through a cloud of vectors: its principal components, and axes between two meanings.
//!
//! Principal component analysis (Pearson 1901, Hotelling 1933): of all planes, the one through the mean that keeps the
//! most of the vectors' variance. What it keeps is said as a share, because the rest is what the flat picture hides.

use ndarray::{Array1, Array2, ArrayView1};

mod leading;

/// A place on a map: across and up.
pub type Place = [f64; 2];

/// Two axes are the same direction from this cosine on.
const SAME_DIRECTION: f64 = 0.999;

/// A plane in the space of vectors, with its origin at their mean.
#[derive(Debug, Clone, PartialEq)]
pub struct Plane {
    /// The mean of the vectors.
    pub mean: Array1<f64>,
    /// Two directions of unit length at right angles. One of no length where the vectors do not extend any further.
    pub axes: [Array1<f64>; 2],
    /// The share of the vectors' variance along each axis, from 0 to 1.
    pub explained: [f64; 2],
}

/// Why no plane lies through two directions.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum Flat {
    /// A direction has no length: both its ends are the same.
    #[error("both phrases of an axis have the same vector")]
    NoDirection,
    /// Both directions are the same, or opposite.
    #[error("both axes have the same direction")]
    Parallel,
}

impl Plane {
    /// The first two principal components of rows, one a vector: the eigenvectors of their covariance matrix with the
    /// largest eigenvalues. An eigenvector is as good as its opposite; here the entry of the largest magnitude (the first
    /// of them) is positive, so that a map is the same on every run.
    ///
    /// ```
    /// use ndarray::array;
    /// use vecscope::math::plane::Plane;
    /// // Three points on a line.
    /// let plane = Plane::principal(&array![[0.0, 0.0], [3.0, 4.0], [6.0, 8.0]]);
    /// assert!((plane.explained[0] - 1.0).abs() < 1e-12 && plane.explained[1] == 0.0);
    /// assert!((plane.project(array![6.0, 8.0].view())[0] - 5.0).abs() < 1e-12);
    /// ```
    #[must_use]
    pub fn principal(rows: &Array2<f32>) -> Self {
        let mean = mean(rows);
        let [x, y] = leading::components(rows, &mean, None);
        Self::new(rows, mean, [x, y])
    }

    /// A plane whose first axis has the direction of `x`, and whose second that part of `y` that is at right angles to it,
    /// or where there is no `y` the first principal component of what is left without `x`.
    ///
    /// # Errors
    /// [`Flat`] where the two directions span no plane.
    pub fn through(rows: &Array2<f32>, x: &Array1<f32>, y: Option<&Array1<f32>>) -> Result<Self, Flat> {
        let mean = mean(rows);
        let x = unit(x.mapv(f64::from)).ok_or(Flat::NoDirection)?;
        let y = if let Some(y) = y {
            let y = unit(y.mapv(f64::from)).ok_or(Flat::NoDirection)?;
            let shared = x.dot(&y);
            if shared.abs() > SAME_DIRECTION {
                return Err(Flat::Parallel);
            }
            unit(y - &x * shared).ok_or(Flat::Parallel)?
        } else {
            let [y, _] = leading::components(rows, &mean, Some(&x));
            y
        };
        Ok(Self::new(rows, mean, [x, y]))
    }

    fn new(rows: &Array2<f32>, mean: Array1<f64>, axes: [Array1<f64>; 2]) -> Self {
        let mut plane = Self { mean, axes, explained: [0.0; 2] };
        let total: f64 = leading::blocks(rows, &plane.mean, None).map(|block| block.mapv(|x| x * x).sum()).sum();
        if total > 0.0 {
            let places = plane.project_all(rows);
            for axis in 0..2 {
                plane.explained[axis] = places.iter().map(|place| place[axis].powi(2)).sum::<f64>() / total;
            }
        }
        plane
    }

    /// Where a vector lies on the plane: its distance from the mean along each axis.
    #[must_use]
    #[expect(clippy::needless_pass_by_value, reason = "a view is passed as a slice would be")]
    pub fn project(&self, vector: ArrayView1<'_, f32>) -> Place {
        let mut place = [0.0; 2];
        for ((&value, &mean), (&x, &y)) in vector.iter().zip(&self.mean).zip(self.axes[0].iter().zip(&self.axes[1])) {
            let centred = f64::from(value) - mean;
            place[0] += centred * x;
            place[1] += centred * y;
        }
        place
    }

    /// Where each row lies on the plane.
    #[must_use]
    pub fn project_all(&self, rows: &Array2<f32>) -> Vec<Place> {
        let mut axes = Array2::zeros((rows.ncols(), 2));
        axes.column_mut(0).assign(&self.axes[0]);
        axes.column_mut(1).assign(&self.axes[1]);
        let places = leading::blocks(rows, &self.mean, None).flat_map(|block| {
            let places = block.dot(&axes);
            places.rows().into_iter().map(|row| [row[0], row[1]]).collect::<Vec<_>>()
        });
        places.collect()
    }
}

/// The mean of rows; zero where there are none.
fn mean(rows: &Array2<f32>) -> Array1<f64> {
    let mut sum: Array1<f64> = Array1::zeros(rows.ncols());
    for row in rows.rows() {
        sum.zip_mut_with(&row, |sum, &value| *sum += f64::from(value));
    }
    #[expect(clippy::cast_precision_loss, reason = "a count of rows")]
    let count = rows.nrows().max(1) as f64;
    sum / count
}

/// A vector at unit length; `None` where it has none to speak of.
fn unit(vector: Array1<f64>) -> Option<Array1<f64>> {
    let norm = vector.dot(&vector).sqrt();
    (norm > 1e-9 && norm.is_finite()).then(|| vector / norm)
}

#[cfg(test)]
mod tests;
