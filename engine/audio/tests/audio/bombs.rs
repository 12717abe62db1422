//! Files that claim what is not there, or that cost far more than they weigh.

use audio::{
    AudioError, Format, HEADER_BYTES_MAX, PUSH_SAMPLES_MAX, RATE, SAMPLES_GRACE,
    SAMPLES_PER_BYTE_MAX, Stream, encode_wav,
};

use crate::support::{decode, recording};
use crate::{ogg, webm};

/// A packet of two bytes that claims 120 ms: 48 frames of 2.5 ms (RFC 6716, 3.2.5).
const LONG: [u8; 2] = [0xe3, 48];

/// What `bytes` become, and why reading them ended.
fn read(format: Format, bytes: &[u8]) -> (Vec<i16>, Option<AudioError>) {
    decode(&mut Stream::new(format, RATE, 1).unwrap(), [bytes])
}

/// Why reading them ended, in words.
fn refusal(format: Format, bytes: &[u8]) -> String {
    let error = read(format, bytes).1;
    error.map_or_else(|| "was read".to_owned(), |error| error.to_string())
}

/// A WAV of the sentence whose header has other bytes at a place.
fn wav_with(at: usize, bytes: &[u8]) -> Vec<u8> {
    let mut wav = recording("speech.wav");
    wav[at..at + bytes.len()].copy_from_slice(bytes);
    wav
}

/// An Ogg that begins with this header of Opus.
fn ogg_with(head: Vec<u8>, sound: &[Vec<u8>]) -> Vec<u8> {
    let tags = b"OpusTags\0\0\0\0\0\0\0\0".to_vec();
    ogg::file(&[&[head, tags], sound].concat(), 255)
}

#[test]
fn claims_of_a_wav_are_refused_or_not_believed() {
    let rate = wav_with(24, &4_000_000_000u32.to_le_bytes());
    assert_eq!(refusal(Format::Wav, &rate), "sampleRate: must be 8000 to 48000");
    let channels = wav_with(22, &1_000u16.to_le_bytes());
    assert_eq!(refusal(Format::Wav, &channels), "channels: must be 1 or 2");
    let none = wav_with(22, &0u16.to_le_bytes());
    assert_eq!(refusal(Format::Wav, &none), "channels: must be 1 or 2");
    let kind = wav_with(20, &2u16.to_le_bytes());
    assert_eq!(refusal(Format::Wav, &kind), "format: the WAV holds no PCM that is read here");
    let frame = wav_with(32, &8u16.to_le_bytes());
    let said = "audioData: the WAV's frames have another size than its samples";
    assert_eq!(refusal(Format::Wav, &frame), said);
    let fmt = wav_with(16, &u32::MAX.to_le_bytes());
    assert_eq!(refusal(Format::Wav, &fmt), "audioData: the WAV's format chunk has no fit size");

    // 2³¹ samples, of which 500 are there; none; more than can be: what is there is read.
    for size in [0u32, 1 << 31, u32::MAX] {
        let mut wav = encode_wav(&[7; 500], RATE);
        wav[40..44].copy_from_slice(&size.to_le_bytes());
        assert_eq!(read(Format::Wav, &wav), (vec![7; 500], None));
    }
}

#[test]
fn a_wav_without_samples_or_with_an_endless_header_is_refused() {
    let list = |size: u32| [&b"LIST"[..], &size.to_le_bytes(), &vec![b'x'; size as usize]].concat();
    let riff = b"RIFF\0\0\0\0WAVE";
    let said = "audioData: the WAV's header is over 64 KiB";
    assert_eq!(refusal(Format::Wav, &[&riff[..], &list(70_000)].concat()), said);
    assert_eq!(refusal(Format::Wav, &[&riff[..], &list(10).repeat(5_000)].concat()), said);
    let data = [&riff[..], b"data\x04\0\0\0abcd"].concat();
    let said = "audioData: the WAV has samples before it says how they lie";
    assert_eq!(refusal(Format::Wav, &data), said);
    let behind = [&encode_wav(&[1], RATE)[..], &[0; 100]].concat();
    let (out, error) = read(Format::Wav, &behind);
    assert_eq!(out, [1]);
    assert_eq!(error.unwrap().message, "the WAV has something between its chunks");
    // Other chunks around the samples, of odd length too, do no harm.
    let (format, samples) = (&encode_wav(&[5, 6], RATE)[12..36], b"data\x03\0\0\0\x05\0\x06\0");
    let odd = [&list(11)[..], b"\0"].concat();
    let whole = [&riff[..], &odd, format, &odd, samples, &odd].concat();
    assert_eq!(read(Format::Wav, &whole), (vec![5], None));
}

#[test]
fn more_than_two_channels_of_opus_are_refused() {
    let said = "channels: the Opus header has more than two";
    for (channels, family) in [(0, 0), (3, 1), (255, 255), (2, 255)] {
        let head = webm::opus_head(channels, 312, family);
        let tracks = webm::track(b"A_OPUS", &head);
        let cluster = webm::endless(&[0x1f, 0x43, 0xb6, 0x75]);
        let whole = [webm::header(&tracks), cluster].concat();
        assert_eq!(refusal(Format::Webm, &whole), said, "{channels} channels");
        assert_eq!(refusal(Format::Ogg, &ogg_with(head, &[])), said, "{channels} channels");
    }
}

