//! What holds for any bytes as a speaker's audio.

use audio::{
    AudioError, Cut, Cutter, Format, HEADER_BYTES_MAX, SAMPLES_GRACE, SAMPLES_PER_BYTE_MAX, Stream,
    UTTERANCE_MAX, has_header, header_of,
};

/// Samples that are given beyond the bound before it is seen: a page of Ogg, full of packets.
const SEEN_LATE: u64 = 600_000;

/// The first byte says what the rest is and how it is cut. However it is cut, the same is heard; it
/// is within the bounds; and what is cut out of it as speech comes in order.
pub fn sound(data: &[u8]) {
    let Some((first, bytes)) = data.split_first() else { return };
    let format = match first & 3 {
        0 => Format::Webm,
        1 => Format::Ogg,
        2 => Format::Wav,
        _ => Format::Pcm16,
    };
    let rate = [8_000, 16_000, 44_100, 48_000][usize::from(first >> 2 & 3)];
    let size = usize::from(first >> 4) * 7 + 1;
    let whole = decode(format, rate, bytes, bytes.len().max(1));
    let due = SAMPLES_GRACE + SEEN_LATE + bytes.len() as u64 * SAMPLES_PER_BYTE_MAX;
    assert!(whole.0.len() as u64 <= due, "{} samples of {} bytes", whole.0.len(), bytes.len());
    // A piece that begins as a header does begins anew, which is another thing.
    if !bytes.chunks(size).skip(1).any(|piece| has_header(format, piece)) {
        assert_eq!(whole, decode(format, rate, bytes, size), "what is heard depends on the cuts");
    }
    if let Ok(Some(header)) = header_of(format, bytes) {
        assert!(header.len() <= bytes.len().min(HEADER_BYTES_MAX), "a header out of nothing");
    }
    go_on_behind_a_gap(format, rate, bytes, size);
    cut(&whole.0[..whole.0.len().min(200_000)]);
}

/// What `bytes` become, in pieces of `size`, and why reading them ended.
fn decode(format: Format, rate: u32, bytes: &[u8], size: usize) -> (Vec<i16>, Option<AudioError>) {
    let (mut stream, mut out) = (stream(format, rate), Vec::new());
    for piece in bytes.chunks(size) {
        if let Err(error) = stream.push(piece, &mut out) {
            return (out, Some(error));
        }
    }
    stream.finish(&mut out);
    (out, None)
}

/// Every third piece is missing, and that is told of.
fn go_on_behind_a_gap(format: Format, rate: u32, bytes: &[u8], size: usize) {
    let (mut stream, mut out) = (stream(format, rate), Vec::new());
    for (number, piece) in bytes.chunks(size * 3).enumerate() {
        if number % 3 == 2 {
            stream.gap();
        } else if stream.push(piece, &mut out).is_err() {
            return;
        }
    }
}

fn stream(format: Format, rate: u32) -> Stream {
    Stream::new(format, rate, 2).expect("the rate and the channels are within the bounds")
}

/// Utterances begin, hold samples, and end, in this order.
fn cut(samples: &[i16]) {
    let (mut cutter, mut begun, mut last) = (Cutter::new(), None, 0);
    let mut hear = |cut: Cut<'_>| match cut {
        Cut::Begin { at } => {
            assert!(begun.is_none() && at >= last, "they overlap");
            begun = Some((at, at));
        }
        Cut::Speech(samples) => {
            let (_, until) = begun.as_mut().expect("it began");
            *until += samples.len() as u64;
        }
        Cut::End { at } => {
            let (from, until) = begun.take().expect("it began");
            assert!(from < at && at <= until && until - from <= UTTERANCE_MAX);
            last = until;
        }
    };
    cutter.push(samples, &mut hear);
    cutter.flush(&mut hear);
    assert!(last <= samples.len() as u64);
}
