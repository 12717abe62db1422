//! What holds for any bytes that somebody sends. The fuzz targets look for bytes for which it does
//! not; `server/tests/server/corpora.rs` runs what they found and kept, in every test run.

mod packets;
mod polling;
mod sound;

use std::sync::{Arc, OnceLock};

use access::{Revocations, TokenConfig, Tokens};
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use jsonwebtoken::{Algorithm, EncodingKey};
use model::{Clock, ManualClock, Timestamp};
use transport::decoder::{DecodeError, Decoder, DecoderLimits, Message};
use transport::deflate::Inflater;
use yawc::{OpCode, Options, Role, WebSocket};

pub use packets::packets;
pub use polling::polling;
pub use sound::sound;

/// Bytes of a message.
const MESSAGE_BYTES_MAX: usize = 1 << 16;
/// The wall time at which tokens are judged, in milliseconds.
const NOW: i64 = 1_800_000_000_000;
/// The secret tokens are signed with.
const SECRET: &[u8] = b"a-secret-for-fuzzing-only-0123456789";

/// Frames without compression; see [`check_decoder`].
pub fn decoder(data: &[u8]) {
    check_decoder(data, false);
}

/// Frames with permessage-deflate; see [`check_decoder`].
pub fn decoder_deflate(data: &[u8]) {
    check_decoder(data, true);
}

/// However the bytes are cut, the decoder reads the same; and where another implementation reads
/// messages too, they are the same ones.
fn check_decoder(data: &[u8], deflate: bool) {
    let Some((cut, frames)) = data.split_first() else { return };
    let whole = decode(frames, frames.len().max(1), deflate);
    let pieces = decode(frames, usize::from(*cut).max(1), deflate);
    assert_eq!(whole, pieces, "the messages depend on how the bytes were cut");
    for (ours, theirs) in whole.0.iter().zip(&decode_elsewhere(frames, deflate)) {
        if deflate && ours != theirs && ours.starts_with(theirs) {
            // DEFLATE blocks may follow one that says it is the last (RFC 7692, 7.2.1); the other
            // implementation leaves them out.
            return;
        }
        assert_eq!(ours, theirs, "two implementations differ");
    }
}

/// The text and binary messages in `frames`, fed in pieces of `size` bytes, and why reading ended.
fn decode(frames: &[u8], size: usize, deflate: bool) -> (Vec<Vec<u8>>, Option<DecodeError>) {
    let limits = DecoderLimits { message_bytes_max: MESSAGE_BYTES_MAX, fragments_max: 64, deflate };
    let (mut decoder, mut inflater) = (Decoder::default(), Inflater::new());
    let mut messages = Vec::new();
    for piece in frames.chunks(size) {
        let mut input = piece.to_vec();
        let mut at = 0;
        while at < input.len() {
            let step = match decoder.decode(&mut input[at..], &limits, &mut inflater) {
                Ok(step) => step,
                Err(error) => return (messages, Some(error)),
            };
            at += step.consumed;
            match step.message {
                Some(Message::Text(text)) => messages.push(text.as_bytes().to_vec()),
                Some(Message::Binary(bytes)) => messages.push(bytes.to_vec()),
                Some(Message::Close(_)) => return (messages, None),
                _ => {}
            }
            let longest = messages.last().map_or(0, Vec::len);
            assert!(longest <= MESSAGE_BYTES_MAX, "a message over the limit was handed on");
        }
    }
    (messages, None)
}

/// The same messages as another implementation reads them, until it meets a fault.
fn decode_elsewhere(frames: &[u8], deflate: bool) -> Vec<Vec<u8>> {
    let mut options = Options::default().with_limits(1 << 20, 1 << 20).with_utf8();
    options = if deflate { options.with_balanced_compression() } else { options };
    let agreed = "permessage-deflate; server_no_context_takeover; client_no_context_takeover";
    let runtime = tokio::runtime::Builder::new_current_thread().build();
    let runtime = runtime.expect("a runtime without drivers can be made");
    runtime.block_on(async {
        let stream = tokio::io::join(frames, tokio::io::sink());
        let agreed = deflate.then_some(agreed);
        let socket = WebSocket::from_stream_with_extensions(stream, Role::Server, agreed, options);
        let mut socket = socket.expect("the extension was enabled");
        let mut messages = Vec::new();
        while let Ok(frame) = socket.next_frame().await {
            match frame.opcode() {
                OpCode::Text | OpCode::Binary => messages.push(frame.payload().to_vec()),
                OpCode::Close => break,
                _ => {}
            }
        }
        messages
    })
}

/// A session's message: what is read from it can be told.
pub fn sessions(data: &[u8]) {
    let Ok(text) = std::str::from_utf8(data) else { return };
    match sessions::protocol::decode(text, "a-session") {
        Ok(request) => assert!(is_object(text), "{request:?} was read from what is no object"),
        Err(invalid) => assert!(!invalid.message.is_empty(), "a refusal says why"),
    }
}

/// A classroom's message: what is read from it can be told.
pub fn learning(data: &[u8]) {
    let Ok(text) = std::str::from_utf8(data) else { return };
    if learning::protocol::chat::decode(text).is_ok() {
        assert!(is_object(text), "something was read from what is no object");
    }
    check_analytics(text);
    check_collaboration(text);
}

