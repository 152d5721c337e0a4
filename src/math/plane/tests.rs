use ndarray::{Array2, array};
use proptest::prelude::*;

use super::*;

#[track_caller]
fn assert_near(found: f64, expected: f64) {
    assert!((found - expected).abs() < 1e-6, "{found} is not {expected}");
}

/// Numbers without order, the same in every run.
fn scattered(rows: usize, columns: usize) -> Array2<f32> {
    Array2::from_shape_fn((rows, columns), |(row, column)| {
        let number =
            u16::try_from((row * 7_919 + column * 104_729 + row * column * 31) % 10_007).expect("below 10,007");
        f32::from(number) / 10_007.0 - 0.5
    })
}

fn small(number: usize) -> f64 {
    f64::from(u16::try_from(number).expect("small"))
}

/// Rows on a plane in so many dimensions: places that are known, along two directions at right angles.
fn on_a_plane(rows: usize, dimensions: usize) -> (Array2<f32>, Vec<Place>) {
    let places: Vec<Place> =
        (0..rows).map(|row| [small((row * 37) % 101) / 10.0, small((row * 53) % 97) / 40.0]).collect();
    let vectors = Array2::from_shape_fn((rows, dimensions), |(row, column)| {
        let [x, y] = places[row];
        // Along the first two dimensions, turned by an angle with sine 0.6, and 1 off the origin in the third.
        let value = match column {
            0 => 0.8 * x - 0.6 * y,
            1 => 0.6 * x + 0.8 * y,
            2 => 1.0,
            _ => 0.0,
        };
        #[expect(clippy::cast_possible_truncation, reason = "a small number")]
        let value = value as f32;
        value
    });
    (vectors, places)
}

fn distance(a: Place, b: Place) -> f64 {
    (a[0] - b[0]).hypot(a[1] - b[1])
}

#[test]
fn a_cloud_of_four_is_taken_apart_by_hand() {
    // Around the mean (1, 1), two points lie on the diagonal and two across it.
    let rows = array![[3.0, 3.0], [-1.0, -1.0], [2.0, 0.0], [0.0, 2.0]];
    let plane = Plane::principal(&rows);
    // Sums of squares 16 along the diagonal, 4 across it.
    assert_near(plane.explained[0], 0.8);
    assert_near(plane.explained[1], 0.2);
    let half = 0.5_f64.sqrt();
    assert_near(plane.axes[0][0], half);
    assert_near(plane.axes[0][1], half);
    // The first of the two largest entries is the positive one.
    assert_near(plane.axes[1][0], half);
    assert_near(plane.axes[1][1], -half);
    let places = plane.project_all(&rows);
    for (place, expected) in places.iter().zip([[8_f64.sqrt(), 0.0], [-(8_f64.sqrt()), 0.0], [0.0, 2_f64.sqrt()]]) {
        assert_near(place[0], expected[0]);
        assert_near(place[1], expected[1]);
    }
    assert!(distance(plane.project(rows.row(2)), places[2]) < 1e-12);
}

#[test]
fn what_lies_on_a_plane_is_recovered_whichever_matrix_is_taken_apart() {
    // By rows, by dimensions, and by a subspace.
    for (rows, dimensions) in [(20, 40), (60, 12), (600, 530)] {
        let (vectors, places) = on_a_plane(rows, dimensions);
        let plane = Plane::principal(&vectors);
        assert_near(plane.explained[0] + plane.explained[1], 1.0);
        let found = plane.project_all(&vectors);
        for (a, b) in [(0, 1), (2, 9), (5, 17), (11, 3)] {
            let (found, true_one) = (distance(found[a], found[b]), distance(places[a], places[b]));
            assert!((found - true_one).abs() < 1e-4, "{rows}×{dimensions}: {found} is not {true_one}");
        }
    }
}

#[test]
fn all_three_ways_find_the_same() {
    let mut rows = scattered(90, 60);
    // Two directions that stand out.
    for (at, mut row) in rows.rows_mut().into_iter().enumerate() {
        let number = |factor: usize| f32::from(u16::try_from(at * factor % 89).expect("below 89")) / 89.0 - 0.5;
        row[3] += 3.0 * number(13);
        row[8] += 2.0 * number(29);
    }
    let [by_rows, by_dimensions, by_subspace] = leading::in_every_way(&rows, &mean(&rows));
    for component in 0..2 {
        assert_near(by_rows[component].dot(&by_dimensions[component]).abs(), 1.0);
        assert_near(by_subspace[component].dot(&by_dimensions[component]).abs(), 1.0);
    }
}

