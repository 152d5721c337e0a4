//! A map in figures.

use std::io::{self, Write};

use serde::Serialize;

use super::Drawn;
use crate::corpus::DocumentIndex;
use crate::engine::chart::Phrases;
use crate::engine::groups::Grouping;
use crate::phrase;
use crate::text;

/// What `--format json` prints.
#[derive(Debug, Serialize)]
pub(super) struct Report<'a> {
    backend: &'a str,
    model: &'a str,
    method: &'static str,
    /// Of the vectors, before they were laid flat.
    dimensions: usize,
    /// How many documents the corpus has; the first so many of them are on the map.
    documents: usize,
    /// The phrases between which the axes lie.
    axes: Option<Axes<'a>>,
    /// The share of variance along each axis; `null` where there are no axes.
    variance_explained: Option<[f64; 2]>,
    neighbours: Neighbours,
    grouped_by: &'static str,
    groups: Vec<Group<'a>>,
    points: Vec<Point<'a>>,
    query: Option<Query<'a>>,
}

#[derive(Debug, Serialize)]
struct Axes<'a> {
    x: &'a [String; 2],
    y: Option<&'a [String; 2]>,
}

/// How many of the true nearest are near on the map.
#[derive(Debug, Serialize)]
struct Neighbours {
    k: usize,
    /// The mean share, over all points or an even sample of them; `null` where there are no neighbours to keep.
    preserved: Option<f64>,
    by_chance: Option<f64>,
    points: usize,
}

#[derive(Debug, Serialize)]
struct Group<'a> {
    name: &'a str,
    documents: usize,
}

#[derive(Debug, Serialize)]
struct Point<'a> {
    id: &'a str,
    topic: Option<&'a str>,
    group: Option<usize>,
    x: f64,
    y: f64,
    /// The share of its nearest on the map that are near in truth; `null` where it is not one of the sample, or has none.
    preserved: Option<f64>,
}

#[derive(Debug, Serialize)]
struct Query<'a> {
    text: &'a str,
    x: f64,
    y: f64,
    /// Whether its place is that of its vector; else it stands between its nearest documents.
    projected: bool,
    neighbours: Vec<Near<'a>>,
}

#[derive(Debug, Serialize)]
pub(super) struct Near<'a> {
    pub(super) rank: usize,
    pub(super) id: &'a str,
    pub(super) cosine: f32,
    /// `null` where it is not on the map.
    pub(super) rank_on_map: Option<usize>,
    #[serde(skip)]
    pub(super) document: DocumentIndex,
}

#[expect(clippy::cast_precision_loss, reason = "a share of neighbours")]
fn share(kept: usize, k: usize) -> Option<f64> {
    (k > 0).then(|| kept as f64 / k as f64)
}

impl<'a> Report<'a> {
    pub(super) fn new(drawn: &'a Drawn<'a>) -> Self {
        let Drawn { corpus, chart, groups, ranking, backend, model, arguments, .. } = drawn;
        let axes = arguments.axes.as_ref().map(|Phrases { x, y }| Axes { x, y: y.as_ref() });
        let point = |(&document, &[x, y]): (&DocumentIndex, &[f64; 2])| {
            let about = &corpus[document];
            let preserved = chart.kept_of(document).and_then(|kept| share(kept, chart.neighbourhoods.k));
            let topic = about.topic.as_deref();
            Point { id: &about.id, topic, group: groups.of(document), x, y, preserved }
        };
        let query = ranking.as_ref().and_then(|ranking| {
            let [x, y] = chart.place(ranking)?;
            let (text, projected) = (ranking.query.as_str(), chart.plane.is_some());
            Some(Query { text, x, y, projected, neighbours: drawn.nearest() })
        });
        Self {
            backend,
            model,
            method: match chart.method {
                crate::engine::chart::Method::Principal => "pca",
                crate::engine::chart::Method::TSne => "tsne",
                crate::engine::chart::Method::Axes => "axes",
            },
            dimensions: chart.vectors.unit.ncols(),
            documents: corpus.documents.len(),
            axes,
            variance_explained: chart.plane.as_ref().map(|plane| plane.explained),
            neighbours: Neighbours {
                k: chart.neighbourhoods.k,
                preserved: drawn.preserved(),
                by_chance: drawn.preserved().map(|_| chart.neighbourhoods.by_chance()),
                points: chart.neighbourhoods.rows.len(),
            },
            grouped_by: grouped_by(groups.by),
            groups: groups.groups.iter().map(|group| Group { name: &group.name, documents: group.count }).collect(),
            points: chart.vectors.documents.iter().zip(&chart.places).map(point).collect(),
            query,
        }
    }
}

