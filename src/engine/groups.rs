//! Documents that belong together: by the topic that their source gives them, or by their vectors.

use std::collections::{BTreeMap, HashMap, HashSet};

use ndarray::Array1;

use super::vectors::Vectors;
use crate::corpus::{Corpus, DocumentIndex};
use crate::math::clusters;
use crate::math::words::{Folding, terms};

/// More groups than this are taken together as others: there are no more signs that can be told apart.
pub const MOST_GROUPS: usize = 12;

/// What documents are grouped by.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Grouping {
    /// The topic that their source gives them.
    Topic,
    /// Where their vectors point.
    Cluster,
}

/// One group of documents.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Group {
    /// Its topic, the words that set it apart or the beginning of a text, as they were read: they may hold anything.
    pub name: String,
    /// How many documents are in it.
    pub count: usize,
}

/// Documents in groups, the largest first.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Groups {
    /// By what.
    pub by: Grouping,
    /// The largest first.
    pub groups: Vec<Group>,
    /// The group of each document of the corpus, as a number of `groups`.
    of: Vec<Option<usize>>,
}

impl Groups {
    /// The documents of a corpus by topic; `None` where none has any. Those without one are in no group, and of many
    /// topics the smallest are taken together.
    #[must_use]
    pub fn by_topic(corpus: &Corpus) -> Option<Self> {
        let mut counts: BTreeMap<&str, (usize, usize)> = BTreeMap::new();
        for (at, document) in corpus.documents.iter().enumerate() {
            if let Some(topic) = &document.topic {
                let (count, _) = counts.entry(topic).or_insert((0, at));
                *count += 1;
            }
        }
        let mut topics: Vec<(&str, (usize, usize))> = counts.into_iter().collect();
        topics.sort_by_key(|&(_, (count, first))| (std::cmp::Reverse(count), first));
        let mut groups: Vec<Group> =
            topics.iter().map(|&(name, (count, _))| Group { name: name.to_owned(), count }).collect();
        if groups.len() > MOST_GROUPS {
            let count = groups.drain(MOST_GROUPS - 1..).map(|group| group.count).sum();
            groups.push(Group { name: "other topics".into(), count });
        }
        let number: HashMap<&str, usize> =
            topics.iter().enumerate().map(|(at, &(name, _))| (name, at.min(MOST_GROUPS - 1))).collect();
        let group = |topic: &String| number.get(topic.as_str()).copied();
        let of = corpus.documents.iter().map(|document| document.topic.as_ref().and_then(group)).collect();
        (!groups.is_empty()).then_some(Self { by: Grouping::Topic, groups, of })
    }

    /// Documents by where their vectors point, in as many clusters as suit their number; each is named by the words that
    /// set it apart, or where no word does, by the beginning of its most central text.
    #[must_use]
    pub fn by_cluster(corpus: &Corpus, vectors: &Vectors) -> Self {
        let k = clusters::suitable(vectors.documents.len());
        let clusters = clusters::spherical_k_means(&vectors.unit, k);
        let mut of = vec![None; corpus.documents.len()];
        let count = clusters.iter().max().map_or(0, |&last| last + 1);
        let mut members = vec![Vec::new(); count];
        for (&document, &cluster) in vectors.documents.iter().zip(&clusters) {
            of[document.0] = Some(cluster);
            members[cluster].push(document);
        }
        let names = names(corpus, vectors, &members);
        let groups = names.into_iter().zip(&members).map(|(name, members)| Group { name, count: members.len() });
        Self { by: Grouping::Cluster, groups: groups.collect(), of }
    }

    /// The group of a document, as a number of [`Groups::groups`].
    #[must_use]
    pub fn of(&self, document: DocumentIndex) -> Option<usize> {
        self.of.get(document.0).copied().flatten()
    }

    /// How many of some documents are in each group.
    #[must_use]
    pub fn counts(&self, documents: &[DocumentIndex]) -> Vec<usize> {
        let mut counts = vec![0; self.groups.len()];
        for group in documents.iter().filter_map(|&document| self.of(document)) {
            counts[group] += 1;
        }
        counts
    }
}

