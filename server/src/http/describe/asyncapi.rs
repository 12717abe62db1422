//! The WebSocket protocols as an AsyncAPI 3 document.
//!
//! Directions are the server's: it *receives* what clients send.

use serde_json::{Map, Value, json};

/// The application that talks in sessions.
const SESSIONS: &str = "sessions";
/// The application that reads repositories.
const ANALYSIS: &str = "analysis";
/// The application of a shop.
const DEALS: &str = "deals";
/// The application of a class: its chat.
const LEARNING: &str = "learning";
/// Its figures.
const ANALYTICS: &str = "analytics";
/// Its documents.
const COLLABORATION: &str = "collaboration";
/// The application of interviews by voice.
const VOICE: &str = "voice";
/// Its documents of Yjs.
const YJS: &str = "yjs";
/// The messages about those, in y-websocket's form: whether they go to the server, and what they are.
/// Numbers are unsigned and of variable length (lib0), a `bytes` is its length and as many bytes.
const BINARY: &[(&str, bool, &str)] = &[
    (
        "sync",
        true,
        "`0 0` and a state vector as bytes: what is missing there? `0 1` or `0 2` and an update as \
        bytes: all that the server lacks, or what was written",
    ),
    ("awareness", true, "`1` and awareness states as bytes: where somebody is"),
    ("queryAwareness", true, "`3`: where is everybody?"),
    (
        "sync",
        false,
        "`0 0` and a state vector as bytes: what does the server lack? `0 1` or `0 2` and an update as \
        bytes: all that the client lacks, or what others wrote",
    ),
    (
        "awareness",
        false,
        "`1` and awareness states as bytes: where people are; without any a sign of life",
    ),
    ("auth", false, "`2 0` and a text as bytes: why something was refused, also before a close"),
];

/// How most messages are written.
const JSON: &str = "application/json";

/// One address that speaks WebSocket.
pub(super) struct Channel {
    /// Its key in the document.
    key: &'static str,
    /// Its path, parameters in braces.
    address: &'static str,
    /// What it is for.
    about: &'static str,
    /// Parameters of the path and of the query, each with a sentence.
    parameters: &'static [(&'static str, &'static str)],
    /// The application whose messages it carries.
    application: &'static str,
}

/// One message of an application.
pub(super) struct Message {
    application: &'static str,
    name: &'static str,
    is_to_server: bool,
    /// A binary message has one that no JSON fits.
    schema: Value,
    content_type: &'static str,
}

impl Message {
    /// Its key: a name may stand for a message each way.
    fn key(&self) -> String {
        let direction = if self.is_to_server { "toServer" } else { "toClient" };
        // An event of Socket.IO is named as in `session:join`, which no key may be.
        format!("{direction}.{}", self.name.replace(':', "."))
    }

    fn component(&self) -> String {
        format!("{}.{}", self.application, self.key())
    }
}

const SESSION_ID: (&str, &str) =
    ("sessionId", "The session's id, as `POST /api/sessions` gives it");

const CHANNELS: &[Channel] = &[
    Channel {
        key: "sessions",
        address: "/ws/sessions/{sessionId}",
        about: "People and an agent talking in a session",
        parameters: &[SESSION_ID],
        application: SESSIONS,
    },
    Channel {
        key: "apiSessions",
        address: "/api/ws/sessions/{sessionId}",
        about: "The same as `sessions`",
        parameters: &[SESSION_ID],
        application: SESSIONS,
    },
    Channel {
        key: "chat",
        address: "/api/chat/ws",
        about: "The chat of a class. Without a token in the handshake the first message is `auth`",
        parameters: &[("contextId", "The context, which is the room; `default` without one")],
        application: LEARNING,
    },
    Channel {
        key: "analytics",
        address: "/api/analytics/ws",
        about: "The figures of a context as they move. Without a token in the handshake the first message \
            is `auth`",
        parameters: &[("contextId", "The context; `default` without one")],
        application: ANALYTICS,
    },
    Channel {
        key: "collaboration",
        address: "/api/collaboration/ws",
        about: "Documents that several people edit at once. Without a token in the handshake the first \
            message is `auth`",
        parameters: &[(
            "contextId",
            "The context in whose figures edits count; `default` without one",
        )],
        application: COLLABORATION,
    },
    Channel {
        key: "yjs",
        address: "/api/collaboration/yjs/{sessionId}",
        about: "A document of kind `yjs`, for clients of y-websocket: each message is a binary frame. The token \
            stands in the handshake",
        parameters: &[
            ("sessionId", "The document's id; one that is not there yet is made"),
            ("contextId", "The context in whose figures updates count; none without one"),
        ],
        application: YJS,
    },
    Channel {
        key: "analysis",
        address: "/v1/ws",
        about: "News of analyses, and interviews about them. Without a token in the handshake the first \
            message is `authenticate`",
        parameters: &[],
        application: ANALYSIS,
    },
    Channel {
        key: "deals",
        address: "/",
        about: "Deals, notifications and messages, at the first of the configured stages",
        parameters: &[],
        application: DEALS,
    },
    Channel {
        key: "dealsStage",
        address: "/{stage}",
        about: "The same at a stage",
        parameters: &[("stage", "One of `deals.stages`: `prod` or `dev` unless configured")],
        application: DEALS,
    },
    Channel {
        key: "voice",
        address: "/socket.io/",
        about: "Interviews by voice, over Socket.IO (Engine.IO 4, by polling or WebSocket) in the namespace \
            `/interview`: each message is an event of this name with this object. An event that asks to be \
            acknowledged gets `{ok: true}` or `{ok: false, error, code}`. The token stands in the handshake, or \
            as `token` in what the client brings to the namespace",
        parameters: &[
            ("EIO", "Engine.IO's version: `4`"),
            ("transport", "`polling` or `websocket`"),
        ],
        application: VOICE,
    },
];

