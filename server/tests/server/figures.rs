//! Figures of a class across stops of the server.

mod recount;

use serde_json::{Value, json};
use testkit::{TestServer, Token};

fn reported(name: &str, count: usize) -> String {
    let events = vec![json!({"name": name, "window": 3600}); count];
    json!({"contextId": "math", "events": events}).to_string()
}

async fn get(server: &TestServer, path: &str) -> Value {
    let answer = server.http().token(&Token::of("ada").sign()).send("GET", path, "").await;
    assert_eq!(answer.status, 200, "{answer:?}");
    serde_json::from_str(&answer.body).unwrap()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_was_reported_a_moment_before_a_stop_is_there_after_it() {
    let mut server = crate::start(&[]);
    let http = server.http().token(&Token::of("ada").sign());
    let answer = http.send("POST", "/api/analytics/events", &reported("steps", 7)).await;
    assert_eq!(answer.status, 202, "{answer:?}");
    server.terminate();
    assert!(server.wait().success());
    server.restart();
    let metrics = get(&server, "/api/analytics/math").await;
    let steps = &metrics["items"][4];
    assert_eq!((&steps["metric"], &steps["value"]), (&json!("steps"), &json!(7)), "{metrics}");
    let series = get(&server, "/api/analytics/math/steps?step=1h").await;
    assert_eq!(series["items"][0]["count"], 7, "{series}");
}