#[test]
fn few_documents_and_equal_ones_have_a_map_too() {
    for rows in [Array2::zeros((0, 5)), scattered(1, 5), Array2::from_elem((7, 5), 0.5), Array2::zeros((3, 0))] {
        let plane = Plane::principal(&rows);
        assert!(plane.explained.iter().all(|share| share.abs() < 1e-12), "{:?}", rows.dim());
        assert!(plane.project_all(&rows).iter().flatten().all(|&x| x.abs() < 1e-6), "{:?}", rows.dim());
    }
    let two = Plane::principal(&array![[1.0, 0.0, 0.0], [0.0, 1.0, 0.0]]);
    assert_near(two.explained[0], 1.0);
    assert_near(two.explained[1], 0.0);
    let line = Plane::principal(&array![[1.0], [2.0], [9.0]]);
    assert_near(line.project(array![9.0].view())[0], 5.0);
    assert_near(line.project(array![9.0].view())[1], 0.0);
}

#[test]
fn an_axis_goes_from_one_meaning_to_the_other() {
    // 16 along the diagonal, 4 across it, 9 + 9 in the third dimension.
    let rows =
        array![[3.0, 3.0, 0.0], [-1.0, -1.0, 0.0], [2.0, 0.0, 0.0], [0.0, 2.0, 0.0], [1., 1., 3.], [1., 1., -3.]];
    let plane = Plane::through(&rows, &array![0.0, 0.0, 7.0], None).expect("a direction");
    assert_near(plane.project(array![1.0, 1.0, -2.0].view())[0], -2.0);
    // The first principal component of the rest is the diagonal.
    assert_near(plane.project(array![3.0, 3.0, 0.0].view())[1], 8_f64.sqrt());
    assert_near(plane.explained[0], 18.0 / 38.0);
    assert_near(plane.explained[1], 16.0 / 38.0);
}

#[test]
fn a_second_axis_keeps_what_is_at_right_angles_to_the_first() {
    let rows = array![[1.0, 0.0], [0.0, 1.0], [0.5, 0.2]];
    let plane = Plane::through(&rows, &array![1.0, 0.0], Some(&array![1.0, 1.0])).expect("a plane");
    assert_near(plane.axes[1][0], 0.0);
    assert_near(plane.axes[1][1], 1.0);
    let flat = |x: [f32; 2], y: Option<[f32; 2]>| {
        let y = y.map(|y| Array1::from(y.to_vec()));
        Plane::through(&rows, &Array1::from(x.to_vec()), y.as_ref())
    };
    assert_eq!(flat([0.0, 0.0], None), Err(Flat::NoDirection));
    assert_eq!(flat([1.0, 0.0], Some([0.0, 0.0])), Err(Flat::NoDirection));
    assert_eq!(flat([1.0, 2.0], Some([-2.0, -4.0])), Err(Flat::Parallel));
}

proptest! {
    #[test]
    fn a_map_never_stretches_a_distance_and_keeps_its_mean(
        numbers in prop::collection::vec(-1.0_f32..1.0, 5..60),
        columns in 1_usize..6,
    ) {
        let rows = Array2::from_shape_vec((numbers.len() / columns, columns), numbers[..numbers.len() / columns * columns].to_vec())
            .expect("as many numbers as fit");
        let plane = Plane::principal(&rows);
        let places = plane.project_all(&rows);
        let [x, y] = [0, 1].map(|axis| places.iter().map(|place| place[axis]).sum::<f64>());
        prop_assert!(x.abs() < 1e-4 && y.abs() < 1e-4, "{x} {y}");
        prop_assert!(plane.explained[0] + 1e-9 >= plane.explained[1]);
        prop_assert!(plane.explained[0] + plane.explained[1] <= 1.0 + 1e-9);
        for a in 0..rows.nrows() {
            let apart = (&rows.row(0) - &rows.row(a)).mapv(|x| f64::from(x).powi(2)).sum().sqrt();
            prop_assert!(distance(places[0], places[a]) <= apart + 1e-5);
        }
    }

    #[test]
    fn the_order_of_documents_changes_no_axis(rows in 3_usize..40, shift in 1_usize..40) {
        let vectors = scattered(rows, 8);
        let mut order: Vec<usize> = (0..rows).collect();
        order.rotate_left(shift % rows);
        let turned = vectors.select(ndarray::Axis(0), &order);
        let (a, b) = (Plane::principal(&vectors), Plane::principal(&turned));
        prop_assert!((a.explained[0] - b.explained[0]).abs() < 1e-9);
        // Where two components are nearly as strong as each other, any turn of them is as good.
        prop_assume!(a.explained[0] > 1.05 * a.explained[1]);
        prop_assert!(a.axes[0].dot(&b.axes[0]).abs() > 0.999, "{} {}", a.axes[0], b.axes[0]);
    }
}
