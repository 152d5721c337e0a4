//! Of which dimensions a cosine is the sum.

use ndarray::ArrayView1;

/// One dimension's part of a cosine.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Contribution {
    /// Which dimension, from 0.
    pub dimension: usize,
    /// The query's number there.
    pub query: f32,
    /// The document's number there.
    pub document: f32,
    /// Their product: what the dimension adds to the cosine.
    pub product: f32,
}

/// A cosine as the sum of its dimensions.
#[derive(Debug, Clone, PartialEq)]
pub struct Contributions {
    /// Those that add or take away the most, the largest first.
    pub largest: Vec<Contribution>,
    /// What all that add come to.
    pub added: f32,
    /// What all that take away come to; never above 0. Both together are the cosine.
    pub taken: f32,
    /// How many there are in all.
    pub dimensions: usize,
    /// How many of the largest it takes to come to half of what all add and take away.
    pub half: usize,
}

impl Contributions {
    /// The parts of q·d of two unit vectors, `most` of them one by one. `None` where they are not of one length.
    ///
    /// ```
    /// # use ndarray::array;
    /// # use vecscope::engine::contributions::Contributions;
    /// let (query, document) = (array![0.5, 0.5, 0.5, 0.5], array![0.5, -0.5, 0.5, 0.5]);
    /// let parts = Contributions::of(query.view(), document.view(), 1).unwrap();
    /// assert_eq!((parts.largest[0].dimension, parts.added, parts.taken), (0, 0.75, -0.25));
    /// ```
    #[must_use]
    #[expect(clippy::needless_pass_by_value, reason = "views are passed as slices would be")]
    pub fn of(query: ArrayView1<'_, f32>, document: ArrayView1<'_, f32>, most: usize) -> Option<Self> {
        if query.len() != document.len() {
            return None;
        }
        let parts = query.iter().zip(document.iter()).enumerate();
        let mut parts: Vec<Contribution> = parts
            .map(|(dimension, (&query, &document))| Contribution {
                dimension,
                query,
                document,
                product: query * document,
            })
            .collect();
        let sum = |sign: f32| parts.iter().map(|part| part.product).filter(|it| it * sign > 0.0).sum::<f32>() + 0.0;
        let (added, taken) = (sum(1.0), sum(-1.0));
        // A stable sort: equal parts stand in the order of the dimensions.
        parts.sort_by(|a, b| b.product.abs().total_cmp(&a.product.abs()));
        let all = added - taken;
        let mut reached = 0.0;
        let needed = parts.iter().take_while(|part| {
            let short = reached < all / 2.0;
            reached += part.product.abs();
            short
        });
        let (half, dimensions) = (needed.count(), parts.len());
        parts.truncate(most);
        Some(Self { largest: parts, added, taken, dimensions, half })
    }
}

#[cfg(test)]
mod tests {
    use ndarray::{Array1, array};
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn the_largest_stand_first_whatever_their_sign() {
        let (query, document) = (array![0.5, 0.5, 0.5, 0.5], array![0.1, -0.9, 0.3, 0.3]);
        let parts = Contributions::of(query.view(), document.view(), 3).expect("one length");
        let order: Vec<usize> = parts.largest.iter().map(|part| part.dimension).collect();
        assert_eq!(order, [1, 2, 3]);
        // 0.05 + 0.15 + 0.15 against 0.45; half of the 0.8 in all is there with the first.
        assert!((parts.added - 0.35).abs() < 1e-6 && (parts.taken + 0.45).abs() < 1e-6);
        assert_eq!((parts.dimensions, parts.half), (4, 1));
    }

    #[test]
    fn vectors_of_two_models_have_no_product() {
        assert_eq!(Contributions::of(array![1.0].view(), array![1.0, 0.0].view(), 3), None);
        let nothing = Contributions::of(array![0.0].view(), array![0.0].view(), 3).expect("one length");
        assert_eq!((nothing.added, nothing.half), (0.0, 0));
    }

    proptest! {
        #[test]
        fn the_parts_make_the_dot_product(pairs in prop::collection::vec((-1.0_f32..1.0, -1.0_f32..1.0), 1..64)) {
            let (query, document): (Vec<f32>, Vec<f32>) = pairs.into_iter().unzip();
            let (query, document) = (Array1::from(query), Array1::from(document));
            let parts = Contributions::of(query.view(), document.view(), usize::MAX).expect("one length");
            prop_assert!((parts.added + parts.taken - query.dot(&document)).abs() < 1e-4);
            let shown: f32 = parts.largest.iter().take(parts.half).map(|part| part.product.abs()).sum();
            prop_assert!(shown >= (parts.added - parts.taken) / 2.0 - 1e-4);
        }
    }
}
