//! Words that mean the same in talk about code, and words that mean little there.

use std::collections::{HashMap, HashSet};
use std::sync::LazyLock;

use text::stem;

/// Families of words; the first one stands for all. A word is in one family at most.
const FAMILIES: &[&[&str]] = &[
    &[
        "error",
        "failure",
        "fail",
        "exception",
        "fault",
        "err",
        "failed",
        "reject",
        "rejection",
        "throw",
        "raise",
        "panic",
    ],
    &["return", "yield", "result", "output", "outcome"],
    &["call", "invoke", "delegate", "forward", "dispatch", "invocation", "caller", "pass", "hand"],
    &["loop", "iterate", "iteration", "repeat", "traverse", "traversal", "iterator", "foreach"],
    &[
        "fast",
        "quick",
        "speed",
        "performance",
        "performant",
        "efficient",
        "efficiency",
        "cheap",
        "throughput",
    ],
    &["slow", "expensive", "overhead", "latency", "costly", "slower", "cost"],
    &["memory", "allocation", "allocate", "heap", "ram", "alloc"],
    &[
        "import",
        "depend",
        "dependency",
        "require",
        "dependencies",
        "coupling",
        "coupled",
        "couple",
        "dependent",
    ],
    &["module", "package", "folder", "component", "crate", "directory", "layer"],
    &["test", "tested", "untested", "assertion"],
    &["function", "method", "routine", "procedure", "func", "fn"],
    &["class", "struct", "structure"],
    &[
        "change",
        "modify",
        "edit",
        "alter",
        "mutate",
        "rewrite",
        "refactor",
        "churn",
        "modification",
    ],
    &[
        "grow",
        "scale",
        "increase",
        "larger",
        "bigger",
        "growth",
        "large",
        "huge",
        "linear",
        "linearly",
        "quadratic",
        "proportional",
    ],
    &["lock", "mutex", "synchronize", "synchronization", "rwlock", "contention"],
    &[
        "concurrent",
        "concurrency",
        "parallel",
        "thread",
        "multithreaded",
        "simultaneous",
        "goroutine",
        "race",
    ],
    &["split", "divide", "separate", "extract", "decouple", "isolate", "separation", "isolation"],
    &["trait", "interface", "protocol", "abstraction", "abstract", "contract"],
    &["configuration", "config", "setting", "option", "configure", "flag"],
    &["validate", "check", "verify", "guard", "validation", "ensure", "inspect"],
    &["parse", "decode", "deserialize", "parser", "deserialization", "decoder"],
    &["encode", "serialize", "serialization", "serializer", "encoder"],
    &["cache", "memoize", "cached", "memoization"],
    &["input", "argument", "parameter", "param", "arg"],
    &["limit", "bound", "cap", "maximum", "bounded", "unbounded", "ceiling"],
    &["recursion", "recursive", "recurse", "recursively"],
    &["stop", "terminate", "abort", "exit", "finish", "bail"],
    &["early", "immediately", "upfront", "straightaway"],
    &["condition", "branch", "conditional", "if", "switch", "case"],
    &["remove", "delete", "drop", "strip", "discard"],
    &["create", "construct", "build", "instantiate", "initialize", "constructor", "new"],
    &["begin", "start", "entry", "entrypoint", "main"],
    &["wrapper", "wrap", "facade", "adapter", "shim"],
    &["custom", "homegrown", "handwritten", "ourselves", "hand-written"],
    &["version", "upgrade", "update", "release", "semver"],
    &["document", "documentation", "docs", "comment", "readme", "documented"],
    &["user", "client", "consumer"],
    &["database", "db", "sql", "sqlite", "postgres"],
    &["copy", "clone", "duplicate", "duplication", "copies"],
    &["wait", "block", "blocking", "await"],
    &["history", "commit", "git"],
    &["maintain", "maintenance", "maintainer", "maintainable"],
    &["reader", "reviewer", "readable", "readability", "understand"],
    &["nest", "nested", "nesting", "deep", "depth", "indentation"],
    &["risk", "danger", "dangerous", "risky", "unsafe", "hazard"],
    &["missing", "absent", "none", "lack", "empty", "nil", "null"],
    &["public", "exposed", "exported", "api", "surface"],
    &["default", "fallback"],
    &["message", "text", "string", "str"],
    &["benchmark", "measure", "profile", "measurement", "profiler"],
    &["circular", "cycle", "cyclic", "ring"],
    &["context", "scope"],
    &["state", "field", "attribute", "property", "member"],
    &["variant", "enum"],
    &["buffer", "queue", "backlog"],
];

/// Words that every answer about code has: they say little of which code.
const GENERIC: &[&str] = &[
    "function",
    "file",
    "code",
    "line",
    "use",
    "value",
    "type",
    "module",
    "part",
    "way",
    "work",
    "data",
    "name",
    "place",
    "need",
    "give",
    "take",
    "good",
    "make",
    "thing",
    "program",
    "project",
    "repository",
    "source",
    "one",
    "two",
    "three",
    "hold",
    "keep",
    "stand",
    "come",
    "go",
    "would",
    "class",
    "like",
    "first",
    "read",
    "many",
    "call",
    "return",
    "import",
    "much",
    "point",
    "purpose",
    "comment",
    "explain",
    "word",
    "among",
    "outside",
    "everybody",
    "matter",
    "learn",
    "right",
    "wrong",
    "turn",
    "step",
    "each",
    "rely",
    "reach",
    "accept",
    "turn",
    "big",
    "something",
    "different",
    "problem",
    "change",
    "new",
    "error",
    "input",
    "result",
    "check",
    "look",
    "path",
    "always",
    "whole",
    "question",
    "case",
    "say",
    "end",
    "made",
    "called",
];

static CONCEPTS: LazyLock<HashMap<String, &'static str>> = LazyLock::new(|| {
    let mut concepts = HashMap::new();
    for family in FAMILIES {
        for word in *family {
            concepts.entry(stem(word)).or_insert(family[0]);
        }
    }
    concepts
});

static GENERIC_CONCEPTS: LazyLock<HashSet<String>> =
    LazyLock::new(|| GENERIC.iter().map(|word| concept(word)).collect());

/// Words whose stem is that of another family: nobody who says "important" speaks of imports.
const APART: &[&str] = &["important", "importance", "importantly", "set", "sets"];

/// What a word of plain letters means: its family's first word, or its own stem.
pub(super) fn concept(word: &str) -> String {
    let lower = word.to_lowercase();
    if APART.contains(&lower.as_str()) {
        return lower;
    }
    let stem = stem(word);
    CONCEPTS.get(&stem).map_or(stem, |first| (*first).to_owned())
}

/// Whether it says little of which code is meant.
pub(super) fn is_generic(concept: &str) -> bool {
    GENERIC_CONCEPTS.contains(concept)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_of_one_family_are_one_concept() {
        assert_eq!(concept("exceptions"), concept("failing"));
        assert_eq!(concept("delegates"), concept("invoked"));
        assert_ne!(concept("cache"), concept("lock"));
        assert!(is_generic(&concept("methods")) && !is_generic(&concept("mutex")));
    }

    #[test]
    fn no_word_is_in_two_families() {
        let mut seen: HashMap<String, &str> = HashMap::new();
        for family in FAMILIES {
            for word in *family {
                let other = seen.insert(stem(word), family[0]);
                assert!(other.is_none_or(|other| other == family[0]), "{word} is in two families");
            }
        }
    }
}
