//! The same sentence in every container.

use audio::{Format, RATE, Stream, encode_wav, has_header, header_of};

use crate::ogg;
use crate::support::{Random, bytes, decode, decoded, likeness, original, recording, rough};

/// Recordings that hold the sentence and nothing else, and how alike they are to it.
const RECORDINGS: [(&str, Format, f64); 3] = [
    ("speech.wav", Format::Wav, 1.0),
    ("speech.ogg", Format::Ogg, 0.995),
    ("speech-stereo.webm", Format::Webm, 0.995),
];

/// The sizes of the chunks that a browser made of its recording, one each 100 ms.
const BROWSER_CHUNKS: [usize; 26] = [
    318, 300, 352, 412, 404, 435, 430, 387, 434, 394, 405, 441, 387, 366, 385, 310, 321, 318, 391,
    421, 420, 419, 427, 412, 383, 199,
];

/// All recordings there are.
fn all() -> Vec<(Format, Vec<u8>)> {
    let names = RECORDINGS.iter().map(|(name, format, _)| (*name, *format));
    let names = names.chain([("browser.webm", Format::Webm)]);
    names.map(|(name, format)| (format, recording(name))).collect()
}

#[test]
fn every_container_holds_the_sentence_no_sample_longer_and_not_late() {
    for (name, format, wanted) in RECORDINGS {
        let out = decoded(format, &recording(name));
        assert_eq!(out.len(), original().len(), "{name}");
        let (alike, late) = likeness(&original(), &out, 80);
        assert!(alike >= wanted - 1e-9, "{name} is alike {alike}");
        assert_eq!(late, 0, "{name}");
    }
}

#[test]
fn a_browsers_recording_is_decoded_as_its_chunks_come() {
    let whole = recording("browser.webm");
    let mut stream = Stream::new(Format::Webm, 48_000, 2).unwrap();
    let (mut out, mut at) = (Vec::new(), 0);
    for (number, size) in BROWSER_CHUNKS.into_iter().enumerate() {
        stream.push(&whole[at..at + size], &mut out).unwrap();
        at += size;
        let heard = out.len() / (RATE as usize / 1000);
        assert!(heard + 120 >= number * 100, "after {} ms only {heard} were heard", number * 100);
    }
    assert_eq!(at, whole.len());
    // The fake microphone played the sentence for three seconds, from wherever it was.
    assert_eq!(out.len(), 48_000);
    let (alike, _) = likeness(&rough(&original()[8_000..24_000]), &rough(&out), 3_750);
    assert!(alike > 0.8, "alike {alike}");
}

#[test]
fn the_samples_do_not_depend_on_how_the_bytes_were_cut() {
    let mut random = Random(0x5eed);
    for (format, recording) in all() {
        let whole = decoded(format, &recording);
        let mut stream = Stream::new(format, RATE, 1).unwrap();
        assert_eq!(decode(&mut stream, recording.chunks(1)), (whole.clone(), None), "{format:?}");
        for longest in [3, 40, 700, 10_000] {
            let pieces = random.cut(&recording, longest);
            let mut stream = Stream::new(format, RATE, 1).unwrap();
            let cut = decode(&mut stream, pieces);
            assert_eq!(cut, (whole.clone(), None), "{format:?} in pieces of up to {longest}");
        }
    }
}

#[test]
fn bare_samples_of_every_rate_last_as_long_and_do_not_depend_on_the_cuts() {
    let (bytes, mut random) = (bytes(&original()), Random(7));
    for rate in [8_000, 11_025, 12_000, 15_999, 16_000, 22_050, 24_000, 32_000, 44_100, 48_000] {
        for channels in [1, 2] {
            let new = || Stream::new(Format::Pcm16, rate, channels).unwrap();
            let (whole, error) = decode(&mut new(), [&bytes[..]]);
            assert_eq!(error, None);
            let frames = original().len() / usize::from(channels);
            let due = (frames as u64 * u64::from(RATE)).div_ceil(u64::from(rate));
            assert_eq!(whole.len() as u64, due, "{rate} Hz, {channels} channels");
            for longest in [5, 333, 9_000] {
                let cut = decode(&mut new(), random.cut(&bytes, longest));
                assert_eq!(cut, (whole.clone(), None), "{rate} Hz in pieces of up to {longest}");
            }
        }
    }
}

/// A second of a tone at `rate`, as bare samples at 16 kHz.
fn tone(frequency: f64, rate: u32) -> Vec<i16> {
    let turn = std::f64::consts::TAU * frequency / f64::from(rate);
    #[expect(clippy::cast_possible_truncation, reason = "it is below full")]
    let sound: Vec<i16> =
        (0..rate).map(|at| (f64::sin(f64::from(at) * turn) * 1e4) as i16).collect();
    let mut stream = Stream::new(Format::Pcm16, rate, 1).unwrap();
    decode(&mut stream, [&bytes(&sound)[..]]).0
}

