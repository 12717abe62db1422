//! What a project is and stands on, in words.

use repository::Framework;

use crate::review::measures::Measures;

/// What is known of frameworks for one purpose.
pub(super) struct Purpose {
    /// What in the purpose's words tells it.
    words: &'static [&'static str],
    /// What using one brings.
    pub(super) gain: &'static str,
    /// What it costs.
    pub(super) price: &'static str,
}

/// The purposes that are known, the most telling first; the first that fits counts.
const PURPOSES: [Purpose; 15] = [
    Purpose {
        words: &["web", "api", "server"],
        gain: "routing, parsing of requests and the manners of HTTP come tried by many",
        price: "handlers take the framework's shape, so leaving it means rewriting the edge",
    },
    Purpose {
        words: &["user interface", "frontend", "component", "styl", "desktop"],
        gain: "the page is described by its state, and parts of it can be reused",
        price: "a build step, and a rhythm of releases that is not the project's own",
    },
    Purpose {
        words: &["mobile"],
        gain: "what the device offers is reached through one interface",
        price: "a rhythm of releases that the platform sets",
    },
    Purpose {
        words: &["database", "orm", "storage", "search"],
        gain: "queries, transactions and migrations are somebody else's craft",
        price: "its limits and its ways to fail become the project's own",
    },
    Purpose {
        words: &["cache"],
        gain: "what was computed once is answered at once",
        price: "two copies of the truth, one of which is old",
    },
    Purpose {
        words: &["message queue", "queue", "stream", "worker", "task"],
        gain: "slow work leaves the request and can be repeated",
        price: "one more service to run, and messages that may come twice",
    },
    Purpose {
        words: &["remote call", "rpc"],
        gain: "both sides share one description of the calls",
        price: "generated code, and a form on the wire that is hard to read by eye",
    },
    Purpose {
        words: &["http client"],
        gain: "connections, redirects and encodings are handled by code that many use",
        price: "its defaults for timeouts and pools are the project's own until somebody sets them",
    },
    Purpose {
        words: &["async", "concurren", "parallel", "actor"],
        gain: "many waits, or much work, share few threads",
        price: "whatever blocks holds up others, and stack traces tell less",
    },
    Purpose {
        words: &["machine learning", "data analysis", "numeric", "scien"],
        gain: "the arithmetic runs in tuned native code",
        price: "heavy installs, and versions that must fit each other",
    },
    Purpose {
        words: &["auth", "crypto", "security", "transport security"],
        gain: "what is easy to get wrong is left to specialists",
        price: "its updates are urgent when they come",
    },
    Purpose {
        words: &["command", "terminal"],
        gain: "options, help and errors of the command line are uniform without code for them",
        price: "a larger program for what a few lines of parsing might do",
    },
    Purpose {
        words: &["data format", "serial", "validation", "schema", "pars"],
        gain: "what comes from outside is checked and typed at the edge",
        price: "the form on the wire follows the types unless somebody takes care",
    },
    Purpose {
        words: &["templates"],
        gain: "text and markup stand apart from the code that fills them in",
        price: "a second small language, whose mistakes show only when it is filled in",
    },
    Purpose {
        words: &["test", "benchmark", "mock"],
        gain: "tests read alike and their failures say what differed",
        price: "one more thing to know before the first test",
    },
];

/// The place of a framework's purpose among those that are known.
pub(super) fn rank(framework: &Framework) -> Option<usize> {
    // At the beginning of a word: `orm` is not in `format`.
    let words = format!(" {}", framework.purpose.to_ascii_lowercase());
    let fits =
        |purpose: &Purpose| purpose.words.iter().any(|word| words.contains(&format!(" {word}")));
    PURPOSES.iter().position(fits)
}

pub(super) fn purpose(framework: &Framework) -> Option<&'static Purpose> {
    PURPOSES.get(rank(framework)?)
}

pub(super) fn is_for_tests(framework: &Framework) -> bool {
    purpose(framework).is_some_and(|purpose| purpose.words.contains(&"test"))
}

/// What kind of thing the project is.
pub(super) fn kind(measures: &Measures<'_>) -> &'static str {
    let has = |kind| measures.entry(&[kind]).is_some();
    let is_served =
        measures.facts.frameworks.iter().any(|framework| {
            purpose(framework).is_some_and(|purpose| purpose.words.contains(&"web"))
        });
    match () {
        () if has("server") => "server",
        () if has("binary") && is_served => "server",
        () if has("library") && (has("binary") || has("command")) => "library with a program",
        () if has("library") => "library",
        () if has("command") => "command-line tool",
        () if has("page") => "web application",
        () if has("binary") => "program",
        () if has("script") => "collection of scripts",
        () => "project",
    }
}

/// What speaks for a language, and what it costs.
pub(super) fn language(name: &str) -> Option<(&'static str, &'static str)> {
    LANGUAGES
        .iter()
        .find(|(language, ..)| *language == name)
        .map(|(_, gain, price)| (*gain, *price))
}

const LANGUAGES: [(&str, &str, &str); 13] = [
    (
        "Rust",
        "memory errors and data races are found when it is built, and nothing stops to collect garbage",
        "builds take longer, and ownership shapes every interface",
    ),
    (
        "Go",
        "one static binary, goroutines for what waits, and a language that is read in an afternoon",
        "errors are checked by hand at every call, and little is abstracted",
    ),
    (
        "Java",
        "a mature runtime, static types and libraries for nearly everything",
        "more memory and slower starts than a native program, and more ceremony per idea",
    ),
    (
        "Kotlin",
        "Java's libraries with null checked when it is built",
        "slower builds, and a runtime that must be there",
    ),
    ("C#", "static types, a fast runtime and tools of one mould", "a runtime that must be there"),
    (
        "TypeScript",
        "one language for page and server, with types that are checked before it runs",
        "a build step, and types that the running program no longer knows",
    ),
    (
        "TypeScript (TSX)",
        "markup and logic stand together, checked by types before it runs",
        "a build step, and types that the running program no longer knows",
    ),
    (
        "TSX",
        "markup and logic stand together, checked by types before it runs",
        "a build step, and types that the running program no longer knows",
    ),
    (
        "JavaScript",
        "it runs in every browser as it is written, without a build",
        "a wrong type shows only when that line runs",
    ),
    (
        "Python",
        "an idea is quickly written and read, and libraries exist for nearly everything",
        "a wrong type shows only when that line runs, and one process computes on one core at a time",
    ),
    (
        "C",
        "full control of memory and the smallest of runtimes",
        "memory errors are the programmer's to avoid",
    ),
    (
        "C++",
        "control of memory with abstractions that cost nothing at run time",
        "memory errors are the programmer's to avoid, and builds are slow",
    ),
    (
        "Ruby",
        "an idea is quickly written and reads well",
        "a wrong type shows only when that line runs",
    ),
];
