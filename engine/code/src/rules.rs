//! The rules, by theme; each one reads the syntax tree of every language it knows.
//!
//! **Invariants.** A rule that ran out of steps leaves no finding. A rule is silent where it would
//! have to guess: about types it can't see, about functions that don't parse.

mod comparison;
mod errors;
mod flow;
mod injection;
mod names;
mod parameters;
mod resources;
mod secrets;
mod shape;
mod sql;

use crate::finding::Findings;
use crate::review::Source;

type RuleFn = fn(&Source<'_>, &mut Findings);

const ALL: &[RuleFn] = &[
    shape::syntax_errors,
    injection::dynamic_code,
    injection::shell_commands,
    injection::unsafe_settings,
    injection::html,
    sql::built_statements,
    secrets::literals,
    parameters::mutable_defaults,
    errors::python_handlers,
    errors::java_and_script_handlers,
    errors::rust_panics,
    errors::go_ignored,
    errors::go_overwritten,
    errors::rust_ignored,
    comparison::loose_equality,
    comparison::constants,
    comparison::identity_of_literals,
    comparison::java_strings,
    comparison::assignments_as_conditions,
    flow::unreachable,
    flow::captured_loop_variables,
    flow::changed_while_iterated,
    flow::reused_loop_variables,
    flow::async_callbacks,
    resources::python_files,
    resources::java_resources,
    resources::go_resources,
    resources::timeouts,
    names::globals,
    names::old_variables,
    names::any_types,
    names::shadowed_builtins,
    names::shadowed_variables,
    parameters::unused,
    parameters::too_many,
    shape::nesting,
    shape::length,
    shape::missing_tests,
];

/// Runs every rule, until the steps are used up.
pub(crate) fn run(source: &Source<'_>, findings: &mut Findings) {
    for rule in ALL {
        let before = findings.len();
        rule(source, findings);
        if source.syntax.is_exhausted() {
            findings.truncate(before);
            return;
        }
    }
}
