//! The cases of `protocol/*.jsonl` against the running binary.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use testkit::TestServer;
use testkit::fixture::{Case, read_cases, run_case};

/// Cases that play at once on a shared server.
const AT_ONCE: usize = 4;

fn start(env: &BTreeMap<String, String>) -> TestServer {
    let env: Vec<_> = env.iter().map(|(key, value)| (key.as_str(), value.as_str())).collect();
    crate::start(&env)
}

fn fixture(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../protocol").join(name)
}

/// Plays one case to its end; a panic in it is a failure like any other.
async fn play(case: Case, mark: String, shared: Arc<TestServer>) -> Option<String> {
    let name = case.name.clone();
    let playing = tokio::spawn(async move {
        if case.env.is_empty() {
            return run_case(&case, &shared, &mark).await;
        }
        let own = start(&case.env);
        run_case(&case, &own, &mark).await
    });
    match playing.await {
        Ok(Ok(())) => None,
        Ok(Err(why)) => Some(format!("- {name}\n  {why}")),
        Err(panic) => {
            let panic = panic.into_panic();
            let why = panic.downcast_ref::<String>().map_or("it panicked", String::as_str);
            Some(format!("- {name}\n  {why}"))
        }
    }
}

async fn play_all(file: &str) {
    let cases = read_cases(&fixture(file)).unwrap_or_else(|error| panic!("{file}: {error}"));
    let count = cases.len();
    let shared = Arc::new(start(&BTreeMap::new()));
    let mut cases = (1..).zip(cases);
    let mut failures = Vec::new();
    let mut playing = tokio::task::JoinSet::new();
    loop {
        while playing.len() < AT_ONCE
            && let Some((number, case)) = cases.next()
        {
            playing.spawn(play(case, number.to_string(), Arc::clone(&shared)));
        }
        let Some(played) = playing.join_next().await else { break };
        failures.extend(played.unwrap());
    }
    let failed = failures.len();
    assert!(failures.is_empty(), "{failed} of {count} cases fail:\n{}", failures.join("\n"));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_all_applications_share_holds() {
    play_all("common.jsonl").await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn classroom_chat_speaks_its_protocol() {
    play_all("learning-chat.jsonl").await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn sessions_speak_their_protocol() {
    play_all("sessions.jsonl").await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn analysis_speaks_its_protocol() {
    play_all("analysis.jsonl").await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn deals_speak_their_protocol() {
    play_all("deals.jsonl").await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn documents_speak_their_protocol() {
    play_all("collaboration.jsonl").await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn analytics_speak_their_protocol() {
    play_all("analytics.jsonl").await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn voice_speaks_its_protocol() {
    play_all("voice.jsonl").await;
}

#[test]
fn every_file_of_cases_is_played_and_each_name_is_its_own() {
    let played = [
        "analysis.jsonl",
        "analytics.jsonl",
        "collaboration.jsonl",
        "common.jsonl",
        "deals.jsonl",
        "learning-chat.jsonl",
        "sessions.jsonl",
        "voice.jsonl",
    ];
    for entry in std::fs::read_dir(fixture("")).unwrap() {
        let name = entry.unwrap().file_name().into_string().unwrap();
        // Those of documents need no server: `apps/learning/tests/convergence` plays them.
        let is_of_documents = name.starts_with("collaboration-");
        let is_file = Path::new(&name).extension().is_some_and(|extension| extension == "jsonl");
        if is_file && !is_of_documents {
            assert!(played.contains(&name.as_str()), "nothing plays {name}");
            let cases = read_cases(&fixture(&name)).unwrap();
            let mut names: Vec<&str> = cases.iter().map(|case| case.name.as_str()).collect();
            names.sort_unstable();
            let twice = names.windows(2).find(|two| two[0] == two[1]);
            assert_eq!(twice, None, "{name}");
        }
    }
}
