//! What a speaker costs: the share of one processor that decoding and voice activity take while
//! somebody speaks without a pause. `cargo run --release -p audio --example cost`
#![expect(clippy::unwrap_used, clippy::print_stdout, reason = "an example that prints")]
#![expect(clippy::disallowed_methods, reason = "it measures")]

use std::time::Instant;

use audio::{Cut, Cutter, Format, RATE, Stream};

/// How often the recording is played.
const TIMES: u32 = 200;

fn main() {
    let file = |name: &str| {
        std::fs::read(format!("{}/tests/fixtures/{name}", env!("CARGO_MANIFEST_DIR"))).unwrap()
    };
    let (browser, ogg) = (file("browser.webm"), file("speech.ogg"));
    let (stereo, wav) = (file("speech-stereo.webm"), file("speech.wav"));
    // The same bytes as bare samples at 48 kHz are a voice too high, and as much work.
    let pcm = &wav[44..];
    for (name, format, rate, bytes) in [
        ("webm, a browser's", Format::Webm, RATE, &browser[..]),
        ("webm, stereo", Format::Webm, RATE, &stereo),
        ("ogg", Format::Ogg, RATE, &ogg),
        ("wav, 16 kHz", Format::Wav, RATE, &wav),
        ("pcm16, 44.1 kHz", Format::Pcm16, 44_100, pcm),
        ("pcm16, 48 kHz", Format::Pcm16, 48_000, pcm),
    ] {
        measure(name, format, rate, bytes);
    }
}

/// Decodes and cuts `bytes` again and again, in chunks of 400 bytes.
fn measure(name: &str, format: Format, rate: u32, bytes: &[u8]) {
    let (mut cutter, mut out, mut heard) = (Cutter::new(), Vec::new(), 0);
    let (mut decoding, mut cutting, mut samples) = (0.0, 0.0, 0);
    let mut stream = Stream::new(format, rate, 1).unwrap();
    for _ in 0..TIMES {
        for chunk in bytes.chunks(400) {
            let start = Instant::now();
            stream.push(chunk, &mut out).unwrap();
            decoding += start.elapsed().as_secs_f64();
            let start = Instant::now();
            cutter.push(&out, |cut| heard += usize::from(matches!(cut, Cut::Begin { .. })));
            cutting += start.elapsed().as_secs_f64();
            samples += out.len();
            out.clear();
        }
    }
    let seconds = samples as f64 / f64::from(RATE);
    let share = |time: f64| time / seconds * 100.0;
    println!(
        "{name:18} decoding {:.3} %, voice activity {:.3} %, together {:.3} % of a processor",
        share(decoding),
        share(cutting),
        share(decoding + cutting),
    );
}
