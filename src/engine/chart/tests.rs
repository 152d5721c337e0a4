use ndarray::{Array2, array};

use super::*;
use crate::backend::{TextInfo, TokenCount};
use crate::engine::ranking::tests::ranking;

fn vectors(unit: Array2<f32>) -> Arc<Vectors> {
    let info = TextInfo { tokens: TokenCount::default(), norm: 1.0 };
    let (documents, infos) = ((0..unit.nrows()).map(DocumentIndex).collect(), vec![info; unit.nrows()]);
    Arc::new(Vectors { documents, infos, embedded: unit.nrows(), unit })
}

fn drawn(unit: Array2<f32>, recipe: &Recipe) -> Chart {
    let vectors = vectors(unit);
    let neighbourhoods = Arc::new(Neighbourhoods::of(&vectors.unit, NEIGHBOURS));
    let chart = Chart::draw(&vectors, &neighbourhoods, recipe, &mut |_, _| true);
    chart.expect("a plane").expect("nobody stops it")
}

/// Four directions in a plane, and one that leaves it a little.
fn compass() -> Array2<f32> {
    array![[1.0, 0.0, 0.0], [0.0, 0.8, 0.6], [-1.0, 0.0, 0.0], [0.0, -0.8, -0.6], [0.6, 0.64, 0.48]]
}

#[test]
fn a_query_lies_where_a_document_with_its_vector_would() {
    let chart = drawn(compass(), &Recipe::Principal);
    let mut query = ranking("q", &[0.0; 5]);
    query.vector = Arc::new(compass().row(1).to_owned());
    assert_eq!(chart.place(&query), chart.place_of(DocumentIndex(1)));
    // One of another model has no place here, nor one that a test made up.
    query.vector = Arc::new(array![1.0, 0.0]);
    assert_eq!((chart.place(&query), chart.place(&ranking("q", &[0.0; 5]))), (None, None));
    assert_eq!(chart.place_of(DocumentIndex(9)), None);
}

#[test]
fn what_is_flat_keeps_all_neighbours() {
    let chart = drawn(compass(), &Recipe::Principal);
    let plane = chart.plane.as_ref().expect("it has axes");
    assert!((plane.explained[0] + plane.explained[1] - 1.0).abs() < 1e-6);
    let preserved = chart.preserved.as_ref().expect("it is done");
    assert!((preserved.mean - 1.0).abs() < 1e-12);
    assert_eq!(chart.kept_of(DocumentIndex(2)), Some(4));
    assert_eq!(chart.nearest_of(DocumentIndex(0)).map(|nearest| nearest[0]), Some(DocumentIndex(4)));
    assert_eq!(chart.worst(2), [(DocumentIndex(0), 4), (DocumentIndex(1), 4)]);
    let from = chart.place_of(DocumentIndex(0)).expect("it has a place");
    assert_eq!(chart.rank_on_map(from, DocumentIndex(2), |_| true), Some(5));
    assert_eq!(chart.rank_on_map(from, DocumentIndex(2), |other| other.0 < 3), Some(3));
}

#[test]
fn without_axes_a_query_lies_between_its_nearest() {
    let places = vec![[0.0, 0.0], [1.0, 0.0], [0.0, 1.0], [1.0, 1.0], [2.0, 0.0], [9.0, 9.0], [9.0, 0.0]];
    let vectors = vectors(Array2::from_elem((7, 2), 0.5_f32.sqrt()));
    let neighbourhoods = Arc::new(Neighbourhoods::of(&vectors.unit, 1));
    let chart = Chart::new(&vectors, &neighbourhoods, Method::TSne, None, places);
    // The sixth is at 0.5: the first weighs three times as much as the second, and the others nothing to speak of.
    let mut query = ranking("q", &[0.8, 0.6, 0.5, 0.5, 0.5, 0.5, 0.1]);
    query.vector = Arc::new(array![1.0, 0.0]);
    let [x, y] = chart.place(&query).expect("it has a place");
    assert!((x - 0.25).abs() < 1e-4 && y.abs() < 1e-4, "{x} {y}");
}

