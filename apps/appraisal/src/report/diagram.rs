//! A Mermaid flowchart of the modules and what they import.
//!
//! **Invariants.** Ids are ours; what comes from the repository stands in labels only, between quotation marks,
//! each character that means something to Mermaid or HTML as a code. So every diagram parses.
//!
//! **Bounds.** [`NODES_MAX`] nodes: where there are more modules, the smallest of the deepest are drawn as a part
//! of the folder above. [`ARROWS_MAX`] arrows, those of the most imports.

use std::collections::BTreeMap;
use std::fmt::Write;

use repository::{EntryPoint, Facts};

use crate::review::phrase::count;

/// Nodes, entry points included.
const NODES_MAX: usize = 25;
/// Arrows between modules.
const ARROWS_MAX: usize = 60;
/// Entry points that are drawn.
const ENTRIES_MAX: usize = 3;
/// Characters of a label that are drawn.
const LABEL_CHARS_MAX: usize = 40;
/// The layers from the outside in.
const LAYERS: [&str; 5] = ["interface", "application", "domain", "data", "infrastructure"];

/// Modules that are drawn as one.
#[derive(Default)]
struct Node {
    /// Places in [`Facts::modules`], by path.
    modules: Vec<usize>,
    code: usize,
}

pub(super) fn diagram(facts: &Facts, name: &str) -> String {
    let entries: Vec<&EntryPoint> = facts
        .entry_points
        .iter()
        .filter(|entry| entry.kind != "library")
        .take(ENTRIES_MAX)
        .collect();
    let nodes = merged(facts, NODES_MAX - entries.len());
    let mut drawn = String::from("flowchart TD\n");
    if nodes.is_empty() {
        let files = count(facts.files.len(), "file");
        line(&mut drawn, 1, &format!("m0[\"{}<br/>{files}\"]", label(name)));
        return drawn;
    }
    draw_nodes(&mut drawn, facts, &nodes);
    let node_of = node_of(&nodes);
    for (at, entry) in entries.iter().enumerate() {
        line(
            &mut drawn,
            1,
            &format!("e{at}([\"{}\"])", label(&format!("{} ({})", entry.name, entry.kind))),
        );
        let file = facts.files.iter().find(|file| file.path == entry.path);
        if let Some(node) = file.and_then(|file| node_of.get(&file.module?)) {
            line(&mut drawn, 1, &format!("e{at} --> m{node}"));
        }
    }
    for ((from, to), imports) in arrows(facts, &node_of) {
        line(&mut drawn, 1, &format!("m{from} -->|{imports}| m{to}"));
    }
    drawn
}

fn line(drawn: &mut String, depth: usize, text: &str) {
    // Writing to a string cannot fail.
    let _ = writeln!(drawn, "{:1$}{text}", "", depth * 4);
}

/// The nodes, in layers where at least two layers are known.
fn draw_nodes(drawn: &mut String, facts: &Facts, nodes: &[Node]) {
    let layers: Vec<Option<&str>> = nodes.iter().map(|node| layer(facts, node)).collect();
    let known: Vec<&str> =
        LAYERS.iter().copied().filter(|layer| layers.contains(&Some(layer))).collect();
    // Where only a few have a layer, drawing layers would pull the others apart.
    let is_layered = known.len() > 1 && layers.iter().flatten().count() * 2 >= nodes.len();
    for (at, layer) in known.iter().enumerate().filter(|_| is_layered) {
        line(drawn, 1, &format!("subgraph l{at}[\"{layer}\"]"));
        for (index, node) in
            nodes.iter().enumerate().filter(|(index, _)| layers.get(*index) == Some(&Some(*layer)))
        {
            line(drawn, 2, &shape(facts, index, node));
        }
        line(drawn, 1, "end");
    }
    for (index, node) in nodes.iter().enumerate() {
        if !is_layered || layers.get(index).copied().flatten().is_none() {
            line(drawn, 1, &shape(facts, index, node));
        }
    }
}

