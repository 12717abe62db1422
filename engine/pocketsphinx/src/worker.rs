//! A process that hears: samples from its standard input, lines of JSON to its standard output.
//!
//! Samples are mono, 16 kHz, 16 bits, little endian. Without frames there is one utterance, which
//! ends with the input. With frames ([`frames`]) there is one after the other, and the process says
//! `{"type":"ready"}` first: loading the engine takes a third of a second, as long as hearing two
//! seconds of speech, so that a process for each utterance would hear little more than half as much.
//!
//! Lines: `{"type":"partial","text"}` about three times for each second that is said, when it has
//! changed; `{"type":"final","text","confidence"}` once for each utterance; `{"type":"discarded"}`
//! for one that was to be forgotten; `{"type":"error","message"}` when it cannot go on.
//!
//! **Invariants.** With frames, the end of the input ends the process at once, whatever it does:
//! nobody is there any more. It opens no file and no connection once it hears.
//!
//! **Bounds.** [`SAMPLES_MAX`] an utterance, [`frames::PIECE_BYTES_MAX`] a piece, `PIECES_AHEAD`
//! pieces read ahead.

pub mod frames;

use std::io::{self, Read, Write};
use std::path::PathBuf;
use std::sync::mpsc::{Receiver, SyncSender, sync_channel};
use std::thread;

use serde_json::json;

use crate::{Recognizer, confinement};
use frames::Frame;

/// Samples of an utterance that are heard: a minute.
pub const SAMPLES_MAX: usize = 60 * 16_000;
/// Pieces read while another is heard.
const PIECES_AHEAD: usize = 16;
/// Samples between two looks at what is understood so far.
const LOOK_EVERY: usize = 4_800;

/// What a process is started for.
#[derive(Clone, Debug, Default)]
pub struct Options {
    /// Several utterances, in frames.
    pub has_frames: bool,
    /// Only tell whether it could hear.
    pub is_check: bool,
    /// Where the model is; without it, where the packages put it.
    pub model: Option<PathBuf>,
}

/// Hears standard input until its end. What it says goes to `out`.
///
/// # Errors
/// Why it cannot hear, or can no more; it was told to `out` too. That nobody reads `out`.
pub fn run<W: Write>(options: &Options, out: &mut W) -> Result<(), Stopped> {
    let stopped = serve(options, out);
    if let Err(Stopped::Deaf(message)) = &stopped {
        say(out, &json!({ "type": "error", "message": message }))?;
    }
    stopped
}

/// Why a process ended before its input did.
#[derive(Debug, thiserror::Error)]
pub enum Stopped {
    /// It cannot hear.
    #[error("{0}")]
    Deaf(String),
    /// Nobody reads what it says.
    #[error("what was heard cannot be written")]
    Output(#[from] io::Error),
}

fn serve<W: Write>(options: &Options, out: &mut W) -> Result<(), Stopped> {
    confinement::limit().map_err(Stopped::Deaf)?;
    let loaded = Recognizer::load(options.model.as_deref());
    let mut recognizer = loaded.map_err(|error| Stopped::Deaf(error.to_string()))?;
    if options.is_check {
        return Ok(say(out, &json!({ "type": "ready" }))?);
    }
    let frames = read_ahead(options.has_frames)?;
    let is_confined = confinement::confine();
    if options.has_frames {
        say(out, &json!({ "type": "ready", "confined": is_confined }))?;
    }
    let mut hearing = Hearing { recognizer: &mut recognizer, out, samples: 0, told: String::new() };
    hearing.begin()?;
    for frame in frames {
        match frame.map_err(Stopped::Deaf)? {
            Frame::Audio(samples) => hearing.hear(&samples)?,
            Frame::End => hearing.end()?,
            Frame::Discard => hearing.discard()?,
        }
    }
    Ok(())
}

/// An utterance that is heard.
struct Hearing<'a, W> {
    recognizer: &'a mut Recognizer,
    out: &'a mut W,
    /// Heard of this utterance.
    samples: usize,
    /// The last partial text.
    told: String,
}

impl<W: Write> Hearing<'_, W> {
    fn begin(&mut self) -> Result<(), Stopped> {
        self.samples = 0;
        self.told.clear();
        able(self.recognizer.begin())
    }

    fn hear(&mut self, samples: &[i16]) -> Result<(), Stopped> {
        let room = SAMPLES_MAX - self.samples;
        let samples = &samples[..samples.len().min(room)];
        let looks = self.samples / LOOK_EVERY;
        self.samples += samples.len();
        able(self.recognizer.hear(samples))?;
        if self.samples / LOOK_EVERY > looks {
            let text = self.recognizer.so_far();
            if text != self.told {
                say(self.out, &json!({ "type": "partial", "text": text }))?;
                self.told = text;
            }
        }
        Ok(())
    }

    fn end(&mut self) -> Result<(), Stopped> {
        let heard = self.recognizer.end();
        let (text, confidence) = (heard.text, heard.confidence);
        say(self.out, &json!({ "type": "final", "text": text, "confidence": confidence }))?;
        self.begin()
    }

    fn discard(&mut self) -> Result<(), Stopped> {
        self.recognizer.end();
        say(self.out, &json!({ "type": "discarded" }))?;
        self.begin()
    }
}

fn able(could: bool) -> Result<(), Stopped> {
    could.then_some(()).ok_or_else(|| Stopped::Deaf("the speech engine failed".to_owned()))
}

fn say<W: Write>(out: &mut W, line: &serde_json::Value) -> io::Result<()> {
    writeln!(out, "{line}")?;
    out.flush()
}

type Frames = Receiver<Result<Frame, String>>;

/// Reads standard input in a thread of its own, which runs when this returns.
fn read_ahead(has_frames: bool) -> io::Result<Frames> {
    let (to, frames) = sync_channel(PIECES_AHEAD);
    let (runs, running) = sync_channel(1);
    let read = move || {
        let _ = runs.send(());
        let mut input = io::stdin().lock();
        if has_frames {
            read_frames(&mut input, &to);
            // Nobody is there who would read the rest.
            std::process::exit(0);
        }
        read_all(&mut input, &to);
    };
    thread::Builder::new().name("input".to_owned()).spawn(read)?;
    running.recv().map_err(io::Error::other)?;
    Ok(frames)
}

fn read_frames(input: &mut impl Read, to: &SyncSender<Result<Frame, String>>) {
    loop {
        match frames::read(input) {
            Ok(None) => return,
            Ok(Some(frame)) => {
                if to.send(Ok(frame)).is_err() {
                    return;
                }
            }
            Err(error) => {
                let _ = to.send(Err(error.to_string()));
                // The other thread says so, and ends the process.
                loop {
                    thread::park();
                }
            }
        }
    }
}

fn read_all(input: &mut impl Read, to: &SyncSender<Result<Frame, String>>) {
    let mut input = frames::Plain::new(input);
    loop {
        let frame = input.read().unwrap_or(Frame::End);
        let is_end = matches!(frame, Frame::End);
        if to.send(Ok(frame)).is_err() || is_end {
            return;
        }
    }
}
