//! The routes about documents.

use axum::body::Body;
use axum::http::{Request, StatusCode};
use http_body_util::BodyExt;
use serde_json::json;
use tower::ServiceExt;
use web::Caller;

use super::*;
use crate::collaboration::TEXT_BYTES_MAX;
use crate::http::documents::routes;

pub(super) fn call_as(
    desk: &Desk,
    who: Arc<Identity>,
    method: &str,
    path: &str,
    body: &Value,
) -> (StatusCode, Value) {
    let body = if body.is_null() { Body::empty() } else { Body::from(body.to_string()) };
    let mut request = Request::builder().method(method).uri(path).body(body).unwrap();
    request.extensions_mut().insert(Caller(who));
    desk.runtime.block_on(async {
        let answer = routes(&desk.documents).oneshot(request).await.unwrap();
        let status = answer.status();
        let body = answer.into_body().collect().await.unwrap().to_bytes();
        (status, serde_json::from_slice(&body).unwrap_or(Value::Null))
    })
}

pub(super) fn get(desk: &Desk, user: &str, path: &str) -> Value {
    let (status, body) = call_as(desk, identity(user), "GET", path, &Value::Null);
    assert_eq!(status, 200, "{path}: {body}");
    body
}

pub(super) fn post(desk: &Desk, user: &str, body: &Value) -> Value {
    let (status, made) = call_as(desk, identity(user), "POST", "/api/documents", body);
    assert_eq!(status, 201, "{made}");
    made
}

/// Status, code and field of what is refused.
pub(super) fn refused(desk: &Desk, method: &str, path: &str, body: &Value) -> (u16, String, Value) {
    let (status, error) = call_as(desk, identity("ann"), method, path, body);
    (status.as_u16(), error["error"].as_str().unwrap().to_owned(), error["field"].clone())
}

fn ids(page: &Value) -> Vec<&str> {
    page["items"].as_array().unwrap().iter().map(|item| item["id"].as_str().unwrap()).collect()
}

#[test]
fn a_document_is_made_and_shown_with_its_text() {
    let mut desk = Desk::new();
    let body = json!({"id": "essay", "title": " On tests ", "content": "a😀\r\nb", "more": 1});
    let made = post(&desk, "ann", &body);
    let expected = json!({
        "id": "essay", "kind": "text", "title": "On tests", "creatorId": "ann", "locked": false,
        "closed": false, "version": 0, "oldestVersion": 0, "content": "a😀\r\nb",
        "createdAt": "2027-01-15T08:00:00.000Z", "updatedAt": "2027-01-15T08:00:00.000Z",
    });
    assert_eq!(made, expected);
    assert_eq!(get(&desk, "bob", "/api/documents/essay"), expected);
    let bob = desk.join("bob", "essay");
    assert_eq!(bob.content(), "a😀\r\nb");
    assert_eq!(&**bob.seat.document().creator(), "ann");
    let again = refused(&desk, "POST", "/api/documents", &body);
    assert_eq!(again, (409, "DOCUMENT_EXISTS".into(), Value::Null));
    let unnamed = post(&desk, "ann", &Value::Null);
    assert_eq!((unnamed["kind"].as_str(), unnamed["content"].as_str()), (Some("text"), Some("")));
    let path = format!("/api/documents/{}", unnamed["id"].as_str().unwrap());
    assert_eq!(get(&desk, "ann", &path), unnamed);
    let board = post(&desk, "ann", &json!({"id": "board", "kind": "yjs"}));
    assert_eq!((&board["kind"], &board["content"]), (&json!("yjs"), &Value::Null));
}