#[test]
fn resampling_keeps_a_tone_where_and_as_loud_as_it_is_and_removes_what_would_fold() {
    for rate in [8_000, 11_025, 22_050, 24_000, 32_000, 44_100, 48_000] {
        let turn = std::f64::consts::TAU * 500.0 / 16_000.0;
        let (mut sine, mut cosine) = (0.0, 0.0);
        for (at, sample) in tone(500.0, rate).iter().enumerate().skip(1_600).take(12_800) {
            let (sin, cos) = (at as f64 * turn).sin_cos();
            sine += f64::from(*sample) * sin / 6_400.0;
            cosine += f64::from(*sample) * cos / 6_400.0;
        }
        let (loud, late) = (f64::hypot(sine, cosine), -f64::atan2(cosine, sine) / turn);
        assert!((loud - 1e4).abs() < 10.0, "{rate} Hz: {loud} of 10,000");
        assert!(late.abs() < 0.51, "{rate} Hz: {late} samples late");
        if rate > 20_000 {
            let loudest = tone(10_000.0, rate)[800..15_000].iter().map(|s| s.unsigned_abs()).max();
            assert!(loudest <= Some(20), "{rate} Hz: 10 kHz is still {loudest:?} loud");
        }
    }
}

#[test]
fn whoever_joins_late_decodes_from_the_header_and_what_comes_next() {
    let whole = recording("browser.webm");
    let header = header_of(Format::Webm, &whole).unwrap().unwrap();
    assert_eq!(&whole[..header.len()], &header[..]);
    assert_eq!(whole[header.len()..][..4], [0x1f, 0x43, 0xb6, 0x75], "a cluster comes next");
    assert_eq!(header_of(Format::Webm, &whole[..header.len() - 1]), Ok(None), "not all there");

    let all = decoded(Format::Webm, &whole);
    for chunks in 1..BROWSER_CHUNKS.len() - 1 {
        let from: usize = BROWSER_CHUNKS[..chunks].iter().sum();
        let (mut stream, mut out) = (Stream::new(Format::Webm, RATE, 1).unwrap(), Vec::new());
        stream.push(&header, &mut out).unwrap();
        stream.gap();
        stream.push(&whole[from..], &mut out).unwrap();
        assert_eq!(stream.header(), Some(&header));
        let missed = all.len() - out.len();
        assert!(missed.abs_diff(chunks * 1_846) < 3_000, "{missed} missed after {chunks} chunks");
        if chunks < 20 {
            let (alike, _) = likeness(&all[missed..][4_000..], &out[4_000..], 10);
            assert!(alike > 0.99, "alike {alike} after {chunks} chunks");
        }
    }
}

#[test]
fn chunks_that_are_lost_leave_a_gap_and_no_more() {
    let whole = recording("browser.webm");
    let all = decoded(Format::Webm, &whole);
    for is_told in [true, false] {
        let (mut stream, mut out) = (Stream::new(Format::Webm, RATE, 1).unwrap(), Vec::new());
        let mut at = 0;
        for (number, size) in BROWSER_CHUNKS.into_iter().enumerate() {
            match number {
                7 | 8 | 15 if is_told => stream.gap(),
                7 | 8 | 15 => {}
                _ => stream.push(&whole[at..at + size], &mut out).unwrap(),
            }
            at += size;
        }
        let missed = all.len() - out.len();
        assert!((4_800..10_000).contains(&missed), "{missed} samples are missing");
        assert_eq!(out[..10_000], all[..10_000]);
        let (alike, _) = likeness(&all[all.len() - 12_000..], &out[out.len() - 12_000..], 10);
        assert!(alike > 0.99, "the end is alike {alike}");
    }
}

#[test]
fn pages_of_ogg_that_are_lost_or_damaged_leave_a_gap_and_no_more() {
    let packets = ogg::packets(&recording("speech.ogg"));
    let all = decoded(Format::Ogg, &ogg::file(&packets, 5));
    let mut pages = ogg::pages(&packets, 5);
    assert!(pages.len() > 15, "{} pages", pages.len());
    pages.remove(4);
    pages[8][60] ^= 1;
    // What looks like a page of one segment of five bytes.
    let looks = [&b"OggS\0"[..], &[b'x'; 21], &[1, 5], b"abcde"].concat();
    pages[10].splice(0..0, looks);
    let cut = pages[12].len() - 7;
    pages[12].truncate(cut);
    let whole = pages.concat();
    let (out, error) = decode(&mut Stream::new(Format::Ogg, RATE, 1).unwrap(), [&whole[..]]);
    assert_eq!(error, None);
    // Three pages of five packets of 20 ms.
    assert_eq!(all.len() - out.len(), 3 * 1_600);
    let (alike, _) = likeness(&all[all.len() - 8_000..], &out[out.len() - 8_000..], 10);
    assert!(alike > 0.99, "the end is alike {alike}");
}

