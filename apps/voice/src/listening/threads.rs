//! The threads that decode: each takes a speaker, does one thing for them, and takes the next.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::atomic::Ordering::Relaxed;
use std::sync::{Arc, PoisonError};
use std::thread::{self, JoinHandle};

use model::ConnectionId;
use tokio::sync::mpsc;

use super::inbox::Command;
use super::lane::Act;
use super::speaker::{Desk, Pending, Speaker};
use super::talk::{PIECES_MAX, Piece, Talk, Waits};
use super::{SLICE_BYTES, Shared, refusals};
use crate::protocol::{Refusal, TranscriptionCompleted, TranscriptionStopped};

/// Starts the threads: as many as there are processors, at most `count_max`.
pub(super) fn spawn(shared: &Arc<Shared>, count_max: usize) -> Vec<JoinHandle<()>> {
    let count = thread::available_parallelism().map_or(1, usize::from).min(count_max);
    let threads = (0..count).map(|number| {
        let shared = Arc::clone(shared);
        let name = format!("voice-audio-{number}");
        thread::Builder::new().name(name).spawn(move || work(&shared))
    });
    let threads: Vec<_> = threads.filter_map(Result::ok).collect();
    if threads.is_empty() {
        tracing::error!("nothing is transcribed: there is no thread for it");
    }
    threads
}

fn work(shared: &Arc<Shared>) {
    while let Some(speaker) = shared.ready.take() {
        let turn = AssertUnwindSafe(|| shared.work_on(&speaker));
        if catch_unwind(turn).is_err() {
            // A defect of ours: what was being decoded is unknown, so it begins anew.
            tracing::error!(session = %speaker.room.id(), "decoding audio panicked");
            *lock(&speaker) = Desk::default();
        }
        if speaker.rest() {
            shared.ready.push(speaker);
        }
    }
}

fn lock(speaker: &Speaker) -> std::sync::MutexGuard<'_, Desk> {
    speaker.desk.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Something to tell a speaker behind everything that was said before.
enum Errand {
    Completed(Arc<str>),
    Stopped,
    Failed(Option<Arc<str>>, Box<Refusal>),
}

impl Shared {
    /// Does the next thing for a speaker.
    fn work_on(self: &Arc<Self>, speaker: &Arc<Speaker>) {
        let (command, bytes) = speaker.take(SLICE_BYTES);
        let Some(command) = command else { return };
        let started = self.clock.monotonic();
        let is_over = matches!(command, Command::Gone);
        let mut desk = lock(speaker);
        let acts = desk.work.carry_out(command, |at| speaker.room.milliseconds(at));
        for act in acts {
            self.act(speaker, &mut desk, act);
        }
        if is_over {
            desk.talks.clear();
        }
        drop(desk);
        self.waiting_bytes.fetch_sub(bytes, Relaxed);
        let took = self.clock.monotonic().since(started).as_millis();
        self.counts.decoded(u64::try_from(took).unwrap_or(u64::MAX));
    }

    fn act(self: &Arc<Self>, speaker: &Arc<Speaker>, desk: &mut Desk, act: Act) {
        match act {
            Act::Begin { number, from, start, request } => {
                self.begin_talk(speaker, desk, (number, from, start, request));
            }
            Act::Piece { number, samples, quiet } => {
                let piece = Piece::Samples { samples, quiet };
                if let Some(talk) = desk.talks.get(&number)
                    && talk.try_send(piece).is_err()
                {
                    tracing::error!("an utterance has more pieces than it can have");
                }
            }
            Act::End { number, end, requests } => {
                let waits = Waits::begin(self, speaker, Pending::Utterance);
                if let Some(talk) = desk.talks.remove(&number)
                    && talk.try_send(Piece::End { end, requests, waits }).is_err()
                {
                    tracing::error!("an utterance has more pieces than it can have");
                }
            }
            Act::Completed { from, request } => {
                self.run(speaker, desk, from, Errand::Completed(request));
            }
            Act::Stopped { from } => self.run(speaker, desk, from, Errand::Stopped),
            Act::Failed { from, request, error } => {
                let refusal = Box::new(refusals::undecodable(&error));
                self.run(speaker, desk, from, Errand::Failed(request, refusal));
            }
        }
    }

    fn begin_talk(
        self: &Arc<Self>,
        speaker: &Arc<Speaker>,
        desk: &mut Desk,
        (number, from, start, request): (u64, ConnectionId, u64, Option<Arc<str>>),
    ) {
        let (pieces_to, pieces) = mpsc::channel(PIECES_MAX);
        desk.talks.insert(number, pieces_to);
        self.counts.utterances();
        let language = desk.work.language().cloned();
        let (shared, speaker) = (Arc::clone(self), Arc::clone(speaker));
        let turn = desk.line.stand();
        let talk = Talk { shared, speaker, number, from, start, request, language, turn };
        self.spawn(talk.run(pieces));
    }

    /// Tells the speaker, at once where nothing is to be told before.
    fn run(
        self: &Arc<Self>,
        speaker: &Arc<Speaker>,
        desk: &mut Desk,
        from: ConnectionId,
        errand: Errand,
    ) {
        let mut turn = desk.line.stand();
        if turn.has_come() {
            return self.tell(speaker, from, errand);
        }
        let waits = Waits::begin(self, speaker, Pending::Errand);
        self.spawn(async move {
            turn.come().await;
            waits.shared.tell(&waits.speaker, from, errand);
        });
    }

    fn tell(&self, speaker: &Speaker, from: ConnectionId, errand: Errand) {
        let (room, user_id) = (&speaker.room, &speaker.user_id);
        match errand {
            Errand::Completed(request_id) => {
                let completed = TranscriptionCompleted { request_id: &request_id };
                room.tell_connection(from, &completed);
            }
            Errand::Stopped => {
                let stopped = TranscriptionStopped { session_id: room.id(), user_id };
                room.tell_connection(from, &stopped);
            }
            Errand::Failed(request, refusal) => {
                self.refuse(speaker, from, *refusal, request.as_deref());
            }
        }
    }

    /// Runs a task that a drain waits for.
    fn spawn(self: &Arc<Self>, task: impl Future<Output = ()> + Send + 'static) {
        let running = Running::begin(self);
        self.runtime.spawn(async move {
            let _running = running;
            task.await;
        });
    }
}

/// A task that runs; dropped, it has ended.
struct Running(Arc<Shared>);

impl Running {
    fn begin(shared: &Arc<Shared>) -> Self {
        shared.tasks.fetch_add(1, Relaxed);
        Self(Arc::clone(shared))
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        self.0.tasks.fetch_sub(1, Relaxed);
        self.0.task_ended.notify_waiters();
    }
}
