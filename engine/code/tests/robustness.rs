//! No source makes the crate panic, and the same source always gives the same answer.

use code::{FINDINGS_MAX, Language, SOURCE_BYTES_MAX, Unreadable, blocks, review};
use proptest::prelude::*;

const SNIPPETS: [&str; 7] = [
    "def f(a, b=[]):\n    try:\n        return eval(f'{a}')\n    except:\n        pass\n",
    "function f(a, b) { var c = `SELECT * FROM t WHERE a = ${a}`; if (a == b) { return c; } }\n",
    "class A<T> { private x: any; m(a: string, b?: T): void { this.x = a; } }\n",
    "const A = () => <p class=\"a\">{items.map((i: any) => <b>{i}</b>)}</p>;\n",
    "impl A { fn f(&self, s: &str) -> u8 { s.parse::<u8>().unwrap() } }\nfn g() { panic!(\"{x}\") }\n",
    "class A { String f(String a) { try { return a == \"b\" ? \"c\" : g(a + \"d\"); } catch (Exception e) { } } }\n",
    "package a\n\nfunc f(s string) {\n\tn, _ := strconv.Atoi(s)\n\tfmt.Println(n)\n}\n",
];

fn language() -> impl Strategy<Value = Language> {
    prop::sample::select(Language::ALL.to_vec())
}

fn check(language: Language, source: &str) {
    let lines = source.lines().count().max(1);
    match review(language, source) {
        Ok(found) => {
            assert_eq!(review(language, source), Ok(found.clone()));
            assert!(found.findings.len() <= FINDINGS_MAX);
            for finding in found.findings {
                assert!((1..=lines + 1).contains(&finding.line), "{finding:?} of {lines}");
                assert!(!finding.message.contains('\n') && !finding.message.is_empty());
            }
        }
        Err(error) => assert_eq!(error, Unreadable::TooHard),
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 192, ..ProptestConfig::default() })]

    #[test]
    fn any_text_is_read(language in language(), source in "\\PC{0,400}") {
        check(language, &source);
        let _ = Language::detect(None, None, &source);
        let _ = blocks(&source);
    }

    #[test]
    fn changed_source_is_read(
        language in language(),
        parts in prop::collection::vec((0..SNIPPETS.len(), 0..200usize, 0..200usize, "[(){}\\[\\]:;=+\"'`\\n\\t é😀a0.,<>/&|!#]{0,6}"), 1..5),
    ) {
        let mut source = String::new();
        for (snippet, from, to, noise) in parts {
            let letters: Vec<char> = SNIPPETS[snippet].chars().collect();
            let (from, to) = (from.min(letters.len()), to.min(letters.len()));
            source.extend(&letters[..from]);
            source.push_str(&noise);
            source.extend(&letters[to..]);
        }
        check(language, &source);
        for block in blocks(&source) {
            prop_assert!(block.first_line <= source.lines().count());
        }
    }

    #[test]
    fn lines_of_blocks_are_lines_of_the_message(before in "[a-z \\n]{0,60}", snippet in 0..SNIPPETS.len()) {
        let message = format!("{before}\n```\n{}```\nend", SNIPPETS[snippet]);
        let found = blocks(&message);
        prop_assert_eq!(found.len(), 1);
        let line = message.lines().nth(found[0].first_line - 1).unwrap();
        prop_assert_eq!(Some(line), SNIPPETS[snippet].lines().next());
    }
}

#[test]
fn sources_that_are_hard_to_parse_end_too() {
    let units = [
        "(",
        "{",
        "[",
        "if a:\n ",
        "a(",
        "function f(){",
        "\"",
        "'''",
        "`${",
        "<a>",
        "else ",
        "(a,",
        "fn f(){",
        "&",
        "class A{",
        "x = 1\n",
        "f(1, 2);\n",
        "\\",
        "/*",
        "#",
        "é",
        "lambda:",
        "!a",
        "a?b:",
        "->",
        "r#\"",
    ];
    for unit in units {
        let source = unit.repeat(SOURCE_BYTES_MAX / unit.len() / 128);
        for language in Language::ALL {
            let _ = review(language, &source);
        }
        let _ = blocks(&source);
    }
}

#[test]
fn a_source_over_the_bound_is_refused() {
    let source = "a".repeat(SOURCE_BYTES_MAX + 1);
    assert_eq!(review(Language::Python, &source), Err(Unreadable::TooLong));
}
