//! Ranks short passages for a question, by BM25 over stems.

use std::collections::BTreeMap;

use crate::stem::stems;

/// Passages an index holds; more are left out.
pub const PASSAGES_MAX: usize = 10_000;
/// Different stems of a query that count.
const QUERY_STEMS_MAX: usize = 64;

/// How soon a repeated word stops counting.
const SATURATION: f64 = 1.2;
/// How much a passage's length counts against it.
const LENGTH_WEIGHT: f64 = 0.6;

/// Passages that can be asked.
#[derive(Clone, Debug, Default)]
pub struct Index {
    /// For each stem, the passages that have it and how often.
    postings: BTreeMap<String, Vec<(usize, u32)>>,
    lengths: Vec<u32>,
    /// The mean of `lengths`, at least 1.
    mean_length: f64,
}

/// A passage that answers a query.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Hit {
    /// The passage's place among those the index was built of.
    pub passage: usize,
    /// How well it fits: above 0, comparable within one query only.
    pub score: f64,
    /// The part of the query's weight that the passage has, from 0 to 1: rare words weigh more.
    pub coverage: f64,
}

impl Index {
    /// An index of these passages.
    #[must_use]
    pub fn new<'p>(passages: impl IntoIterator<Item = &'p str>) -> Self {
        let mut index = Self::default();
        for (passage, text) in passages.into_iter().take(PASSAGES_MAX).enumerate() {
            let mut counts: BTreeMap<String, u32> = BTreeMap::new();
            let stems = stems(text);
            index.lengths.push(u32::try_from(stems.len()).unwrap_or(u32::MAX));
            for stem in stems {
                *counts.entry(stem).or_default() += 1;
            }
            for (stem, count) in counts {
                index.postings.entry(stem).or_default().push((passage, count));
            }
        }
        let all: f64 = index.lengths.iter().map(|&length| f64::from(length)).sum();
        index.mean_length = (all / as_float(index.lengths.len()).max(1.0)).max(1.0);
        index
    }

    /// The best `count_max` passages for `query`, best first; of equals the earlier one first.
    /// Passages without any of its words are no hits.
    #[must_use]
    pub fn query(&self, query: &str, count_max: usize) -> Vec<Hit> {
        let mut wanted: Vec<String> = stems(query);
        wanted.sort_unstable();
        wanted.dedup();
        wanted.truncate(QUERY_STEMS_MAX);
        let total: f64 = wanted.iter().map(|stem| self.rarity(stem)).sum();
        let mut scores: BTreeMap<usize, (f64, f64)> = BTreeMap::new();
        for stem in &wanted {
            let rarity = self.rarity(stem);
            for &(passage, count) in self.postings.get(stem).into_iter().flatten() {
                let (score, covered) = scores.entry(passage).or_default();
                *score += rarity * self.weight(passage, count);
                *covered += rarity;
            }
        }
        let mut hits: Vec<Hit> = scores
            .into_iter()
            .map(|(passage, (score, covered))| Hit { passage, score, coverage: covered / total })
            .collect();
        hits.sort_by(|a, b| b.score.total_cmp(&a.score).then(a.passage.cmp(&b.passage)));
        hits.truncate(count_max);
        hits
    }

    /// How rare a stem is among the passages, above 0; one that is nowhere is the rarest.
    fn rarity(&self, stem: &str) -> f64 {
        let passages = as_float(self.lengths.len());
        let having = as_float(self.postings.get(stem).map_or(0, Vec::len));
        (1.0 + (passages - having + 0.5) / (having + 0.5)).ln()
    }

    fn weight(&self, passage: usize, count: u32) -> f64 {
        let length = f64::from(self.lengths.get(passage).copied().unwrap_or(0));
        let count = f64::from(count);
        let slow = SATURATION * (1.0 - LENGTH_WEIGHT + LENGTH_WEIGHT * length / self.mean_length);
        count * (SATURATION + 1.0) / (count + slow)
    }
}

fn as_float(count: usize) -> f64 {
    f64::from(u32::try_from(count).unwrap_or(u32::MAX))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn the_passage_with_the_rare_words_comes_first() {
        let index = Index::new([
            "We deploy on Fridays after the tests are green.",
            "The tests run on every push.",
            "Redis caches the sessions for an hour.",
        ]);
        let hits = index.query("When are sessions cached?", 3);
        assert_eq!(hits.first().map(|hit| hit.passage), Some(2));
        assert!(hits[0].coverage > 0.99);
        assert_eq!(index.query("tests deployment", 3)[0].passage, 0);
        assert_eq!(index.query("the of and", 3), []);
        assert_eq!(index.query("kubernetes", 3), []);
        assert_eq!(Index::default().query("tests", 3), []);
    }

    #[test]
    fn of_equals_the_earlier_comes_first() {
        let index = Index::new(["blue cat", "blue dog", "blue cow"]);
        let order: Vec<usize> = index.query("blue", 3).iter().map(|hit| hit.passage).collect();
        assert_eq!(order, [0, 1, 2]);
    }

    proptest! {
        #[test]
        fn hits_are_bounded_ordered_and_the_same_each_time(
            passages in prop::collection::vec("[a-e ]{0,30}", 0..20),
            query in "[a-e ]{0,20}",
            count in 0..10usize,
        ) {
            let index = Index::new(passages.iter().map(String::as_str));
            let hits = index.query(&query, count);
            prop_assert!(hits.len() <= count);
            prop_assert!(hits.is_sorted_by(|a, b| a.score >= b.score));
            prop_assert!(hits.iter().all(|hit| hit.score > 0.0 && hit.coverage > 0.0 && hit.coverage <= 1.0 + 1e-9));
            prop_assert_eq!(hits, index.query(&query, count));
        }
    }
}