#[test]
fn an_axis_lies_between_its_phrases() {
    let info = TextInfo { tokens: TokenCount::default(), norm: 1.0 };
    let phrases = |unit: Array2<f32>| Recipe::Axes(Arc::new(Embedded { infos: vec![info; unit.nrows()], unit }));
    let chart = drawn(compass(), &phrases(array![[0.0, 1.0, 0.0], [1.0, 0.0, 0.0]]));
    let across = |number| chart.place_of(DocumentIndex(number)).expect("it has a place")[0];
    // From the second direction to the first.
    assert!(across(0) > across(4) && across(4) > across(1), "{:?}", chart.places);
    let vectors = vectors(compass());
    let neighbourhoods = Arc::new(Neighbourhoods::of(&vectors.unit, 1));
    let same = phrases(array![[0.0, 1.0, 0.0], [0.0, 1.0, 0.0]]);
    assert_eq!(Chart::draw(&vectors, &neighbourhoods, &same, &mut |_, _| true), Err(Flat::NoDirection));
}

#[test]
fn t_sne_is_seen_on_its_way_and_can_be_stopped() {
    let vectors = vectors(compass());
    let neighbourhoods = Arc::new(Neighbourhoods::of(&vectors.unit, 1));
    let mut seen = 0;
    let chart = Chart::draw(&vectors, &neighbourhoods, &Recipe::TSne, &mut |epoch, so_far| {
        seen = epoch;
        let chart = so_far();
        assert_eq!((chart.places.len(), chart.preserved), (5, None));
        epoch < 7
    });
    assert_eq!((chart, seen), (Ok(None), 7));
}

#[test]
fn an_empty_map_and_one_of_a_single_point_have_an_extent() {
    for count in [0, 1] {
        let chart = drawn(Array2::from_elem((count, 1), 1.0), &Recipe::Principal);
        assert_eq!((chart.extent(), chart.centre()), ([1.0; 2], [0.0; 2]));
        let chart = drawn(Array2::from_elem((count, 1), 1.0), &Recipe::TSne);
        assert_eq!((chart.extent(), chart.places.len()), ([1.0; 2], count));
    }
}

#[test]
fn two_maps_are_laid_over_each_other_and_what_moved_comes_first() {
    let fixed = Arc::new(drawn(compass(), &Recipe::Principal));
    // Another model: the same directions turned, and the last where the third is.
    let other = array![[0.0, 1.0, 0.0], [0.0, 0.0, 1.0], [0.0, -1.0, 0.0], [0.0, 0.0, -1.0], [0.0, -0.8, 0.6]];
    let moving = Arc::new(drawn(other, &Recipe::Principal));
    let overlay = Overlay::new(&moving, &fixed);
    assert_eq!(overlay.moved[0].0, DocumentIndex(4));
    assert_eq!(overlay.moved.len(), 5);
    let residual = overlay.alignment.expect("it was turned").residual;
    assert!(residual > 0.05 && residual < 0.5, "{residual}");
    assert_eq!(overlay.shared, Some(1.0), "all four others are everybody's neighbours");
    let same = Overlay::new(&fixed, &fixed);
    assert!(same.alignment.is_some_and(|alignment| alignment.residual < 1e-9) && same.moved[0].1 < 1e-6);
}

#[test]
fn axes_with_a_meaning_are_not_turned() {
    let info = TextInfo { tokens: TokenCount::default(), norm: 1.0 };
    let phrases = |unit: Array2<f32>| Recipe::Axes(Arc::new(Embedded { infos: vec![info; unit.nrows()], unit }));
    let fixed = Arc::new(drawn(compass(), &phrases(array![[0.0, 1.0, 0.0], [1.0, 0.0, 0.0]])));
    // Another model, of the opposite opinion.
    let moving = Arc::new(drawn(compass(), &phrases(array![[1.0, 0.0, 0.0], [0.0, 1.0, 0.0]])));
    let overlay = Overlay::new(&moving, &fixed);
    assert_eq!((overlay.alignment, overlay.moved.len(), overlay.shared), (None, 0, Some(1.0)));
}