#[test]
fn a_document_is_shown_as_it_was_at_any_version() {
    let mut desk = Desk::new();
    post(&desk, "ann", &json!({"id": "essay", "content": "x"}));
    let bob = desk.join("bob", "essay");
    for version in 0..3 {
        desk.clock.advance(Duration::from_secs(1));
        bob.edit(version, Splice::insert(0, &version.to_string())).unwrap();
    }
    for (version, content) in [(0, "x"), (1, "0x"), (2, "10x"), (3, "210x")] {
        let shown = get(&desk, "ann", &format!("/api/documents/essay?version={version}"));
        assert_eq!((&shown["version"], &shown["content"]), (&json!(version), &json!(content)));
    }
    let newest = get(&desk, "ann", "/api/documents/essay");
    assert_eq!((&newest["version"], &newest["content"]), (&json!(3), &json!("210x")));
    assert_eq!(newest["updatedAt"], "2027-01-15T08:00:03.000Z");
    for version in ["4", "-1", "x", "", "99999999999999999999"] {
        let path = format!("/api/documents/essay?version={version}");
        let expected = (400, "VALIDATION_ERROR".into(), json!("version"));
        assert_eq!(refused(&desk, "GET", &path, &Value::Null), expected);
    }
}

#[test]
fn people_see_the_documents_they_made_or_took_part_in() {
    let mut desk = Desk::new();
    for (user, id) in [("ann", "a1"), ("ann", "a2"), ("bob", "b1"), ("bob", "b2"), ("ann", "a3")] {
        post(&desk, user, &json!({"id": id}));
    }
    let _in = desk.join("ann", "b1");
    let _twice = desk.join("ann", "b1");
    desk.wait_until("SELECT count(*) FROM document_people", 6);
    // The newest document first, whenever somebody came into it.
    assert_eq!(ids(&get(&desk, "ann", "/api/documents")), ["a3", "b1", "a2", "a1"]);
    assert_eq!(ids(&get(&desk, "bob", "/api/documents")), ["b2", "b1"]);
    assert!(ids(&get(&desk, "eve", "/api/documents")).is_empty());
    let first = get(&desk, "ann", "/api/documents?limit=3");
    assert_eq!(ids(&first), ["a3", "b1", "a2"]);
    assert!(first["items"][0].get("content").is_none());
    let cursor = first["nextCursor"].as_str().unwrap();
    let rest = get(&desk, "ann", &format!("/api/documents?limit=3&cursor={cursor}"));
    assert_eq!((ids(&rest), &rest["nextCursor"]), (vec!["a1"], &Value::Null));
    let limited = limited_to("ann", &["a1", "b1", "b2"]);
    let (_, page) = call_as(&desk, limited, "GET", "/api/documents", &Value::Null);
    assert_eq!(ids(&page), ["b1", "a1"]);
    desk.change("ann", "a3", Change::Close).unwrap();
    assert_eq!(ids(&get(&desk, "ann", "/api/documents")), ["b1", "a2", "a1"]);
    let ended = get(&desk, "ann", "/api/documents/a3");
    assert_eq!(ended["closed"], true, "what has ended may still be read");
}

#[test]
fn the_edits_of_a_document_are_listed() {
    let mut desk = Desk::new();
    let ann = desk.join("ann", "essay");
    let half = "a".repeat(200_000);
    ann.edit(0, Splice::insert(0, &half)).unwrap();
    ann.edit(1, Splice::replace(0, 200_000, &half)).unwrap();
    ann.edit(2, Splice::delete(1, 2)).unwrap();
    let page = get(&desk, "bob", "/api/documents/essay/edits?after=1");
    let edits = page["items"].as_array().unwrap();
    assert_eq!((edits.len(), &page["nextCursor"]), (2, &Value::Null));
    let deleted = json!({
        "version": 3, "operation": "delete", "position": 1, "length": 2, "content": "",
        "author": "ann", "editedAt": "2027-01-15T08:00:00.000Z",
    });
    assert_eq!(edits[1], deleted);
    // Two such contents are too much for one page.
    let page = get(&desk, "bob", "/api/documents/essay/edits");
    assert_eq!(page["items"].as_array().unwrap().len(), 1);
    let cursor = page["nextCursor"].as_str().unwrap();
    let rest = get(&desk, "bob", &format!("/api/documents/essay/edits?cursor={cursor}"));
    assert_eq!(rest["items"], json!(edits));
}

