//! Modules, links and rings of small trees.

use proptest::prelude::*;

use super::*;
use crate::Import;

fn file(path: &str, targets: &[&str]) -> File {
    let imports = targets.iter().enumerate().map(|(index, target)| Import {
        line: index + 1,
        name: (*target).to_owned(),
        target: Some((*target).to_owned()),
    });
    File {
        path: path.to_owned(),
        role: Role::Source,
        code: 10,
        imports: imports.collect(),
        ..File::default()
    }
}

fn link(from: usize, to: usize) -> Link {
    Link { from, to, count: 1, path: String::new(), line: 1 }
}

#[test]
fn folders_are_modules_and_a_file_beside_its_folder_belongs_to_it() {
    let mut files = [
        file("src/lib.rs", &[]),
        file("src/store.rs", &[]),
        file("src/store/rows.rs", &[]),
        file("web/store/a.ts", &[]),
    ];
    let modules = modules(&mut files);
    let shown: Vec<_> =
        modules.iter().map(|module| (&*module.path, &*module.name, module.files)).collect();
    assert_eq!(
        shown,
        [("src", "src", 1), ("src/store", "src/store", 2), ("web/store", "web/store", 1)]
    );
    assert_eq!(files.map(|file| file.module), [Some(0), Some(1), Some(1), Some(2)]);
}

#[test]
fn imports_between_folders_are_links_and_what_is_handed_on_from_below_is_none() {
    let mut files = [
        file("a/x.ts", &["b/y.ts", "b/y.ts", "a/z.ts"]),
        file("a/z.ts", &[]),
        file("b/c/w.ts", &[]),
        file("b/y.ts", &["b/c/w.ts"]),
    ];
    modules(&mut files);
    let links = links(&files, &[vec![], vec![], vec![], vec![1]]);
    assert_eq!(links.len(), 1);
    assert_eq!(
        (links[0].from, links[0].to, links[0].count, &*links[0].path, links[0].line),
        (0, 1, 2, "a/x.ts", 1)
    );
}

#[test]
fn each_group_of_modules_that_reach_each_other_gives_its_shortest_ring() {
    let links =
        [link(0, 1), link(1, 2), link(2, 0), link(2, 1), link(3, 4), link(4, 3), link(5, 0)];
    assert_eq!(rings(6, &links), [vec![1, 2], vec![3, 4]]);
    assert!(rings(3, &[link(0, 1), link(1, 2), link(0, 2)]).is_empty());
}

#[test]
fn layers_come_from_names_and_else_from_imports() {
    let mut files = [file("api/a.py", &[]), file("orders/a.py", &[]), file("x/a.rs", &[])];
    files[1].imports.push(Import { line: 1, name: "sqlalchemy.orm".into(), target: None });
    let mut modules = modules(&mut files);
    layers(&mut modules, &files);
    let layers: Vec<_> = modules.iter().map(|module| module.layer).collect();
    assert_eq!(layers, [Some("interface"), Some("data"), None]);
}

proptest! {
    #[test]
    fn a_ring_follows_links_and_there_is_one_only_where_there_is_a_way_back(
        pairs in prop::collection::vec((0_usize..12, 0_usize..12), 0..40)
    ) {
        let links: Vec<Link> = pairs.iter().filter(|(from, to)| from != to).map(|(from, to)| link(*from, *to)).collect();
        let has = |from, to| links.iter().any(|link| link.from == from && link.to == to);
        let found = rings(12, &links);
        for ring in &found {
            prop_assert!(ring.len() > 1);
            prop_assert!((0..ring.len()).all(|at| has(ring[at], ring[(at + 1) % ring.len()])));
        }
        let mut reaches = [[false; 12]; 12];
        for link in &links { reaches[link.from][link.to] = true; }
        for middle in 0..12 { for from in 0..12 { for to in 0..12 {
            reaches[from][to] |= reaches[from][middle] && reaches[middle][to];
        } } }
        let has_way_back = (0..12).any(|module| reaches[module][module]);
        prop_assert_eq!(has_way_back, !found.is_empty());
    }
}