#[test]
fn packets_that_claim_hours_are_refused_before_they_fill_the_memory() {
    // Each page of 793 bytes claims 30 s.
    let sound = vec![LONG.to_vec(); 255 * 200];
    let whole = ogg_with(webm::opus_head(1, 0, 0), &sound);
    let (out, error) = read(Format::Ogg, &whole);
    assert_eq!(error.unwrap().message, "claims more time than its bytes can hold");
    let due = SAMPLES_GRACE + whole.len() as u64 * SAMPLES_PER_BYTE_MAX;
    assert!((out.len() as u64) < due, "{} samples of {due}", out.len());
    assert!(out.len() < 8_000_000, "{} samples", out.len());
}

#[test]
fn a_packet_holds_120_ms_and_no_more() {
    for (count, is_read) in [(48, true), (49, false), (63, false), (0, false)] {
        let head = webm::opus_head(1, 0, 0);
        let (out, error) = read(Format::Ogg, &ogg_with(head, &[vec![0xe3, count]]));
        assert_eq!(out.len(), if is_read { 1_920 } else { 0 }, "{count} frames");
        assert_eq!(error.is_none(), is_read, "{count} frames");
    }
    let tags = b"OpusTags\0\0\0\0\0\0\0\0".to_vec();
    let packets = [webm::opus_head(1, 0, 0), tags, vec![0xfc; 70_000]];
    let said = "audioData: an Opus packet is longer than any can be";
    assert_eq!(refusal(Format::Ogg, &ogg::file_in_segments(&packets, 200)), said);
}

#[test]
fn a_chunk_holds_ten_minutes_and_no_more() {
    // 8 kHz of 8 bits are two samples a byte.
    let mut wav = encode_wav(&[], 8_000);
    wav[32..36].copy_from_slice(&[1, 0, 8, 0]);
    let (out, error) = read(Format::Wav, &[&wav[..], &vec![128; 5 << 20]].concat());
    assert_eq!(error.unwrap().message, "a chunk holds more than ten minutes");
    assert!(out.len() < PUSH_SAMPLES_MAX + 10_000);
}

#[test]
fn an_ogg_that_begins_again_and_again_is_refused() {
    let head = || webm::opus_head(1, 0, 0);
    let links = ogg_with(head(), &[LONG.to_vec()]).repeat(1_000);
    let (out, error) = read(Format::Ogg, &links);
    assert_eq!(error.unwrap().message, "the audio begins anew too often");
    assert!(out.len() < 1_920 * 10);
    let only_heads = ogg::page(7, 0, 2, 0, &[19], &head()).repeat(1_000);
    assert_eq!(refusal(Format::Ogg, &only_heads), "audioData: the audio begins anew too often");
    let webms = [webm::beginning(), webm::block(0x80, &LONG)].concat().repeat(1_000);
    assert_eq!(refusal(Format::Webm, &webms), "audioData: the audio begins anew too often");
}

#[test]
fn an_ogg_without_opus_or_with_an_endless_header_is_refused() {
    let vorbis = ogg::page(1, 0, 2, 0, &[7], b"\x01vorbis");
    let sound = ogg::page(1, 1, 0, 0, &[3], b"abc");
    let said = "format: the Ogg holds no Opus";
    assert_eq!(refusal(Format::Ogg, &[&vorbis[..], &sound].concat()), said);
    let head = ogg::page(1, 0, 2, 0, &[19], &webm::opus_head(1, 0, 0));
    let tags: Vec<u8> =
        (1..9).flat_map(|n| ogg::page(1, n, 1, u64::MAX, &[255; 255], &[0; 255 * 255])).collect();
    let said = "audioData: the Ogg's header is over 64 KiB";
    assert_eq!(refusal(Format::Ogg, &[&head[..], &tags].concat()), said);
    assert!(tags.len() > HEADER_BYTES_MAX);
    // Another stream beside it is passed over.
    let (mut beside, mut pages) = (vorbis, ogg::pages(&ogg::packets(&recording("speech.ogg")), 5));
    beside[14] = 99;
    ogg::seal(&mut beside);
    let alone = read(Format::Ogg, &pages.concat());
    pages.insert(1, beside.clone());
    pages.insert(0, beside);
    assert_eq!(read(Format::Ogg, &pages.concat()), alone);
}

#[test]
fn rubbish_in_an_ogg_is_skipped_up_to_a_bound() {
    let whole = recording("speech.ogg");
    let rubbish = [&whole[..], &vec![b'O'; 70_000]].concat();
    assert_eq!(refusal(Format::Ogg, &rubbish), "audioData: the Ogg is damaged");
    // Pages that are as long as can be and have no right checksum.
    let mut wrong = ogg::page(0x51, 9, 0, 0, &[255; 255], &[1; 255 * 255]);
    wrong[22] ^= 1;
    let said = refusal(Format::Ogg, &[&whole[..], &wrong.repeat(3)].concat());
    assert_eq!(said, "audioData: the Ogg is damaged");
}

