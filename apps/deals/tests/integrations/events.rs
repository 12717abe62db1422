//! What stands in a request.

use deals::integrations::{Call, DEFAULT};
use hmac::{Hmac, KeyInit, Mac};
use http::HeaderMap;
use model::CloseReason;
use serde_json::{Value, json};
use sha2::Sha256;
use tokio::sync::oneshot;

use crate::support::{
    Handler, Manner, NEVER, NOW, answer, config, integrations, opening, post, post_of,
};

/// Takes what is new in each event out of its context: the ids.
fn take_ids(event: &mut Value) -> Vec<String> {
    let context = event["requestContext"].as_object_mut().unwrap();
    let ids = ["requestId", "extendedRequestId", "messageId"].into_iter();
    ids.filter_map(|id| context.remove(id)?.as_str().map(str::to_owned)).collect()
}

/// The context that all events of the test's connection have.
fn context(more: &Value) -> Value {
    let mut context = json!({
        "requestTime": "09/Apr/2026:12:34:56 +0000",
        "requestTimeEpoch": 1_775_738_096_789_i64,
        "messageDirection": "IN",
        "stage": "prod",
        "connectedAt": 1_775_738_095_289_i64,
        "identity": { "sourceIp": "192.0.2.1", "userAgent": "Browser/1" },
        "domainName": "deals.example:8443",
        "connectionId": opening().connection.to_string(),
        "apiId": "quintet",
        "authorizer": {
            "principalId": "ann",
            "name": "Ann \"A\" Ångström",
            "roles": "admin,publisher",
        },
    });
    let more = more.as_object().unwrap().clone();
    context.as_object_mut().unwrap().extend(more);
    context
}

#[tokio::test]
async fn a_message_is_posted_as_it_came_and_the_answers_body_sent_back() {
    let handler = Handler::start(Manner::Say(answer(200, "{\"bid\": \"taken\"}\u{1f600}"))).await;
    let integrations = integrations(config(&[("placeBid", &handler.url())]));
    let text = "{\"action\":\"placeBid\",\"data\":{\"amount\": 1.0},  \"x\":\"\\u0000é\"}";
    let sent_back = post_of(&integrations, "ann", text).await.unwrap().unwrap();
    assert_eq!(sent_back.unwrap(), "{\"bid\": \"taken\"}\u{1f600}");
    let request = handler.only_request();
    assert!(request.head.starts_with("post /handle http/1.1\r\n"), "{}", request.head);
    assert_eq!(request.header("content-type"), "application/json");
    assert_eq!(request.find("x-quintet-signature"), None);
    let mut event = request.event();
    let ids = take_ids(&mut event);
    assert_eq!((ids.len(), &ids[0]), (3, &ids[1]));
    assert!(ids.iter().all(|id| id.len() == 36) && ids[2] != ids[0]);
    let context = context(&json!({ "routeKey": "placeBid", "eventType": "MESSAGE" }));
    let expected = json!({ "requestContext": context, "body": text, "isBase64Encoded": false });
    assert_eq!(event, expected);
    assert_eq!(integrations.stats().ended("ok"), 1);
}

#[tokio::test]
async fn an_empty_answer_sends_nothing_back() {
    for head in ["HTTP/1.1 204 No Content\r\n\r\n", "HTTP/1.1 200 OK\r\ncontent-length: 0\r\n\r\n"]
    {
        let handler = Handler::start(Manner::Say(head.to_owned())).await;
        let integrations = integrations(config(&[("placeBid", &handler.url())]));
        assert_eq!(post(&integrations, "{}").await.unwrap(), Ok(None));
    }
}

#[tokio::test]
async fn what_no_route_takes_goes_to_the_default_one_under_its_name() {
    let handler = Handler::start(Manner::Say(answer(200, ""))).await;
    let integrations = integrations(config(&[(DEFAULT, &handler.url())]));
    let (sender, receiver) = oneshot::channel();
    let call = Call { opening: opening(), text: "no JSON".into() };
    let route = integrations.default_route().unwrap();
    integrations.message(route, call, move |answer| sender.send(answer).unwrap());
    assert_eq!(receiver.await.unwrap(), Ok(None));
    let event = handler.only_request().event();
    assert_eq!(event["requestContext"]["routeKey"], "$default");
    assert_eq!(event["body"], "no JSON");
}

