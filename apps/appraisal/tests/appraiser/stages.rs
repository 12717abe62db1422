//! The three stages, by rules and by a model that does its work.

use std::collections::BTreeSet;
use std::sync::Arc;

use appraisal::{Citation, Material, ProjectReview, QUESTIONS_MAX};
use intelligence::TextProvider;
use serde_json::{Value, json};

use crate::samples::sample;
use crate::stub::{Reply, Stub};
use crate::{assert_cited, by, by_model, drafts};

pub(crate) fn assert_review(material: &Material, review: &ProjectReview) {
    let scores = [
        review.code_quality.score,
        review.code_quality.readability,
        review.code_quality.maintainability,
        review.code_quality.best_practices,
        review.architecture_clarity.score,
        review.architecture_clarity.component_organization,
        review.architecture_clarity.separation_of_concerns,
        review.employability_signal.score,
        review.employability_signal.production_readiness,
    ];
    assert!(scores.iter().all(|score| *score <= 100), "{scores:?}");
    assert_cited(material, review.strengths.iter().map(|it| &it.file_references));
    assert_cited(material, review.improvement_areas.iter().map(|it| &it.file_references));
}

#[tokio::test]
async fn rules_write_all_three_stages_the_same_each_time() {
    let sample = sample(&[], "Say more");
    let appraiser = by(&TextProvider::Builtin, true);
    let review = appraiser.review(&sample.material).await.unwrap();
    assert_eq!((review.provider, review.dropped), ("builtin", 0));
    assert_review(&sample.material, &review.value);
    assert_eq!(review, appraiser.review(&sample.material).await.unwrap());
    let report = appraiser.report(&sample.material).await.unwrap();
    assert_eq!(report, appraiser.report(&sample.material).await.unwrap());
    let simulation = appraiser.simulation(&sample.material, "seed").await.unwrap();
    assert_eq!(simulation, appraiser.simulation(&sample.material, "seed").await.unwrap());
    assert_cited(&sample.material, simulation.value.questions.iter().map(|it| &it.file_references));
    let stats = appraiser.stats();
    assert_eq!((stats.builtin_calls, stats.builtin_failures, stats.fallbacks), (6, 0, 0));
}

#[tokio::test]
async fn with_nobody_to_write_a_stage_is_unavailable() {
    let sample = sample(&[], "Say more");
    let appraiser = by(&TextProvider::Off, true);
    let error = appraiser.review(&sample.material).await.unwrap_err();
    assert!(matches!(error, appraisal::AppraisalError::Unavailable));
}

#[tokio::test]
async fn a_models_review_is_told_as_it_stands_most_urgent_first() {
    let sample = sample(&[], "Say more");
    let stub = Stub::start(drafts::good).await;
    let review = by_model(&stub.base_url, false).review(&sample.material).await.unwrap();
    assert_eq!((review.provider, review.dropped), ("openai", 0));
    assert_review(&sample.material, &review.value);
    assert_eq!(review.value.code_quality.score, 71);
    assert_eq!(review.value.strengths[0].pattern, "A refusal as a type");
    let issues: Vec<&str> =
        review.value.improvement_areas.iter().map(|it| it.issue.as_str()).collect();
    assert_eq!(issues, ["The test asserts nothing", "Parsing by position", "Nothing is stored"]);
    assert_eq!(stub.seen().len(), 1);
}

#[tokio::test]
async fn a_models_report_is_drawn_by_us_and_has_no_invented_number() {
    let sample = sample(&[], "Say more");
    let stub = Stub::start(drafts::good).await;
    let report = by_model(&stub.base_url, false).report(&sample.material).await.unwrap();
    let architecture = &report.value.system_architecture;
    assert_eq!(
        architecture.component_diagram,
        "flowchart TD\n    c0[\"Web\"]\n    c1[\"Store\"]\n    c0 -->|\"reads\"| c1\n"
    );
    assert_eq!(architecture.data_flow, "A request goes from src/web.rs:7 to the store.");
    assert_eq!(
        report.value.tradeoffs,
        ["A map in memory is simple and forgets everything. (src/store.rs:4)"]
    );
    let bullets = report.value.resume_bullets.join("\n");
    assert!(bullets.starts_with("Built a lending service in Rust.") && !bullets.contains("97"));
    assert_eq!(report.dropped, 1);
}

