//! Recordings with bytes flipped, left out, doubled and cut off: whatever comes, nothing panics,
//! the bounds hold, and the same bytes give the same whatever the cuts.

use audio::{Cutter, Format, PUSH_SAMPLES_MAX, RATE, SAMPLES_GRACE, SAMPLES_PER_BYTE_MAX, Stream};

use crate::ogg;
use crate::support::{Random, decode, recording};

/// A recording that was damaged at one to eight places.
fn damaged(recording: &[u8], random: &mut Random) -> Vec<u8> {
    let mut bytes = recording.to_vec();
    for _ in 0..=random.below(8) {
        let at = random.below(bytes.len());
        match random.below(6) {
            0 => bytes[at] ^= 1 << random.below(8),
            1 => bytes[at] = u8::try_from(random.below(256)).unwrap(),
            2 => bytes[at] = [0, 1, 0x7f, 0x80, 0xfe, 0xff][random.below(6)],
            3 => {
                let end = (at + random.below(40)).min(bytes.len());
                bytes.drain(at..end);
            }
            4 => {
                let again = bytes[at..(at + random.below(60)).min(bytes.len())].to_vec();
                bytes.splice(at..at, again);
            }
            _ => bytes.truncate(at.max(bytes.len() / 2 + 1)),
        }
    }
    bytes
}

/// Damages a recording so often; `repair` puts right what would else hide the rest.
fn survive(format: Format, recording: &[u8], times: usize, repair: fn(&mut [u8])) {
    let (mut random, mut read) = (Random(format as u64 + 0xdecaf), 0);
    for round in 0..times {
        let mut bytes = damaged(recording, &mut random);
        repair(&mut bytes);
        let mut stream = Stream::new(format, RATE, 1).unwrap();
        let (out, error) = decode(&mut stream, [&bytes[..]]);
        read += usize::from(error.is_none());
        let due = SAMPLES_GRACE + bytes.len() as u64 * SAMPLES_PER_BYTE_MAX + 1_000_000;
        assert!(out.len() as u64 <= due && out.len() <= PUSH_SAMPLES_MAX + 1_000_000);
        if round % 40 == 0 {
            let pieces = random.cut(&bytes, 300);
            // A chunk that happens to begin as a header does is another thing.
            if !pieces[1..].iter().any(|piece| audio::has_header(format, piece)) {
                let mut stream = Stream::new(format, RATE, 1).unwrap();
                assert_eq!(decode(&mut stream, pieces), (out.clone(), error), "round {round}");
            }
            let mut cutter = Cutter::new();
            cutter.push(&out, |_| {});
        }
    }
    assert!(read * 3 > times, "only {read} of {times} got far");
}

/// The beginning of a recording: short enough to be damaged often.
fn beginning(name: &str, bytes: usize) -> Vec<u8> {
    recording(name)[..bytes].to_vec()
}

#[test]
fn damaged_webm_does_no_harm() {
    survive(Format::Webm, &beginning("browser.webm", 900), 8_000, |_| {});
    survive(Format::Webm, &beginning("speech-stereo.webm", 900), 4_000, |_| {});
}

#[test]
fn damaged_ogg_does_no_harm() {
    let packets = &ogg::packets(&recording("speech.ogg"))[..9];
    survive(Format::Ogg, &ogg::file(packets, 4), 4_000, |_| {});
    // With checksums that are right what is damaged gets as far as it can.
    survive(Format::Ogg, &ogg::file(packets, 4), 8_000, |bytes| {
        let starts = bytes.windows(5).enumerate().filter(|(_, page)| page == b"OggS\0");
        let starts: Vec<usize> = starts.map(|(at, _)| at).collect();
        for at in starts {
            let Some(&segments) = bytes.get(at + 26) else { continue };
            let body = at + 27 + usize::from(segments);
            let Some(table) = bytes.get(at + 27..body) else { continue };
            let end = body + table.iter().map(|segment| usize::from(*segment)).sum::<usize>();
            if let Some(page) = bytes.get_mut(at..end) {
                ogg::seal(page);
            }
        }
    });
}

#[test]
fn damaged_wav_does_no_harm() {
    survive(Format::Wav, &beginning("speech.wav", 200), 16_000, |_| {});
}