/// The document.
#[must_use]
pub fn asyncapi() -> Value {
    document(CHANNELS, &messages())
}

fn messages() -> Vec<Message> {
    let of_sessions = sessions::protocol::messages().into_iter().map(|message| Message {
        application: SESSIONS,
        name: message.name,
        is_to_server: message.direction == sessions::protocol::Direction::ToServer,
        schema: message.schema.to_value(),
        content_type: JSON,
    });
    let of_class = [
        (LEARNING, learning::protocol::messages()),
        (ANALYTICS, learning::protocol::analytics::messages()),
        (COLLABORATION, learning::protocol::collaboration::messages()),
    ];
    let of_class = of_class
        .into_iter()
        .flat_map(|(part, messages)| messages.into_iter().map(move |message| (part, message)));
    let of_learning = of_class.map(|(application, message)| Message {
        application,
        name: message.name,
        is_to_server: message.direction == learning::protocol::Direction::ToServer,
        schema: message.schema.to_value(),
        content_type: JSON,
    });
    let of_analysis = analysis::protocol::messages().into_iter().map(|message| Message {
        application: ANALYSIS,
        name: message.name,
        is_to_server: message.direction == analysis::protocol::Direction::ToServer,
        schema: message.schema.to_value(),
        content_type: JSON,
    });
    let of_deals = deals::protocol::messages().into_iter().map(|message| Message {
        application: DEALS,
        name: message.name,
        is_to_server: message.direction == deals::protocol::Direction::ToServer,
        schema: message.schema.to_value(),
        content_type: JSON,
    });
    let of_voice = voice::protocol::messages().into_iter().map(|message| Message {
        application: VOICE,
        name: message.name,
        is_to_server: message.direction == voice::protocol::Direction::ToServer,
        schema: message.schema.to_value(),
        content_type: JSON,
    });
    let of_yjs = BINARY.iter().map(|(name, is_to_server, about)| Message {
        application: YJS,
        name,
        is_to_server: *is_to_server,
        schema: json!({"type": "string", "format": "binary", "description": about}),
        content_type: "application/octet-stream",
    });
    of_sessions
        .chain(of_learning)
        .chain(of_yjs)
        .chain(of_analysis)
        .chain(of_deals)
        .chain(of_voice)
        .collect()
}

fn document(channels: &[Channel], messages: &[Message]) -> Value {
    let mut described = Map::new();
    let mut operations = Map::new();
    for channel in channels {
        described.insert(channel.key.to_owned(), describe_channel(channel, messages));
        for (action, is_to_server) in [("receive", true), ("send", false)] {
            let operation = describe_operation(channel, messages, action, is_to_server);
            operations.insert(format!("{}.{action}", channel.key), operation);
        }
    }
    let components: Map<_, _> =
        messages.iter().map(|message| (message.component(), describe_message(message))).collect();
    json!({
        "asyncapi": "3.0.0",
        "info": {
            "title": "Quintet",
            "version": env!("CARGO_PKG_VERSION"),
            "description": ABOUT,
            "license": {"name": "Apache-2.0", "url": "https://www.apache.org/licenses/LICENSE-2.0"},
        },
        "defaultContentType": "application/json",
        "servers": {
            "local": {
                "host": "127.0.0.1:8000",
                "protocol": "ws",
                "description": "Where `quintet serve` listens by default",
                "security": [{"$ref": "#/components/securitySchemes/token"}],
            },
        },
        "channels": described,
        "operations": operations,
        "components": {
            "messages": components,
            "securitySchemes": {
                "token": {
                    "type": "http",
                    "scheme": "bearer",
                    "bearerFormat": "JWT",
                    "description": TOKEN,
                },
            },
        },
    })
}

