//! Recordings, decoding them in pieces, and comparing what comes out.

use audio::{AudioError, Format, Stream};

/// A recording beside these tests. All of them are the same sentence.
pub fn recording(name: &str) -> Vec<u8> {
    std::fs::read(format!("{}/tests/fixtures/{name}", env!("CARGO_MANIFEST_DIR"))).unwrap()
}

/// The sentence at 16 kHz, as it was spoken.
pub fn original() -> Vec<i16> {
    samples(&recording("speech.wav")[44..])
}

/// Little-endian samples.
pub fn samples(bytes: &[u8]) -> Vec<i16> {
    bytes.chunks_exact(2).map(|pair| i16::from_le_bytes([pair[0], pair[1]])).collect()
}

/// The bytes of samples.
pub fn bytes(samples: &[i16]) -> Vec<u8> {
    samples.iter().flat_map(|sample| sample.to_le_bytes()).collect()
}

/// What `pieces` become, and the error if there was one.
pub fn decode<'a>(
    stream: &mut Stream,
    pieces: impl IntoIterator<Item = &'a [u8]>,
) -> (Vec<i16>, Option<AudioError>) {
    let mut out = Vec::new();
    for piece in pieces {
        if let Err(error) = stream.push(piece, &mut out) {
            return (out, Some(error));
        }
    }
    stream.finish(&mut out);
    (out, None)
}

/// What a whole recording becomes.
pub fn decoded(format: Format, recording: &[u8]) -> Vec<i16> {
    let mut stream = Stream::new(format, 16_000, 1).unwrap();
    let (out, error) = decode(&mut stream, [recording]);
    assert_eq!(error, None);
    out
}

/// Numbers that look random and are the same in every run (xorshift64).
pub struct Random(pub u64);

impl Random {
    /// A number below `bound`.
    pub fn below(&mut self, bound: usize) -> usize {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        usize::try_from(self.0 % bound as u64).unwrap()
    }

    /// `bytes` cut into pieces of 0 to `longest` bytes.
    pub fn cut<'a>(&mut self, mut bytes: &'a [u8], longest: usize) -> Vec<&'a [u8]> {
        let mut pieces = Vec::new();
        while !bytes.is_empty() {
            let (piece, rest) = bytes.split_at(self.below(longest + 1).min(bytes.len()));
            pieces.push(piece);
            bytes = rest;
        }
        pieces
    }
}

/// How alike two sounds are, from -1 to 1, where one may be late by up to `lag` samples (either
/// way); and how late `b` is.
pub fn likeness(a: &[i16], b: &[i16], lag: i32) -> (f64, i32) {
    let alike = |late: i32| {
        let by = late.unsigned_abs() as usize;
        let (a, b) = if late < 0 { (a.get(by..), Some(b)) } else { (Some(a), b.get(by..)) };
        let (a, b) = (a.unwrap_or(&[]), b.unwrap_or(&[]));
        if a.len().min(b.len()) < 1_000 {
            return -1.0;
        }
        let (mut product, mut of_a, mut of_b) = (0.0, 0.0, 0.0);
        for (a, b) in a.iter().zip(b).map(|(a, b)| (f64::from(*a), f64::from(*b))) {
            product += a * b;
            of_a += a * a;
            of_b += b * b;
        }
        product / f64::sqrt(of_a * of_b).max(1.0)
    };
    let all = (-lag..=lag).map(|late| (alike(late), late));
    all.fold((f64::NEG_INFINITY, 0), |best, next| if next.0 > best.0 { next } else { best })
}

/// Every eight samples as their mean: quicker to compare.
pub fn rough(samples: &[i16]) -> Vec<i16> {
    let mean = |eight: &[i16]| eight.iter().map(|sample| i32::from(*sample)).sum::<i32>() / 8;
    samples.chunks_exact(8).map(|eight| i16::try_from(mean(eight)).unwrap()).collect()
}