#[tokio::test]
async fn a_models_questions_are_ten_of_all_kinds_with_ids_of_the_seed() {
    let sample = sample(&[], "Say more");
    let stub = Stub::start(drafts::good).await;
    let appraiser = by_model(&stub.base_url, false);
    let one = appraiser.simulation(&sample.material, "one").await.unwrap().value.questions;
    assert_eq!(one.len(), QUESTIONS_MAX);
    assert_cited(&sample.material, one.iter().map(|it| &it.file_references));
    let categories: BTreeSet<_> = one.iter().map(|it| it.category).collect();
    let difficulties: BTreeSet<_> = one.iter().map(|it| it.difficulty).collect();
    assert_eq!((categories.len(), difficulties.len()), (4, 3));
    let files = one.iter().flat_map(|it| &it.file_references);
    let files: BTreeSet<_> = files.map(|it| Citation::parse(it).unwrap().path).collect();
    assert!(files.len() >= 5, "{files:?}");
    let other = appraiser.simulation(&sample.material, "other").await.unwrap().value.questions;
    let ids: BTreeSet<_> = one.iter().chain(&other).map(|it| &it.question_id).collect();
    assert_eq!(ids.len(), 20);
}

#[tokio::test]
async fn what_is_plain_is_mended_and_what_is_not_is_asked_again_three_times_then_dropped() {
    let sample = sample(&[], "Say more");
    let stub = Stub::start(|asked| {
        let mut review = drafts::review();
        let mut cite = |pointer: &str, references: Value| {
            review.pointer_mut(pointer).unwrap()["fileReferences"] = references;
        };
        cite("/strengths/0", json!(["`./src/loan.rs#L3-L6`", "nowhere.rs:1"]));
        cite("/strengths/1", json!(["src/warehouse.rs:3", ".env:1", "../../etc/passwd"]));
        cite("/strengths/2", json!([]));
        cite("/improvementAreas/0", json!(["src/store.rs:900"]));
        match (asked.schema.as_str(), asked.before) {
            ("ReviewDraft", _) => Reply::Content(review),
            // Claim 3 is the first improvement; 0 was not asked about.
            (_, 0) => Reply::Content(json!({ "repairs": [
                { "claim": 3, "fileReferences": ["src/store.rs:8-900"] },
                { "claim": 0, "fileReferences": ["src/main.rs:1"] },
                { "claim": 77, "fileReferences": ["src/main.rs:1"] },
            ] })),
            _ => Reply::Content(json!({ "repairs": [
                { "claim": 1, "fileReferences": ["src/warehouse.rs:4"] },
            ] })),
        }
    })
    .await;
    let review = by_model(&stub.base_url, false).review(&sample.material).await.unwrap();
    assert_review(&sample.material, &review.value);
    assert_eq!(review.value.strengths[0].file_references, ["src/loan.rs:3-6"]);
    let stored = review.value.improvement_areas.iter().find(|it| it.issue == "Nothing is stored");
    assert_eq!(stored.unwrap().file_references, ["src/store.rs:8-19"]);
    let patterns: Vec<&str> = review.value.strengths.iter().map(|it| it.pattern.as_str()).collect();
    assert!(!patterns.contains(&"One place for storage"), "{patterns:?}");
    assert!(!patterns.contains(&"A plain route"), "{patterns:?}");
    assert_eq!(review.dropped, 2);
    let seen = stub.seen();
    assert_eq!(seen.len(), 1 + 3);
    assert!(seen[1].material.contains("src/warehouse.rs:3 names no file that was read"));
    assert!(seen[1].material.contains("the file has 19"), "{}", seen[1].material);
}

