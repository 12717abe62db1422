//! Polling: handshakes, polls and posts.

use std::rc::Rc;
use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use http::{HeaderMap, HeaderValue, Method, Request, Response, StatusCode, header};
use http_body_util::{BodyExt, LengthLimitError, Limited};
use model::CloseReason;
use tokio::time::{sleep, timeout};

use super::payload;
use super::pipe::{LastWord, NearEnd, Phase, Pipe, Polled, Work};
use super::{Refusal, open_packet, packet, refuse, session_of};
use crate::door::{Body, full};
use crate::frame::too_long;
use crate::handshake;
use crate::policy::{Heartbeat, Policy};
use crate::shard::Shard;
use crate::stream::Stream;
use crate::{Admission, Continue};

/// How long a poll waits before it is told that there is nothing: less than any request may take.
const POLL_WITHIN: Duration = Duration::from_secs(45);
/// How long a poll waits while an upgrade is on its way. A client whose polls end at once would poll as
/// fast as it can.
const PROBED_POLL_WITHIN: Duration = Duration::from_millis(100);
/// So long a refused post waits for a poll that hears why.
const TOLD_WITHIN: Duration = Duration::from_secs(2);
/// So long an answer may be behind one that was given before it, by another connection.
const ARRIVES_WITHIN: Duration = Duration::from_millis(100);
/// How long a body may take to come.
const BODY_WITHIN: Duration = Duration::from_secs(30);
/// How a session ends of which two polls, or two posts, come at once.
const TWO_AT_ONCE: CloseReason = CloseReason::new(1002, "Two requests at once");

/// Opens a session whose client polls.
pub(crate) fn open(shard: &Rc<Shard>, mut admission: Admission) -> Response<Body> {
    let full = || *handshake::refuse(StatusCode::SERVICE_UNAVAILABLE, "Too many connections");
    let Some(reservation) = shard.reserve() else { return full() };
    let Some(socket) = shard.gate.enter(shard.settings.connections_max) else { return full() };
    let id = reservation.id;
    let policy = Arc::clone(&admission.policy);
    let silence_max = silence_max(&policy);
    let pipe = Pipe::new(id, policy.message_bytes_max, silence_max, shard.now());
    let registration = shard.gate.sessions().register(Arc::clone(&pipe));
    let packet = open_packet(&registration.sid, true, &policy);
    let headers = std::mem::take(&mut admission.headers);
    let stream = Stream::Pipe(NearEnd(pipe));
    shard.open(stream, (admission, reservation), false, socket, &[]);
    shard.keep_registered(id, registration);
    respond(packet, headers)
}

/// How long a client of which nothing comes is alive at most.
fn silence_max(policy: &Policy) -> Option<Duration> {
    match policy.heartbeat {
        Heartbeat::EngineIo { timeout } => policy.ping_interval.map(|interval| interval + timeout),
        Heartbeat::WebSocket => None,
    }
}

/// Answers a poll or a post. A poll that waits ends early once `leaving` is ready.
pub(crate) async fn answer(
    shard: &Shard,
    asked: Continue,
    leaving: impl Future<Output = ()>,
) -> Response<Body> {
    let Continue { request, headers, .. } = asked;
    let answered = match session_of(&request, shard.gate.sessions()) {
        None => Err(refuse(Refusal::UnknownSession)),
        Some(pipe) if request.method() == Method::POST => post(shard, &pipe, request).await,
        Some(pipe) => {
            shard.gate.stats().polls.add(1);
            poll(shard, &pipe, leaving).await
        }
    };
    match answered {
        Ok(body) => respond(body, headers),
        Err(mut refusal) => {
            refusal.headers_mut().extend(headers);
            *refusal
        }
    }
}

fn respond(body: Bytes, headers: HeaderMap) -> Response<Body> {
    let mut response = Response::new(full(body));
    *response.headers_mut() = headers;
    let text = HeaderValue::from_static("text/plain; charset=UTF-8");
    response.headers_mut().insert(header::CONTENT_TYPE, text);
    response.headers_mut().insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
    response
}

