//! Packets of the server, each with Engine.IO's `4` before it.
//!
//! JSON is given ready-made: what goes to a whole room is made once.

use bytes::Bytes;
use serde::Serialize;

use crate::packet::Kind;

/// An event with one argument, `json`, for anybody in `namespace`.
#[must_use]
pub fn event(namespace: &str, name: &str, json: &str) -> Bytes {
    let data = named(name, json);
    packet(Kind::Event, 0, namespace, None, &data)
}

/// The same where `json` has the placeholders of so many attachments ([`placeholder`]); they are sent
/// right behind it, with [`hub::Delivery::with_attachments`].
#[must_use]
pub fn binary_event(namespace: &str, name: &str, json: &str, attachments: usize) -> Bytes {
    let data = named(name, json);
    packet(Kind::Event, attachments, namespace, None, &data)
}

/// What stands in JSON for the attachment `number`, counted from 0.
#[must_use]
pub fn placeholder(number: usize) -> String {
    format!(r#"{{"_placeholder":true,"num":{number}}}"#)
}

/// An event's data.
fn named(name: &str, json: &str) -> String {
    let name = json_of(&name);
    let comma = if json.is_empty() { "" } else { "," };
    format!("[{name}{comma}{json}]")
}

/// A packet; `data` may be empty.
pub(crate) fn packet(
    kind: Kind,
    attachments: usize,
    namespace: &str,
    id: Option<u64>,
    data: &str,
) -> Bytes {
    let kind = match (kind, attachments) {
        (Kind::Connect, _) => "40",
        (Kind::Disconnect, _) => "41",
        (Kind::Event, 0) => "42",
        (Kind::Acknowledgement, 0) => "43",
        (Kind::ConnectError, _) => "44",
        (Kind::Event, _) => "45",
        (Kind::Acknowledgement, _) => "46",
    };
    let mut text = String::with_capacity(namespace.len() + data.len() + 32);
    text.push_str(kind);
    if attachments > 0 {
        text.push_str(&attachments.to_string());
        text.push('-');
    }
    if namespace != "/" {
        text.push_str(namespace);
        text.push(',');
    }
    if let Some(id) = id {
        text.push_str(&id.to_string());
    }
    text.push_str(data);
    text.into()
}

/// A value as JSON; `null` for what has no JSON, such as a map whose keys are lists.
pub(crate) fn json_of(value: &(impl Serialize + ?Sized)) -> String {
    serde_json::to_string(value).unwrap_or_else(|error| {
        tracing::error!(%error, "a payload has no JSON");
        "null".to_owned()
    })
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::event::read_event;
    use crate::packet::{Packet, read};

    #[test]
    fn packets_look_as_the_protocol_has_them() {
        assert_eq!(event("/", "a", "{}"), r#"42["a",{}]"#);
        assert_eq!(event("/", "a", ""), r#"42["a"]"#);
        assert_eq!(event("/interview", "a\"b", "1"), r#"42/interview,["a\"b",1]"#);
        let json = placeholder(0);
        let binary = binary_event("/interview", "a", &json, 1);
        assert_eq!(binary, r#"451-/interview,["a",{"_placeholder":true,"num":0}]"#);
        let acknowledgement = packet(Kind::Acknowledgement, 2, "/", Some(456), "[1]");
        assert_eq!(acknowledgement, "462-456[1]");
        assert_eq!(packet(Kind::Disconnect, 0, "/x", None, ""), "41/x,");
    }

    proptest! {
        #[test]
        fn what_is_written_reads_back(
            namespace in "/[a-zé/0-9-]{0,20}",
            name in "[ -~é]{1,20}",
            content in "[ -~é\n]{0,40}",
            attachments in 0_usize..=10,
            id: Option<u64>,
        ) {
            prop_assume!(!name.contains("connect") && !name.ends_with("Listener"));
            let json = json_of(&content);
            let text = packet(Kind::Event, attachments, &namespace, id, &named(&name, &json));
            let text = std::str::from_utf8(&text).unwrap();
            let data = named(&name, &json);
            let count = (attachments > 0).then_some(attachments);
            let expected =
                Packet { kind: Kind::Event, attachments: count, namespace: &namespace, id, data: &data };
            prop_assert_eq!(text.strip_prefix('4').map(|text| read(text, 10)), Some(Ok(expected)));
            let (read_name, arguments) = read_event(&data, count).unwrap();
            prop_assert_eq!(read_name, name);
            let content_again: String = serde_json::from_str(arguments.unwrap()[0].get()).unwrap();
            prop_assert_eq!(content_again, content);
        }
    }
}
