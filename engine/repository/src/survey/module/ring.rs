//! Rings: modules that import each other, one after the other, back to the first.
//!
//! **Bounds.** One ring for each group of modules that reach each other; the shortest ring of a group is
//! looked for from its first [`STARTS_MAX`] modules.

use std::collections::btree_map::Entry;
use std::collections::{BTreeMap, VecDeque};

use crate::Link;

/// Modules of a group from which its shortest ring is looked for.
const STARTS_MAX: usize = 100;

/// A ring of each group of modules that reach each other, in the order of its imports, from the module
/// with the lowest index on.
pub(in crate::survey) fn rings(modules: usize, links: &[Link]) -> Vec<Vec<usize>> {
    let mut next = vec![Vec::new(); modules];
    let mut before = vec![Vec::new(); modules];
    for link in links {
        next[link.from].push(link.to);
        before[link.to].push(link.from);
    }
    let mut groups: BTreeMap<usize, Vec<usize>> = BTreeMap::new();
    for (module, group) in groups_of(&next, &before).into_iter().enumerate() {
        groups.entry(group).or_default().push(module);
    }
    let mut rings: Vec<Vec<usize>> =
        groups.values().filter(|group| group.len() > 1).map(|group| ring(group, &next)).collect();
    rings.retain(|ring| ring.len() > 1);
    rings.sort();
    rings
}

/// The group of each module: the modules that it reaches and that reach it.
fn groups_of(next: &[Vec<usize>], before: &[Vec<usize>]) -> Vec<usize> {
    let mut ended = Vec::with_capacity(next.len());
    let mut is_seen = vec![false; next.len()];
    for start in 0..next.len() {
        if is_seen[start] {
            continue;
        }
        is_seen[start] = true;
        let mut open = vec![(start, 0)];
        while let Some((module, at)) = open.last_mut() {
            let Some(&to) = next[*module].get(*at) else {
                ended.push(*module);
                open.pop();
                continue;
            };
            *at += 1;
            if !std::mem::replace(&mut is_seen[to], true) {
                open.push((to, 0));
            }
        }
    }
    let mut group = vec![usize::MAX; next.len()];
    for &start in ended.iter().rev() {
        let mut open = vec![start];
        while let Some(module) = open.pop() {
            if group[module] == usize::MAX {
                group[module] = start;
                open.extend(&before[module]);
            }
        }
    }
    group
}

/// The shortest ring within a group, of equals the one with the lowest indices.
fn ring(group: &[usize], next: &[Vec<usize>]) -> Vec<usize> {
    let found = group.iter().take(STARTS_MAX).map(|start| ring_from(*start, group, next));
    let shortest = found.filter(|ring| !ring.is_empty()).min_by_key(Vec::len);
    let mut ring = shortest.unwrap_or_default();
    if let Some(lowest) = (0..ring.len()).min_by_key(|at| ring[*at]) {
        ring.rotate_left(lowest);
    }
    ring
}

/// The shortest way from a module back to itself.
fn ring_from(start: usize, group: &[usize], next: &[Vec<usize>]) -> Vec<usize> {
    let mut from: BTreeMap<usize, usize> = BTreeMap::new();
    let mut open = VecDeque::from([start]);
    while let Some(module) = open.pop_front() {
        for &to in next[module].iter().filter(|to| group.binary_search(to).is_ok()) {
            if to == start {
                let way = std::iter::successors(Some(module), |at| from.get(at).copied());
                let mut ring: Vec<usize> = way.collect();
                ring.reverse();
                return ring;
            }
            if let Entry::Vacant(place) = from.entry(to) {
                place.insert(module);
                open.push_back(to);
            }
        }
    }
    Vec::new()
}
