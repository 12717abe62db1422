//! One source, read as a whole.

use crate::facts::{Facts, facts};
use crate::finding::{Finding, Findings};
use crate::function::{FunctionNode, functions};
use crate::imports::{Import, imports};
use crate::syntax::Syntax;
use crate::{Language, rules};

/// Bytes a source may have.
pub const SOURCE_BYTES_MAX: usize = 256 * 1024;

/// Why a source was not read.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Unreadable {
    /// It is longer than [`SOURCE_BYTES_MAX`].
    #[error("the source has more than 256 KiB")]
    TooLong,
    /// Parsing it took more work than is allowed.
    #[error("the source is too hard to parse")]
    TooHard,
}

/// What was read in a source.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Review {
    /// The language it was read as.
    pub language: Language,
    /// Its functions and types.
    pub facts: Facts,
    /// What it takes from elsewhere, by line; at most [`crate::IMPORTS_MAX`].
    pub imports: Vec<Import>,
    /// What a reviewer would say, gravest first, then in source order; at most
    /// [`crate::FINDINGS_MAX`].
    pub findings: Vec<Finding>,
    /// Findings left out past that bound.
    pub findings_left_out: usize,
    /// Whether part of the source was too much to look at.
    pub is_partial: bool,
}

/// Reads `source` as `language`. Takes tens of milliseconds for ordinary files, and at most a few
/// seconds for the worst of 256 KiB: call it where blocking is allowed.
///
/// # Errors
///
/// [`Unreadable::TooLong`] and [`Unreadable::TooHard`].
pub fn review(language: Language, source: &str) -> Result<Review, Unreadable> {
    if source.len() > SOURCE_BYTES_MAX {
        return Err(Unreadable::TooLong);
    }
    let syntax = Syntax::parse(language, source)?;
    let functions = functions(language, &syntax);
    let facts = facts(language, &syntax, &functions);
    let imports = imports(language, &syntax);
    let mut findings = Findings::default();
    let source = Source { language, syntax: &syntax, functions: &functions };
    rules::run(&source, &mut findings);
    let (findings, findings_left_out) = findings.into_sorted();
    let is_partial = syntax.is_cut() || syntax.is_exhausted();
    Ok(Review { language, facts, imports, findings, findings_left_out, is_partial })
}

/// What a rule looks at.
pub(crate) struct Source<'a> {
    pub(crate) language: Language,
    pub(crate) syntax: &'a Syntax<'a>,
    pub(crate) functions: &'a [FunctionNode<'a>],
}

impl<'a> Source<'a> {
    /// The innermost function around `node`, named or not.
    pub(crate) fn function_of(
        &self,
        node: crate::syntax::Node<'a>,
    ) -> Option<crate::syntax::Node<'a>> {
        node.nearest(crate::function::kinds(self.language))
    }
}
