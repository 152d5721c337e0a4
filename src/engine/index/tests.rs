use ndarray::array;

use super::*;
use crate::backend::{TokenCount, Usage};
use crate::engine::{Ranked, SearchOptions};
use crate::math::significance::SplitMix64;

fn batch(vectors: Array2<f32>) -> UnitBatch {
    let info = TextInfo { tokens: TokenCount::default(), norm: 1.0 };
    UnitBatch { infos: vec![info; vectors.nrows()], vectors, usage: Usage::default() }
}

/// An index of rows of whatever length, the first of which belongs to the first document, or to the last.
pub(super) fn index_of(rows: &[Vec<f32>], space: Space, backwards: bool) -> Index {
    let mut index = Index::new(space);
    let info = TextInfo { tokens: TokenCount::default(), norm: 1.0 };
    let mut numbered: Vec<_> = (0..).map(DocumentIndex).zip(rows).collect();
    if backwards {
        numbered.reverse();
    }
    for (document, row) in numbered {
        index.push(document, row[..].into(), info).expect("same size");
    }
    index
}

/// An index of a crowd, and its queries.
pub(super) fn crowd(rows: usize, dimensions: usize) -> (Index, Vec<Vec<f32>>) {
    let (rows, queries) = crowd_rows(rows, dimensions);
    (index_of(&rows, Space::Cosine, false), queries)
}

/// The numbers of a crowd one behind the other, and its queries.
pub(crate) fn crowd_of(rows: usize, dimensions: usize) -> (Vec<f32>, Vec<Vec<f32>>) {
    let (rows, queries) = crowd_rows(rows, dimensions);
    (rows.concat(), queries)
}

/// So many unit vectors in clusters, as those of texts are, and ten queries near some of them.
fn crowd_rows(rows: usize, dimensions: usize) -> (Vec<Vec<f32>>, Vec<Vec<f32>>) {
    const CLUSTERS: usize = 40;
    let mut chance = SplitMix64(7);
    let mut normal = |size: f32| -> Vec<f32> {
        // The sum of a few is near enough to normal.
        let mut one = || (0..4).map(|_| f32::from((chance.next() >> 48) as u16) / 32_768.0 - 1.0).sum::<f32>() * size;
        (0..dimensions).map(|_| one()).collect()
    };
    let centres: Vec<Vec<f32>> = (0..CLUSTERS).map(|_| normal(1.0)).collect();
    let mut near = |cluster: usize| -> Vec<f32> {
        let mut vector: Vec<f32> =
            centres[cluster % CLUSTERS].iter().zip(normal(0.8)).map(|(centre, off)| centre + off + 0.3).collect();
        crate::math::vector::normalise(ndarray::ArrayViewMut1::from(&mut vector)).expect("it has a direction");
        vector
    };
    ((0..rows).map(&mut near).collect(), (0..10).map(near).collect())
}

pub(super) fn numbers_of(ranked: &[Ranked]) -> Vec<usize> {
    ranked.iter().map(|ranked| ranked.document.0).collect()
}

fn search(index: &mut Index, query: [f32; 2], selection: Option<&[usize]>) -> Vec<(usize, f32)> {
    let selection = selection.map(|some| {
        let documents = some.iter().copied().map(DocumentIndex).collect();
        Arc::new(Selection { filter: String::new(), documents })
    });
    let options = SearchOptions { selection, ..SearchOptions::default() };
    let found = index.search(ArrayView1::from(&query), 2.0, &options).expect("same size");
    found.ranked.iter().map(|ranked| (ranked.document.0, ranked.score)).collect()
}

#[test]
fn the_nearest_come_first_whatever_order_the_rows_have() {
    let mut index = Index::default();
    index.add(&[DocumentIndex(5)], batch(array![[1.0, 0.0]])).expect("first");
    index.add(&[DocumentIndex(2), DocumentIndex(9)], batch(array![[0.6, 0.8], [0.0, -1.0]])).expect("same size");
    assert_eq!(search(&mut index, [0.0, 1.0], None), [(2, 0.8), (5, 0.0), (9, -1.0)]);
    // What is selected and not embedded is not there.
    assert_eq!(search(&mut index, [0.0, 1.0], Some(&[3, 5, 9, 70])), [(5, 0.0), (9, -1.0)]);
    assert_eq!(search(&mut index, [0.0, 1.0], Some(&[])), []);
    let documents: Vec<_> = index.rows().map(|(document, _)| document.0).collect();
    assert_eq!(documents, [5, 2, 9]);
}

#[test]
fn vectors_of_another_size_are_refused_and_change_nothing() {
    let mut index = Index::default();
    index.add(&[DocumentIndex(0)], batch(array![[1.0, 0.0]])).expect("first");
    let error = index.add(&[DocumentIndex(1)], batch(array![[1.0, 0.0, 0.0]])).expect_err("three dimensions");
    assert!(error.to_string().contains("3 dimensions does not fit an index of 2"), "{error}");
    assert_eq!(index.len(), 1);
    assert!(index.search(array![1.0].view(), 1.0, &SearchOptions::default()).is_err());
}