/// Whoever edits a document names a range that ends.
fn check_collaboration(text: &str) {
    use learning::protocol::Asked;
    use learning::protocol::collaboration::{Action, decode};
    let Ok(request) = decode(text) else { return };
    assert!(is_object(text), "something was read from what is no object");
    if let Asked::Of(Action::Edit(edit)) = request.action {
        let splice = &edit.splice;
        assert!(splice.position.checked_add(splice.deleted).is_some(), "a range without end");
        let units = splice.content.as_str().encode_utf16().count();
        assert_eq!(u32::try_from(units), Ok(splice.content.units()));
    }
}

/// Whoever subscribes names 1–50 metrics, each once.
fn check_analytics(text: &str) {
    use learning::protocol::Asked;
    use learning::protocol::analytics::{Action, METRICS_MAX, decode};
    let Ok(request) = decode(text) else { return };
    assert!(is_object(text), "something was read from what is no object");
    if let Asked::Of(Action::Subscribe(metrics) | Action::Unsubscribe(Some(metrics))) =
        request.action
    {
        assert!((1..=METRICS_MAX).contains(&metrics.len()));
        let mut each = metrics.clone();
        each.sort_unstable();
        each.dedup();
        assert_eq!(each.len(), metrics.len(), "a metric twice");
    }
}

/// A message about analyses: what is read from it can be told.
pub fn analysis(data: &[u8]) {
    let Ok(text) = std::str::from_utf8(data) else { return };
    if analysis::protocol::decode(text).is_ok() {
        assert!(is_object(text), "something was read from what is no object");
    }
}

/// A message about deals: what is read from it is within its bounds, and is what opening it told.
pub fn deals(data: &[u8]) {
    use deals::protocol::{Action, decode, is_built_in, open};
    let Ok(text) = std::str::from_utf8(data) else { return };
    let Ok(request) = decode(text) else { return };
    assert!(is_object(text), "something was read from what is no object");
    let opened = open(text).expect("what can be read can be opened");
    assert!(opened.action.as_deref().is_some_and(is_built_in), "an action of nobody's was read");
    assert_eq!(opened.request_id, request.request_id);
    match request.action {
        Action::Send(said) => {
            assert!((1..=50_000).contains(&said.content.chars().count()));
            assert_eq!(said.content.trim(), &*said.content);
        }
        Action::Subscribe(wish) => {
            let stored = wish.filters.to_json();
            let again = format!(
                r#"{{"action":"subscribeToDeals","data":{{"topic":"{}","filters":{stored}}}}}"#,
                wish.topic.as_str()
            );
            let again = decode(&again).map(|request| request.action);
            assert_eq!(again, Ok(Action::Subscribe(wish)), "{stored} reads back as another wish");
        }
        _ => {}
    }
}

/// Whether it begins as an object does: the rest may be what only a full parser would refuse, such
/// as half a surrogate pair in a field that is ignored.
fn is_object(text: &str) -> bool {
    text.trim_start().starts_with('{')
}

/// Bytes as a token, and as the claims of one that is signed: what is accepted is in order.
pub fn token(data: &[u8]) {
    let text = String::from_utf8_lossy(data);
    assert!(!matches!(verify(&text), Some(Ok(()))), "a token nobody signed was accepted");
    for header in [r#"{"alg":"HS256"}"#, r#"{"alg":"none"}"#, r#"{"alg":"HS256","crit":["x"]}"#] {
        let head = URL_SAFE_NO_PAD.encode(header);
        let signed = format!("{head}.{}", URL_SAFE_NO_PAD.encode(data));
        let key = EncodingKey::from_secret(SECRET);
        let signature = jsonwebtoken::crypto::sign(signed.as_bytes(), &key, Algorithm::HS256);
        let signature = signature.expect("bytes can be signed");
        let accepted = matches!(verify(&format!("{signed}.{signature}")), Some(Ok(())));
        assert!(!accepted || header.ends_with("\"HS256\"}"), "{header} was accepted");
    }
}

/// Whether a token is accepted; what is accepted has a fit user id and has not run out.
fn verify(token: &str) -> Option<Result<(), access::TokenError>> {
    Some(tokens().verify_now(token)?.map(|identity| {
        let characters = identity.user_id.chars().count();
        assert!((1..=256).contains(&characters), "a user id of {characters} characters");
        assert!(identity.expires_at.as_millis() > NOW - 6000, "it has run out");
        assert!(!identity.username.is_empty(), "a name is shown");
    }))
}

/// The verifier, made once.
fn tokens() -> &'static Tokens {
    static TOKENS: OnceLock<Arc<Tokens>> = OnceLock::new();
    TOKENS.get_or_init(|| {
        let clock: Arc<dyn Clock> = Arc::new(ManualClock::at(Timestamp::from_millis(NOW)));
        let folder = tempfile::tempdir().expect("a temporary folder can be made");
        let options = storage::Options::default();
        let store =
            storage::Store::open(folder.path(), access::MIGRATIONS, &options, Arc::clone(&clock));
        let revocations = Revocations::open(&store.expect("a new store opens"));
        let revocations = revocations.expect("a new store has no revocations");
        Tokens::new(TokenConfig { secret: SECRET.to_vec(), jwks: None }, revocations, clock)
    })
}
