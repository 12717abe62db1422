//! What a reviewer would say about one place in a source.

use std::borrow::Cow;

use crate::syntax::Node;

/// Findings told of one source.
pub const FINDINGS_MAX: usize = 50;
/// Findings of one rule that are kept.
const OF_ONE_RULE_MAX: usize = 12;
/// Characters of the user's own text that a message repeats.
const QUOTE_CHARS_MAX: usize = 60;

/// How much a finding matters.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Severity {
    /// Wrong results, lost errors or an open door.
    High,
    /// Likely to bite one day.
    Medium,
    /// Makes the code harder to read or change.
    Low,
}

/// One finding.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Finding {
    /// The rule's name, such as `mutable-default`: stable, for machines.
    pub rule: &'static str,
    /// The line, from 1, of the source that was given.
    pub line: usize,
    /// The byte in that line, from 1, where one place is meant.
    pub column: Option<usize>,
    /// How much it matters.
    pub severity: Severity,
    /// What is there: one sentence, Markdown with inline code only.
    pub message: String,
    /// Why it matters.
    pub why: Cow<'static, str>,
    /// What would be better.
    pub better: Cow<'static, str>,
    /// The better form in the source's own language, where a few lines show it.
    pub example: Option<String>,
}

/// What a rule always says.
pub(crate) struct Rule {
    pub(crate) id: &'static str,
    pub(crate) severity: Severity,
    pub(crate) why: &'static str,
    pub(crate) better: &'static str,
}

impl Rule {
    /// A finding of this rule at `node`.
    pub(crate) fn at(&self, node: Node<'_>, message: impl Into<String>) -> Finding {
        Finding {
            rule: self.id,
            line: node.line(),
            column: Some(node.column()),
            severity: self.severity,
            message: message.into(),
            why: self.why.into(),
            better: self.better.into(),
            example: None,
        }
    }
}

impl Finding {
    pub(crate) fn with_example(self, example: impl Into<String>) -> Self {
        Self { example: Some(example.into()), ..self }
    }

    pub(crate) fn with_better(self, better: impl Into<Cow<'static, str>>) -> Self {
        Self { better: better.into(), ..self }
    }

    pub(crate) fn with_severity(self, severity: Severity) -> Self {
        Self { severity, ..self }
    }
}

/// The findings so far.
#[derive(Default)]
pub(crate) struct Findings {
    found: Vec<Finding>,
    left_out: usize,
}

impl Findings {
    /// Keeps a finding, unless its rule has enough of them or said the same of the same line.
    pub(crate) fn add(&mut self, finding: Finding) {
        let same_rule = self.found.iter().filter(|other| other.rule == finding.rule);
        if same_rule
            .clone()
            .any(|other| other.line == finding.line && other.message == finding.message)
        {
            return;
        }
        if same_rule.count() >= OF_ONE_RULE_MAX {
            self.left_out += 1;
        } else {
            self.found.push(finding);
        }
    }

    pub(crate) fn len(&self) -> usize {
        self.found.len()
    }

    pub(crate) fn truncate(&mut self, len: usize) {
        self.found.truncate(len);
    }

    /// The findings, gravest first, and how many were left out.
    pub(crate) fn into_sorted(self) -> (Vec<Finding>, usize) {
        let Self { mut found, mut left_out } = self;
        found.sort_by(|a, b| {
            (a.severity, a.line, a.column, a.rule).cmp(&(b.severity, b.line, b.column, b.rule))
        });
        left_out += found.len().saturating_sub(FINDINGS_MAX);
        found.truncate(FINDINGS_MAX);
        (found, left_out)
    }
}

/// The user's text as inline code: one line, short, without backticks.
pub(crate) fn code(text: &str) -> String {
    format!("`{}`", short(text))
}

/// The user's text on one line, short, without backticks.
pub(crate) fn short(text: &str) -> String {
    let words: Vec<&str> = text.split_whitespace().take(QUOTE_CHARS_MAX).collect();
    let line = words.join(" ").replace('`', "'");
    match line.char_indices().nth(QUOTE_CHARS_MAX) {
        Some((cut, _)) => format!("{}…", &line[..cut]),
        None => line,
    }
}
