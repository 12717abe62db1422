//! What waits for one speaker, in the order it came, until a thread works on it.
//!
//! **Bounds.** Streamed audio: [`STREAMED_MAX`] of it or [`STREAMED_BYTES_MAX`]; past that the oldest
//! goes, and the next chunk of the same stream knows that something is missing. Requests:
//! [`REQUESTS_MAX`] of [`REQUESTS_BYTES_MAX`] in all; one more is refused. What else there is (a start, a
//! stop) is a few words: [`SIGNALS_MAX`] are kept, and one more is refused; but that an utterance or a
//! connection ended always comes: there are no more of these than utterances and connections.

use std::collections::VecDeque;
use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use model::{ConnectionId, Monotonic};

/// Audio of a speaker's stream that waits; then the oldest goes.
pub(super) const STREAMED_MAX: Duration = Duration::from_secs(10);
/// Its bytes; ten seconds of 48 kHz in stereo, uncompressed, fit.
pub(super) const STREAMED_BYTES_MAX: usize = 2 * 1024 * 1024;
/// Requests of a speaker that wait.
pub(super) const REQUESTS_MAX: usize = 512;
/// The bytes of their audio.
pub(super) const REQUESTS_BYTES_MAX: usize = 4 * 1024 * 1024;
/// Everything else that waits.
const SIGNALS_MAX: usize = 512;

/// A piece of audio as it came.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Sound {
    pub(super) format: audio::Format,
    /// Samples a second, as the sender said.
    pub(super) rate: u32,
    /// 1 or 2.
    pub(super) channels: u8,
    pub(super) bytes: Bytes,
}

impl Sound {
    /// How long it is, where its bytes tell: bare samples do, and those of WAV nearly.
    fn length(&self) -> Duration {
        let bytes_a_second = u64::from(self.rate) * u64::from(self.channels) * 2;
        match self.format {
            audio::Format::Pcm16 | audio::Format::Wav => {
                let millis = self.bytes.len() as u64 * 1000 / bytes_a_second.max(1);
                Duration::from_millis(millis)
            }
            audio::Format::Webm | audio::Format::Ogg => Duration::ZERO,
        }
    }
}

/// What audio is for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Purpose {
    /// It is part of a stream that is transcribed.
    Stream {
        /// What came before it in the same stream is missing.
        has_gap: bool,
    },
    /// It is to be transcribed now; the id of the request.
    Request(Arc<str>),
}

/// A chunk of audio, or a part of one.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Chunk {
    pub(super) from: ConnectionId,
    pub(super) at: Monotonic,
    pub(super) sound: Sound,
    pub(super) purpose: Purpose,
    /// The header with which this connection's audio of this format began, where no audio of it was put
    /// in before.
    pub(super) header: Option<Bytes>,
    /// Bytes of the whole chunk.
    pub(super) whole_bytes: usize,
    /// Whether the chunk begins with it.
    pub(super) is_first: bool,
    /// Whether the chunk ends with it.
    pub(super) is_last: bool,
}

impl Chunk {
    pub(super) fn new(from: ConnectionId, at: Monotonic, sound: Sound, purpose: Purpose) -> Self {
        let whole_bytes = sound.bytes.len();
        Self { from, at, sound, purpose, header: None, whole_bytes, is_first: true, is_last: true }
    }

    pub(super) fn is_request(&self) -> bool {
        matches!(self.purpose, Purpose::Request(_))
    }

    fn is_streamed(&self) -> bool {
        !self.is_request()
    }

    /// Cuts off what is longer than `bytes_max`.
    fn cut(&mut self, bytes_max: usize) -> Option<Self> {
        if self.sound.bytes.len() <= bytes_max {
            return None;
        }
        let rest = self.sound.bytes.split_off(bytes_max);
        let purpose = match &self.purpose {
            Purpose::Stream { .. } => Purpose::Stream { has_gap: false },
            Purpose::Request(id) => Purpose::Request(Arc::clone(id)),
        };
        self.is_last = false;
        let sound = Sound { bytes: rest, ..self.sound };
        let Self { from, at, whole_bytes, .. } = *self;
        let (header, is_first, is_last) = (None, false, true);
        Some(Self { from, at, sound, purpose, header, whole_bytes, is_first, is_last })
    }
}

