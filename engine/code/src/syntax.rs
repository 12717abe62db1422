//! A bounded, flat copy of a syntax tree, cheap to walk in any direction.
//!
//! Nodes lie in pre-order: the first child of a node follows it, and a node knows where its
//! subtree ends. A parser's own tree finds a parent only by descending from the root.
//!
//! **Invariants.** All work is bounded by counts, never by a clock, so the same source always
//! gives the same answer: the parser's progress reports ([`PROGRESS_MAX`]), the nodes copied
//! ([`NODES_MAX`]) and the steps of later walks ([`STEPS_MAX`]). A walk that runs out of steps ends
//! early and [`Syntax::is_exhausted`] says so: whoever drew conclusions from it must drop them.

use std::cell::Cell;
use std::collections::HashMap;
use std::ops::ControlFlow;
use std::sync::OnceLock;

use tree_sitter::{ParseOptions, ParseState, Parser, Tree, TreeCursor};

use crate::{Language, Unreadable};

/// Nodes copied from one tree; what lies past them counts as damaged.
pub(crate) const NODES_MAX: usize = 200_000;
/// Steps that all walks over one copy may take together.
const STEPS_MAX: u64 = 12_000_000;
/// Progress reports (one for about a hundred actions) after which the parser is stopped.
const PROGRESS_MAX: u32 = 30_000;

const NONE: u32 = u32::MAX;

/// One parsed source.
pub(crate) struct Syntax<'s> {
    source: &'s str,
    records: Vec<Record>,
    by_kind: HashMap<&'static str, Vec<u32>>,
    steps_left: Cell<u64>,
    is_cut: bool,
}

struct Record {
    kind: &'static str,
    field: Option<&'static str>,
    parent: u32,
    previous: u32,
    end: u32,
    start_byte: u32,
    end_byte: u32,
    row: u32,
    column: u32,
    end_row: u32,
    is_named: bool,
    is_damaged: bool,
    is_fault: bool,
}

/// A node of a [`Syntax`].
#[derive(Clone, Copy)]
pub(crate) struct Node<'a> {
    syntax: &'a Syntax<'a>,
    index: u32,
}

impl<'s> Syntax<'s> {
    /// Parses `source`, which the caller has checked to be short enough.
    pub(crate) fn parse(language: Language, source: &'s str) -> Result<Self, Unreadable> {
        let tree = tree(language, source).ok_or(Unreadable::TooHard)?;
        Ok(Self::copy(source, &tree, Names::of(language)))
    }

    fn copy(source: &'s str, tree: &Tree, names: &'static Names) -> Self {
        let mut copier = Copier { names, records: Vec::new(), open: Vec::new(), is_cut: false };
        copier.run(&mut tree.walk());
        let Copier { records, is_cut, .. } = copier;
        let mut by_kind: HashMap<&'static str, Vec<u32>> = HashMap::new();
        for (index, record) in (0u32..).zip(&records) {
            by_kind.entry(record.kind).or_default().push(index);
        }
        Self { source, records, by_kind, steps_left: Cell::new(STEPS_MAX), is_cut }
    }

    /// The whole source's node.
    pub(crate) fn root(&self) -> Node<'_> {
        Node { syntax: self, index: 0 }
    }

    /// The source that was parsed.
    pub(crate) fn source(&self) -> &'s str {
        self.source
    }

    /// Nodes of these kinds, each kind in source order.
    pub(crate) fn of<'a>(&'a self, kinds: &'a [&str]) -> impl Iterator<Item = Node<'a>> {
        let lists = kinds.iter().filter_map(|kind| self.by_kind.get(kind));
        lists.flatten().filter(|_| self.spend(1)).map(|&index| Node { syntax: self, index })
    }

    /// Whether the tree had more nodes than were copied.
    pub(crate) fn is_cut(&self) -> bool {
        self.is_cut
    }

    /// Whether some walk ended early for want of steps.
    pub(crate) fn is_exhausted(&self) -> bool {
        self.steps_left.get() == 0
    }

    /// Where the source does not parse: the outermost damaged places, in source order.
    pub(crate) fn faults(&self) -> impl Iterator<Item = Node<'_>> {
        let faults = (0u32..).zip(&self.records).filter(|(_, record)| record.is_fault);
        let nodes = faults.map(|(index, _)| Node { syntax: self, index });
        nodes.filter(|node| !node.ancestors().any(|above| above.record().is_fault))
    }

    /// Bytes that lie in places that do not parse.
    pub(crate) fn damaged_bytes(&self) -> usize {
        self.faults().map(|fault| fault.text().trim().len().max(1)).sum()
    }

    /// Takes steps from the budget; false when it is used up.
    fn spend(&self, steps: u64) -> bool {
        let left = self.steps_left.get().saturating_sub(steps);
        self.steps_left.set(left);
        left > 0
    }
}

