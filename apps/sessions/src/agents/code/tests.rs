//! Messages to the agent `code`.

use super::*;
use crate::agents::AgentId;

const PYTHON: &str = "Hi, is the default ok here? And what about speed?\n\n```python\nimport os\n\ndef load(path, cache={}):\n    try:\n        data = eval(open(path).read())\n    except:\n        pass\n    return data\n\ndef find_user(db, name):\n    db.execute(\"SELECT * FROM users WHERE name = '%s'\" % name)\n    return db.fetchone()\n```\nThanks!";
const FIXED: &str = "Better now?\n```python\nimport ast\n\ndef load(path):\n    with open(path) as file:\n        return ast.literal_eval(file.read())\n\ndef find_user(db, name):\n    db.execute(\"SELECT id FROM users WHERE name = ?\", (name,))\n    return db.fetchone()\n```";

/// The answer to the last of some messages of Ann's.
fn answer_to(messages: &[&str]) -> String {
    let turn = |content: &&str| Turn {
        author: "Ann".to_owned(),
        is_agent: false,
        content: (*content).to_owned(),
    };
    let mut turns: Vec<Turn> = messages.iter().map(turn).collect();
    let question = turns.pop().unwrap();
    answer(&Brief {
        agent: AgentId::Code,
        question,
        history: turns,
        instructions: None,
        asked_before: Vec::new(),
    })
}

#[test]
fn each_language_gets_real_findings_at_their_lines() {
    let table: &[(&str, &[&str])] = &[
        (
            PYTHON,
            &[
                "Line 3 (line 6 of the message) — mutable default",
                "Line 6 (line 9 of the message) — bare except",
                "— sql injection (serious)",
                "— dynamic code (serious)",
            ],
        ),
        (
            "```js\nfunction f(a, b) {\n  if (a == b) { el.innerHTML = a; }\n  for (var i = 0; i < 3; i++) { setTimeout(function () { log(i); }, 10); }\n}\n```",
            &[
                "Line 2 (line 3 of the message) — loose equality",
                "— html injection",
                "— captured loop variable",
            ],
        ),
        (
            "```typescript\nexport function g(x: any): number {\n  return eval(x);\n}\n```",
            &["Line 2 (line 3 of the message) — dynamic code", "— any type"],
        ),
        (
            "fn parse(input: &str) -> u32 {\n    let n = input.parse::<u32>().unwrap();\n    n\n}",
            &["### 1. Line 2 — unwrap (may bite)", "return …"],
        ),
        (
            "```java\nclass A {\n  String name;\n  boolean same(String other) { return name == other; }\n  void run(String id) { s.executeQuery(\"SELECT * FROM t WHERE id = \" + id); }\n}\n```",
            &[
                "Line 3 (line 4 of the message) — string identity",
                "name.equals(other)",
                "— sql injection",
            ],
        ),
        (
            "```go\npackage main\n\nfunc handler(w http.ResponseWriter, r *http.Request) {\n\tvar v map[string]any\n\tjson.NewDecoder(r.Body).Decode(&v)\n\tresp, _ := http.Get(\"http://x/\")\n\tfmt.Fprintln(w, resp.Status)\n}\n```",
            &["Lines 5 and 6 (6 and 7 of the message) — ignored error"],
        ),
    ];
    for (message, expected) in table {
        let answer = answer_to(&[message]);
        for expected in *expected {
            assert!(answer.contains(expected), "{expected}\n{answer}");
        }
        for part in ["**Why:**", "**Better:**", "### Tests", "There is no test among this"] {
            assert!(answer.contains(part), "{part}\n{answer}");
        }
    }
}

#[test]
fn questions_in_the_message_are_answered_by_their_findings() {
    let answer = answer_to(&[PYTHON]);
    assert!(answer.contains("> Hi, is the default ok here?\n\nSee finding 1."), "{answer}");
    assert!(
        answer.contains("> And what about speed?\n\nNone of my rules knows about that"),
        "{answer}"
    );
}

