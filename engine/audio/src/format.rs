//! What audio comes as, and how to tell by its first bytes.

use std::str::FromStr;

use crate::AudioError;

/// What a speaker's audio comes as.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Format {
    /// WebM with Opus, as browsers record it.
    Webm,
    /// Ogg with Opus (RFC 7845).
    Ogg,
    /// WAV: PCM of 8, 16, 24 or 32 bits, or floats of 32 or 64.
    Wav,
    /// Bare little-endian samples of 16 bits, channels interleaved.
    Pcm16,
}

impl Format {
    /// Its name on the wire.
    pub fn name(self) -> &'static str {
        match self {
            Format::Webm => "webm",
            Format::Ogg => "ogg",
            Format::Wav => "wav",
            Format::Pcm16 => "pcm16",
        }
    }
}

impl FromStr for Format {
    type Err = AudioError;

    /// Reads a name of the wire.
    ///
    /// # Errors
    /// Any other name, in `format`.
    fn from_str(name: &str) -> Result<Format, AudioError> {
        match name {
            "webm" => Ok(Format::Webm),
            "ogg" => Ok(Format::Ogg),
            "wav" => Ok(Format::Wav),
            "pcm16" => Ok(Format::Pcm16),
            _ => Err(AudioError::new("format", "must be webm, ogg, wav or pcm16")),
        }
    }
}

/// Whether `chunk` begins a container of `format` anew, as the first chunk does and that of a
/// sender that restarted. Bare PCM has no header. Whoever cuts a header's first 12 bytes apart is
/// not seen here; [`Stream`](crate::Stream) reads it all the same, unless it failed before.
pub fn has_header(format: Format, chunk: &[u8]) -> bool {
    format != Format::Pcm16 && container(chunk) == Some(format)
}

/// The container that begins with these bytes, if any does.
pub(crate) fn container(bytes: &[u8]) -> Option<Format> {
    /// The EBML header's id (RFC 8794).
    const EBML: [u8; 4] = [0x1a, 0x45, 0xdf, 0xa3];
    match bytes {
        [b'R', b'I', b'F', b'F', _, _, _, _, b'W', b'A', b'V', b'E', ..]
        | [b'R', b'F', b'6', b'4', _, _, _, _, b'W', b'A', b'V', b'E', ..] => Some(Format::Wav),
        // A page of version 0 that begins a logical stream (RFC 3533, 6).
        [b'O', b'g', b'g', b'S', 0, kind, ..] if kind & 2 != 0 => Some(Format::Ogg),
        _ if bytes.starts_with(&EBML) => Some(Format::Webm),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_name_of_the_wire_is_read_back() {
        for format in [Format::Webm, Format::Ogg, Format::Wav, Format::Pcm16] {
            assert_eq!(format.name().parse(), Ok(format));
        }
        let refused = "mp3".parse::<Format>().unwrap_err();
        assert_eq!(refused.to_string(), "format: must be webm, ogg, wav or pcm16");
    }

    #[test]
    fn a_header_is_told_from_what_goes_on() {
        assert!(has_header(Format::Webm, b"\x1a\x45\xdf\xa3\x9f"));
        assert!(has_header(Format::Ogg, b"OggS\0\x02rest"));
        assert!(!has_header(Format::Ogg, b"OggS\0\x00rest"), "a page that goes on");
        assert!(has_header(Format::Wav, b"RIFF\0\0\0\0WAVEfmt "));
        assert!(!has_header(Format::Wav, b"RIFF\0\0\0\0AVI fmt "));
        assert!(!has_header(Format::Pcm16, b"RIFF\0\0\0\0WAVEfmt "), "PCM has none");
        assert!(!has_header(Format::Webm, b""));
    }
}
