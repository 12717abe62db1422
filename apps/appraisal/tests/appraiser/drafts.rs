//! Drafts as a model would write them about the sample.

use serde_json::{Value, json};

use crate::stub::{Asked, Reply};

/// What a good model answers, whatever it is asked.
pub(crate) fn good(asked: &Asked) -> Reply {
    Reply::Content(match asked.schema.as_str() {
        "ReviewDraft" => review(),
        "ReportDraft" => report(),
        "SimulationDraft" => simulation(),
        "EvaluationDraft" => unreachable!("evaluations are for each test to answer"),
        _ => json!({ "repairs": [] }),
    })
}

pub(crate) fn review() -> Value {
    let strength = |pattern: &str, at: &str| {
        json!({
            "pattern": pattern, "description": format!("{pattern} keeps the code easy to follow."),
            "fileReferences": [at],
        })
    };
    let improvement = |issue: &str, priority: &str, at: &str| {
        json!({
            "issue": issue, "priority": priority,
            "actionableSuggestion": "Write a test for it first.", "fileReferences": [at],
        })
    };
    json!({
        "codeQuality": { "score": 71, "readability": 80, "maintainability": 65, "bestPractices": 60,
            "justification": "Functions are short. Tests are few." },
        "architectureClarity": { "score": 74, "componentOrganization": 75, "separationOfConcerns": 73 },
        "employabilitySignal": { "score": 55, "justification": "It runs.", "productionReadiness": 30 },
        "strengths": [
            strength("A refusal as a type", "src/loan.rs:3-6"),
            strength("One place for storage", "src/store.rs:3-19"),
            strength("A plain route", "src/web.rs:7"),
        ],
        "improvementAreas": [
            improvement("Nothing is stored", "low", "src/store.rs:8-10"),
            improvement("The test asserts nothing", "high", "tests/lending.rs:3"),
            improvement("Parsing by position", "medium", "src/web.rs:9"),
        ],
    })
}

pub(crate) fn report() -> Value {
    let statement = |text: &str, at: &str| json!({ "statement": text, "fileReferences": [at] });
    let component = |name: &str, at: &str| json!({ "name": name, "fileReferences": [at] });
    json!({
        "overview": "Shelf keeps books and who borrowed them.",
        "dataFlow": "A request goes from src/web.rs:7 to the store.",
        "components": [component("Web", "src/web.rs"), component("Store", "src/store.rs:3")],
        "connections": [{ "from": "Web", "to": "Store", "label": "reads" }],
        "designDecisions": [{
            "decision": "Refusals are an enum.", "rationale": "Callers must tell them apart.",
            "fileReferences": ["src/loan.rs:3-6"],
        }],
        "tradeoffs": [statement("A map in memory is simple and forgets everything.", "src/store.rs:4")],
        "scalabilityBottlenecks": [statement("One map is shared by all requests.", "src/store.rs:4")],
        "resumeBullets": ["Built a lending service in Rust.", "Cut latency by 97 percent."],
    })
}

pub(crate) fn simulation() -> Value {
    let places = [
        "src/loan.rs:8-17",
        "src/store.rs:3-5",
        "src/web.rs:7-16",
        "src/main.rs:5-8",
        "src/report/csv.rs:1-3",
        "Cargo.toml:6",
        "tests/lending.rs:1-4",
        "src/loan.rs:3-6",
        "src/store.rs:16-18",
        "src/web.rs:3-5",
        "src/report/mod.rs:1",
        "README.md:3",
    ];
    let topics = [
        "lending a book twice",
        "keys of the map",
        "unknown routes",
        "the order of start",
        "escaping of commas",
        "choosing rusqlite",
        "assertions of tests",
        "kinds of refusal",
        "overwriting of readers",
        "ownership while serving",
        "a module of its own",
        "borrowers' privacy",
    ];
    let categories = ["architecture", "implementation", "tradeoffs", "scalability"];
    let difficulties = ["junior", "mid-level", "senior"];
    let questions: Vec<Value> = (0..topics.len())
        .map(|at| {
            json!({
                "question": format!("Regarding {}: what happens, and why?", topics[at]),
                "category": categories[at % 4],
                "difficulty": difficulties[at % 3],
                "fileReferences": [places[at]],
                "keyPoints": [
                    format!("It names {}.", topics[at]), "It says why.", "It names a consequence.",
                ],
            })
        })
        .collect();
    json!({ "questions": questions })
}
