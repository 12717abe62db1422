//! The header with which a speaker's container began: whoever joins later needs it to hear the rest.
//!
//! **Bounds.** [`audio::HEADER_BYTES_MAX`] of a speaker's bytes are looked through, again only when an
//! eighth more came; where no header is complete by then there is none.

use audio::{HEADER_BYTES_MAX, has_header, header_of};
use bytes::Bytes;

use crate::protocol::{Chunk, Format, Sent};

/// How a speaker's stream began.
#[derive(Debug)]
pub(super) struct Beginning {
    format: Format,
    state: State,
}

#[derive(Debug)]
enum State {
    /// What came so far; it is looked through when there are so many bytes.
    Reading {
        came: Vec<u8>,
        next_look: usize,
    },
    Known(Header),
    /// It is no such container, or its header is too long.
    Unknown,
}

/// A container's header, as its speaker would have sent it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Header {
    /// How the audio is packed.
    pub(crate) format: Format,
    /// What the speaker says of it.
    pub(crate) sample_rate: u32,
    /// Likewise.
    pub(crate) channels: Option<u8>,
    /// Whether the speaker sends bytes, not base64.
    pub(crate) is_binary: bool,
    /// The header itself.
    pub(crate) bytes: Bytes,
}

impl Beginning {
    /// A stream of this format that has not begun.
    fn new(format: Format) -> Self {
        let state = if format.is_container() { State::reading() } else { State::Unknown };
        Self { format, state }
    }

    /// Reads on; a container that begins anew, or another format, has another header.
    pub(super) fn read(before: &mut Option<Self>, chunk: &Chunk) {
        let format = chunk.format;
        let begins = has_header(format.into(), &chunk.bytes);
        let this = before.get_or_insert_with(|| Self::new(format));
        if begins || this.format != format {
            *this = Self::new(format);
        }
        this.go_on(chunk);
    }

    /// The header, once it is known.
    pub(super) fn header(&self) -> Option<&Header> {
        match &self.state {
            State::Known(header) => Some(header),
            State::Reading { .. } | State::Unknown => None,
        }
    }

    fn go_on(&mut self, chunk: &Chunk) {
        let State::Reading { came, next_look } = &mut self.state else { return };
        let room = HEADER_BYTES_MAX - came.len();
        came.extend_from_slice(&chunk.bytes[..chunk.bytes.len().min(room)]);
        let is_full = came.len() == HEADER_BYTES_MAX;
        if came.len() < *next_look && !is_full {
            return;
        }
        *next_look = came.len() + came.len() / 8 + 1;
        match header_of(self.format.into(), came) {
            Ok(Some(bytes)) => {
                self.state = State::Known(Header {
                    format: self.format,
                    sample_rate: chunk.sample_rate,
                    channels: chunk.channels,
                    is_binary: chunk.sent == Sent::Binary,
                    bytes,
                });
            }
            Ok(None) if !is_full => {}
            Ok(None) | Err(_) => self.state = State::Unknown,
        }
    }
}

impl State {
    fn reading() -> Self {
        Self::Reading { came: Vec::new(), next_look: 0 }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn chunk(format: Format, bytes: &[u8]) -> Chunk {
        let (bytes, sent) = (Bytes::copy_from_slice(bytes), Sent::Binary);
        Chunk { format, sample_rate: 16_000, channels: None, bytes, sent, timestamp: None }
    }

    fn wav() -> Vec<u8> {
        audio::encode_wav(&[1, 2, 3, 4, 5, 6, 7, 8], 16_000)
    }

    fn header_after(chunks: &[Chunk]) -> Option<Bytes> {
        let mut beginning = None;
        chunks.iter().for_each(|chunk| Beginning::read(&mut beginning, chunk));
        beginning.unwrap().header().map(|header| header.bytes.clone())
    }

    #[test]
    fn a_header_is_found_however_it_is_cut_and_has_no_sound_in_it() {
        let wav = wav();
        let whole = header_after(&[chunk(Format::Wav, &wav)]).unwrap();
        assert_eq!(whole[..], wav[..44]);
        for pieces in [1, 3, 7] {
            let chunks: Vec<Chunk> =
                wav.chunks(pieces).map(|piece| chunk(Format::Wav, piece)).collect();
            assert_eq!(header_after(&chunks), Some(whole.clone()), "{pieces}");
        }
    }

    #[test]
    fn what_begins_anew_has_the_new_header() {
        let (first, second) = (wav(), audio::encode_wav(&[9; 8], 48_000));
        let chunks = [chunk(Format::Wav, &first), chunk(Format::Wav, &second)];
        assert_eq!(header_after(&chunks).unwrap()[..], second[..44]);
        let chunks = [chunk(Format::Wav, &first), chunk(Format::Pcm16, &first)];
        assert_eq!(header_after(&chunks), None);
    }

    #[test]
    fn what_is_no_such_container_is_not_kept() {
        assert_eq!(header_after(&[chunk(Format::Webm, &wav())]), None);
        let endless =
            [b"RIFF\xff\xff\xff\xffWAVEjunk\xff\xff\xff\x7f", &[0_u8; 100_000][..]].concat();
        assert_eq!(header_after(&[chunk(Format::Wav, &endless)]), None);
    }
}