/// Something to do for a speaker.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Command {
    /// There is audio.
    Audio(Chunk),
    /// Streamed audio is transcribed from now on.
    Start {
        /// The language that will be spoken.
        language: Option<Arc<str>>,
    },
    /// No longer; this connection is told when all of it was.
    Stop {
        /// Who asked for it.
        from: ConnectionId,
    },
    /// Nothing came for an utterance for so long that it is over, unless more came since.
    Quiet {
        /// Which utterance.
        utterance: u64,
        /// How many pieces of it had come by then.
        pieces: u64,
    },
    /// The connection is gone.
    Left {
        /// Which one.
        from: ConnectionId,
    },
    /// The person is gone, or the session over.
    Gone,
}

/// What became of something that was put in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Taken {
    /// It waits.
    Waits,
    /// It waits; as many bytes that came before it went.
    InsteadOf(usize),
    /// It was refused: too much waits.
    Full,
}

/// What waits for a speaker.
#[derive(Debug, Default)]
pub(super) struct Inbox {
    waiting: VecDeque<Command>,
    streamed: Amount,
    requested: Amount,
    /// Streamed audio is kept: transcription has been started, and not stopped since.
    is_listening: bool,
}

/// How much audio waits.
#[derive(Clone, Copy, Debug, Default)]
struct Amount {
    chunks: usize,
    bytes: usize,
    length: Duration,
}

impl Amount {
    fn add(&mut self, sound: &Sound) {
        self.chunks += 1;
        self.bytes += sound.bytes.len();
        self.length += sound.length();
    }

    fn remove(&mut self, sound: &Sound) {
        self.chunks -= 1;
        self.bytes -= sound.bytes.len();
        self.length = self.length.saturating_sub(sound.length());
    }
}

impl Inbox {
    /// Whether streamed audio is to be put in.
    pub(super) fn is_listening(&self) -> bool {
        self.is_listening
    }

    pub(super) fn is_empty(&self) -> bool {
        self.waiting.is_empty()
    }

    /// Bytes of audio that wait.
    pub(super) fn bytes(&self) -> usize {
        self.streamed.bytes + self.requested.bytes
    }

    /// Takes audio. For that of a stream the oldest makes room, if there are more bytes than
    /// `streamed_bytes_max`.
    pub(super) fn audio(&mut self, chunk: Chunk, streamed_bytes_max: usize) -> Taken {
        let now = chunk.at;
        if chunk.is_streamed() {
            self.put(Command::Audio(chunk), false);
            let mut lost = 0;
            while self.is_too_much(now, streamed_bytes_max) {
                lost += self.drop_oldest();
            }
            return if lost == 0 { Taken::Waits } else { Taken::InsteadOf(lost) };
        }
        let bytes = self.requested.bytes + chunk.sound.bytes.len();
        if self.requested.chunks >= REQUESTS_MAX || bytes > REQUESTS_BYTES_MAX {
            return Taken::Full;
        }
        self.put(Command::Audio(chunk), false);
        Taken::Waits
    }

    /// Takes whatever is not audio.
    pub(super) fn signal(&mut self, command: Command) -> Taken {
        let must_come =
            matches!(command, Command::Quiet { .. } | Command::Left { .. } | Command::Gone);
        let signals = self.waiting.len() - self.streamed.chunks - self.requested.chunks;
        if !must_come && signals >= SIGNALS_MAX {
            return Taken::Full;
        }
        match command {
            Command::Start { .. } => self.is_listening = true,
            Command::Stop { .. } | Command::Gone => self.is_listening = false,
            _ => {}
        }
        self.put(command, false);
        Taken::Waits
    }

