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

    /// The score of two vectors by the cosine of the angle between them and their lengths.
    ///
    /// ```
    /// # use vecscope::math::space::Space;
    /// // (3, 4) and (6, 8), whose inner product is 50 and whose distance is 5.
    /// assert_eq!(Space::InnerProduct.of_cosine(1.0, [5.0, 10.0]), 50.0);
    /// assert_eq!(Space::Euclidean.of_cosine(1.0, [5.0, 10.0]), 1.0 - 25.0 / 2.0);
    /// ```
    #[must_use]
    pub fn of_cosine(self, cosine: f32, [a, b]: [f32; 2]) -> f32 {
        match self {
            Self::Cosine => cosine,
            Self::InnerProduct => cosine * a * b,
            // (a − b)² + 2ab(1 − cosine) is d², and loses less to rounding than a² + b² − 2ab·cosine does.
            Self::Euclidean => 1.0 - (a - b) * (a - b) / 2.0 - a * b * (1.0 - cosine),
        }
    }

    /// The cosine of the angle between two vectors by their score and their lengths, which are not 0.
    #[must_use]
    pub fn cosine(self, score: f32, [a, b]: [f32; 2]) -> f32 {
        match self {
            Self::Cosine => score,
            Self::InnerProduct => score / (a * b),
            Self::Euclidean => 1.0 - (1.0 - score - (a - b) * (a - b) / 2.0) / (a * b),
        }
    }

    /// The score that a vector database's distance stands for: Chroma's 1 − cosine, 1 − inner product, and the square of
    /// the Euclidean distance.
    #[must_use]
    pub fn of_distance(self, distance: f32) -> f32 {
        match self {
            Self::Cosine | Self::InnerProduct => 1.0 - distance,
            Self::Euclidean => 1.0 - distance / 2.0,
        }
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
    fn a_score_follows_from_the_cosine_and_leads_back_to_it() {
        let (a, b) = (array![1.0, 2.0, 2.0], array![4.0, 0.0, 3.0]);
        let lengths = [3.0, 5.0];
        for space in [Space::Cosine, Space::InnerProduct, Space::Euclidean] {
            let score = space.score(a.view(), b.view());
            let cosine = Space::Cosine.score(a.view(), b.view());
            assert!((space.of_cosine(cosine, lengths) - score).abs() < 1e-5, "{}", space.name());
            assert!((space.cosine(score, lengths) - cosine).abs() < 1e-6, "{}", space.name());
        }
    }

    #[test]
    fn distances_of_a_database_are_scores_of_its_space() {
        // Of (1, 2, 2) and (4, 0, 3): the inner product is 10, the square of the distance 9 + 4 + 1.
        let (a, b) = (array![1.0, 2.0, 2.0], array![4.0, 0.0, 3.0]);
        for (space, distance) in
            [(Space::Cosine, 1.0 - 10.0 / 15.0), (Space::InnerProduct, 1.0 - 10.0), (Space::Euclidean, 14.0)]
        {
            let off = (space.of_distance(distance) - space.score(a.view(), b.view())).abs();
            assert!(off < 1e-6, "{}", space.name());
        }
    }

    #[test]
    fn a_vector_without_length_has_no_angle() {
        assert!(Space::Cosine.score(array![0.0, 0.0].view(), array![1.0, 0.0].view()).abs() < f32::EPSILON);
    }
}