#[test]
fn a_packet_of_ogg_may_go_on_for_several_pages_and_one_without_end_is_dropped() {
    let mut packets = ogg::packets(&recording("speech.ogg"));
    // One frame, and so much padding that it takes three segments (RFC 6716, 3.2.5).
    packets[20][0] |= 3;
    packets[20].splice(1..1, [0x41, 255, 255, 20]);
    packets[20].extend([0; 254 + 254 + 20]);
    let all = decoded(Format::Ogg, &ogg::file(&packets, 5));
    assert_eq!(decoded(Format::Ogg, &ogg::file_in_segments(&packets, 1)), all);
    let mut pages = ogg::pages_in_segments(&packets, 1);
    // The middle of that packet is on a page of its own.
    let continued = pages.iter().position(|page| page[5] == 1).unwrap();
    pages.remove(continued);
    let whole = pages.concat();
    let (out, error) = decode(&mut Stream::new(Format::Ogg, RATE, 1).unwrap(), [&whole[..]]);
    assert_eq!(error, None);
    assert_eq!(all.len() - out.len(), 320);
}

#[test]
fn the_header_of_ogg_ends_with_the_comments_and_of_wav_where_the_samples_begin() {
    let ogg = recording("speech.ogg");
    let header = header_of(Format::Ogg, &ogg).unwrap().unwrap();
    assert_eq!(header[header.len()..], ogg[..0]);
    assert!(header.windows(8).any(|tag| tag == b"OpusTags"));
    assert!(ogg[header.len()..].starts_with(b"OggS\0\0"));
    let wav = encode_wav(&[1, 2, 3], 16_000);
    assert_eq!(header_of(Format::Wav, &wav).unwrap().unwrap(), wav[..44]);
    assert_eq!(header_of(Format::Pcm16, &wav), Ok(None));
    assert!(header_of(Format::Ogg, b"not an Ogg").is_err());
}

#[test]
fn a_sender_that_restarts_in_the_middle_is_understood() {
    for (format, recording) in all() {
        assert!(has_header(format, &recording));
        let whole = decoded(format, &recording);
        let half = &recording[..recording.len() / 2];
        let first = {
            let (mut stream, mut out) = (Stream::new(format, RATE, 1).unwrap(), Vec::new());
            stream.push(half, &mut out).unwrap();
            out
        };
        let mut stream = Stream::new(format, RATE, 1).unwrap();
        let (out, error) = decode(&mut stream, [half, &recording[..]]);
        assert_eq!(error, None, "{format:?}");
        assert_eq!(out[..first.len()], first);
        assert_eq!(out[first.len()..], whole, "{format:?}");
    }
}

#[test]
fn recordings_that_follow_one_another_need_no_chunk_of_their_own() {
    for (format, recording) in all() {
        let whole = decoded(format, &recording);
        let twice = [&recording[..], &recording].concat();
        let mut stream = Stream::new(format, RATE, 1).unwrap();
        let (out, error) = decode(&mut stream, Random(3).cut(&twice, 999));
        assert_eq!(error, None, "{format:?}");
        assert_eq!(out, [&whole[..], &whole].concat(), "{format:?}");
    }
}

#[test]
fn what_failed_stays_so_until_a_header_comes() {
    for (format, recording) in all() {
        let mut stream = Stream::new(format, RATE, 1).unwrap();
        let mut out = Vec::new();
        let first = stream.push(b"no container begins like this", &mut out).unwrap_err();
        assert_eq!(first.field, "format");
        let rest = &recording[recording.len() / 2..];
        assert_eq!(stream.push(rest, &mut out), Err(first), "{format:?}");
        assert_eq!(out, []);
        stream.push(&recording, &mut out).unwrap();
        stream.finish(&mut out);
        assert_eq!(out, decoded(format, &recording));
    }
}

#[test]
fn a_recording_with_another_name_is_refused_by_it() {
    let named = |format: Format, recording: &[u8]| {
        let mut stream = Stream::new(format, RATE, 1).unwrap();
        decode(&mut stream, [recording]).1.map(|error| error.to_string())
    };
    let (webm, ogg) = (recording("browser.webm"), recording("speech.ogg"));
    let says = |said: &str, is: &str| Some(format!("format: says {said}, but this is {is}"));
    assert_eq!(named(Format::Ogg, &webm), says("ogg", "webm"));
    assert_eq!(named(Format::Webm, &ogg), says("webm", "ogg"));
    assert_eq!(named(Format::Pcm16, &ogg), says("pcm16", "ogg"));
    assert_eq!(named(Format::Wav, &webm), says("wav", "webm"));
    let none = b"\x00\x01\x02\x03 nothing of the kind";
    for (format, name) in [(Format::Webm, "WebM"), (Format::Ogg, "Ogg"), (Format::Wav, "WAV")] {
        assert_eq!(named(format, none), Some(format!("format: this is no {name}")));
    }
}

#[test]
fn a_wav_is_read_as_it_was_written() {
    let sound = original();
    for rate in [16_000, 8_000] {
        let wav = encode_wav(&sound, rate);
        assert_eq!(wav.len(), 44 + 2 * sound.len());
        assert_eq!(recording("speech.wav")[..4], wav[..4]);
        assert_eq!(decoded(Format::Wav, &wav).len(), sound.len() * 16_000 / rate as usize);
    }
    assert_eq!(decoded(Format::Wav, &encode_wav(&sound, RATE)), sound);
}
