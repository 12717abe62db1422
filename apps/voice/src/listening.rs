//! From audio to what was said: each speaker's audio is decoded, cut into utterances, and transcribed.
//!
//! A socket's thread only puts audio into the speaker's inbox ([`speaker`]). A few threads of this module
//! decode it and find the utterances ([`work`], [`lane`]); each utterance is then a task of its own, which
//! asks [`Speech`] and tells what was understood ([`talk`]).
//!
//! **Invariants.** Nothing here waits on a socket's thread. What one speaker sends is worked on in its
//! order, one piece at a time, and [`SLICE_BYTES`] at most before it is another's turn. Whatever a speaker
//! sends, others are decoded all the same.
//!
//! **Lock order.** The map of speakers → a room's; a speaker's desk → a room's. None is held across an await, and
//! no room's is held where the last of a speaker goes, which takes it.
//!
//! **Bounds.** A speaker is a user of a session with a connection in it, or one that dropped
//! [`GRACE`] ago. All audio that waits: [`WAITING_BYTES_MAX`]; past that each stream keeps
//! [`CROWDED_BYTES_MAX`], and requests are refused. What one speaker's may be stands in `inbox`.

mod inbox;
mod lane;
mod line;
mod ready;
mod refusals;
mod speaker;
mod stats;
mod talk;
mod threads;
mod timeline;
mod work;

#[cfg(test)]
mod tests;

use std::collections::HashMap;
use std::sync::atomic::AtomicUsize;
use std::sync::atomic::Ordering::Relaxed;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::thread::JoinHandle;
use std::time::Duration;

use bytes::Bytes;
use hub::Hub;
use intelligence::speech::Speech;
use model::{Clock, ConnectionId, Identity, Monotonic, message_id};
use storage::Store;
use tokio::runtime::Handle;
use tokio::sync::Notify;

use self::inbox::{Command, Purpose, STREAMED_BYTES_MAX, Sound, Taken};
use self::ready::Ready;
use self::speaker::{Put, Speaker};
use self::stats::Counts;
pub use self::stats::ListeningStats;
use crate::protocol::{Chunk, Family, Refusal, TranscriptionProcessing, TranscriptionStarted};
use crate::room::Room;
use crate::suggesting::Suggesting;

/// Bytes of audio that wait, of all speakers.
const WAITING_BYTES_MAX: usize = 64 * 1024 * 1024;
/// Bytes of a stream that may wait where all together are over that.
const CROWDED_BYTES_MAX: usize = 64 * 1024;
/// Bytes that are decoded before it is another speaker's turn.
const SLICE_BYTES: usize = 8 * 1024;
/// How long a speaker may be without a connection: a little more than until others are told of it.
const GRACE: Duration = Duration::from_secs(6);
/// Threads that decode: as many as there are processors, within this.
const THREADS_MAX: usize = 8;

/// What listening needs.
pub(crate) struct Parts {
    pub(crate) speech: Arc<Speech>,
    pub(crate) suggesting: Arc<Suggesting>,
    pub(crate) store: Store,
    pub(crate) hub: Arc<Hub>,
    pub(crate) runtime: Handle,
}

/// Everything that is listened to. Dropped, nothing more is.
pub(crate) struct Listening {
    shared: Arc<Shared>,
    threads: Vec<JoinHandle<()>>,
}

/// What threads and tasks share.
struct Shared {
    speech: Arc<Speech>,
    suggesting: Arc<Suggesting>,
    store: Store,
    clock: Arc<dyn Clock>,
    runtime: Handle,
    speakers: Mutex<Speakers>,
    ready: Ready<Arc<Speaker>>,
    /// Bytes of audio that wait.
    waiting_bytes: AtomicUsize,
    /// Tasks that run.
    tasks: AtomicUsize,
    task_ended: Notify,
    counts: Counts,
}