fn grouped_by(by: Grouping) -> &'static str {
    match by {
        Grouping::Topic => "topic",
        Grouping::Cluster => "cluster",
    }
}

impl<'a> Drawn<'a> {
    /// The mean share of neighbours that the map keeps; `None` where there are none to keep.
    pub(super) fn preserved(&self) -> Option<f64> {
        let preserved = self.chart.preserved.as_ref().filter(|_| self.chart.neighbourhoods.k > 0)?;
        Some(preserved.mean)
    }

    /// The true nearest documents of the query, with their rank on the map.
    pub(super) fn nearest(&'a self) -> Vec<Near<'a>> {
        let Some(ranking) = &self.ranking else { return Vec::new() };
        let place = self.chart.place(ranking);
        let near = |(rank, ranked): (usize, &crate::engine::Ranked)| Near {
            rank,
            id: &self.corpus[ranked.document].id,
            cosine: ranked.score,
            rank_on_map: place.and_then(|place| self.chart.rank_on_map(place, ranked.document, |_| true)),
            document: ranked.document,
        };
        (1..).zip(&ranking.ranked).take(self.top_k).map(near).collect()
    }
}

/// How far the map can be trusted, and where the query's nearest lie on it; or without a query, what it places worst.
pub(super) fn write_table(out: &mut impl Write, drawn: &Drawn<'_>) -> io::Result<()> {
    const COLUMNS: usize = 100;
    let Drawn { corpus, chart, groups, ranking, top_k, model, .. } = drawn;
    let count = |number: usize| phrase::thousands(number as u64);
    let (mapped, all) = (chart.vectors.documents.len(), corpus.documents.len());
    let which = if mapped < all { format!("the first {} of {}", count(mapped), count(all)) } else { count(all) };
    writeln!(
        out,
        "{} of {which} documents, {} dimensions of {}",
        chart.method.name(),
        chart.vectors.unit.ncols(),
        text::visible(model)
    )?;
    match &chart.plane {
        Some(plane) => {
            let [x, y] = plane.explained.map(|share| share * 100.0);
            writeln!(out, "variance explained   {x:.1} % + {y:.1} % = {:.1} %", x + y)?;
        }
        None => writeln!(out, "no axes: who is near whom is all that a place says")?,
    }
    let neighbourhoods = &chart.neighbourhoods;
    let of = if neighbourhoods.is_sample() {
        format!(", of a sample of {}", count(neighbourhoods.rows.len()))
    } else {
        String::new()
    };
    let (k, chance) = (neighbourhoods.k, neighbourhoods.by_chance() * 100.0);
    match drawn.preserved().map(|kept| kept * 100.0) {
        Some(kept) => {
            writeln!(out, "neighbours preserved {kept:.1} % of each one's {k} nearest (by chance {chance:.1} %{of})")?;
        }
        None => writeln!(out, "no neighbours to keep")?,
    }
    let named = groups.groups.iter().map(|group| format!("{} {}", text::visible(&group.name), count(group.count)));
    let named = format!("by {}: {}", grouped_by(groups.by), named.collect::<Vec<_>>().join(" · "));
    for line in text::wrap(&named, COLUMNS, 4) {
        writeln!(out, "{line}")?;
    }
    writeln!(out)?;
    let row = |out: &mut dyn Write, numbers: String, document: DocumentIndex| {
        let about = &corpus[document];
        let name = format!("{}  {}", text::visible(&about.id), text::beginning(&about.text, COLUMNS));
        writeln!(out, "{}", text::fit(&format!("{numbers}  {name}"), COLUMNS))
    };
    if ranking.is_some() {
        writeln!(out, "rank  cosine  on the map")?;
        for near in drawn.nearest() {
            let on_map = near.rank_on_map.map_or_else(String::new, |rank| format!("#{rank}"));
            row(out, format!("{:>4}  {:>6.3}  {on_map:>10}", near.rank, near.cosine), near.document)?;
        }
    } else if k > 0 {
        writeln!(out, "what the map places worst: how many of its {k} nearest are near")?;
        for (document, kept) in chart.worst(*top_k) {
            row(out, format!("{kept:>4}"), document)?;
        }
    }
    Ok(())
}