impl<'a> Node<'a> {
    fn record(self) -> &'a Record {
        &self.syntax.records[self.index as usize]
    }

    fn at(self, index: u32) -> Self {
        Self { index, ..self }
    }

    pub(crate) fn kind(self) -> &'static str {
        self.record().kind
    }

    pub(crate) fn is(self, kinds: &[&str]) -> bool {
        kinds.contains(&self.kind())
    }

    pub(crate) fn is_named(self) -> bool {
        self.record().is_named
    }

    /// Whether something in it does not parse.
    pub(crate) fn is_damaged(self) -> bool {
        self.record().is_damaged
    }

    pub(crate) fn text(self) -> &'a str {
        let record = self.record();
        let text = self.syntax.source.get(record.start_byte as usize..record.end_byte as usize);
        let text = text.unwrap_or_default();
        self.syntax.spend(1 + text.len() as u64 / 64);
        text
    }

    pub(crate) fn byte_range(self) -> std::ops::Range<usize> {
        self.record().start_byte as usize..self.record().end_byte as usize
    }

    /// The line it begins on, from 1.
    pub(crate) fn line(self) -> usize {
        self.record().row as usize + 1
    }

    /// The line it ends on, from 1.
    pub(crate) fn last_line(self) -> usize {
        self.record().end_row as usize + 1
    }

    /// The byte of its line it begins at, from 1.
    pub(crate) fn column(self) -> usize {
        self.record().column as usize + 1
    }

    pub(crate) fn parent(self) -> Option<Self> {
        let parent = self.record().parent;
        (parent != NONE).then(|| self.at(parent))
    }

    /// The named sibling before it, comments included.
    pub(crate) fn previous(self) -> Option<Self> {
        let mut node = self;
        loop {
            let previous = node.record().previous;
            if previous == NONE || !self.syntax.spend(1) {
                return None;
            }
            node = node.at(previous);
            if node.is_named() {
                return Some(node);
            }
        }
    }

    /// Its parent, that one's parent, and so on.
    pub(crate) fn ancestors(self) -> impl Iterator<Item = Self> {
        let next = move |node: &Self| node.parent().filter(|_| self.syntax.spend(1));
        std::iter::successors(next(&self), next)
    }

    pub(crate) fn children(self) -> impl Iterator<Item = Self> {
        let end = self.record().end;
        let mut next = self.index + 1;
        std::iter::from_fn(move || {
            if next >= end || !self.syntax.spend(1) {
                return None;
            }
            let child = self.at(next);
            next = child.record().end;
            Some(child)
        })
    }

    /// Its children but punctuation, keywords and comments.
    pub(crate) fn named(self) -> impl Iterator<Item = Self> {
        self.children().filter(|child| child.is_named() && !child.is_comment())
    }

    /// Everything below it, in source order.
    pub(crate) fn descendants(self) -> impl Iterator<Item = Self> {
        let below = self.index + 1..self.record().end;
        below.take_while(move |_| self.syntax.spend(1)).map(move |index| self.at(index))
    }

    /// Everything below it but what lies in nodes of these kinds (these nodes themselves are given).
    pub(crate) fn descendants_outside<'k>(
        self,
        kinds: &'k [&'k str],
    ) -> impl Iterator<Item = Self> + use<'a, 'k> {
        let end = self.record().end;
        let mut next = self.index + 1;
        std::iter::from_fn(move || {
            if next >= end || !self.syntax.spend(1) {
                return None;
            }
            let node = self.at(next);
            next = if node.is(kinds) { node.record().end } else { next + 1 };
            Some(node)
        })
    }

    pub(crate) fn child(self, field: &str) -> Option<Self> {
        self.children().find(|child| child.record().field == Some(field))
    }

    pub(crate) fn fields<'k>(self, field: &'k str) -> impl Iterator<Item = Self> + use<'a, 'k> {
        self.children().filter(move |child| child.record().field == Some(field))
    }

    /// The field of its parent that it is.
    pub(crate) fn field(self) -> Option<&'static str> {
        self.record().field
    }

    pub(crate) fn is_comment(self) -> bool {
        self.is(&["comment", "line_comment", "block_comment"])
    }

    /// Its first named child that is no comment.
    pub(crate) fn first(self) -> Option<Self> {
        self.named().next()
    }

    /// Whether `other` lies in it or is it.
    pub(crate) fn contains(self, other: Self) -> bool {
        (self.index..self.record().end).contains(&other.index)
    }

    /// The nearest node above of one of these kinds.
    pub(crate) fn nearest(self, kinds: &[&str]) -> Option<Self> {
        self.ancestors().find(|above| above.is(kinds))
    }

    /// The text of a field, empty without one.
    pub(crate) fn field_text(self, field: &str) -> &'a str {
        self.child(field).map_or("", Self::text)
    }
}

