//! The switches that need nothing but vectors: metric, precision, dimensions, mixing.

use ndarray::{Array1, ArrayView1, Axis};

use super::{Cut, Finding, Metric, Refusal, Risen, Sample, Scale, Setting, Trial};
use crate::engine::Ranking;
use crate::engine::pipeline::StageRanking;
use crate::math::quantise::Precision;
use crate::math::rotation::Rotation;
use crate::math::vector;

/// The seed of the rotation that stands in for another model.
const SEED: u64 = 384;

/// Of how many documents it is checked that the rotated model alone ranks as the model does.
const CHECKED: usize = 10;

impl Sample<'_> {
    /// Vectors as long as the model made them, or distances, in place of the cosine. Raw vectors are the unit vectors times
    /// the length that they had.
    ///
    /// # Errors
    /// [`Refusal::LengthOfExpression`] where the query is an expression and its length counts.
    pub fn metric(&self, metric: Metric) -> Result<Trial, Refusal> {
        let unit_query = self.ranking.vector.view();
        let norms = || self.vectors.infos.iter().map(|info| info.norm);
        let rows = self.vectors.unit.rows().into_iter().zip(norms());
        let (scores, scale): (Vec<f32>, _) = match metric {
            Metric::DotProduct => {
                let query = self.raw_query()?;
                (rows.map(|(row, norm)| row.dot(&query) * norm).collect(), Scale::DotProduct)
            }
            Metric::Euclidean => {
                let query = self.raw_query()?;
                (rows.map(|(row, norm)| -distance(query.view(), row, norm)).collect(), Scale::Distance)
            }
            Metric::UnitEuclidean => (rows.map(|(row, _)| -distance(unit_query, row, 1.0)).collect(), Scale::Distance),
        };
        let mut lengths: Vec<f32> = norms().collect();
        lengths.sort_unstable_by(f32::total_cmp);
        let at = |place: usize| lengths.get(place).copied().unwrap_or_default();
        let documents = [at(0), at(lengths.len() / 2), at(lengths.len().saturating_sub(1))];
        let query = self.ranking.query_info.norm;
        let finding = Finding::Lengths { query, documents, risen: None };
        let mut trial = self.trial(Setting::Metric(metric), &scores, scale, finding);
        let risen = self.risen(&trial);
        trial.finding = Finding::Lengths { query, documents, risen };
        Ok(trial)
    }

    /// Of the first k, the one that rose most.
    fn risen(&self, trial: &Trial) -> Option<Risen> {
        let first = (1..).zip(trial.switched.placed.iter().take(trial.damage.k));
        let rises = first.filter_map(|(to, placed)| {
            let from = trial.correct.placement(placed.document)?.rank;
            (from > to).then_some((from, to, placed.document))
        });
        // Of equal rises the one that stands highest.
        let (from, to, document) = rises.min_by_key(|(from, to, _)| (std::cmp::Reverse(from - to), *to))?;
        let norm = self.vectors.infos[self.vectors.row_of(document)?].norm;
        Some(Risen { document, id: self.corpus[document].id.clone(), from, to, norm })
    }

    /// Query and documents stored in fewer bits and read back. What is compared is the dot product of what is read back; it
    /// is not scaled to unit length again, as a store of such codes does not either.
    #[must_use]
    pub fn precision(&self, precision: Precision) -> Trial {
        let mut query = self.ranking.vector.as_ref().clone();
        precision.apply(query.view_mut());
        let scores = self.each_row(|row| {
            let mut coded = row.to_owned();
            precision.apply(coded.view_mut());
            coded.dot(&query)
        });
        let scale = if precision == Precision::Binary { Scale::Signs } else { Scale::Cosine };
        let dimensions = self.ranking.vector.len();
        let finding = Finding::Bytes([Precision::F32, precision].map(|precision| precision.bytes(dimensions)));
        self.trial(Setting::Precision(precision), &scores, scale, finding)
    }

    /// The same model with quantised weights. Its cosines may be held against those of the full one, as it is meant to be
    /// the same model: the one exception. Whether it is, the caller asks [`is_quantised_form`].
    #[must_use]
    pub fn quantised_model(&self, quantised: &Ranking) -> Trial {
        let switched = Sample { ranking: quantised, ..*self }.correct();
        self.against(Setting::QuantisedModel, switched, Scale::Cosine, Finding::QuantisedModel)
    }

    /// The first dimensions of query and documents.
    ///
    /// # Errors
    /// [`Refusal::NothingToCut`] where there are no more than are to be kept.
    pub fn cut(&self, cut: Cut) -> Result<Trial, Refusal> {
        let of = self.ranking.vector.len();
        if cut.kept >= of {
            return Err(Refusal::NothingToCut { kept: cut.kept, of });
        }
        let query = self.ranking.vector.view().split_at(Axis(0), cut.kept).0;
        let query_norm = vector::norm(query);
        let mut documents = 0.0;
        let scores = self.each_row(|row| {
            let row = row.split_at(Axis(0), cut.kept).0;
            let norm = vector::norm(row);
            documents += norm * norm;
            let dot = row.dot(&query);
            match cut.renormalised {
                // What has no length is like nothing.
                true if norm * query_norm == 0.0 => 0.0,
                true => dot / (norm * query_norm),
                false => dot,
            }
        });
        #[expect(clippy::cast_precision_loss, reason = "a count of documents")]
        let documents = documents / self.vectors.documents.len().max(1) as f32;
        let finding = Finding::Kept { of, query: query_norm * query_norm, documents };
        Ok(self.trial(Setting::Cut(cut), &scores, Scale::Cosine, finding))
    }

    /// The query from this model with its space rotated at random, the documents from the model as it is. Alone, the rotated
    /// model ranks exactly as the model itself: no length and no angle changes. Mixed, the two are as strangers as any two
    /// models that were trained apart.
    #[must_use]
    pub fn rotated(&self) -> Trial {
        let rotation = Rotation::new(self.ranking.vector.len(), SEED);
        let query = rotation.turn(self.ranking.vector.view());
        let scores = self.each_row(|row| row.dot(&query));
        let first = self.ranking.ranked.iter().take(CHECKED);
        let alone = first.filter_map(|ranked| {
            let turned = rotation.turn(self.vectors.of(ranked.document)?);
            Some((turned.dot(&query) - ranked.score).abs())
        });
        let finding = Finding::Mixed { alone: Some(alone.fold(0.0, f32::max)) };
        self.trial(Setting::Rotated, &scores, Scale::Cosine, finding)
    }

    /// The query from this model, the documents from another.
    ///
    /// # Errors
    /// [`Refusal::Dimensions`] where the vectors do not have as many.
    pub fn mixed(&self, other: &super::Vectors) -> Result<Trial, Refusal> {
        let (query, documents) = (self.ranking.vector.len(), other.unit.ncols());
        if query != documents {
            return Err(Refusal::Dimensions { query, documents });
        }
        let scores: Vec<f32> = other.unit.rows().into_iter().map(|row| row.dot(self.ranking.vector.as_ref())).collect();
        let switched: StageRanking = super::ranked(other, &scores, self.corpus.documents.len());
        Ok(self.against(Setting::OtherModel, switched, Scale::Cosine, Finding::Mixed { alone: None }))
    }
}

/// Whether a model is another one with quantised weights, by their names: fastembed's catalogue puts `-q` behind, or `-q4`.
///
/// ```
/// use vecscope::engine::lab::is_quantised_form;
/// assert!(is_quantised_form("all-MiniLM-L6-v2-q", "all-MiniLM-L6-v2"));
/// assert!(!is_quantised_form("all-MiniLM-L12-v2-q", "all-MiniLM-L6-v2"));
/// ```
#[must_use]
pub fn is_quantised_form(quantised: &str, model: &str) -> bool {
    quantised.strip_prefix(model).is_some_and(|behind| matches!(behind, "-q" | "-q4"))
}

/// |query − norm × row|.
#[expect(clippy::needless_pass_by_value, reason = "a view is passed as a slice would be")]
fn distance(query: ArrayView1<'_, f32>, row: ArrayView1<'_, f32>, norm: f32) -> f32 {
    let difference: Array1<f32> = query.iter().zip(row).map(|(q, d)| q - d * norm).collect();
    vector::norm(difference.view())
}
