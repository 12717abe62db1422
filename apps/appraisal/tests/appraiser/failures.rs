//! Models that fail: the rules stand in where they may, and nothing hangs.

use std::sync::Arc;
use std::time::Duration;

use appraisal::{AppraisalError, Appraiser, AskedOwned};
use intelligence::{OpenaiConfig, TextProvider};
use model::SystemClock;
use serde_json::{Value, json};

use crate::samples::sample;
use crate::stub::{Asked, Reply, Stub};
use crate::{by, by_model, drafts};

/// An appraiser whose model has little time.
fn hurried(base_url: &str, fallback: bool) -> Appraiser {
    let config = OpenaiConfig {
        base_url: base_url.to_owned(),
        api_key: None,
        model: "tiny".to_owned(),
        deadline: Duration::from_millis(500),
    };
    let provider = TextProvider::Openai(config);
    Appraiser::new(&provider, fallback, Arc::new(SystemClock::new())).unwrap()
}

fn asked() -> AskedOwned {
    AskedOwned {
        question: "What does `lend` refuse?".to_owned(),
        key_points: vec!["It refuses a book that is lent.".to_owned()],
    }
}

/// A way to fail.
type Failure = fn(&Asked) -> Reply;

const FAILURES: &[(&str, Failure)] = &[
    ("hangs", |_| Reply::Hang),
    ("breaks off", |_| Reply::Half),
    ("is down", |_| Reply::Raw(503, "{}")),
    ("refuses", |_| Reply::Raw(401, "{\"error\":{\"message\":\"no\",\"code\":\"invalid_key\"}}")),
    ("is no API", |_| Reply::Raw(200, "<html>hello</html>")),
    ("says nothing", |_| Reply::Raw(200, "{\"choices\":[]}")),
    ("chatters", |_| Reply::Content(json!("Sure! Here is my review."))),
    ("answers something else", |_| Reply::Content(json!({ "answer": 42 }))),
    ("cites nothing", |asked| uncited(asked)),
];

fn uncited(asked: &Asked) -> Reply {
    if asked.schema == "EvaluationDraft" {
        return Reply::Content(json!({ "score": "high" }));
    }
    let Reply::Content(draft) = drafts::good(asked) else { unreachable!() };
    let text = draft.to_string().replace("src/", "lost/").replace("Cargo", "lost/Cargo");
    let text = text.replace("README", "lost/README").replace("tests/", "lost/");
    Reply::Content(serde_json::from_str::<Value>(&text).unwrap())
}

#[tokio::test]
async fn the_rules_stand_in_for_a_model_that_fails_in_whatever_way() {
    let sample = sample(&[], "Say more");
    let rules = by(&TextProvider::Builtin, true);
    let review = rules.review(&sample.material).await.unwrap();
    let report = rules.report(&sample.material).await.unwrap();
    let simulation = rules.simulation(&sample.material, "seed").await.unwrap();
    let evaluation = rules.evaluate(asked(), "A lent book.".to_owned()).await.unwrap();
    for (name, failure) in FAILURES {
        let stub = Stub::start(failure).await;
        let appraiser = hurried(&stub.base_url, true);
        let stage = appraiser.review(&sample.material).await.unwrap();
        assert_eq!((stage.value, stage.provider), (review.value.clone(), "builtin"), "{name}");
        let stage = appraiser.report(&sample.material).await.unwrap();
        assert_eq!((stage.value, stage.provider), (report.value.clone(), "builtin"), "{name}");
        let stage = appraiser.simulation(&sample.material, "seed").await.unwrap();
        assert_eq!((&stage.value, stage.provider), (&simulation.value, "builtin"), "{name}");
        assert_eq!(stage.dropped, if *name == "cites nothing" { 12 } else { 0 }, "{name}");
        let answer = appraiser.evaluate(asked(), "A lent book.".to_owned()).await.unwrap();
        assert_eq!(answer, evaluation, "{name}");
        assert_eq!(appraiser.stats().fallbacks, 4, "{name}");
    }
}

#[tokio::test]
async fn without_a_stand_in_a_failing_model_makes_stages_unavailable() {
    let sample = sample(&[], "Say more");
    for (name, failure) in FAILURES {
        let stub = Stub::start(failure).await;
        let appraiser = hurried(&stub.base_url, false);
        let told = [
            appraiser.review(&sample.material).await.err(),
            appraiser.report(&sample.material).await.err(),
            appraiser.simulation(&sample.material, "seed").await.err(),
            appraiser.evaluate(asked(), "A lent book.".to_owned()).await.err(),
        ];
        for error in told {
            assert!(matches!(error, Some(AppraisalError::Unavailable)), "{name}: {error:?}");
        }
        assert_eq!(appraiser.stats().fallbacks, 0, "{name}");
    }
}

#[tokio::test]
async fn a_model_that_fails_at_repairs_leaves_what_could_be_cited() {
    let sample = sample(&[], "Say more");
    let stub = Stub::start(|asked| match asked.schema.as_str() {
        "Repairs" => Reply::Raw(401, "{}"),
        _ => {
            let mut review = drafts::review();
            review["strengths"][0]["fileReferences"] = json!(["lost.rs"]);
            Reply::Content(review)
        }
    })
    .await;
    let review = by_model(&stub.base_url, false).review(&sample.material).await.unwrap();
    assert_eq!((review.provider, review.dropped), ("openai", 1));
    assert!(review.value.strengths.iter().any(|it| it.pattern == "One place for storage"));
}

#[tokio::test]
async fn a_stage_that_nobody_waits_for_any_more_asks_no_further() {
    let sample = sample(&[], "Say more");
    let (begun, begins) = tokio::sync::watch::channel(false);
    let stub = Stub::start(move |_| {
        begun.send_replace(true);
        Reply::Hang
    })
    .await;
    let appraiser = by_model(&stub.base_url, true);
    let mut begins = begins.clone();
    tokio::select! {
        stage = appraiser.review(&sample.material) => panic!("it hangs: {stage:?}"),
        begun = begins.wait_for(|begun| *begun) => assert!(begun.is_ok()),
    }
    let model = appraiser.stats().openai.unwrap();
    assert_eq!((model.calls, model.cancelled, model.open), (1, 1, 0));
    assert_eq!(stub.seen().len(), 1);
}
