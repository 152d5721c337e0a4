//! The eigenvectors of a covariance matrix that have the largest eigenvalues.
//!
//! Of the two matrices that have them, the one between dimensions and the one between rows, the smaller is taken apart
//! exactly. Where both are large, a small subspace is turned towards the eigenvectors until it no longer moves (subspace
//! iteration with Rayleigh–Ritz projection; Golub and Van Loan, *Matrix Computations*, 8.2.4).

use nalgebra::{DMatrix, SymmetricEigen};
use ndarray::{Array1, Array2, Axis, Slice};

/// Up to this size a matrix is taken apart exactly.
const EXACT: usize = 512;
/// Of how many rows there is a copy in double precision at a time.
const BLOCK: usize = 1_024;
/// An eigenvalue below this share of all has no direction.
const NOTHING: f64 = 1e-10;

/// Rows without their mean and, where one is given, without their part along a direction of unit length; a block at a time.
pub(super) fn blocks<'a>(
    rows: &'a Array2<f32>,
    mean: &'a Array1<f64>,
    without: Option<&'a Array1<f64>>,
) -> impl Iterator<Item = Array2<f64>> + 'a {
    (0..rows.nrows()).step_by(BLOCK).map(move |first| {
        let last = (first + BLOCK).min(rows.nrows());
        let mut block = rows.slice_axis(Axis(0), Slice::from(first..last)).mapv(f64::from) - mean;
        if let Some(direction) = without {
            let along = block.dot(direction);
            for (mut row, along) in block.rows_mut().into_iter().zip(&along) {
                row.scaled_add(-along, direction);
            }
        }
        block
    })
}

/// The first two principal components of rows, each of unit length with the entry of the largest magnitude positive; of no
/// length where there is no variance left.
pub(super) fn components(rows: &Array2<f32>, mean: &Array1<f64>, without: Option<&Array1<f64>>) -> [Array1<f64>; 2] {
    let (count, dimensions) = rows.dim();
    let found = if count == 0 || dimensions == 0 {
        Vec::new()
    } else if count.min(dimensions) > EXACT {
        by_subspace(rows, mean, without)
    } else if count <= dimensions {
        by_rows(rows, mean, without)
    } else {
        by_dimensions(rows, mean, without)
    };
    let mut found = found.into_iter();
    [(); 2].map(|()| found.next().map_or_else(|| Array1::zeros(dimensions), signed))
}

/// Of the matrix between rows, whose eigenvectors are those between dimensions seen from the other side.
fn by_rows(rows: &Array2<f32>, mean: &Array1<f64>, without: Option<&Array1<f64>>) -> Vec<Array1<f64>> {
    // No more than EXACT rows, so one block.
    let Some(centred) = blocks(rows, mean, without).next() else { return Vec::new() };
    let weights = eigenvectors(&centred.dot(&centred.t()));
    weights.into_iter().filter_map(|weights| super::unit(centred.t().dot(&weights))).collect()
}

fn by_dimensions(rows: &Array2<f32>, mean: &Array1<f64>, without: Option<&Array1<f64>>) -> Vec<Array1<f64>> {
    let mut covariance = Array2::zeros((rows.ncols(), rows.ncols()));
    for block in blocks(rows, mean, without) {
        covariance += &block.t().dot(&block);
    }
    eigenvectors(&covariance)
}

/// The two eigenvectors of a symmetric matrix with the largest eigenvalues, or as many as have any.
fn eigenvectors(matrix: &Array2<f64>) -> Vec<Array1<f64>> {
    eigen(matrix).into_iter().map(|(_, vector)| vector).collect()
}

