//! The addresses of WebSockets.

use std::sync::Arc;

/// Where a WebSocket leads.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Endpoint {
    /// A session of protocol E, by its id.
    Session(String),
    /// One of protocol C.
    Class(Lesson),
    /// Protocol A.
    Analysis,
    /// Protocol B, at this stage.
    Deals(Arc<str>),
    /// Protocol D; its addresses are Engine.IO's.
    Voice,
}

/// What a class does at an address.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Lesson {
    /// The chat.
    Chat,
    /// The figures.
    Analytics,
    /// Documents edited together.
    Collaboration,
    /// A document of Yjs, by its id.
    Yjs(String),
}

impl Lesson {
    fn at(path: &str) -> Option<Self> {
        match path.strip_prefix("/api/")? {
            "chat/ws" => Some(Self::Chat),
            "analytics/ws" => Some(Self::Analytics),
            "collaboration/ws" => Some(Self::Collaboration),
            path => segment(path.strip_prefix("collaboration/yjs/")?).map(Self::Yjs),
        }
    }

    const fn name(&self) -> &'static str {
        match self {
            Self::Chat => "chat",
            Self::Analytics => "analytics",
            Self::Collaboration => "collaboration",
            Self::Yjs(_) => "yjs",
        }
    }
}

impl Endpoint {
    /// The endpoint at `path`, as it stands in the request. `stages` are those of protocol B; `/` is the
    /// first of them.
    pub(super) fn of(path: &str, stages: &[Arc<str>]) -> Option<Self> {
        if let Some(lesson) = Lesson::at(path) {
            return Some(Self::Class(lesson));
        }
        if path == "/v1/ws" {
            return Some(Self::Analysis);
        }
        if let Some(stage) = stage(path, stages) {
            return Some(Self::Deals(stage));
        }
        let id = path.strip_prefix("/api").unwrap_or(path).strip_prefix("/ws/sessions/")?;
        segment(id).map(Self::Session)
    }

    /// Its name, by which connects are counted.
    pub(super) const fn name(&self) -> &'static str {
        match self {
            Self::Session(_) => "sessions",
            Self::Class(lesson) => lesson.name(),
            Self::Analysis => "analysis",
            Self::Deals(_) => "deals",
            Self::Voice => "voice",
        }
    }
}

/// The stage that a path names; a slash behind its name changes nothing.
fn stage(path: &str, stages: &[Arc<str>]) -> Option<Arc<str>> {
    let name = path.strip_prefix('/')?;
    if name.is_empty() {
        return stages.first().cloned();
    }
    let name = name.strip_suffix('/').unwrap_or(name);
    stages.iter().find(|stage| ***stage == *name).cloned()
}

/// The id that the rest of a path is, if it is one segment of it.
fn segment(rest: &str) -> Option<String> {
    let is_segment = !rest.is_empty() && !rest.contains('/');
    decode(rest).filter(|_| is_segment)
}

/// A path segment without its percent-encoding (URL standard): what is no encoding stands for
/// itself. `None` where the bytes are no text.
fn decode(segment: &str) -> Option<String> {
    let mut bytes = Vec::with_capacity(segment.len());
    let mut rest = segment.as_bytes();
    while let [byte, tail @ ..] = rest {
        let encoded = tail.split_at_checked(2).filter(|_| *byte == b'%');
        let value = encoded.and_then(|(digits, tail)| Some((hexadecimal(digits)?, tail)));
        let (byte, tail) = value.unwrap_or((*byte, tail));
        bytes.push(byte);
        rest = tail;
    }
    String::from_utf8(bytes).ok()
}

fn hexadecimal(digits: &[u8]) -> Option<u8> {
    let digit = |byte: u8| char::from(byte).to_digit(16);
    let value = digits.iter().try_fold(0, |value, byte| Some(value * 16 + digit(*byte)?))?;
    u8::try_from(value).ok()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn of(path: &str) -> Option<Endpoint> {
        Endpoint::of(path, &["prod".into(), "dev-2".into()])
    }

    fn session(path: &str) -> Option<String> {
        match of(path)? {
            Endpoint::Session(id) => Some(id),
            Endpoint::Class(_) | Endpoint::Analysis | Endpoint::Deals(_) | Endpoint::Voice => None,
        }
    }

    #[test]
    fn deals_are_at_the_root_and_at_each_stage() {
        let at = |stage: &str| Some(Endpoint::Deals(stage.into()));
        for (path, stage) in
            [("/", "prod"), ("/prod", "prod"), ("/dev-2", "dev-2"), ("/prod/", "prod")]
        {
            assert_eq!(of(path), at(stage), "{path}");
        }
        for path in ["", "//", "/Prod", "/dev", "/prod//", "/prod/x", "//prod", "/%70rod"] {
            assert_eq!(of(path), None, "{path}");
        }
        assert_eq!(Endpoint::of("/", &[]), None);
    }

    #[test]
    fn the_id_of_a_session_is_decoded() {
        assert_eq!(session("/ws/sessions/abc").as_deref(), Some("abc"));
        assert_eq!(session("/api/ws/sessions/a%20b%2Fc").as_deref(), Some("a b/c"));
        assert_eq!(session("/ws/sessions/%C3%A9").as_deref(), Some("é"));
        assert_eq!(session("/ws/sessions/100%").as_deref(), Some("100%"));
        assert_eq!(session("/ws/sessions/%zz%4").as_deref(), Some("%zz%4"));
        assert_eq!(session("/ws/sessions/%2541").as_deref(), Some("%41"));
        assert_eq!(session("/ws/sessions/a+b").as_deref(), Some("a+b"));
    }

    #[test]
    fn everything_else_is_no_endpoint() {
        let class = |lesson| Some(Endpoint::Class(lesson));
        assert_eq!(of("/api/chat/ws"), class(Lesson::Chat));
        assert_eq!(of("/api/analytics/ws"), class(Lesson::Analytics));
        assert_eq!(of("/api/collaboration/ws"), class(Lesson::Collaboration));
        assert_eq!(of("/api/collaboration/yjs/a%20b"), class(Lesson::Yjs("a b".into())));
        assert_eq!(of("/v1/ws"), Some(Endpoint::Analysis));
        for path in [
            "/ws",
            "/ws/sessions",
            "/ws/sessions/",
            "/ws/sessions/a/b",
            "/ws/sessions/a/",
            "/ws/sessions/%ff",
            "/api/api/ws/sessions/a",
            "/api/chat/ws/",
            "/analytics/ws",
            "/api/collaboration",
            "/api/collaboration/yjs",
            "/api/collaboration/yjs/",
            "/api/collaboration/yjs/a/b",
            "/api/collaboration/yjs/%ff",
            "//api/chat/ws",
            "/chat/ws",
            "/v1/ws/",
            "/v1",
            "/api/v1/ws",
            "/API/chat/ws",
        ] {
            assert_eq!(of(path), None, "{path}");
        }
    }

    proptest! {
        #[test]
        fn an_encoded_id_reads_back(id in "\\PC{1,40}") {
            let encoded: String = id.bytes().map(|byte| format!("%{byte:02X}")).collect();
            prop_assert_eq!(session(&format!("/ws/sessions/{encoded}")), Some(id));
        }

        #[test]
        fn no_path_panics(path in "[/a-z%0-9]{0,60}") {
            let _ = of(&format!("/ws/sessions/{path}"));
        }
    }
}