    /// What is to be done next. Of audio the first `bytes_max` bytes: the rest comes next time.
    pub(super) fn take(&mut self, bytes_max: usize) -> Option<Command> {
        let mut command = self.waiting.pop_front()?;
        if let Command::Audio(chunk) = &mut command {
            self.amount(chunk.is_streamed()).remove(&chunk.sound);
            if let Some(rest) = chunk.cut(bytes_max) {
                self.put(Command::Audio(rest), true);
            }
        }
        Some(command)
    }

    fn put(&mut self, command: Command, at_front: bool) {
        if let Command::Audio(chunk) = &command {
            self.amount(chunk.is_streamed()).add(&chunk.sound);
        }
        if at_front {
            self.waiting.push_front(command);
        } else {
            self.waiting.push_back(command);
        }
    }

    fn amount(&mut self, is_streamed: bool) -> &mut Amount {
        if is_streamed { &mut self.streamed } else { &mut self.requested }
    }

    /// Whether more waits than may, of more than one chunk.
    fn is_too_much(&self, now: Monotonic, bytes_max: usize) -> bool {
        let Amount { chunks, bytes, length } = self.streamed;
        let waits_too_long = || {
            let oldest = self.waiting.iter().find_map(streamed);
            oldest.is_some_and(|oldest| now.since(oldest.at) > STREAMED_MAX)
        };
        chunks > 1 && (bytes > bytes_max || length > STREAMED_MAX || waits_too_long())
    }

    /// Drops the oldest streamed audio; gives its bytes.
    fn drop_oldest(&mut self) -> usize {
        let oldest = self.waiting.iter().position(|command| streamed(command).is_some());
        let Some(Command::Audio(dropped)) = oldest.and_then(|index| self.waiting.remove(index))
        else {
            return 0;
        };
        self.streamed.remove(&dropped.sound);
        let next = self.waiting.iter_mut().find_map(|command| match command {
            Command::Audio(next)
                if next.from == dropped.from && next.sound.format == dropped.sound.format =>
            {
                Some(&mut next.purpose)
            }
            _ => None,
        });
        if let Some(Purpose::Stream { has_gap }) = next {
            *has_gap = true;
        }
        dropped.sound.bytes.len()
    }
}

