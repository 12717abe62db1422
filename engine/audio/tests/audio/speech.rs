//! Speech made by flite, in every format there is, at every rate, through the whole of the way.
//! Needs flite, ffmpeg, sox and opus-tools, which `.ci/need voice` installs.

use std::path::{Path, PathBuf};
use std::process::Command;

use audio::{Format, RATE, Stream};

use crate::support::{Random, decode, likeness, samples};
use crate::utterances::utterances;

/// What is said, with a second in between.
const SENTENCES: [&str; 2] = ["I led a team.", "We moved the database."];

/// Runs a program, which must succeed.
fn run(program: &str, arguments: &[&str]) {
    let ran = Command::new(program).args(arguments).output();
    assert!(ran.is_ok(), "{program}: {ran:?}; .ci/need voice has it");
    let output = ran.unwrap();
    let said = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{program} {arguments:?}: {said}");
}

/// A folder with what a voice says at 16 kHz, and its samples.
struct Speaker {
    folder: tempfile::TempDir,
    spoken: Vec<i16>,
}

impl Speaker {
    fn new(voice: &str) -> Speaker {
        let folder = tempfile::tempdir().unwrap();
        let at = |name: &str| folder.path().join(name).to_str().unwrap().to_owned();
        for (number, sentence) in SENTENCES.iter().enumerate() {
            run("flite", &["-voice", voice, "-t", sentence, "-o", &at(&format!("{number}.wav"))]);
        }
        run("sox", &[&at("0.wav"), &at("first.wav"), "pad", "0.5", "1"]);
        run("sox", &[&at("1.wav"), &at("second.wav"), "pad", "0", "1"]);
        run("sox", &[&at("first.wav"), &at("second.wav"), &at("all.wav")]);
        run("sox", &[&at("all.wav"), "-t", "raw", &at("all.raw")]);
        let spoken = samples(&std::fs::read(at("all.raw")).unwrap());
        Speaker { folder, spoken }
    }

    fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    /// The bytes that `program` makes of it, its arguments given the file to read and to write.
    fn through(&self, program: &str, arguments: impl Fn(&str, &str) -> Vec<String>) -> Vec<u8> {
        let out = self.path("out");
        let _ = std::fs::remove_file(&out);
        let name = |path: &Path| path.to_str().unwrap().to_owned();
        let arguments = arguments(&name(&self.path("all.wav")), &name(&out));
        run(program, &arguments.iter().map(String::as_str).collect::<Vec<_>>());
        std::fs::read(&out).unwrap()
    }

    /// At a rate and with channels, by sox.
    fn by_sox(&self, kind: &str, rate: u32, channels: u8) -> Vec<u8> {
        self.through("sox", |from, to| {
            let shape = ["-b", "16", "-e", "signed", "-r"].map(str::to_owned);
            let to = [rate.to_string(), "-c".into(), channels.to_string(), to.into()];
            let head = [from.to_owned(), "-t".into(), kind.into()];
            head.into_iter().chain(shape).chain(to).collect()
        })
    }

    /// As Opus, by ffmpeg.
    fn by_ffmpeg(&self, kind: &str, rate: u32, channels: u8, more: &[&str]) -> Vec<u8> {
        self.through("ffmpeg", |from, to| {
            let line = format!(
                "-loglevel error -y -i {from} -ar {rate} -ac {channels} -c:a libopus -b:a 24k -f {kind}"
            );
            let line = line.split(' ').map(str::to_owned);
            line.chain(more.iter().map(|more| (*more).to_owned())).chain([to.into()]).collect()
        })
    }

    /// Holds that a recording is what was spoken, whole and cut, and that its sentences are found.
    fn hold(&self, name: &str, format: Format, rate: u32, channels: u8, bytes: &[u8]) {
        let new = || Stream::new(format, rate, channels).unwrap();
        let (whole, error) = decode(&mut new(), [bytes]);
        assert_eq!(error, None, "{name}");
        let longer = whole.len().abs_diff(self.spoken.len());
        assert!(longer <= 2, "{name} is {} samples long of {}", whole.len(), self.spoken.len());
        let (alike, late) = likeness(&self.spoken, &whole, 4);
        assert!(alike > 0.97 && late.abs() <= 1, "{name} is alike {alike}, late {late}");
        let mut random = Random(u64::from(rate) + 1);
        let cut = decode(&mut new(), random.cut(bytes, 900));
        assert!(cut == (whole.clone(), None), "{name} depends on the cuts");
        assert_eq!(utterances(&whole).len(), SENTENCES.len(), "utterances in {name}");
    }
}

