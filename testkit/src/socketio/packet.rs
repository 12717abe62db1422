//! Socket.IO's packets as a client writes and reads them; binary values stand in JSON as
//! `{"$base64": "…"}`. It shares no code with the server's half.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use serde_json::{Map, Value, json};

/// A binary value, as it stands in payloads to send and in those that came.
#[must_use]
pub fn binary(bytes: &[u8]) -> Value {
    json!({ "$base64": STANDARD.encode(bytes) })
}

/// The bytes of a binary value.
#[must_use]
pub fn bytes_of(value: &Value) -> Option<Vec<u8>> {
    let fields = value.as_object().filter(|fields| fields.len() == 1)?;
    STANDARD.decode(fields.get("$base64")?.as_str()?).ok()
}

/// A packet that came, its attachments not yet in their places.
#[derive(Debug, PartialEq)]
pub(super) struct Packet {
    pub(super) kind: char,
    pub(super) attachments: usize,
    pub(super) namespace: String,
    pub(super) id: Option<u64>,
    pub(super) data: Value,
}

impl Packet {
    /// Reads a text without Engine.IO's packet type.
    pub(super) fn read(text: &str) -> Option<Self> {
        let kind = text.chars().next().filter(char::is_ascii_digit)?;
        let mut rest = &text[1..];
        let mut attachments = 0;
        if matches!(kind, '5' | '6') {
            let (count, after) = rest.split_once('-')?;
            (attachments, rest) = (count.parse().ok()?, after);
        }
        let mut namespace = "/";
        if rest.starts_with('/') {
            (namespace, rest) = rest.split_once(',').unwrap_or((rest, ""));
        }
        let digits = rest.find(|c: char| !c.is_ascii_digit()).unwrap_or(rest.len());
        let (id, data) = rest.split_at(digits);
        let id = if id.is_empty() { None } else { Some(id.parse().ok()?) };
        let data = if data.is_empty() { Value::Null } else { serde_json::from_str(data).ok()? };
        Some(Self { kind, attachments, namespace: namespace.to_owned(), id, data })
    }

    /// The same with its attachments in their places.
    pub(super) fn with(mut self, attachments: &[Vec<u8>]) -> Self {
        restore(&mut self.data, attachments);
        self
    }

    /// An event or acknowledgement of these values: the text, with Engine.IO's packet type, and its
    /// attachments.
    pub(super) fn write(
        is_event: bool,
        namespace: &str,
        id: Option<u64>,
        values: &[Value],
    ) -> (String, Vec<Vec<u8>>) {
        let mut attachments = Vec::new();
        let values: Vec<Value> =
            values.iter().map(|value| take_out(value, &mut attachments)).collect();
        let kind = match (is_event, attachments.len()) {
            (true, 0) => "2".to_owned(),
            (false, 0) => "3".to_owned(),
            (true, count) => format!("5{count}-"),
            (false, count) => format!("6{count}-"),
        };
        let id = id.map(|id| id.to_string()).unwrap_or_default();
        (format!("4{kind}{}{id}{}", named(namespace), json!(values)), attachments)
    }
}

/// A namespace as it stands in a packet.
pub(super) fn named(namespace: &str) -> String {
    if namespace == "/" { String::new() } else { format!("{namespace},") }
}

fn take_out(value: &Value, attachments: &mut Vec<Vec<u8>>) -> Value {
    if let Some(bytes) = bytes_of(value) {
        attachments.push(bytes);
        return json!({"_placeholder": true, "num": attachments.len() - 1});
    }
    match value {
        Value::Array(items) => items.iter().map(|item| take_out(item, attachments)).collect(),
        Value::Object(fields) => {
            let fields = fields.iter().map(|(key, value)| (key, take_out(value, attachments)));
            Value::Object(fields.map(|(key, value)| (key.clone(), value)).collect::<Map<_, _>>())
        }
        other => other.clone(),
    }
}

fn restore(value: &mut Value, attachments: &[Vec<u8>]) {
    if value["_placeholder"] == true {
        let number = value["num"].as_u64().and_then(|number| usize::try_from(number).ok());
        let bytes = number.and_then(|number| attachments.get(number));
        *value = binary(bytes.unwrap_or_else(|| panic!("{value} stands for no attachment")));
        return;
    }
    match value {
        Value::Array(items) => items.iter_mut().for_each(|item| restore(item, attachments)),
        Value::Object(fields) => {
            fields.values_mut().for_each(|value| restore(value, attachments));
        }
        _ => {}
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_written_reads_back_with_its_attachments() {
        let values =
            [json!("a"), json!({"b": [binary(b"x"), {"c": binary(&[0, 255])}], "d": null})];
        for (is_event, namespace, id) in [(true, "/", None), (false, "/a", Some(7))] {
            let (text, attachments) = Packet::write(is_event, namespace, id, &values);
            assert_eq!(attachments, [b"x".to_vec(), vec![0, 255]]);
            let packet = Packet::read(&text[1..]).unwrap().with(&attachments);
            assert_eq!((&*packet.namespace, packet.id, packet.attachments), (namespace, id, 2));
            assert_eq!(packet.data, json!(values));
        }
        let (text, _) = Packet::write(true, "/a", Some(3), &[json!("b"), json!(1)]);
        assert_eq!(text, r#"42/a,3["b",1]"#);
    }

    #[test]
    fn packets_without_data_are_read() {
        assert_eq!(Packet::read("1/a,").unwrap().data, Value::Null);
        assert_eq!(Packet::read(r#"0{"sid":"x"}"#).unwrap().data["sid"], "x");
        assert_eq!(Packet::read("nothing"), None);
    }
}