#[derive(Default)]
struct Speakers {
    /// By session, by user.
    map: HashMap<Arc<str>, HashMap<Arc<str>, Arc<Speaker>>>,
    /// No further one is let in.
    is_closed: bool,
}

/// Whose audio it is, and where.
pub(crate) struct Source<'a> {
    pub(crate) room: &'a Arc<Room>,
    pub(crate) identity: &'a Identity,
    pub(crate) connection: ConnectionId,
    /// When it came.
    pub(crate) now: Monotonic,
}

impl Listening {
    /// Starts to listen: the threads run from now on.
    pub(crate) fn start(parts: Parts) -> Self {
        let Parts { speech, suggesting, store, hub, runtime } = parts;
        let shared = Arc::new(Shared {
            speech,
            suggesting,
            store,
            clock: Arc::clone(hub.clock()),
            runtime,
            speakers: Mutex::default(),
            ready: Ready::new(),
            waiting_bytes: AtomicUsize::new(0),
            tasks: AtomicUsize::new(0),
            task_ended: Notify::new(),
            counts: Counts::default(),
        });
        let threads = threads::spawn(&shared, THREADS_MAX);
        Self { shared, threads }
    }

    /// From now on what the user streams in this session is transcribed.
    pub(crate) fn begin(&self, source: &Source<'_>, language: Option<&str>) -> Result<(), Refusal> {
        let speaker = self.shared.speaker(source)?;
        let start = Command::Start { language: language.map(Into::into) };
        self.shared.signal(&speaker, source.connection, start)?;
        self.shared.speech.warm();
        let (session_id, user_id) = (source.room.id(), &source.identity.user_id);
        let started = TranscriptionStarted { session_id, user_id };
        source.room.tell_connection(source.connection, &started);
        Ok(())
    }

    /// What the user streams in this session is transcribed no longer; they are told once all of it was.
    pub(crate) fn stop(&self, source: &Source<'_>) -> Result<(), Refusal> {
        let speaker = self.shared.speaker_or_new(source).ok_or_else(refusals::too_much)?;
        let stop = Command::Stop { from: source.connection };
        self.shared.signal(&speaker, source.connection, stop)
    }

    /// Audio to be transcribed now, as whoever asked for it is told.
    pub(crate) fn request(
        &self,
        source: &Source<'_>,
        chunk: &Chunk,
        id: Option<&str>,
    ) -> Result<(), Refusal> {
        let id: Arc<str> = id.map_or_else(|| message_id().into(), Into::into);
        let named = |refusal| Refusal { request_id: Some((*id).into()), ..refusal };
        let speaker = self.shared.speaker(source).map_err(named)?;
        let processing = TranscriptionProcessing { request_id: &id, status: "processing" };
        source.room.tell_connection(source.connection, &processing);
        let purpose = Purpose::Request(Arc::clone(&id));
        match self.shared.audio(&speaker, source, chunk, purpose) {
            Some(Taken::Full) | None => Err(named(refusals::too_much())),
            Some(_) => Ok(()),
        }
    }

    /// Audio that was streamed: transcribed where that was asked for.
    pub(crate) fn hear(&self, source: &Source<'_>, chunk: &Chunk) {
        let (session, user) = (source.room.id(), &source.identity.user_id);
        let Some(speaker) = self.shared.lock().get(session, user) else { return };
        let purpose = Purpose::Stream { has_gap: false };
        let taken = self.shared.audio(&speaker, source, chunk, purpose);
        if let Some(Taken::InsteadOf(bytes)) = taken {
            self.shared.counts.dropped(bytes);
            source.room.advise(source.connection, refusals::TOO_SLOW, source.now);
        }
    }