#[test]
fn an_author_alone_sees_the_ids_of_edits() {
    let mut desk = Desk::new();
    let (ann, bob) = (desk.join("ann", "essay"), desk.join("bob", "essay"));
    ann.edit_as("e1", 0, Splice::insert(0, "a")).unwrap();
    bob.edit_as("e1", 0, Splice::insert(0, "b")).unwrap();
    ann.edit(2, Splice::insert(0, "c")).unwrap();
    let ids = |user: &str| {
        let page = get(&desk, user, "/api/documents/essay/edits");
        let edits = page["items"].as_array().unwrap().iter();
        edits.map(|edit| edit["id"].as_str().map(str::to_owned)).collect::<Vec<_>>()
    };
    assert_eq!(ids("ann"), [Some("e1".to_owned()), None, None]);
    assert_eq!(ids("bob"), [None, Some("e1".to_owned()), None]);
    assert_eq!(ids("cem"), [None, None, None]);
}

#[test]
fn what_is_wrong_is_told_with_its_field() {
    let desk = Desk::new();
    let long = "é".repeat(501);
    let large = "a".repeat(TEXT_BYTES_MAX + 1);
    for (body, field) in [
        (json!({"id": ""}), "id"),
        (json!({"id": "a\nb"}), "id"),
        (json!({"id": 7}), "id"),
        (json!({"kind": "word"}), "kind"),
        (json!({"title": " "}), "title"),
        (json!({"title": long}), "title"),
        (json!({"content": large}), "content"),
        (json!({"kind": "yjs", "content": ""}), "content"),
        (json!([]), "body"),
    ] {
        let (status, code, named) = refused(&desk, "POST", "/api/documents", &body);
        assert_eq!((status, &*code, named), (400, "VALIDATION_ERROR", json!(field)));
    }
    for (path, field) in [
        ("/api/documents?limit=0", "limit"),
        ("/api/documents?cursor=eA", "cursor"),
        ("/api/documents/a%0Ab", "id"),
        ("/api/documents/essay/edits?after=-1", "after"),
        ("/api/documents/essay/edits?cursor=eA", "cursor"),
    ] {
        let (status, code, named) = refused(&desk, "GET", path, &Value::Null);
        assert_eq!((status, &*code, named), (400, "VALIDATION_ERROR", json!(field)), "{path}");
    }
    for path in ["none", "none/edits", "none?version=0"] {
        let expected = (404, "NOT_FOUND".into(), Value::Null);
        let path = format!("/api/documents/{path}");
        assert_eq!(refused(&desk, "GET", &path, &Value::Null), expected, "{path}");
    }
    assert_eq!(desk.count("SELECT count(*) FROM documents"), 0);
}

#[test]
fn the_longest_text_is_taken_however_it_is_written() {
    let desk = Desk::new();
    let content = "\u{1}".repeat(TEXT_BYTES_MAX);
    post(&desk, "ann", &json!({"id": "essay", "content": content}));
    assert_eq!(get(&desk, "ann", "/api/documents/essay")["content"], json!(content));
}

#[test]
fn a_token_opens_what_it_names() {
    let desk = Desk::new();
    post(&desk, "ann", &json!({"id": "essay"}));
    let ann = limited_to("ann", &["notes"]);
    for (method, path, body) in [
        ("GET", "/api/documents/essay", Value::Null),
        ("GET", "/api/documents/essay/edits", Value::Null),
        ("POST", "/api/documents", json!({"id": "other"})),
        ("POST", "/api/documents", json!({})),
    ] {
        let (status, error) = call_as(&desk, Arc::clone(&ann), method, path, &body);
        assert_eq!((status.as_u16(), &error["error"]), (403, &json!("FORBIDDEN")), "{path}");
    }
    let made = json!({"id": "notes"});
    let (status, _) = call_as(&desk, ann, "POST", "/api/documents", &made);
    assert_eq!(status, 201);
}