/// A request that comes at the wrong time. Of two at once the session ends: which was first nobody knows.
fn refuse_in(phase: Phase, pipe: &Pipe) -> Box<Response<Body>> {
    match phase {
        Phase::Ended(_) => refuse(Refusal::UnknownSession),
        Phase::Upgraded => refuse(Refusal::BadRequest),
        Phase::Polls | Phase::Probed => {
            pipe.end(LastWord::Close, Some(&TWO_AT_ONCE));
            refuse(Refusal::BadRequest)
        }
    }
}

async fn poll(
    shard: &Shard,
    pipe: &Arc<Pipe>,
    leaving: impl Future<Output = ()>,
) -> Result<Bytes, Box<Response<Body>>> {
    let _turn = match pipe.begin(Work::Poll, shard.now()) {
        Ok(turn) => turn,
        Err(Phase::Ended(_)) if pipe.take_owed() => return Ok(Bytes::from_static(payload::NOOP)),
        Err(phase) => return Err(refuse_in(phase, pipe)),
    };
    let is_late = pipe.phase() == Phase::Probed;
    let waiting = pipe.changed(|| match pipe.take_packets() {
        Polled::Packets(bytes) => Some(Ok(bytes.into())),
        Polled::Nothing(Phase::Polls) => None,
        // This one came behind the probe: it may have been meant for the WebSocket.
        Polled::Nothing(Phase::Probed) if is_late => None,
        Polled::Nothing(Phase::Probed | Phase::Ended(LastWord::Noop)) => {
            Some(Ok(Bytes::from_static(payload::NOOP)))
        }
        Polled::Nothing(Phase::Ended(LastWord::Close)) => {
            Some(Ok(Bytes::from_static(payload::CLOSE)))
        }
        Polled::Nothing(Phase::Upgraded) => Some(Err(refuse(Refusal::BadRequest))),
    });
    let span = if is_late { PROBED_POLL_WITHIN } else { POLL_WITHIN };
    tokio::select! {
        biased;
        answer = waiting => answer,
        () = sleep(span) => Ok(Bytes::from_static(payload::NOOP)),
        () = leaving => Ok(Bytes::from_static(payload::NOOP)),
    }
}

async fn post(
    shard: &Shard,
    pipe: &Arc<Pipe>,
    request: Request<Body>,
) -> Result<Bytes, Box<Response<Body>>> {
    let _turn = pipe.begin(Work::Post, shard.now()).map_err(|phase| refuse_in(phase, pipe))?;
    if !is_text(request.headers()) {
        return Err(refuse(Refusal::BadRequest));
    }
    let body = Limited::new(request.into_body(), pipe.payload_bytes_max).collect();
    let body = match timeout(BODY_WITHIN, body).await {
        Ok(Ok(body)) => body.to_bytes(),
        Ok(Err(error)) if error.is::<LengthLimitError>() => return Err(too_large(pipe).await),
        // Of what did not come whole nothing is taken.
        Ok(Err(_)) | Err(_) => return Err(refuse(Refusal::BadRequest)),
    };
    let Some(posted) = payload::read(&body) else {
        pipe.end(LastWord::Close, Some(&packet::NOT_A_PACKET));
        return Err(refuse(Refusal::BadRequest));
    };
    for frame in &posted.frames {
        if !pipe.push(frame).await {
            return Err(refuse_in(pipe.phase(), pipe));
        }
    }
    if posted.is_last {
        pipe.end(LastWord::Noop, Some(&CloseReason::NORMAL));
    }
    Ok(Bytes::from_static(b"ok"))
}

/// The connection meets a message that it must not take, and ends as over a socket.
async fn too_large(pipe: &Pipe) -> Box<Response<Body>> {
    pipe.push(&too_long(pipe.payload_bytes_max)).await;
    // A client whose post is refused polls no more: what it is told comes first, by a connection of its own.
    if timeout(TOLD_WITHIN, pipe.told()).await.is_ok() {
        sleep(ARRIVES_WITHIN).await;
    }
    let mut response = refuse(Refusal::BadRequest);
    *response.status_mut() = StatusCode::PAYLOAD_TOO_LARGE;
    response
}

/// Whether a body is said to be text, or nothing is said of it.
fn is_text(headers: &HeaderMap) -> bool {
    headers.get(header::CONTENT_TYPE).is_none_or(|kind| {
        kind.as_bytes().get(..10).is_some_and(|kind| kind.eq_ignore_ascii_case(b"text/plain"))
    })
}
