//! By what vectors are compared: the three spaces of vector databases.

use ndarray::ArrayView1;

use super::vector;

/// A measure of nearness. Whichever it is, a greater score is nearer, and for unit vectors all three give the cosine.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Space {
    /// The cosine of the angle between two vectors, from −1 to 1; their lengths do not matter.
    #[default]
    Cosine,
    /// The inner product, of whatever size.
    InnerProduct,
    /// The Euclidean distance d, as the score 1 − d² / 2: at most 1, and 1 where two vectors are equal.
    Euclidean,
}

impl Space {
    /// As vector databases call it.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Cosine => "cosine",
            Self::InnerProduct => "ip",
            Self::Euclidean => "l2",
        }
    }

    /// The space of that name.
    #[must_use]
    pub fn of_name(name: &str) -> Option<Self> {
        [Self::Cosine, Self::InnerProduct, Self::Euclidean].into_iter().find(|space| space.name() == name)
    }

    /// The score of two vectors of the same size. A cosine with a vector of length 0 is 0.
    ///
    /// ```
    /// # use ndarray::array;
    /// # use vecscope::math::space::Space;
    /// let (a, b) = (array![3.0, 4.0], array![6.0, 8.0]);
    /// assert_eq!(Space::Cosine.score(a.view(), b.view()), 1.0);
    /// assert_eq!(Space::InnerProduct.score(a.view(), b.view()), 50.0);
    /// assert_eq!(Space::Euclidean.score(a.view(), b.view()), 1.0 - 25.0 / 2.0);
    /// ```
    #[must_use]
    #[expect(clippy::needless_pass_by_value, reason = "a view is passed as a slice would be")]
    pub fn score(self, a: ArrayView1<'_, f32>, b: ArrayView1<'_, f32>) -> f32 {
        match self {
            Self::Cosine => {
                let lengths = vector::norm(a) * vector::norm(b);
                if lengths > 0.0 { a.dot(&b) / lengths } else { 0.0 }
            }
            Self::InnerProduct => a.dot(&b),
            Self::Euclidean => 1.0 - a.iter().zip(&b).map(|(a, b)| (a - b) * (a - b)).sum::<f32>() / 2.0,
        }
    }
}

#[cfg(test)]
mod tests {
    use ndarray::array;

    use super::*;

    #[test]
    fn names_lead_back_to_their_space() {
        for space in [Space::Cosine, Space::InnerProduct, Space::Euclidean] {
            assert_eq!(Space::of_name(space.name()), Some(space));
        }
        assert_eq!(Space::of_name("manhattan"), None);
    }

    #[test]
    fn unit_vectors_have_one_score_in_all_spaces() {
        let (a, b) = (array![0.6, 0.8], array![1.0, 0.0]);
        for space in [Space::Cosine, Space::InnerProduct, Space::Euclidean] {
            assert!((space.score(a.view(), b.view()) - 0.6).abs() < 1e-6, "{}", space.name());
        }
    }

    #[test]
    fn a_vector_without_length_has_no_angle() {
        assert!(Space::Cosine.score(array![0.0, 0.0].view(), array![1.0, 0.0].view()).abs() < f32::EPSILON);
    }
}
