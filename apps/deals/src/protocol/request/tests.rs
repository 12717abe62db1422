//! What is read, and what is refused with the name of its field.

use serde_json::value::RawValue;

use super::*;

fn named(text: &str) -> Name {
    Name::new(text).unwrap()
}

fn action(text: &str) -> Action {
    decode(text).unwrap_or_else(|invalid| panic!("{text}: {invalid:?}")).action
}

fn faulty_field(text: &str) -> String {
    decode(text).unwrap_err().field.into_owned()
}

fn said(recipient: Recipient, content: &str, message_type: MessageType) -> Action {
    Action::Send(Said { recipient, content: content.into(), message_type })
}

#[test]
fn what_needs_no_data_reads_with_and_without_it() {
    for text in [
        r#"{"action":"ping"}"#,
        r#"{"action":"ping","data":{},"colour":7}"#,
        r#"{"action":"ping","data":null,"requestId":null}"#,
    ] {
        assert_eq!(action(text), Action::Ping, "{text}");
    }
    assert_eq!(action(r#"{"action":"refreshToken"}"#), Action::RefreshToken);
}

#[test]
fn a_message_is_said_to_whom_its_recipient_reads_as() {
    let send = |recipient: &str| {
        format!(
            r#"{{"action":"sendMessage","data":{{"recipientId":"{recipient}","content":"x"}}}}"#
        )
    };
    let cases = [
        ("ann", Recipient::Either(named("ann"))),
        ("user:ann", Recipient::User(named("ann"))),
        ("room:ann", Recipient::Room(named("ann"))),
        ("user:room:ann", Recipient::User(named("room:ann"))),
        ("Room:ann", Recipient::Either(named("Room:ann"))),
    ];
    for (text, recipient) in cases {
        assert_eq!(action(&send(text)), said(recipient, "x", MessageType::Text), "{text}");
    }
    assert!(decode(&send(&format!("user:{}", "u".repeat(256)))).is_ok());
    for text in ["", "user:", "room:", &"u".repeat(257), "a\\nb"] {
        assert_eq!(faulty_field(&send(text)), "data.recipientId", "{text}");
    }
}

#[test]
fn content_is_trimmed_and_has_1_to_50000_characters() {
    let send = |content: &str, kind: &str| {
        let data = format!(r#"{{"recipientId":"a","content":"{content}"{kind}}}"#);
        format!(r#"{{"action":"sendMessage","data":{data}}}"#)
    };
    let ann = || Recipient::Either(named("a"));
    let read = action(&send(r" \u00fc\n", r#","type":"code""#));
    assert_eq!(read, said(ann(), "ü", MessageType::Code));
    assert_eq!(action(&send("x", r#","type":null"#)), said(ann(), "x", MessageType::Text));
    assert!(decode(&send(&"ü".repeat(50_000), "")).is_ok());
    assert_eq!(faulty_field(&send(&"x".repeat(50_001), "")), "data.content");
    assert_eq!(faulty_field(&send(r" \n ", "")), "data.content");
    for kind in [r#","type":"system""#, r#","type":7"#, r#","type":"Text""#] {
        assert_eq!(faulty_field(&send("x", kind)), "data.type", "{kind}");
    }
}

#[test]
fn a_room_is_entered_with_or_without_a_place_to_go_on_from() {
    let join = |more: &str| format!(r#"{{"action":"joinRoom","data":{{"roomId":"r"{more}}}}}"#);
    let entry = |after, epoch: Option<&str>| {
        Action::Join(Entry { room: named("r"), after, epoch: epoch.map(Into::into) })
    };
    assert_eq!(action(&join("")), entry(None, None));
    let id = join(r#","after":"m","epoch":"e""#);
    assert_eq!(action(&id), entry(Some(After::Id("m".into())), Some("e")));
    assert_eq!(action(&join(r#","after":7"#)), entry(Some(After::Seq(7)), None));
    for more in [r#","after":-1"#, r#","after":[]"#, r#","after":1.5"#] {
        assert_eq!(faulty_field(&join(more)), "data.after", "{more}");
    }
    assert_eq!(faulty_field(&join(r#","epoch":7"#)), "data.epoch");
    let leave = action(r#"{"action":"leaveRoom","data":{"roomId":"r"}}"#);
    assert_eq!(leave, Action::Leave(named("r")));
}

#[test]
fn a_subscription_has_a_topic_and_filters() {
    let subscribe = |data: &str| format!(r#"{{"action":"subscribeToDeals","data":{data}}}"#);
    let filters = RawValue::from_string(r#"{"category":"tv","minDiscount":20}"#.into()).unwrap();
    let wish = Wish { topic: Topic::NewDeals, filters: Filters::read(Some(&filters)).unwrap() };
    let text = r#"{"topic":"new-deals","filters":{"minDiscount":20,"category":["TV "]}}"#;
    assert_eq!(action(&subscribe(text)), Action::Subscribe(wish));
    let bare = Wish { topic: Topic::TaskStatus, filters: Filters::default() };
    assert_eq!(action(&subscribe(r#"{"topic":"task-status"}"#)), Action::Subscribe(bare));
    let cases = [
        ("{}", "data.topic"),
        (r#"{"topic":7}"#, "data.topic"),
        (r#"{"topic":"deals"}"#, "data.topic"),
        (r#"{"topic":"new-deals","filters":[]}"#, "data.filters"),
        (r#"{"topic":"new-deals","filters":{"colour":"red"}}"#, "data.filters.colour"),
        (r#"{"topic":"new-deals","filters":{"minPrice":"7"}}"#, "data.filters.minPrice"),
    ];
    for (data, field) in cases {
        assert_eq!(faulty_field(&subscribe(data)), field, "{data}");
    }
    let unknown = decode(&subscribe(r#"{"topic":"deals"}"#)).unwrap_err();
    assert_eq!(unknown.message, "Unknown topic: deals");
    let text = r#"{"action":"unsubscribeFromDeals","data":{"subscriptionId":"s"}}"#;
    assert_eq!(action(text), Action::Unsubscribe(named("s")));
}

#[test]
fn every_fault_names_its_field() {
    let cases = [
        ("", "message"),
        ("[]", "message"),
        ("\"ping\"", "message"),
        (r#"{"action":"ping"} {}"#, "message"),
        (r#"{"action":"ping","action":"ping"}"#, "action"),
        (r#"{"action":"ping","requestId":"a","requestId":"a"}"#, "requestId"),
        (r#"{"action":"ping","data":{},"data":{}}"#, "data"),
        (r#"{"action":"ping","data":{"roomId":"a","roomId":"b"}}"#, "data.roomId"),
        ("{}", "action"),
        (r#"{"action":7}"#, "action"),
        (r#"{"action":"dance"}"#, "action"),
        (r#"{"action":"$connect"}"#, "action"),
        (r#"{"action":"ping","requestId":7}"#, "requestId"),
        (r#"{"action":"ping","requestId":""}"#, "requestId"),
        (r#"{"action":"ping","data":[]}"#, "data"),
        (r#"{"action":"ping","data":"x"}"#, "data"),
        (r#"{"action":"sendMessage"}"#, "data.recipientId"),
        (r#"{"action":"sendMessage","data":{"recipientId":7}}"#, "data.recipientId"),
        (r#"{"action":"sendMessage","data":{"recipientId":"a"}}"#, "data.content"),
        (r#"{"action":"sendMessage","data":{"recipientId":"a","content":[]}}"#, "data.content"),
        (r#"{"action":"joinRoom","data":{}}"#, "data.roomId"),
        (r#"{"action":"leaveRoom","data":{"roomId":""}}"#, "data.roomId"),
        (r#"{"action":"unsubscribeFromDeals"}"#, "data.subscriptionId"),
        (r#"{"action":"notificationAck","data":{"notificationId":7}}"#, "data.notificationId"),
    ];
    for (text, field) in cases {
        assert_eq!(faulty_field(text), field, "{text}");
    }
}

#[test]
fn a_fault_echoes_the_request_and_an_unknown_action() {
    let invalid = decode(r#"{"action":"dance","requestId":"x"}"#).unwrap_err();
    assert_eq!(invalid.request_id.as_deref(), Some("x"));
    assert_eq!(invalid.message, "Unknown action: dance");
    let long = format!(r#"{{"action":"{}"}}"#, "é".repeat(100));
    assert_eq!(decode(&long).unwrap_err().message, format!("Unknown action: {}", "é".repeat(64)));
}

#[test]
fn what_stands_twice_is_told_as_such() {
    let told = |text: &str| decode(text).unwrap_err().message;
    assert_eq!(told(r#"{"action":"ping","action":"nope"}"#), "action stands twice");
    let data = r#"{"recipientId":"a","recipientId":"b","content":"x"}"#;
    let text = format!(r#"{{"action":"sendMessage","data":{data},"requestId":"r"}}"#);
    let invalid = decode(&text).unwrap_err();
    assert_eq!(invalid.message, "data.recipientId stands twice");
    assert_eq!(invalid.request_id.as_deref(), Some("r"));
    let filters = r#"{"maxPrice":10,"maxPrice":20}"#;
    let data = format!(r#"{{"topic":"new-deals","filters":{filters}}}"#);
    let text = format!(r#"{{"action":"subscribeToDeals","data":{data}}}"#);
    assert_eq!(told(&text), "data.filters.maxPrice stands twice");
}

#[test]
fn opening_tells_the_action_whatever_else_is_wrong() {
    let opened = open(r#"{"action":"placeBid","data":[1],"requestId":"x"}"#).unwrap();
    assert_eq!(opened.action.as_deref(), Some("placeBid"));
    assert_eq!(opened.request_id.as_deref(), Some("x"));
    for text in ["no JSON", "{}", "[]", r#"{"action":7}"#] {
        assert_eq!(open(text).unwrap().action, None, "{text}");
    }
    let opened = open(r#"{"action":"placeBid","requestId":7}"#).unwrap();
    assert_eq!((opened.action.as_deref(), opened.request_id), (Some("placeBid"), None));
}

#[test]
fn a_nest_of_65_levels_is_refused_before_it_is_parsed() {
    let nested = |levels: usize| {
        let lists = "[".repeat(levels - 1) + &"]".repeat(levels - 1);
        format!(r#"{{"action":"ping","more":{lists}}}"#)
    };
    assert!(decode(&nested(64)).is_ok());
    assert_eq!(faulty_field(&nested(65)), "message");
    assert!(open(&"[".repeat(200_000)).is_err());
    let nested = nested(60_000).replacen('{', r#"{"requestId":"r","#, 1);
    assert_eq!(open(&nested).err().unwrap().request_id.as_deref(), Some("r"));
}