fn eigen(matrix: &Array2<f64>) -> Vec<(f64, Array1<f64>)> {
    let size = matrix.nrows();
    let eigen = SymmetricEigen::new(DMatrix::from_fn(size, size, |row, column| matrix[[row, column]]));
    let total: f64 = eigen.eigenvalues.iter().map(|value| value.max(0.0)).sum();
    let mut order: Vec<usize> = (0..size).collect();
    order.sort_by(|&a, &b| eigen.eigenvalues[b].total_cmp(&eigen.eigenvalues[a]));
    let largest = order.into_iter().take(2).filter(|&at| eigen.eigenvalues[at] > NOTHING * total);
    largest.map(|at| (eigen.eigenvalues[at], eigen.eigenvectors.column(at).iter().copied().collect())).collect()
}

/// Turns a small subspace towards the eigenvectors until the two that are wanted no longer move.
fn by_subspace(rows: &Array2<f32>, mean: &Array1<f64>, without: Option<&Array1<f64>>) -> Vec<Array1<f64>> {
    /// More than are wanted, so that it gets there sooner.
    const WIDTH: usize = 16;
    const MOST_TURNS: usize = 100;
    const CLOSE: f64 = 1e-7;
    let mut basis = orthonormal(start(rows.ncols(), WIDTH));
    let mut found = Vec::new();
    for _ in 0..MOST_TURNS {
        let mut turned = Array2::zeros(basis.dim());
        for block in blocks(rows, mean, without) {
            turned += &block.t().dot(&block.dot(&basis));
        }
        let inside = eigen(&basis.t().dot(&turned));
        let largest = inside.first().map_or(0.0, |(value, _)| *value);
        let strays = inside.iter().map(|(value, weights)| {
            let stray = turned.dot(weights) - basis.dot(weights) * *value;
            stray.dot(&stray).sqrt()
        });
        let is_close = strays.fold(0.0, f64::max) <= CLOSE * largest;
        found = inside.into_iter().map(|(_, weights)| basis.dot(&weights)).collect();
        if is_close {
            break;
        }
        basis = orthonormal(turned);
    }
    found
}

/// Columns without order, and the same in every run: the fractions of multiples of the golden ratio, turned by squares.
fn start(rows: usize, columns: usize) -> Array2<f64> {
    const GOLDEN: f64 = 0.618_033_988_749_894_9;
    #[expect(clippy::cast_precision_loss, reason = "numbers of rows and columns")]
    let entry = |row: usize, column: usize| ((row + 1) as f64 * (column + 2) as f64 * GOLDEN).powi(2).fract() - 0.5;
    Array2::from_shape_fn((rows, columns), |(row, column)| entry(row, column))
}

/// Columns of unit length at right angles that span the same (Gram–Schmidt, twice, which is enough: Kahan and Parlett).
fn orthonormal(mut columns: Array2<f64>) -> Array2<f64> {
    for at in 0..columns.ncols() {
        for _ in 0..2 {
            for before in 0..at {
                let shared = columns.column(before).dot(&columns.column(at));
                let before = columns.column(before).to_owned();
                columns.column_mut(at).scaled_add(-shared, &before);
            }
        }
        let column = super::unit(columns.column(at).to_owned());
        // One that depends on the others adds nothing.
        let column = column.unwrap_or_else(|| Array1::zeros(columns.nrows()));
        columns.column_mut(at).assign(&column);
    }
    columns
}

/// The one of a direction and its opposite whose entry of the largest magnitude, the first of them, is positive.
fn signed(direction: Array1<f64>) -> Array1<f64> {
    let largest = direction.iter().fold(0.0_f64, |largest, &entry| {
        // What differs by rounding alone is equal.
        if entry.abs() > largest.abs() * (1.0 + 1e-9) { entry } else { largest }
    });
    if largest < 0.0 { -direction } else { direction }
}

/// The components as found in each of the three ways.
#[cfg(test)]
pub(super) fn in_every_way(rows: &Array2<f32>, mean: &Array1<f64>) -> [Vec<Array1<f64>>; 3] {
    [by_rows, by_dimensions, by_subspace].map(|way| way(rows, mean, None))
}