#[tokio::test]
async fn a_handshake_is_told_with_all_its_headers_and_its_query() {
    let handler = Handler::start(Manner::Say(answer(200, "ignored"))).await;
    let integrations = integrations(config(&[("$connect", &handler.url())]));
    let mut headers = HeaderMap::new();
    for (name, value) in [
        ("host", "deals.example:8443"),
        ("sec-websocket-key", "dGhlIHNhbXBsZSBub25jZQ=="),
        ("authorization", "Bearer abc"),
        ("x-forwarded-for", "203.0.113.9"),
        ("cookie", "a=1"),
        ("cookie", "b=2"),
    ] {
        headers.append(name, value.parse().unwrap());
    }
    let query = Some("token=a%2Bb&tag=1&tag=2&empty");
    integrations.connect(&opening(), &headers, query).await.unwrap();
    let mut event = handler.only_request().event();
    assert_eq!(take_ids(&mut event).len(), 2, "no message, no messageId");
    let expected = json!({
        "headers": {
            "Authorization": "Bearer abc",
            "Cookie": "b=2",
            "Host": "deals.example:8443",
            "Sec-WebSocket-Key": "dGhlIHNhbXBsZSBub25jZQ==",
            "X-Forwarded-For": "192.0.2.1",
        },
        "multiValueHeaders": {
            "Authorization": ["Bearer abc"],
            "Cookie": ["a=1", "b=2"],
            "Host": ["deals.example:8443"],
            "Sec-WebSocket-Key": ["dGhlIHNhbXBsZSBub25jZQ=="],
            "X-Forwarded-For": ["192.0.2.1"],
        },
        "queryStringParameters": { "empty": "", "tag": "2", "token": "a+b" },
        "multiValueQueryStringParameters": {
            "empty": [""], "tag": ["1", "2"], "token": ["a+b"],
        },
        "requestContext": context(&json!({ "routeKey": "$connect", "eventType": "CONNECT" })),
        "isBase64Encoded": false,
    });
    assert_eq!(event, expected);
}

#[tokio::test]
async fn a_handshake_without_a_query_has_no_parameters() {
    let handler = Handler::start(Manner::Say(answer(200, ""))).await;
    let integrations = integrations(config(&[("$connect", &handler.url())]));
    for query in [None, Some("")] {
        integrations.connect(&opening(), &HeaderMap::new(), query).await.unwrap();
    }
    for request in handler.requests() {
        let event = request.event();
        let keys: Vec<_> = event.as_object().unwrap().keys().cloned().collect();
        assert_eq!(keys, ["headers", "isBase64Encoded", "multiValueHeaders", "requestContext"]);
    }
}

#[tokio::test]
async fn the_end_of_a_connection_is_told_with_its_code_and_reason() {
    let handler = Handler::start(Manner::Say(answer(200, ""))).await;
    let integrations = integrations(config(&[("$disconnect", &handler.url())]));
    integrations.disconnect(&opening(), &CloseReason::LOST);
    integrations.drain(NEVER).await;
    let mut event = handler.only_request().event();
    assert_eq!(take_ids(&mut event).len(), 2);
    let context = context(&json!({
        "routeKey": "$disconnect",
        "eventType": "DISCONNECT",
        "disconnectStatusCode": 1006,
        "disconnectReason": "Connection lost",
    }));
    assert_eq!(event, json!({ "requestContext": context, "isBase64Encoded": false }));
}

#[tokio::test]
async fn with_a_secret_every_event_is_signed() {
    let handler = Handler::start(Manner::Say(answer(200, ""))).await;
    let mut config = config(&[("placeBid", &handler.url()), ("$connect", &handler.url())]);
    config.secret = Some("sesame".to_owned());
    let integrations = integrations(config);
    post(&integrations, "{}").await.unwrap().unwrap();
    integrations.connect(&opening(), &HeaderMap::new(), None).await.unwrap();
    let requests = handler.requests();
    assert_eq!(requests.len(), 2);
    for request in requests {
        let timestamp = request.header("x-quintet-timestamp");
        assert_eq!(timestamp, NOW.as_secs().to_string());
        let mut mac = Hmac::<Sha256>::new_from_slice(b"sesame").unwrap();
        mac.update(format!("{timestamp}.").as_bytes());
        mac.update(&request.body);
        let digits: String =
            mac.finalize().into_bytes().iter().map(|byte| format!("{byte:02x}")).collect();
        assert_eq!(request.header("x-quintet-signature"), format!("sha256={digits}"));
    }
}