impl PartialEq for Node<'_> {
    fn eq(&self, other: &Self) -> bool {
        self.index == other.index
    }
}

/// Bytes that a grammar's own scanner may read in vain.
const VAIN_BYTES_MAX: usize = 8 * 1024 * 1024;
/// Lines in a row that hold nothing but the backslash that joins them to the next one.
const JOINED_LINES_MAX: usize = 500;

/// Whether a grammar's scanner would read the rest of the source again and again, which no progress report
/// counts: Rust's for raw strings that never end, Python's for lines joined without end.
fn is_scanned_in_vain(language: Language, source: &str) -> bool {
    match language {
        Language::Rust => endless_raw_strings(source.as_bytes()) > VAIN_BYTES_MAX,
        Language::Python => {
            let mut run = 0;
            source.lines().any(|line| {
                run = if line.trim() == "\\" { run + 1 } else { 0 };
                run > JOINED_LINES_MAX
            })
        }
        _ => false,
    }
}

/// Bytes behind all starts of raw strings that have no end.
fn endless_raw_strings(source: &[u8]) -> usize {
    let hashes =
        |from: usize| source[from..].iter().take(255).take_while(|byte| **byte == b'#').count();
    // For each number of hashes, where the last end with as many stands.
    let mut last_end = [0; 256];
    for (place, _) in source.iter().enumerate().filter(|(_, byte)| **byte == b'"') {
        last_end[..=hashes(place + 1)].fill(place);
    }
    let starts =
        source.iter().enumerate().filter(|(_, byte)| **byte == b'r').filter_map(|(place, _)| {
            let hashes = hashes(place + 1);
            let quote = place + 1 + hashes;
            (source.get(quote) == Some(&b'"') && last_end[hashes] <= quote).then_some(quote)
        });
    starts.map(|quote| source.len() - quote).fold(0, usize::saturating_add)
}

fn tree(language: Language, source: &str) -> Option<Tree> {
    if is_scanned_in_vain(language, source) {
        return None;
    }
    let mut parser = Parser::new();
    parser.set_language(&language.grammar()).ok()?;
    let mut reports = 0u32;
    let mut count = |_: &ParseState| {
        reports += 1;
        if reports > PROGRESS_MAX { ControlFlow::Break(()) } else { ControlFlow::Continue(()) }
    };
    let bytes = source.as_bytes();
    let mut read = |offset: usize, _| bytes.get(offset..).unwrap_or_default();
    let options = ParseOptions::new().progress_callback(&mut count);
    parser.parse_with_options(&mut read, None, Some(options))
}

/// What a grammar calls its kinds of nodes and fields, by their numbers.
struct Names {
    kinds: Vec<String>,
    fields: Vec<String>,
}

impl Names {
    fn of(language: Language) -> &'static Self {
        static NAMES: [OnceLock<Names>; Language::ALL.len()] =
            [const { OnceLock::new() }; Language::ALL.len()];
        NAMES[language as usize].get_or_init(|| Self::read(&language.grammar()))
    }

    fn read(grammar: &tree_sitter::Language) -> Self {
        let kinds = 0..u16::try_from(grammar.node_kind_count()).unwrap_or(u16::MAX);
        // Field numbers begin at 1.
        let fields = 0..=u16::try_from(grammar.field_count()).unwrap_or(u16::MAX);
        let kinds = kinds.map(|id| grammar.node_kind_for_id(id).unwrap_or_default().to_owned());
        let fields = fields.map(|id| grammar.field_name_for_id(id).unwrap_or_default().to_owned());
        Self { kinds: kinds.collect(), fields: fields.collect() }
    }

    fn kind(&self, id: u16) -> &str {
        // Errors have a number past all others.
        self.kinds.get(usize::from(id)).map_or("ERROR", String::as_str)
    }

    fn field(&self, id: u16) -> Option<&str> {
        self.fields.get(usize::from(id)).map(String::as_str)
    }
}

