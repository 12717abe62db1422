//! Where filters stand in the index.

use super::bucket::Entry;
use super::prices::{cover, rank};
use crate::filters::{Facts, Filters, words};

/// Buckets that one filter stands in.
const BUCKETS_MAX: usize = 64;
/// Entries of one filter in all its buckets.
const ENTRIES_MAX: usize = 256;

/// What narrows the search first: currency, category, merchant, a word of the title.
pub(super) const KINDS: usize = 4;

/// The number of a text of each kind, 0 for any.
pub(super) type Labels = [u32; KINDS];

/// Where filters stand: in a bucket for each combination of their texts, and in each of them under the
/// same nodes. Equal filters have equal placements.
pub(super) struct Placement<'a> {
    /// The texts of each kind; none: any.
    pub(super) texts: [Vec<&'a str>; KINDS],
    /// What there is to compare still, where the texts are all that the filters say beside it.
    pub(super) rest: Option<Numbers>,
    nodes: Vec<u32>,
    discount: u32,
}

/// The numbers of filters; what is not named is met by every deal.
#[derive(Clone, Copy, Debug)]
pub(super) struct Numbers {
    min_price: f64,
    max_price: f64,
    min_discount: f64,
}

impl Numbers {
    fn of(filters: &Filters) -> Self {
        Self {
            min_price: filters.min_price().unwrap_or(0.0),
            max_price: filters.max_price().unwrap_or(f64::INFINITY),
            min_discount: filters.min_discount().unwrap_or(0.0),
        }
    }

    /// Whether the deal is within them.
    pub(super) fn are_met_by(&self, facts: &Facts) -> bool {
        self.min_price <= facts.price
            && facts.price <= self.max_price
            && self.min_discount <= facts.discount
    }
}

impl<'a> Placement<'a> {
    /// Where `filters` stand.
    pub(super) fn of(filters: &'a Filters) -> Self {
        let keywords = filters.keywords().map(longest_word);
        let mut texts = [
            filters.currency().into_iter().collect(),
            filters.categories().iter().map(|text| &**text).collect(),
            filters.merchants().iter().map(|text| &**text).collect(),
            distinct(keywords.collect()),
        ];
        // A keyword of one word stands in the title if and only if that word does.
        let mut are_all = filters.keywords().all(|keyword| words(keyword).count() == 1);
        while buckets(&texts) > BUCKETS_MAX {
            are_all = false;
            // The longest list says least; of those equally long, what comes first.
            let longest = texts.iter_mut().rev().max_by_key(|texts| texts.len());
            longest.expect("there are kinds").clear();
        }
        let nodes_max = ENTRIES_MAX / buckets(&texts);
        Self {
            nodes: cover(filters.min_price(), filters.max_price(), nodes_max),
            discount: rank(filters.min_discount().unwrap_or_default()),
            rest: are_all.then(|| Numbers::of(filters)),
            texts,
        }
    }

    /// What stands in each of its buckets for wish `wish`.
    pub(super) fn entries(&self, wish: u32) -> impl Iterator<Item = Entry> {
        self.nodes.iter().map(move |node| Entry { node: *node, discount: self.discount, wish })
    }
}

fn buckets(texts: &[Vec<&str>; KINDS]) -> usize {
    texts.iter().map(|texts| texts.len().max(1)).product()
}

/// The word of a keyword that is looked for first: long ones are seldom common ones.
fn longest_word(keyword: &str) -> &str {
    words(keyword).rev().max_by_key(|word| word.len()).unwrap_or_default()
}

fn distinct(mut texts: Vec<&str>) -> Vec<&str> {
    texts.sort_unstable();
    texts.dedup();
    texts
}

/// All combinations of one number of each kind; none where a kind has none.
pub(super) fn combinations(choices: &[Vec<u32>; KINDS]) -> impl Iterator<Item = Labels> + '_ {
    let count = choices.iter().map(Vec::len).product();
    (0..count).map(|mut rest: usize| {
        choices.each_ref().map(|choices| {
            let chosen = choices[rest % choices.len()];
            rest /= choices.len();
            chosen
        })
    })
}

#[cfg(test)]
mod tests {
    use serde_json::value::RawValue;

    use super::*;

    fn filters(json: &str) -> Filters {
        let raw: Box<RawValue> = serde_json::from_str(json).unwrap();
        Filters::read(Some(&raw)).unwrap()
    }

    #[test]
    fn a_keyword_is_looked_for_by_its_longest_word() {
        let filters = filters(r#"{"keywords":["the gaming laptop","gaming chair","a b"]}"#);
        assert_eq!(Placement::of(&filters).texts[3], ["a", "gaming"]);
    }

    #[test]
    fn many_texts_of_several_kinds_stand_in_few_places() {
        let list = |count: usize| {
            (0..count).map(|number| format!(r#""{number}""#)).collect::<Vec<_>>().join(",")
        };
        for counts in [[50, 50, 50], [50, 49, 3], [4, 4, 4], [5, 4, 4], [1, 1, 50], [50, 1, 1]] {
            let [category, merchant, keywords] = counts.map(list);
            let filters = filters(&format!(
                r#"{{"category":[{category}],"merchant":[{merchant}],"keywords":[{keywords}],
                    "currency":"eur","minPrice":12.34,"maxPrice":77.77}}"#
            ));
            let placement = Placement::of(&filters);
            let entries = placement.entries(1).count() * buckets(&placement.texts);
            assert!(
                buckets(&placement.texts) <= BUCKETS_MAX && entries <= ENTRIES_MAX,
                "{counts:?}"
            );
            let has_something = placement.texts.iter().skip(1).any(|texts| !texts.is_empty());
            assert!(has_something, "{counts:?}");
        }
        let filters = filters(&format!(r#"{{"category":[{}],"merchant":["a","b"]}}"#, list(50)));
        let texts = Placement::of(&filters).texts.map(|texts| texts.len());
        assert_eq!(texts, [0, 0, 2, 0], "what says less is left out");
    }

    #[test]
    fn combinations_are_all_there_are_each_once() {
        let choices = [vec![0, 1], vec![2], vec![3, 4, 5], vec![6]];
        let all: std::collections::BTreeSet<Labels> = combinations(&choices).collect();
        assert_eq!((all.len(), combinations(&choices).count()), (6, 6));
        assert_eq!(combinations(&[vec![], vec![1], vec![1], vec![1]]).count(), 0);
    }
}