fn shape(facts: &Facts, index: usize, node: &Node) -> String {
    let first = node.modules.first().and_then(|module| facts.modules.get(*module));
    let name =
        first.map_or("", |module| if module.name.is_empty() { "root" } else { &module.name });
    let more = match node.modules.len() {
        0 | 1 => String::new(),
        some => format!(" and {} more", some - 1),
    };
    format!("m{index}[\"{}{more}<br/>{}\"]", label(name), count(node.code, "line"))
}

/// The layer of all modules of a node, where they have one in common.
fn layer(facts: &Facts, node: &Node) -> Option<&'static str> {
    let mut layers = node.modules.iter().map(|module| facts.modules.get(*module)?.layer);
    let first = layers.next()??;
    layers.all(|layer| layer == Some(first)).then_some(first)
}

/// The modules as at most `nodes_max` nodes, by path.
fn merged(facts: &Facts, nodes_max: usize) -> Vec<Node> {
    let mut by_path: BTreeMap<&str, Node> = BTreeMap::new();
    for (at, module) in facts.modules.iter().enumerate().filter(|(_, module)| module.code > 0) {
        let node = by_path.entry(&module.path).or_default();
        node.modules.push(at);
        node.code += module.code;
    }
    while by_path.len() > nodes_max {
        let deepest = by_path
            .iter()
            .filter(|(path, _)| !path.is_empty())
            .max_by_key(|(path, node)| (depth(path), std::cmp::Reverse(node.code)))
            .map(|(path, _)| *path);
        let Some(path) = deepest else { break };
        let Some(node) = by_path.remove(path) else { break };
        let above = path.rsplit_once('/').map_or("", |(above, _)| above);
        let parent = by_path.entry(above).or_default();
        parent.modules.extend(node.modules);
        parent.code += node.code;
    }
    let mut nodes: Vec<Node> = by_path.into_values().collect();
    for node in &mut nodes {
        node.modules.sort_by_key(|module| {
            facts
                .modules
                .get(*module)
                .map(|module| (depth(&module.path), std::cmp::Reverse(module.code)))
        });
    }
    nodes
}

fn depth(path: &str) -> usize {
    path.matches('/').count()
}

fn node_of(nodes: &[Node]) -> BTreeMap<usize, usize> {
    let pairs = nodes
        .iter()
        .enumerate()
        .flat_map(|(at, node)| node.modules.iter().map(move |module| (*module, at)));
    pairs.collect()
}

/// Imports between nodes, the most kept, in the order of the nodes.
fn arrows(facts: &Facts, node_of: &BTreeMap<usize, usize>) -> Vec<((usize, usize), usize)> {
    let mut imports: BTreeMap<(usize, usize), usize> = BTreeMap::new();
    for link in &facts.links {
        let (Some(from), Some(to)) = (node_of.get(&link.from), node_of.get(&link.to)) else {
            continue;
        };
        if from != to {
            *imports.entry((*from, *to)).or_default() += link.count;
        }
    }
    let mut arrows: Vec<_> = imports.into_iter().collect();
    arrows.sort_by_key(|(_, imports)| std::cmp::Reverse(*imports));
    arrows.truncate(ARROWS_MAX);
    arrows.sort_unstable();
    arrows
}

/// Text for between the quotation marks of a label.
fn label(text: &str) -> String {
    let mut safe = String::new();
    for (at, char) in text.chars().take(LABEL_CHARS_MAX).enumerate() {
        match char {
            // At the start these would make a list of it.
            '-' if at == 0 => safe.push_str("#45;"),
            '.' if text.starts_with(|first: char| first.is_ascii_digit()) => safe.push_str("#46;"),
            _ if char.is_alphanumeric() || "/._-() ".contains(char) => safe.push(char),
            _ if char.is_control() || char.is_whitespace() => safe.push(' '),
            _ => {
                let _ = write!(safe, "#{};", u32::from(char));
            }
        }
    }
    if text.chars().count() > LABEL_CHARS_MAX {
        safe.push('…');
    }
    if safe.trim().is_empty() { "unnamed".to_owned() } else { safe }
}