/// The two words that set each cluster apart: those that stand in many of its documents and in few of the others. A word
/// weighs as many pairs of the cluster's documents as have it, by all documents that have it, times the logarithm of
/// how rare it is: what a single document has says nothing of the others. Where no word weighs anything, the beginning of
/// the most central text stands for them.
fn names(corpus: &Corpus, vectors: &Vectors, members: &[Vec<DocumentIndex>]) -> Vec<String> {
    /// No more of a long text is looked at.
    const BYTES: usize = 2_000;
    let folding = Folding { stop_words: true, ..Folding::default() };
    let words = |document: &DocumentIndex| -> HashSet<String> {
        let text = &corpus[*document].text;
        let beginning = &text[..text.floor_char_boundary(BYTES)];
        // A single letter or sign names nothing.
        terms(beginning, folding).into_iter().filter(|term| term.chars().nth(1).is_some()).collect()
    };
    let in_clusters: Vec<HashMap<String, u32>> =
        members.iter().map(|members| counted(members.iter().flat_map(words))).collect();
    let mut everywhere: HashMap<&str, u32> = HashMap::new();
    for (term, count) in in_clusters.iter().flatten() {
        *everywhere.entry(term).or_default() += count;
    }
    let documents: usize = members.iter().map(Vec::len).sum();
    #[expect(clippy::cast_precision_loss, reason = "a weight")]
    let weight = |term: &str, count: u32| {
        let all = f64::from(everywhere.get(term).copied().unwrap_or(1));
        f64::from(count) * f64::from(count.saturating_sub(1)) / all * (documents as f64 / all).ln_1p()
    };
    let name = |(terms, members): (&HashMap<String, u32>, &Vec<DocumentIndex>)| {
        let weighed = terms.iter().map(|(term, &count)| (weight(term, count), term));
        let mut weighed: Vec<(f64, &String)> = weighed.filter(|&(weight, _)| weight > 0.0).collect();
        weighed.sort_by(|a, b| b.0.total_cmp(&a.0).then(a.1.cmp(b.1)));
        let best: Vec<&str> = weighed.iter().take(2).map(|(_, term)| term.as_str()).collect();
        if best.is_empty() { central_text(corpus, vectors, members) } else { best.join(", ") }
    };
    in_clusters.iter().zip(members).map(name).collect()
}

/// How the text begins that lies nearest to the middle of a cluster. It stands for the others where they share no word.
fn central_text(corpus: &Corpus, vectors: &Vectors, members: &[DocumentIndex]) -> String {
    const WORDS: usize = 4;
    const LETTERS: usize = 24;
    let mut sum = Array1::<f32>::zeros(vectors.unit.ncols());
    for vector in members.iter().filter_map(|&document| vectors.of(document)) {
        sum += &vector;
    }
    let nearness = |document: DocumentIndex| vectors.of(document).map_or(f32::NEG_INFINITY, |vector| vector.dot(&sum));
    // Of equally near ones the first.
    let central = members.iter().rev().max_by(|&&a, &&b| nearness(a).total_cmp(&nearness(b)));
    let text = central.map_or("", |&document| corpus[document].text.as_str());
    let words: Vec<&str> = text.split_whitespace().take(WORDS + 1).collect();
    let beginning: String = words[..words.len().min(WORDS)].join(" ").chars().take(LETTERS).collect();
    match words.join(" ") {
        all if all.is_empty() => "no shared words".into(),
        all if all == beginning => format!("“{beginning}”"),
        _ => format!("“{} …”", beginning.trim_end()),
    }
}

fn counted(terms: impl Iterator<Item = String>) -> HashMap<String, u32> {
    let mut counts = HashMap::new();
    for term in terms {
        *counts.entry(term).or_insert(0) += 1;
    }
    counts
}