/// The rates at which a voice is recorded.
fn rates(voice: &str) -> Vec<u32> {
    if voice == "slt" { vec![8_000, 16_000, 24_000, 48_000, 44_100] } else { vec![48_000, 22_050] }
}

#[test]
fn samples_and_wav_at_every_rate_are_what_was_spoken() {
    for voice in ["slt", "rms"] {
        let speaker = Speaker::new(voice);
        for rate in rates(voice) {
            for channels in [1, 2] {
                let name = format!("{voice}, {rate} Hz, {channels} channels");
                let raw = speaker.by_sox("raw", rate, channels);
                speaker.hold(&format!("pcm16 of {name}"), Format::Pcm16, rate, channels, &raw);
                let wav = speaker.by_sox("wav", rate, channels);
                speaker.hold(&format!("WAV of {name}"), Format::Wav, RATE, 1, &wav);
            }
        }
    }
}

#[test]
fn opus_in_webm_and_ogg_at_every_rate_is_what_was_spoken() {
    for voice in ["slt", "rms"] {
        let speaker = Speaker::new(voice);
        for (rate, channels) in [(8_000, 1), (16_000, 2), (24_000, 1), (48_000, 2)] {
            let name = format!("{voice}, {rate} Hz, {channels} channels");
            let webm = speaker.by_ffmpeg("webm", rate, channels, &[]);
            speaker.hold(&format!("WebM of {name}"), Format::Webm, RATE, 1, &webm);
            let live = ["-live", "1", "-frame_duration", "60"];
            let live = speaker.by_ffmpeg("webm", rate, channels, &live);
            speaker.hold(&format!("live WebM of {name}"), Format::Webm, RATE, 1, &live);
            let ogg = speaker.by_ffmpeg("ogg", rate, channels, &["-frame_duration", "10"]);
            speaker.hold(&format!("Ogg of {name}"), Format::Ogg, RATE, 1, &ogg);
        }
        let ogg = speaker.through("opusenc", |from, to| {
            ["--quiet", "--bitrate", "20", from, to].map(str::to_owned).to_vec()
        });
        speaker.hold(&format!("opusenc's Ogg of {voice}"), Format::Ogg, RATE, 1, &ogg);
    }
}

#[test]
fn what_is_decoded_is_what_opusdec_decodes() {
    let speaker = Speaker::new("slt");
    let ogg = speaker.by_ffmpeg("ogg", 48_000, 1, &[]);
    std::fs::write(speaker.path("one.ogg"), &ogg).unwrap();
    let one = speaker.path("one.ogg").to_str().unwrap().to_owned();
    let theirs = speaker.through("opusdec", |_, to| {
        ["--quiet", "--rate", "16000", "--no-dither", &one, to].map(str::to_owned).to_vec()
    });
    let (ours, _) = decode(&mut Stream::new(Format::Ogg, RATE, 1).unwrap(), [&ogg[..]]);
    let (alike, late) = likeness(&samples(&theirs), &ours, 4);
    assert!(alike > 0.99 && late.abs() <= 1, "alike {alike}, late {late}");
}

#[test]
fn music_of_sox_and_noise_of_every_colour_is_no_speech() {
    let folder = tempfile::tempdir().unwrap();
    let out = folder.path().join("out.raw");
    let to = out.to_str().unwrap();
    let chord = "pluck C3 pluck E3 pluck G3 pluck C4 remix - vol 0.5";
    for sound in [
        "whitenoise vol 0.3",
        "pinknoise vol 0.5",
        "brownnoise vol 0.5",
        "sine 440 vol 0.5",
        "square 100 vol 0.2",
        "sawtooth 220 vol 0.3",
        "sine 300-3000",
        "pluck A3 vol 0.8",
        chord,
    ] {
        let line = format!("-R -n -r 16000 -b 16 -c 1 -t raw {to} synth 10 {sound}");
        run("sox", &line.split(' ').collect::<Vec<_>>());
        let heard = utterances(&samples(&std::fs::read(&out).unwrap()));
        assert!(heard.is_empty(), "{sound} was taken for speech");
    }
}
