//! The lines that an analysis cites.

use axum::http::StatusCode;
use serde_json::{Value, json};

use crate::support::model_stub::Model;
use crate::support::{Play, SMALL, Setting};

fn lines(play: &Play, id: &str, query: &str) -> (StatusCode, Value) {
    play.http("ann", "GET", &format!("/api/analysis/{id}/files?{query}"), Value::Null)
}

#[test]
fn cited_lines_are_shown_as_they_were_at_the_analysed_commit() {
    let play = Play::new();
    let (repository, path) = play.repository("shop", SMALL);
    let id = play.ask("ann", &path);
    play.over("ann", &id);
    repository.commit(&[("main.py", "changed\n")]);
    let (status, shown) = lines(&play, &id, "path=main.py&from=4&to=5");
    assert_eq!(status, StatusCode::OK);
    let expected = json!({
        "path": "main.py", "from": 4, "to": 5, "totalLines": 9, "hasMore": false,
        "lines": ["def main():", "    print(orders.place([]))"],
    });
    assert_eq!(shown, expected);
    let (_, whole) = lines(&play, &id, "path=shop%2Fstore.py");
    assert_eq!((&whole["from"], &whole["to"]), (&json!(1), &whole["totalLines"]));
    let (_, end) = lines(&play, &id, "path=main.py&from=9&to=900");
    assert_eq!((&end["to"], &end["lines"]), (&json!(9), &json!(["    main()"])));
}

#[test]
fn secrets_and_what_is_not_there_are_not_found() {
    let play = Play::new();
    let id = play.analyzed("ann");
    for query in [
        "path=.env",
        "path=none.py",
        "path=..%2F..%2Fetc%2Fpasswd",
        "path=%2Fetc%2Fpasswd",
        "path=shop",
        "path=main.py&from=10",
        "path=main.py&from=18446744073709551615",
    ] {
        let (status, error) = lines(&play, &id, query);
        assert_eq!((status, &error["error"]), (StatusCode::NOT_FOUND, &json!("FILE_NOT_FOUND")));
    }
}

#[test]
fn an_answer_has_so_many_lines_and_bytes_and_says_that_there_are_more() {
    let play = Play::new();
    let many: String = (1..=5000).map(|number| format!("# {number}\n")).collect();
    let wide = format!("# {}\n", "x".repeat(900)).repeat(1000);
    let (_, path) = play.repository("long", &[("many.py", &many), ("wide.py", &wide)]);
    let id = play.ask("ann", &path);
    play.over("ann", &id);
    let (_, shown) = lines(&play, &id, "path=many.py&from=11");
    assert_eq!((&shown["to"], &shown["hasMore"]), (&json!(2010), &json!(true)));
    assert_eq!(shown["lines"][0], "# 11");
    let (_, shown) = lines(&play, &id, "path=wide.py");
    let bytes: usize =
        shown["lines"].as_array().unwrap().iter().map(|line| line.as_str().unwrap().len()).sum();
    assert!(bytes <= 256 * 1024 && shown["hasMore"] == true);
}

#[test]
fn before_a_repository_was_fetched_no_file_is_ready() {
    let model = Model::start(0);
    let play = Play::with(Setting::asking(&model));
    let (_, path) = play.repository("shop", SMALL);
    play.ask("ann", &path);
    model.asked(1);
    let waiting = play.ask("ann", &path);
    let (status, error) = lines(&play, &waiting, "path=main.py");
    assert_eq!((status, &error["error"]), (StatusCode::CONFLICT, &json!("ANALYSIS_NOT_READY")));
    model.release();
    play.over("ann", &waiting);
}