#[tokio::test]
async fn a_model_reads_entry_points_first_and_no_secret_within_its_budget() {
    let long: String = (0..900)
        .map(|it| format!("pub fn step{it}(of: u32) -> u32 {{\n    of + {it}\n}}\n"))
        .collect();
    let names: Vec<String> = (0..60).map(|it| format!("src/part{it}.rs")).collect();
    let mut more: Vec<(&str, &str)> = names.iter().map(|it| (it.as_str(), long.as_str())).collect();
    more.push(("src/key.rs", "const KEY: &str = \"AKIAIOSFODNN7EXAMPLE\";\n"));
    let sample = sample(&more, "Say much more");
    let stub = Stub::start(|asked| match asked.schema.as_str() {
        "Repairs" => Reply::Content(json!({ "repairs": [
            { "claim": 0, "fileReferences": ["nowhere"] }, { "claim": 1, "fileReferences": ["nowhere"] },
        ] })),
        _ => {
            let Reply::Content(draft) = drafts::good(asked) else { unreachable!() };
            let text = draft.to_string().replace("src/", "lost/").replace(".rs:", ".py:");
            Reply::Content(serde_json::from_str(&text).unwrap())
        }
    })
    .await;
    let appraiser = by_model(&stub.base_url, true);
    appraiser.review(&sample.material).await.unwrap();
    appraiser.report(&sample.material).await.unwrap();
    appraiser.simulation(&sample.material, "seed").await.unwrap();
    let seen = stub.seen();
    assert_eq!(seen.len(), 3 * (1 + 3));
    let bytes: usize = seen.iter().map(|it| it.body.len()).sum();
    assert!(bytes / 3 <= 50_000, "{bytes} bytes");
    let first = seen[0].material.lines().find(|it| it.starts_with("excerpt = ")).unwrap();
    assert!(first.starts_with("excerpt = \"src/main.rs, lines 1 to 8\\n1: mod loan;"), "{first}");
    for asked in &seen {
        assert!(!asked.body.contains("canary-of-the-environment"));
        assert!(!asked.body.contains("AKIAIOSFODNN7EXAMPLE"));
    }
    assert!(seen[0].material.len() > 10_000, "{}", seen[0].material);
}

#[tokio::test]
async fn no_login_and_no_secret_that_was_found_reaches_a_model() {
    let settings = "password = \"hunter2-hunter2\"\n# postgres://u:p4ssw0rd@h/db\ndef database():\n    return None\n";
    // The excerpt of the class begins within the secret.
    let far = format!(
        "{}passphrase = \"\"\"one\n{}hunter3-hunter3\"\"\"\nclass Far:\n{}",
        "x = 1\n".repeat(70),
        "two\n".repeat(8),
        "    x = 1\n".repeat(70),
    );
    let version = "git+https://user:tok3n@host/x";
    let manifest = format!("{{ \"dependencies\": {{ \"lent\": \"{version}\" }} }}\n");
    let files = [
        ("src/settings.py", settings),
        ("src/only.py", "password = \"hunter4-hunter4\"\n"),
        ("src/far.py", &far),
        ("package.json", &manifest),
    ];
    let mut sample = sample(&files, "Say more");
    let facts = &mut Arc::get_mut(&mut sample.material).unwrap().facts;
    // As it stands in the manifest, whatever a survey leaves out of it.
    facts.manifests[0].dependencies[0].version = Some(version.to_owned());
    let stub = Stub::start(drafts::good).await;
    let appraiser = by_model(&stub.base_url, false);
    appraiser.review(&sample.material).await.unwrap();
    appraiser.report(&sample.material).await.unwrap();
    appraiser.simulation(&sample.material, "seed").await.unwrap();
    let seen = stub.seen();
    assert_eq!(seen.len(), 3);
    for asked in &seen {
        for secret in ["hunter2", "hunter3", "hunter4", "p4ssw0rd", "tok3n"] {
            assert!(!asked.body.contains(secret), "{secret}: {}", asked.material);
        }
        for shown in [
            "dependency: axum git+https://***@host/x at Cargo.toml",
            "\\n1: password = \\\"***\\\"\\n2: # postgres://***@h/db",
            "src/far.py, lines 76 to 115\\n76: ***",
            "\\n80: ***\\n81: class Far:",
            "{ \\\"lent\\\": \\\"git+https://***@host/x\\\" }",
        ] {
            assert!(asked.material.contains(shown), "{shown}: {}", asked.material);
        }
        assert!(!asked.material.contains("src/only.py, lines"), "a secret is a reason to read");
    }
}