struct Copier {
    names: &'static Names,
    records: Vec<Record>,
    /// The nodes above the next one, each with the child copied last.
    open: Vec<(u32, u32)>,
    is_cut: bool,
}

impl Copier {
    fn run(&mut self, cursor: &mut TreeCursor<'_>) {
        loop {
            if self.records.len() >= NODES_MAX {
                self.is_cut = true;
                break;
            }
            let index = self.push(cursor);
            if cursor.goto_first_child() {
                self.open.push((index, NONE));
                continue;
            }
            while !cursor.goto_next_sibling() {
                if !cursor.goto_parent() {
                    break;
                }
                self.close();
            }
            if self.open.is_empty() {
                break;
            }
        }
        while let Some(&(index, _)) = self.open.last() {
            self.records[index as usize].is_damaged |= self.is_cut;
            self.close();
        }
    }

    fn push(&mut self, cursor: &TreeCursor<'_>) -> u32 {
        let index = number(self.records.len());
        let (parent, previous) = match self.open.last_mut() {
            Some((parent, last)) => (*parent, std::mem::replace(last, index)),
            None => (NONE, NONE),
        };
        let node = cursor.node();
        self.records.push(Record {
            kind: self.names.kind(node.kind_id()),
            field: cursor.field_id().and_then(|id| self.names.field(id.get())),
            parent,
            previous,
            end: index + 1,
            start_byte: number(node.start_byte()),
            end_byte: number(node.end_byte()),
            row: number(node.start_position().row),
            column: number(node.start_position().column),
            end_row: number(node.end_position().row),
            is_named: node.is_named(),
            is_damaged: node.has_error(),
            is_fault: node.is_error() || node.is_missing(),
        });
        index
    }

    fn close(&mut self) {
        let end = number(self.records.len());
        if let Some((index, _)) = self.open.pop() {
            self.records[index as usize].end = end;
        }
    }
}

fn number(value: usize) -> u32 {
    u32::try_from(value).expect("sources are at most 256 KiB")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_copy_can_be_walked_in_every_direction() {
        let syntax = Syntax::parse(Language::Python, "def f(a):\n    return a + 1\n").unwrap();
        let function = syntax.of(&["function_definition"]).next().unwrap();
        assert_eq!(function.field_text("name"), "f");
        assert_eq!((function.line(), function.last_line()), (1, 2));
        let sum = syntax.of(&["binary_operator"]).next().unwrap();
        assert_eq!((sum.text(), sum.line(), sum.column()), ("a + 1", 2, 12));
        assert!(sum.ancestors().any(|above| above == function));
        assert!(function.contains(sum) && !sum.contains(function));
        assert_eq!(syntax.faults().count(), 0);
    }

    #[test]
    fn a_tree_too_large_is_cut_and_its_open_nodes_count_as_damaged() {
        let source = "a;".repeat(NODES_MAX / 3 + 10);
        let syntax = Syntax::parse(Language::JavaScript, &source).unwrap();
        assert!(syntax.is_cut() && syntax.root().is_damaged());
    }

    #[test]
    fn a_source_that_would_be_scanned_in_vain_is_too_hard() {
        for unit in ["r#\"", "r##\"#", "br#\" "] {
            let source = unit.repeat(200_000 / unit.len());
            assert!(Syntax::parse(Language::Rust, &source).is_err(), "{unit}");
        }
        assert!(Syntax::parse(Language::Python, &"\\\n".repeat(100_000)).is_err());
        let ordinary = "fn f() -> &'static str { r#\"a \"quoted\" text\"# }\n".repeat(3000);
        assert!(Syntax::parse(Language::Rust, &ordinary).is_ok());
        assert!(Syntax::parse(Language::Python, "a = 1 + \\\n  2\n").is_ok());
    }

    #[test]
    fn walks_end_when_the_steps_are_used_up() {
        let source = "f(1, 2);".repeat(10_000);
        let syntax = Syntax::parse(Language::JavaScript, &source).unwrap();
        while !syntax.is_exhausted() {
            assert!(syntax.root().descendants().count() <= NODES_MAX);
        }
        assert_eq!(syntax.root().descendants().count(), 0);
    }
}