#[test]
fn good_code_is_called_good_and_no_more_than_that() {
    let source = "```python\ndef mean(values):\n    \"\"\"The mean.\"\"\"\n    return sum(values) / len(values)\n\n\ndef test_mean():\n    assert mean([1, 3]) == 2\n```";
    let answer = answer_to(&[source]);
    assert!(answer.contains("None of my rules objects to anything in it."), "{answer}");
    assert!(
        answer.contains("- There are tests with it.") && !answer.contains("### Tests"),
        "{answer}"
    );
}

#[test]
fn a_new_version_is_compared_with_the_one_before() {
    let answer = answer_to(&[PYTHON, "thanks, I'll fix it", FIXED]);
    assert!(answer.contains("- settled: `eval` runs text as code."), "{answer}");
    assert!(answer.contains("SQL values are passed beside the statement"), "{answer}");
    assert!(!answer_to(&[PYTHON, "```go\npackage a\n```"]).contains("Since the version"));
}

#[test]
fn a_message_without_code_is_about_the_code_sent_last() {
    let table = [
        ("why is a bare except bad?", "**Why:** It also catches `KeyboardInterrupt`"),
        ("what about line 5?", "On line 5 (line 8 of the message) I see"),
        ("and line 99?", "so there is no line 99 in it"),
        ("line 2", "Line 2 (line 5 of the message) is empty."),
        ("how should I test it?", "def test_load_handles_the_ordinary_case"),
        (
            "is find_user safe?",
            "You ask about `find_user` (lines 10–12), which takes `db` and `name` and does not branch.",
        ),
        ("thank you!", "You are welcome."),
        ("can you look again?", "### 1. Line 3"),
    ];
    for (question, expected) in table {
        let answer = answer_to(&[PYTHON, question]);
        assert!(answer.contains(expected), "{question}\n{answer}");
        assert!(!answer.contains("that Ann sent"), "{answer}");
    }
}

#[test]
fn without_any_code_it_says_what_it_needs() {
    assert!(answer_to(&["hello"]).contains("there is none in this conversation yet"));
    let answer = answer_to(&["```ruby\nputs 1\n```"]);
    assert!(answer.contains("line 2 of the message (it is marked as `ruby`)"), "{answer}");
    let both = answer_to(&["```ruby\nputs 1\n```\n```py\ndef f(a=[]):\n    return a\n```"]);
    assert!(both.contains("Not reviewed: line 2 of the message"), "{both}");
}

#[test]
fn instructions_are_heeded_or_refused_honestly() {
    let brief = Brief {
        agent: AgentId::Code,
        question: Turn { author: "Ann".to_owned(), is_agent: false, content: PYTHON.to_owned() },
        history: Vec::new(),
        instructions: Some("Be concise. Answer in Spanish.".to_owned()),
        asked_before: Vec::new(),
    };
    let answer = answer(&brief);
    assert!(
        answer.contains("1. line 3 (line 6 of the message): `cache` has the default"),
        "{answer}"
    );
    assert!(
        !answer.contains("**Why:**") && answer.contains("I can't answer in Spanish"),
        "{answer}"
    );
}

#[test]
fn code_that_ends_a_fence_cannot_break_the_report() {
    let answer = answer_to(&["~~~~python\nx = eval('''```\n# Heading\n```''')\n~~~~"]);
    assert!(answer.contains("````python\n1 | x = eval('''```\n````"), "{answer}");
}

#[test]
fn a_wish_to_hear_nothing_of_missing_tests_is_heeded() {
    let told = |instructions: Option<&str>| {
        let question = Turn {
            author: "Ann".to_owned(),
            is_agent: false,
            content: "```python\ndef f(x):\n    return x + 1\n```".to_owned(),
        };
        let (history, asked_before) = (Vec::new(), Vec::new());
        let instructions = instructions.map(str::to_owned);
        answer(&Brief { agent: AgentId::Code, question, history, instructions, asked_before })
    };
    assert!(told(None).contains("### Tests"));
    assert!(!told(Some("Do not comment on missing tests.")).contains("### Tests"));
}