    /// A connection left the session, on purpose or not.
    pub(crate) fn left(&self, source: &Source<'_>, has_dropped: bool) {
        let (session, user) = (source.room.id(), &source.identity.user_id);
        let Some(speaker) = self.shared.lock().get(session, user) else { return };
        let (put, is_alone) = speaker.left(source.connection);
        self.shared.put(&speaker, put);
        if is_alone && !has_dropped {
            return self.shared.forget(&speaker);
        }
        if is_alone {
            let (shared, speaker) = (Arc::clone(&self.shared), Arc::downgrade(&speaker));
            self.shared.runtime.spawn(async move {
                tokio::time::sleep(GRACE).await;
                if let Some(speaker) = speaker.upgrade().filter(|speaker| speaker.is_alone()) {
                    shared.forget(&speaker);
                }
            });
        }
    }

    /// The session is over: what was said in it is still transcribed, and nothing more.
    pub(crate) fn ended(&self, session: &str) {
        let speakers = self.shared.lock().map.remove(session);
        for speaker in speakers.into_iter().flatten().map(|(_, speaker)| speaker) {
            let put = speaker.gone();
            self.shared.put(&speaker, put);
        }
    }

    /// Listens to nobody any more; what was said gets `within` to be transcribed.
    pub(crate) async fn drain(&self, within: Duration) {
        let speakers: Vec<Arc<str>> = {
            let mut speakers = self.shared.lock();
            speakers.is_closed = true;
            speakers.map.keys().cloned().collect()
        };
        speakers.iter().for_each(|session| self.ended(session));
        if tokio::time::timeout(within, self.shared.all_settled()).await.is_err() {
            tracing::warn!("some of what was said was not transcribed in time");
        }
    }

    /// What was listened to so far, and what waits.
    pub(crate) fn stats(&self) -> ListeningStats {
        let shared = &self.shared;
        let speakers = shared.lock().map.values().map(HashMap::len).sum();
        let waiting_bytes = shared.waiting_bytes.load(Relaxed);
        let stats = ListeningStats { speakers, waiting_bytes, ..shared.counts.read() };
        ListeningStats { speech: shared.speech.stats(), ..stats }
    }
}

impl Drop for Listening {
    fn drop(&mut self) {
        self.shared.ready.close();
        let own = std::thread::current().id();
        for thread in self.threads.drain(..).filter(|thread| thread.thread().id() != own) {
            if thread.join().is_err() {
                tracing::error!("a thread that decodes audio panicked");
            }
        }
    }
}

impl Shared {
    /// The speaker, if anything is transcribed at all.
    fn speaker(&self, source: &Source<'_>) -> Result<Arc<Speaker>, Refusal> {
        self.speech.availability().map_err(refusals::unavailable)?;
        self.speaker_or_new(source).ok_or_else(refusals::too_much)
    }

    fn speaker_or_new(&self, source: &Source<'_>) -> Option<Arc<Speaker>> {
        let Identity { user_id, username, .. } = source.identity;
        let mut speakers = self.lock();
        if speakers.is_closed || source.room.has_ended() {
            return None;
        }
        let of_session = speakers.map.entry(Arc::clone(source.room.id())).or_default();
        let new = || {
            let room = Arc::clone(source.room);
            Arc::new(Speaker::new(room, Arc::clone(user_id), Arc::clone(username)))
        };
        Some(Arc::clone(of_session.entry(Arc::clone(user_id)).or_insert_with(new)))
    }

    fn audio(
        &self,
        speaker: &Arc<Speaker>,
        source: &Source<'_>,
        chunk: &Chunk,
        purpose: Purpose,
    ) -> Option<Taken> {
        let waiting = self.waiting_bytes.load(Relaxed);
        let is_crowded = waiting.saturating_add(chunk.bytes.len()) > WAITING_BYTES_MAX;
        if is_crowded && matches!(purpose, Purpose::Request(_)) {
            return Some(Taken::Full);
        }
        let streamed_bytes_max = if is_crowded { CROWDED_BYTES_MAX } else { STREAMED_BYTES_MAX };
        let sound = Sound {
            format: chunk.format.into(),
            rate: chunk.sample_rate,
            channels: chunk.channels.unwrap_or(1),
            bytes: chunk.bytes.clone(),
        };
        let audio = inbox::Chunk::new(source.connection, source.now, sound, purpose);
        let header = || header_of(source, chunk);
        let put = speaker.audio(audio, header, streamed_bytes_max)?;
        self.put(speaker, Some(put));
        Some(put.taken)
    }

