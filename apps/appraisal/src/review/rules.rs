//! How the rules of `code` are told when one of them found something in many places.

/// What a rule finds, as the name of an issue.
pub(super) fn issue(rule: &str) -> Option<&'static str> {
    let (_, issue) = ISSUES.iter().find(|(name, _)| *name == rule)?;
    Some(issue)
}

const ISSUES: [(&str, &str); 36] = [
    ("any-type", "Values without a type (`any`)"),
    ("assignment-in-condition", "Assignments where comparisons are meant"),
    ("async-foreach", "Promises that nobody waits for"),
    ("bare-except", "Handlers that catch everything"),
    ("boolean-comparison", "Comparisons with `true` and `false`"),
    ("broad-except", "Handlers that catch too much"),
    ("captured-loop-variable", "Functions that share a loop's variable"),
    ("changed-while-iterated", "Collections changed while they are iterated"),
    ("dynamic-code", "Text that is run as code"),
    ("hard-coded-secret", "Secrets in the source"),
    ("html-injection", "Markup made from values"),
    ("ignored-error", "Errors that are ignored"),
    ("literal-identity", "Literals compared by identity"),
    ("loose-equality", "Comparisons that convert their sides"),
    ("missing-timeout", "Calls over the network without a timeout"),
    ("mutable-default", "Defaults that calls share"),
    ("mutable-global", "Global state that changes"),
    ("nan-comparison", "Comparisons with `NaN`"),
    ("none-comparison", "`None` compared by value"),
    ("panic", "Panics in place of errors"),
    ("reused-loop-variable", "Loops that overwrite each other's variable"),
    ("shadowed-builtin", "Names that hide Python's own"),
    ("shadowed-name", "Names that hide others in the same function"),
    ("shell-command", "Shell commands made from values"),
    ("sql-injection", "SQL made from values"),
    ("string-identity", "Strings compared by reference"),
    ("swallowed-error", "Errors that are swallowed"),
    ("tls-verification-off", "Certificates that are not verified"),
    ("too-many-parameters", "Long lists of parameters"),
    ("type-comparison", "Types compared exactly"),
    ("unclosed-resource", "Resources that may stay open"),
    ("unreachable-code", "Code that never runs"),
    ("unsafe-load", "Documents that may run code"),
    ("unused-parameter", "Parameters that are never used"),
    ("unwrap", "Missing values and errors that end in a panic"),
    ("var-declaration", "Variables declared with `var`"),
];