const ABOUT: &str = "The WebSocket protocols of a Quintet server. Messages are JSON texts, those of Yjs binary; times are \
ISO 8601 in UTC with milliseconds, about deals whole seconds since 1970. Unknown fields \
are ignored, an unknown message type is answered with an error.";
const TOKEN: &str = "A JWT in the header `Authorization`, in the query parameter `token`, or as the \
second offered subprotocol after `bearer`.";

fn describe_channel(channel: &Channel, messages: &[Message]) -> Value {
    let reference = |message: &Message| {
        let target = format!("#/components/messages/{}", message.component());
        (message.key(), json!({"$ref": target}))
    };
    let of_channel = messages.iter().filter(|message| message.application == channel.application);
    let parameters: Map<_, _> = channel
        .parameters
        .iter()
        .filter(|(name, _)| channel.address.contains(&format!("{{{name}}}")))
        .map(|(name, about)| ((*name).to_owned(), json!({"description": about})))
        .collect();
    json!({
        "address": channel.address,
        "description": channel.about,
        "parameters": parameters,
        "messages": of_channel.map(reference).collect::<Map<_, _>>(),
        "bindings": {"ws": {"method": "GET", "query": describe_query(channel)}},
    })
}

/// The query: the token where no header can carry it, and what the path does not name.
fn describe_query(channel: &Channel) -> Value {
    let mut properties = Map::new();
    let token = "The token, where no header can carry it";
    properties.insert("token".to_owned(), json!({"type": "string", "description": token}));
    for (name, about) in channel.parameters {
        if !channel.address.contains(&format!("{{{name}}}")) {
            let property = json!({"type": "string", "description": about});
            properties.insert((*name).to_owned(), property);
        }
    }
    json!({"type": "object", "properties": properties})
}

fn describe_operation(
    channel: &Channel,
    messages: &[Message],
    action: &str,
    is_to_server: bool,
) -> Value {
    let of_operation = messages.iter().filter(|message| {
        message.application == channel.application && message.is_to_server == is_to_server
    });
    let references: Vec<_> = of_operation
        .map(|message| {
            json!({"$ref": format!("#/channels/{}/messages/{}", channel.key, message.key())})
        })
        .collect();
    json!({
        "action": action,
        "channel": {"$ref": format!("#/channels/{}", channel.key)},
        "messages": references,
    })
}

fn describe_message(message: &Message) -> Value {
    json!({
        "name": message.name,
        "title": message.name,
        "contentType": message.content_type,
        "payload": message.schema,
    })
}

#[cfg(test)]
mod tests {
    use std::fs;
    use std::path::Path;

    use super::*;

    /// Every `$ref` of the document.
    fn references(value: &Value, found: &mut Vec<String>) {
        match value {
            Value::Object(object) => {
                if let Some(Value::String(target)) = object.get("$ref") {
                    found.push(target.clone());
                }
                object.values().for_each(|value| references(value, found));
            }
            Value::Array(items) => items.iter().for_each(|value| references(value, found)),
            _ => {}
        }
    }

    #[test]
    fn the_published_document_is_what_the_server_gives() {
        let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../protocol/asyncapi.json");
        let expected = format!("{:#}\n", asyncapi());
        if std::env::var_os("UPDATE").is_some() {
            fs::write(&path, &expected).unwrap();
        }
        let written = fs::read_to_string(&path).unwrap_or_default();
        assert!(
            written == expected,
            "protocol/asyncapi.json is not up to date: run `UPDATE=1 cargo test -p server published`"
        );
    }

    #[test]
    fn every_reference_leads_to_something() {
        let document = asyncapi();
        let mut found = Vec::new();
        references(&document, &mut found);
        for target in found {
            let pointer = target.strip_prefix('#').unwrap();
            assert!(document.pointer(pointer).is_some(), "{target}");
        }
    }

    #[test]
    fn every_channel_has_both_operations_and_messages_both_ways() {
        let document = asyncapi();
        for (key, channel) in document["channels"].as_object().unwrap() {
            assert!(channel["address"].as_str().unwrap().starts_with('/'), "{key}");
            for action in ["receive", "send"] {
                let operation = &document["operations"][format!("{key}.{action}")];
                assert_eq!(operation["action"], action);
                assert!(!operation["messages"].as_array().unwrap().is_empty(), "{key}.{action}");
            }
        }
    }

    #[test]
    fn keys_are_such_as_the_standard_allows_and_every_message_has_a_schema() {
        let document = asyncapi();
        let messages = document["components"]["messages"].as_object().unwrap();
        for (key, message) in messages {
            let is_allowed = |char: char| char.is_ascii_alphanumeric() || ".-_".contains(char);
            assert!(key.chars().all(is_allowed), "{key}");
            let is_json = message["contentType"] == "application/json";
            assert_eq!(is_json, !key.starts_with("yjs."), "{key}");
            let expected = if is_json { "object" } else { "string" };
            assert_eq!(message["payload"]["type"], expected, "{key}");
        }
    }
}