#[test]
fn neighbours_are_the_nearest_others_whatever_order_the_vectors_came_in() {
    let mut index = Index::default();
    let vectors = array![[0.0, 1.0], [1.0, 0.0], [0.6, 0.8]];
    index.add(&[DocumentIndex(2), DocumentIndex(0), DocumentIndex(1)], batch(vectors)).expect("first");
    let neighbours = index.neighbours(1);
    let nearest: Vec<_> = neighbours.lists.iter().map(|(document, list)| (document.0, list.clone())).collect();
    assert_eq!(nearest, [(0, vec![1]), (1, vec![2]), (2, vec![1])]);
}

#[test]
fn equally_near_neighbours_keep_the_order_of_the_corpus() {
    let mut index = Index::default();
    // The fourth and every third after it are equal; the others are as far from it as from one another.
    let vectors = Array2::from_shape_fn((90, 3), |(row, column)| f32::from(u8::from(row % 3 == column)));
    let documents: Vec<_> = (0..90).rev().map(DocumentIndex).collect();
    index.add(&documents, batch(vectors)).expect("first");
    let neighbours = index.neighbours(40);
    let of_the_fourth = &neighbours.lists[&DocumentIndex(3)];
    let equal = (0..90).step_by(3).filter(|&number| number != 3);
    let others = (0..90).filter(|number| number % 3 != 0);
    assert_eq!(*of_the_fourth, equal.chain(others).take(40).collect::<Vec<_>>());
    assert_eq!(index.neighbours(500).lists[&DocumentIndex(3)].len(), 89, "all others");
}

#[test]
fn vectors_are_given_out_in_the_order_of_the_corpus() {
    let mut index = Index::default();
    let vectors = array![[0.0, 1.0], [1.0, 0.0], [0.6, 0.8]];
    index.add(&[DocumentIndex(7), DocumentIndex(0), DocumentIndex(3)], batch(vectors)).expect("first");
    let vectors = index.vectors(2);
    assert_eq!(vectors.documents, [DocumentIndex(0), DocumentIndex(3)]);
    assert_eq!((vectors.unit, vectors.infos.len(), vectors.embedded), (array![[1.0, 0.0], [0.6, 0.8]], 2, 3));
    let all = index.vectors(9);
    assert_eq!(all.of(DocumentIndex(7)), Some(array![0.0, 1.0].view()));
    assert_eq!(all.of(DocumentIndex(1)), None);
}

#[test]
fn an_empty_index_finds_nothing() {
    assert_eq!(search(&mut Index::default(), [1.0, 0.0], None), []);
}

#[test]
fn spaces_other_than_that_of_cosines_take_the_lengths_of_vectors_and_queries() {
    let info = |norm| TextInfo { tokens: TokenCount::default(), norm };
    let filled = |space| {
        let mut index = Index::new(space);
        index.push(DocumentIndex(0), array![1.0, 0.0].view(), info(2.0)).expect("first");
        index.push(DocumentIndex(1), array![0.6, 0.8].view(), info(5.0)).expect("same size");
        index
    };
    // The query is (2, 0), as its length is 2; the documents are (2, 0) and (3, 4).
    assert_eq!(search(&mut filled(Space::InnerProduct), [1.0, 0.0], None), [(1, 6.0), (0, 4.0)]);
    assert_eq!(search(&mut filled(Space::Euclidean), [1.0, 0.0], None), [(0, 1.0), (1, 1.0 - 17.0 / 2.0)]);
    // What is given out has unit length again.
    let vectors = filled(Space::Euclidean).vectors(9).unit;
    assert!((vectors - array![[1.0, 0.0], [0.6, 0.8]]).iter().all(|off| off.abs() < 1e-6));
}

#[test]
fn documents_get_the_numbers_they_have_in_another_corpus() {
    let mut index = Index::default();
    let vectors = array![[0.0, 1.0], [1.0, 0.0], [0.6, 0.8]];
    index.add(&[DocumentIndex(7), DocumentIndex(0), DocumentIndex(3)], batch(vectors)).expect("first");
    index.renumber(|document| {
        [(0, 4), (3, 1)].iter().find(|(was, _)| *was == document.0).map(|(_, is)| DocumentIndex(*is))
    });
    let vectors = index.vectors(9);
    assert_eq!(vectors.documents, [DocumentIndex(1), DocumentIndex(4)]);
    assert_eq!(vectors.unit, array![[0.6, 0.8], [1.0, 0.0]]);
    index.renumber(|_| None);
    assert!(index.is_empty() && index.vectors(9).documents.is_empty());
}