fn streamed(command: &Command) -> Option<&Chunk> {
    match command {
        Command::Audio(chunk) if chunk.is_streamed() => Some(chunk),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const FROM: ConnectionId = ConnectionId::new(0, 1, 1);

    fn sound(format: audio::Format, bytes: usize) -> Sound {
        Sound { format, rate: 16_000, channels: 1, bytes: vec![7; bytes].into() }
    }

    fn stream(at: u64, format: audio::Format, bytes: usize) -> Chunk {
        let purpose = Purpose::Stream { has_gap: false };
        Chunk::new(FROM, Monotonic(at), sound(format, bytes), purpose)
    }

    fn request(id: &str, bytes: usize) -> Chunk {
        let sound = sound(audio::Format::Pcm16, bytes);
        Chunk::new(FROM, Monotonic(0), sound, Purpose::Request(id.into()))
    }

    fn put(inbox: &mut Inbox, chunk: Chunk) -> Taken {
        inbox.audio(chunk, STREAMED_BYTES_MAX)
    }

    fn gaps(inbox: &mut Inbox) -> Vec<bool> {
        let commands = std::iter::from_fn(|| inbox.take(usize::MAX));
        let gap = |command| match command {
            Command::Audio(Chunk { purpose: Purpose::Stream { has_gap }, .. }) => Some(has_gap),
            _ => None,
        };
        commands.filter_map(gap).collect()
    }

    #[test]
    fn past_ten_seconds_of_audio_the_oldest_goes_and_the_next_one_knows() {
        let mut inbox = Inbox::default();
        for second in 0..10 {
            let chunk = stream(second, audio::Format::Pcm16, 32_000);
            assert_eq!(put(&mut inbox, chunk), Taken::Waits, "{second}");
        }
        let over = stream(10, audio::Format::Pcm16, 32_000);
        assert_eq!(put(&mut inbox, over), Taken::InsteadOf(32_000));
        assert_eq!(inbox.bytes(), 320_000);
        let expected = [vec![true], vec![false; 9]].concat();
        assert_eq!(gaps(&mut inbox), expected);
        assert_eq!(inbox.bytes(), 0);
    }

    #[test]
    fn compressed_audio_goes_once_it_waited_for_ten_seconds() {
        let mut inbox = Inbox::default();
        for at in [0, 100, 10_000] {
            assert_eq!(put(&mut inbox, stream(at, audio::Format::Webm, 500)), Taken::Waits);
        }
        let late = stream(10_101, audio::Format::Webm, 500);
        assert_eq!(put(&mut inbox, late), Taken::InsteadOf(1000));
        assert_eq!(gaps(&mut inbox), [true, false]);
    }

    #[test]
    fn a_single_chunk_stays_however_long_it_is_and_bytes_have_a_bound_of_their_own() {
        let mut inbox = Inbox::default();
        let long = stream(0, audio::Format::Pcm16, 1_000_000);
        assert_eq!(put(&mut inbox, long), Taken::Waits);
        let next = stream(1, audio::Format::Pcm16, 2);
        assert_eq!(put(&mut inbox, next), Taken::InsteadOf(1_000_000));
        let mut inbox = Inbox::default();
        for at in 0..2 {
            assert_eq!(put(&mut inbox, stream(at, audio::Format::Ogg, 1024 * 1024)), Taken::Waits);
        }
        assert_eq!(
            put(&mut inbox, stream(3, audio::Format::Ogg, 1)),
            Taken::InsteadOf(1024 * 1024)
        );
    }

    #[test]
    fn requests_are_never_dropped_for_audio_but_refused_past_their_bounds() {
        let mut inbox = Inbox::default();
        for _ in 0..4 {
            assert_eq!(put(&mut inbox, request("r", 1024 * 1024)), Taken::Waits);
        }
        assert_eq!(put(&mut inbox, request("r", 1)), Taken::Full);
        for second in 0..20 {
            put(&mut inbox, stream(second * 1000, audio::Format::Pcm16, 32_000));
        }
        assert_eq!(inbox.bytes(), 4 * 1024 * 1024 + 10 * 32_000);
        let mut inbox = Inbox::default();
        for _ in 0..REQUESTS_MAX {
            assert_eq!(put(&mut inbox, request("r", 1)), Taken::Waits);
        }
        assert_eq!(put(&mut inbox, request("r", 1)), Taken::Full);
    }

    #[test]
    fn audio_is_taken_in_parts_that_say_where_they_stand() {
        let mut inbox = Inbox::default();
        put(&mut inbox, request("r", 25));
        inbox.signal(Command::Gone);
        let mut parts = Vec::new();
        while let Some(Command::Audio(chunk)) = inbox.take(10) {
            assert_eq!(chunk.purpose, Purpose::Request("r".into()));
            parts.push((chunk.sound.bytes.len(), chunk.is_first, chunk.is_last));
        }
        assert_eq!(parts, [(10, true, false), (10, false, false), (5, false, true)]);
        assert!(inbox.is_empty());
    }

    #[test]
    fn signals_have_a_bound_but_an_end_always_comes() {
        let mut inbox = Inbox::default();
        for _ in 0..SIGNALS_MAX {
            assert_eq!(inbox.signal(Command::Start { language: None }), Taken::Waits);
        }
        assert!(inbox.is_listening());
        assert_eq!(inbox.signal(Command::Stop { from: FROM }), Taken::Full);
        assert!(inbox.is_listening(), "what was refused changes nothing");
        assert_eq!(inbox.signal(Command::Left { from: FROM }), Taken::Waits);
        assert_eq!(inbox.signal(Command::Gone), Taken::Waits);
        assert!(!inbox.is_listening());
    }
}