    fn signal(
        &self,
        speaker: &Arc<Speaker>,
        from: ConnectionId,
        command: Command,
    ) -> Result<(), Refusal> {
        let put = speaker.signal(Some(from), command);
        self.put(speaker, put);
        match put {
            Some(Put { taken: Taken::Waits | Taken::InsteadOf(_), .. }) => Ok(()),
            Some(Put { taken: Taken::Full, .. }) | None => Err(refusals::too_much()),
        }
    }

    /// Nothing came for that utterance since it had so many pieces.
    fn quiet(&self, speaker: &Arc<Speaker>, utterance: u64, pieces: u64) {
        let put = speaker.signal(None, Command::Quiet { utterance, pieces });
        self.put(speaker, put);
    }

    /// Something was put in.
    fn put(&self, speaker: &Arc<Speaker>, put: Option<Put>) {
        let Some(Put { wants_thread, bytes, .. }) = put else { return };
        match usize::try_from(bytes) {
            Ok(more) => self.waiting_bytes.fetch_add(more, Relaxed),
            Err(_) => self.waiting_bytes.fetch_sub(bytes.unsigned_abs(), Relaxed),
        };
        if wants_thread {
            self.ready.push(Arc::clone(speaker));
        }
    }

    /// The user is gone from the session: what they said is still transcribed, and nothing more.
    fn forget(&self, speaker: &Arc<Speaker>) {
        let (session, user) = (speaker.room.id(), &speaker.user_id);
        let mut speakers = self.lock();
        let is_it = speakers.get(session, user).is_some_and(|one| Arc::ptr_eq(&one, speaker));
        if is_it && let Some(of_session) = speakers.map.get_mut(session) {
            of_session.remove(user);
            if of_session.is_empty() {
                speakers.map.remove(session);
            }
        }
        drop(speakers);
        let put = speaker.gone();
        self.put(speaker, put);
    }

    /// Tells a speaker why something was not transcribed.
    fn refuse(
        &self,
        speaker: &Speaker,
        connection: ConnectionId,
        refusal: Refusal,
        request: Option<&str>,
    ) {
        self.counts.failures();
        let session_id = Some((**speaker.room.id()).into());
        let request_id = request.map(Into::into);
        let refusal = Refusal { session_id, request_id, ..refusal };
        speaker.room.refuse(connection, Family::Transcription, &refusal);
    }

    fn advise(&self, speaker: &Speaker, connection: ConnectionId, reason: &'static str) {
        speaker.room.advise(connection, reason, self.clock.monotonic());
    }

    /// Ready once no task runs and nothing waits.
    async fn all_settled(&self) {
        loop {
            let ended = self.task_ended.notified();
            if self.tasks.load(Relaxed) == 0
                && self.waiting_bytes.load(Relaxed) == 0
                && self.ready.len() == 0
            {
                return;
            }
            let _timed_out = tokio::time::timeout(Duration::from_millis(50), ended).await;
        }
    }

    fn lock(&self) -> MutexGuard<'_, Speakers> {
        self.speakers.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Speakers {
    fn get(&self, session: &str, user: &str) -> Option<Arc<Speaker>> {
        self.map.get(session)?.get(user).cloned()
    }
}

/// The header with which the connection's stream of that format began, if it is not in the chunk itself.
fn header_of(source: &Source<'_>, chunk: &Chunk) -> Option<Bytes> {
    if audio::has_header(chunk.format.into(), &chunk.bytes) {
        return None;
    }
    let (format, header) = source.room.header_of(source.connection)?;
    (format == chunk.format).then_some(header)
}
