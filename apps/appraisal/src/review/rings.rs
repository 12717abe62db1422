//! Rings of imports between modules that are not one within the other.
//!
//! A folder and the folders in it are one thing seen at two depths: that they import each other is common, and
//! says little. So those imports are left out, and of each ring what still hangs together is kept.

use std::collections::{BTreeMap, BTreeSet};

use repository::{Facts, Link, Module};

/// The modules of each ring that stay when, again and again, those are taken out that import none of the others
/// or that none of the others imports; by place, without rings of which nothing stays.
pub(super) fn between_folders(facts: &Facts) -> Vec<Vec<usize>> {
    let rings = facts.cycles.iter().map(|ring| kept(facts, ring));
    rings.filter(|ring| ring.len() > 1).collect()
}

fn kept(facts: &Facts, ring: &[usize]) -> Vec<usize> {
    let mut left: BTreeSet<usize> = ring.iter().copied().collect();
    let links: Vec<&Link> = facts
        .links
        .iter()
        .filter(|link| link.from != link.to && left.contains(&link.from) && left.contains(&link.to))
        .filter(|link| !is_within(facts, link))
        .collect();
    let mut out_of: BTreeMap<usize, Vec<usize>> = BTreeMap::new();
    let mut into: BTreeMap<usize, Vec<usize>> = BTreeMap::new();
    for link in links {
        out_of.entry(link.from).or_default().push(link.to);
        into.entry(link.to).or_default().push(link.from);
    }
    let mut imports: BTreeMap<usize, usize> =
        out_of.iter().map(|(at, to)| (*at, to.len())).collect();
    let mut importers: BTreeMap<usize, usize> =
        into.iter().map(|(at, from)| (*at, from.len())).collect();
    let is_loose = |imports: &BTreeMap<usize, usize>,
                    importers: &BTreeMap<usize, usize>,
                    at: usize| {
        imports.get(&at).copied().unwrap_or(0) == 0 || importers.get(&at).copied().unwrap_or(0) == 0
    };
    let mut loose: Vec<usize> =
        left.iter().copied().filter(|at| is_loose(&imports, &importers, *at)).collect();
    while let Some(at) = loose.pop() {
        if !left.remove(&at) {
            continue;
        }
        let (above, below) = (into.get(&at), out_of.get(&at));
        for other in above.into_iter().flatten() {
            lower(&mut imports, *other);
        }
        for other in below.into_iter().flatten() {
            lower(&mut importers, *other);
        }
        let touched = above.into_iter().chain(below).flatten();
        loose.extend(
            touched.filter(|other| left.contains(other) && is_loose(&imports, &importers, **other)),
        );
    }
    left.into_iter().collect()
}

fn lower(counts: &mut BTreeMap<usize, usize>, at: usize) {
    if let Some(count) = counts.get_mut(&at) {
        *count = count.saturating_sub(1);
    }
}

fn is_within(facts: &Facts, link: &Link) -> bool {
    let (Some(from), Some(to)) = (facts.modules.get(link.from), facts.modules.get(link.to)) else {
        return true;
    };
    holds(from, to) || holds(to, from)
}

fn holds(outer: &Module, inner: &Module) -> bool {
    outer.path.is_empty()
        || inner.path.strip_prefix(&outer.path).is_some_and(|rest| rest.starts_with('/'))
}

#[cfg(test)]
mod tests {
    use repository::{Facts, Link, Module};

    use super::between_folders;

    fn facts(paths: &[&str], links: &[(usize, usize)], ring: &[usize]) -> Facts {
        let module = |path: &&str| Module { path: (*path).to_owned(), ..Module::default() };
        let link = |&(from, to): &(usize, usize)| Link {
            from,
            to,
            count: 1,
            path: String::new(),
            line: 1,
        };
        Facts {
            modules: paths.iter().map(module).collect(),
            links: links.iter().map(link).collect(),
            cycles: vec![ring.to_vec()],
            ..Facts::default()
        }
    }

    #[test]
    fn a_folder_and_the_folder_in_it_are_no_ring() {
        let facts = facts(&["src", "src/value"], &[(0, 1), (1, 0)], &[0, 1]);
        assert!(between_folders(&facts).is_empty());
    }

    #[test]
    fn folders_beside_each_other_are_a_ring_without_what_merely_hangs_on_it() {
        let paths = ["src", "src/a", "src/b", "src/c"];
        let facts = facts(&paths, &[(0, 1), (1, 2), (2, 1), (2, 3), (3, 0)], &[0, 1, 2, 3]);
        assert_eq!(between_folders(&facts), [[1, 2]]);
    }
}