#[cfg(test)]
mod tests {
    use ndarray::array;

    use super::*;
    use crate::backend::{TextInfo, TokenCount};
    use crate::corpus::Document;

    fn corpus(texts: &[(&str, Option<&str>)]) -> Corpus {
        let document = |(number, &(text, topic)): (usize, &(&str, Option<&str>))| Document {
            topic: topic.map(str::to_owned),
            ..Document::new(number.to_string(), text)
        };
        let documents = texts.iter().enumerate().map(document).collect();
        Corpus::new("test", documents)
    }

    fn named(groups: &Groups) -> Vec<(&str, usize)> {
        groups.groups.iter().map(|group| (group.name.as_str(), group.count)).collect()
    }

    #[test]
    fn topics_come_by_size_and_documents_without_one_are_in_no_group() {
        let corpus = corpus(&[("a", Some("sea")), ("b", Some("land")), ("c", None), ("d", Some("land"))]);
        let groups = Groups::by_topic(&corpus).expect("there are topics");
        assert_eq!(named(&groups), [("land", 2), ("sea", 1)]);
        let of: Vec<_> = (0..5).map(|number| groups.of(DocumentIndex(number))).collect();
        assert_eq!(of, [Some(1), Some(0), None, Some(0), None]);
        assert_eq!(Groups::by_topic(&self::corpus(&[("a", None)])), None);
    }

    #[test]
    fn of_many_topics_the_smallest_are_taken_together() {
        let names: Vec<String> = (0..30).map(|number| format!("topic {:02}", number % 15)).collect();
        let texts: Vec<(&str, Option<&str>)> = names.iter().map(|name| ("x", Some(name.as_str()))).collect();
        let groups = Groups::by_topic(&corpus(&texts)).expect("there are topics");
        assert_eq!(
            (groups.groups.len(), groups.groups[11].clone()),
            (12, Group { name: "other topics".into(), count: 8 })
        );
        assert_eq!((groups.of(DocumentIndex(10)), groups.of(DocumentIndex(14))), (Some(10), Some(11)));
    }

    #[test]
    fn clusters_are_named_by_the_words_that_set_them_apart() {
        let corpus = corpus(&[
            ("the red apple tree", None),
            ("a fast boat and the sea", None),
            ("an apple, red", None),
            ("the boat is at sea", None),
            ("red apple in a boat", None),
        ]);
        let unit = array![[1.0, 0.0], [0.0, 1.0], [0.96, 0.28], [0.28, 0.96], [1.0, 0.0]];
        let info = TextInfo { tokens: TokenCount::default(), norm: 1.0 };
        let documents = (0..5).map(DocumentIndex).collect();
        let vectors = Vectors { unit, documents, infos: vec![info; 5], embedded: 5 };
        let groups = Groups::by_cluster(&corpus, &vectors);
        assert_eq!(named(&groups), [("apple, red", 3), ("sea, boat", 2)]);
        assert_eq!(groups.of(DocumentIndex(3)), Some(1));
    }

    #[test]
    fn a_word_of_one_document_names_no_cluster() {
        let corpus = corpus(&[
            ("we baked the bread", None),
            ("wide is the sea that lies before us", None),
            ("dough rises", None),
            ("flour and yeast", None),
            ("", None),
        ]);
        let unit = array![[0.8, 0.6], [0.0, -1.0], [0.6, 0.8], [1.0, 0.0], [-1.0, 0.0]];
        let info = TextInfo { tokens: TokenCount::default(), norm: 1.0 };
        let documents: Vec<_> = (0..5).map(DocumentIndex).collect();
        let vectors = Vectors { unit, documents: documents.clone(), infos: vec![info; 5], embedded: 5 };
        let members = [vec![documents[2], documents[0], documents[3]], vec![documents[1]], vec![documents[4]]];
        let names = names(&corpus, &vectors, &members);
        assert_eq!(names, ["“we baked the bread”", "“wide is the sea …”", "no shared words"]);
    }
}
