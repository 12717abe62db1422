//! How samples come: in frames, or plain.
//!
//! A frame is a length in bytes (four bytes, little endian) and so many bytes of samples. The
//! length 0 ends an utterance; [`DISCARD`] forgets it.

use std::io::{self, ErrorKind, Read};

/// Bytes of one piece.
pub const PIECE_BYTES_MAX: u32 = 64 << 10;
/// Instead of a length: forget what was heard of this utterance.
pub const DISCARD: u32 = u32::MAX;
/// Bytes of plain input that are heard at once: a tenth of a second.
const PLAIN_BYTES: u64 = 3_200;

/// What came.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Frame {
    /// A piece of an utterance.
    Audio(Vec<i16>),
    /// The utterance is over.
    End,
    /// The utterance is to be forgotten.
    Discard,
}

/// Reads a frame; `None` at the end of the input.
///
/// # Errors
/// A length over [`PIECE_BYTES_MAX`] or odd; an end within a frame; what reading says.
pub fn read(input: &mut impl Read) -> io::Result<Option<Frame>> {
    let mut head = [0; 4];
    let mut read = 0;
    while read < head.len() {
        match input.read(&mut head[read..]) {
            Ok(0) if read == 0 => return Ok(None),
            Ok(0) => return Err(ErrorKind::UnexpectedEof.into()),
            Ok(count) => read += count,
            Err(error) if error.kind() == ErrorKind::Interrupted => {}
            Err(error) => return Err(error),
        }
    }
    match u32::from_le_bytes(head) {
        0 => Ok(Some(Frame::End)),
        DISCARD => Ok(Some(Frame::Discard)),
        length if length > PIECE_BYTES_MAX || length % 2 == 1 => {
            Err(io::Error::new(ErrorKind::InvalidData, "the length of a piece of audio is wrong"))
        }
        length => {
            let mut bytes = vec![0; length as usize];
            input.read_exact(&mut bytes)?;
            Ok(Some(Frame::Audio(samples(&bytes))))
        }
    }
}

/// Samples without frames.
pub(super) struct Plain<'a, R> {
    input: &'a mut R,
    /// The first half of a sample whose other half has not come.
    half: Option<u8>,
}

impl<'a, R: Read> Plain<'a, R> {
    pub(super) fn new(input: &'a mut R) -> Self {
        Self { input, half: None }
    }

    /// The next piece, or the end; half a sample at the end is none.
    pub(super) fn read(&mut self) -> io::Result<Frame> {
        let mut bytes: Vec<u8> = self.half.take().into_iter().collect();
        let read = self.input.take(PLAIN_BYTES).read_to_end(&mut bytes)?;
        if bytes.len() % 2 == 1 {
            self.half = bytes.pop();
        }
        Ok(if read == 0 { Frame::End } else { Frame::Audio(samples(&bytes)) })
    }
}

fn samples(bytes: &[u8]) -> Vec<i16> {
    bytes.chunks_exact(2).map(|pair| i16::from_le_bytes([pair[0], pair[1]])).collect()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn all(mut input: &[u8]) -> (Vec<Frame>, bool) {
        let mut frames = Vec::new();
        loop {
            match read(&mut input) {
                Ok(Some(frame)) => frames.push(frame),
                Ok(None) => return (frames, true),
                Err(_) => return (frames, false),
            }
        }
    }

    #[test]
    fn frames_are_read_in_their_order() {
        let mut bytes = Vec::new();
        for part in [&[4, 0, 0, 0, 1, 0, 255, 255][..], &[0; 4], &[255; 4], &[0; 4]] {
            bytes.extend_from_slice(part);
        }
        let expected = [Frame::Audio(vec![1, -1]), Frame::End, Frame::Discard, Frame::End];
        assert_eq!(all(&bytes), (expected.to_vec(), true));
    }

    #[test]
    fn lengths_that_are_wrong_and_frames_that_are_cut_are_refused() {
        for bytes in [&[3, 0, 0, 0, 1, 2, 3][..], &[2, 0, 1, 0], &[4, 0, 0, 0, 1, 2, 3], &[0, 0]] {
            assert_eq!(all(bytes), (Vec::new(), false), "{bytes:?}");
        }
    }

    proptest! {
        #[test]
        fn what_is_written_in_frames_is_read(pieces in prop::collection::vec(
            prop::collection::vec(any::<i16>(), 1..300), 0..5)) {
            let mut bytes = Vec::new();
            for piece in &pieces {
                bytes.extend_from_slice(&(u32::try_from(piece.len()).unwrap() * 2).to_le_bytes());
                bytes.extend(piece.iter().flat_map(|sample| sample.to_le_bytes()));
            }
            let expected: Vec<_> = pieces.into_iter().map(Frame::Audio).collect();
            prop_assert_eq!(all(&bytes), (expected, true));
        }

        #[test]
        fn no_input_makes_it_panic(bytes in prop::collection::vec(any::<u8>(), 0..100)) {
            let _ = all(&bytes);
        }

        #[test]
        fn plain_samples_are_the_same_wherever_they_are_cut(
            samples in prop::collection::vec(any::<i16>(), 0..5_000), is_odd: bool) {
            let mut bytes: Vec<u8> = samples.iter().flat_map(|it| it.to_le_bytes()).collect();
            bytes.extend(is_odd.then_some(7));
            let mut input = &bytes[..];
            let mut plain = Plain::new(&mut input);
            let mut heard = Vec::new();
            while let Frame::Audio(more) = plain.read().unwrap() {
                heard.extend(more);
            }
            prop_assert_eq!(heard, samples);
        }
    }
}