#[test]
fn elements_of_a_webm_that_are_too_long_too_deep_or_have_no_end_are_refused() {
    let ebml = webm::header(&[]);
    for (claims, said) in [
        (webm::head(&[0x12, 0x54, 0xc3, 0x67], 2 << 20), "an element of the WebM is too long"),
        (webm::head(&[0xae, 0x63, 0xa2][1..], 1 << 40), "an element of the WebM is too long"),
        (webm::endless(&[0x12, 0x54, 0xc3, 0x67]), "an element of the WebM has no end"),
        (vec![0x00, 0x81], "the WebM has something between its elements"),
        (vec![0xec, 0x00], "the WebM has a number that is too long"),
        (webm::element(&[0xec], &[0; 70_000]), "the WebM's header is over 64 KiB"),
        // Segments in segments in segments.
        (
            webm::endless(&[0x18, 0x53, 0x80, 0x67]).repeat(9_000),
            "the WebM's header is over 64 KiB",
        ),
    ] {
        let whole = [&ebml[..], &claims].concat();
        assert_eq!(refusal(Format::Webm, &whole), format!("audioData: {said}"));
    }
}

#[test]
fn a_webm_without_opus_or_that_is_encrypted_is_refused() {
    let cluster = webm::endless(&[0x1f, 0x43, 0xb6, 0x75]);
    let of =
        |track: Vec<u8>| refusal(Format::Webm, &[webm::header(&track), cluster.clone()].concat());
    assert_eq!(of(webm::track(b"V_VP8", b"")), "format: the WebM holds no Opus");
    assert_eq!(of(Vec::new()), "format: the WebM holds no Opus");
    assert_eq!(of(webm::track(b"A_OPUS", b"Opus")), "format: the container holds no Opus");
    let number = webm::element(&[0x86], b"A_OPUS");
    let encoded = webm::element(&[0x6d, 0x80], b"");
    let track = webm::element(&[0xae], &[number, encoded].concat());
    assert_eq!(of(track), "audioData: the WebM's track is encrypted or compressed");
}

#[test]
fn blocks_of_several_packets_and_of_none_are_refused_and_others_tracks_passed_over() {
    let laced = [webm::beginning(), webm::block(0x82, &LONG).repeat(40)].concat();
    let said = "audioData: the WebM puts several packets into a block";
    assert_eq!(refusal(Format::Webm, &laced), said);
    let short = [webm::beginning(), webm::element(&[0xa3], &[0x81, 0]).repeat(99)].concat();
    assert_eq!(refusal(Format::Webm, &short), "audioData: a block of the WebM is too short");
    let others = webm::element(&[0xa3], &[0x82, 0, 0, 0x82, 9, 9]);
    let whole = [webm::beginning(), others, webm::block(0x80, &LONG)].concat();
    let (out, error) = read(Format::Webm, &whole);
    assert_eq!((out.len(), error), (1_920 - 104, None));
}

#[test]
fn what_a_group_says_is_no_sound_is_cut_off() {
    let skip = 104;
    for (padding, samples) in [(0, 1_920), (10_000_000, 1_760), (i32::MAX, skip), (-1, 1_920)] {
        let whole = [webm::beginning(), webm::group(&LONG, padding)].concat();
        let (out, error) = read(Format::Webm, &whole);
        assert_eq!((out.len(), error), (samples - skip, None), "{padding} ns");
    }
}

#[test]
fn rubbish_in_a_webm_is_skipped_up_to_a_bound() {
    let sound = [webm::beginning(), webm::block(0x80, &LONG).repeat(100)].concat();
    let tail = webm::block(0x80, &LONG).repeat(2);
    let rubbish = |size| [&sound[..], &vec![0; size], &tail].concat();
    let (out, error) = read(Format::Webm, &rubbish(60_000));
    assert_eq!((out.len(), error), (102 * 1_920 - 104, None));
    assert_eq!(refusal(Format::Webm, &rubbish(70_000)), "audioData: the WebM is damaged");
}

#[test]
fn rates_and_channels_outside_the_bounds_name_their_field() {
    for format in [Format::Webm, Format::Ogg, Format::Wav, Format::Pcm16] {
        for (rate, channels, field) in [
            (7_999, 1, "sampleRate"),
            (48_001, 1, "sampleRate"),
            (0, 1, "sampleRate"),
            (u32::MAX, 1, "sampleRate"),
            (16_000, 0, "channels"),
            (16_000, 3, "channels"),
        ] {
            let refused = Stream::new(format, rate, channels).err().map(|error| error.field);
            assert_eq!(refused, Some(field), "{rate} Hz, {channels} channels");
        }
        assert!(Stream::new(format, 8_000, 1).is_ok() && Stream::new(format, 48_000, 2).is_ok());
    }
}
