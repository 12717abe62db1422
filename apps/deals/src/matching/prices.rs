//! Ranges of prices as nodes of a binary tree, so that a price finds the ranges around it.
//!
//! Prices fall into leaves by the upper bits of their `f32`, in steps of 1/4096 or finer. A range is
//! covered by the few nodes whose leaves are together its own, no leaf twice; the ranges around a
//! price are those that have one of the leaf's [`DEPTH`] + 1 ancestors. The root is 1 and below node n
//! are 2n and 2n + 1.
//!
//! **Pitfall:** a price in the same leaf as a bound may be beyond it. What is found is to be compared.

/// Steps from the root to a leaf.
pub(super) const DEPTH: u32 = 20;
/// Bits of an `f32` that its leaf leaves out.
const BITS_LEFT_OUT: u32 = 11;

/// A number that is not below another one's has a rank that is not below its.
pub(super) fn rank(number: f64) -> u32 {
    #[expect(clippy::cast_possible_truncation, reason = "rounding keeps the order")]
    let rounded = number.max(0.0) as f32;
    rounded.to_bits()
}

/// The leaf of a price.
pub(super) fn leaf(price: f64) -> u32 {
    (1 << DEPTH) | (rank(price) >> BITS_LEFT_OUT)
}

/// The ancestor of a leaf that is `depth` steps from the root.
pub(super) fn ancestor(leaf: u32, depth: u32) -> u32 {
    leaf >> (DEPTH - depth)
}

/// How many steps a node is from the root.
pub(super) fn depth(node: u32) -> u32 {
    node.ilog2()
}

/// At most `nodes_max` (at least 1) nodes that cover the range; more than it where that many do not
/// cover it exactly.
pub(super) fn cover(min: Option<f64>, max: Option<f64>, nodes_max: usize) -> Vec<u32> {
    let first = min.map_or(1 << DEPTH, leaf);
    let last = max.map_or((2 << DEPTH) - 1, leaf);
    let mut coarseness = 0;
    loop {
        let nodes = cover_exactly(first >> coarseness, last >> coarseness);
        if nodes.len() <= nodes_max.max(1) {
            return nodes;
        }
        coarseness += 1;
    }
}

/// The nodes that cover those from `first` to `last`, which are equally deep.
fn cover_exactly(first: u32, last: u32) -> Vec<u32> {
    let (mut from, mut to) = (first, last + 1);
    let mut nodes = Vec::new();
    while from < to {
        if from % 2 == 1 {
            nodes.push(from);
            from += 1;
        }
        if to % 2 == 1 {
            to -= 1;
            nodes.push(to);
        }
        from /= 2;
        to /= 2;
    }
    nodes
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn price() -> impl Strategy<Value = f64> {
        prop_oneof![
            Just(0.0),
            Just(1e12),
            Just(f64::MAX),
            (0u32..50_000).prop_map(|cents| f64::from(cents) / 100.0),
            0.0..1e12,
            0.0..1e-6,
        ]
    }

    fn found(nodes: &[u32], price: f64) -> usize {
        let ancestors = (0..=DEPTH).map(|depth| ancestor(leaf(price), depth));
        ancestors.filter(|ancestor| nodes.contains(ancestor)).count()
    }

    proptest! {
        #[test]
        fn a_price_finds_the_ranges_around_it_once_and_no_others(
            (one, other, price) in (price(), price(), price()), coarse in any::<bool>(),
        ) {
            let (min, max) = (one.min(other), one.max(other));
            let nodes = cover(Some(min), Some(max), if coarse { 3 } else { usize::MAX });
            let is_inside = (min..=max).contains(&price);
            let shares_a_leaf = [min, max].iter().any(|bound| leaf(*bound) == leaf(price));
            if is_inside || (!coarse && shares_a_leaf) {
                prop_assert_eq!(found(&nodes, price), 1);
            } else if coarse {
                prop_assert!(nodes.len() <= 3 && found(&nodes, price) <= 1);
            } else {
                prop_assert_eq!(found(&nodes, price), 0);
            }
        }
    }

    #[test]
    fn ranges_without_an_end_are_few_nodes() {
        assert_eq!(cover(None, None, usize::MAX), [1]);
        assert!(cover(Some(99.99), None, usize::MAX).len() <= 20);
        assert!(cover(Some(12.34), Some(99.99), usize::MAX).len() <= 38);
        assert_eq!(cover(Some(12.34), Some(99_999.99), 1).len(), 1);
    }

    #[test]
    fn prices_a_cent_apart_are_told_apart_where_most_deals_are() {
        for price in [0.99, 9.99, 19.99, 31.0] {
            assert_ne!(leaf(price), leaf(price + 0.01), "{price}");
        }
    }
}
