//! WebM (RFC 8794 and 9559) with Opus, read in pieces.
//!
//! Elements are read flat: those that hold others and matter are entered by reading on behind their
//! head, whatever size they claim, so nesting costs nothing and sizes that are not known, as
//! browsers write them, need no care. The rest is skipped without being held.
//!
//! Browsers cut their recordings into chunks in the middle of blocks. So who begins with a later
//! chunk, or lost one, begins with the rest of a block: then bytes are skipped until two elements
//! follow one another as they should.

use bytes::Bytes;

use crate::error::AudioError;
use crate::opus::{Head, Opus, PACKET_BYTES_MAX, trim};
use crate::stream::HEADER_BYTES_MAX;

/// Bytes of an element that is read; of one that is skipped.
const HELD_BYTES_MAX: u64 = PACKET_BYTES_MAX as u64 + 1024;
const SKIPPED_BYTES_MAX: u64 = 1 << 20;
/// Bytes of the longest head of an element: an id of 4 bytes and a size of 8.
const HEAD_BYTES_MAX: usize = 12;

/// Bytes that are skipped in search of the next element before the stream is given up.
const LOST_BYTES_MAX: usize = 64 << 10;
/// Faults before the stream is given up, where not so many blocks without one lie in between.
const FAULTS_MAX: u32 = 16;
const BLOCKS_BETWEEN: u32 = 64;

/// The ids of the elements that matter, with the bits that mark their length.
mod id {
    pub(super) const EBML: u32 = 0x1a45_dfa3;
    pub(super) const SEGMENT: u32 = 0x1853_8067;
    pub(super) const TRACKS: u32 = 0x1654_ae6b;
    pub(super) const TRACK_ENTRY: u32 = 0xae;
    pub(super) const TRACK_NUMBER: u32 = 0xd7;
    pub(super) const CODEC_ID: u32 = 0x86;
    pub(super) const CODEC_PRIVATE: u32 = 0x63a2;
    pub(super) const CONTENT_ENCODINGS: u32 = 0x6d80;
    pub(super) const CLUSTER: u32 = 0x1f43_b675;
    pub(super) const SIMPLE_BLOCK: u32 = 0xa3;
    pub(super) const BLOCK_GROUP: u32 = 0xa0;
    pub(super) const BLOCK: u32 = 0xa1;
    pub(super) const DISCARD_PADDING: u32 = 0x75a2;
    pub(super) const VOID: u32 = 0xec;
    /// Elements of a few bytes between blocks: a cluster's time, position and predecessor's size,
    /// and checksums.
    pub(super) const SMALL: [u32; 4] = [0xe7, 0xa7, 0xab, 0xbf];
    /// What else may stand between blocks: indices, tags, information, chapters, attachments.
    pub(super) const OTHERS: [u32; 6] =
        [0x1c53_bb6b, 0x1254_c367, 0x1549_a966, 0x114d_9b74, 0x1043_a770, 0x1941_a469];
}

/// Reads WebM.
#[derive(Default)]
pub(crate) struct Webm {
    /// Bytes of an element that is not whole: at most one that is held, and one piece.
    pending: Vec<u8>,
    /// Bytes that are still to be skipped.
    skip: u64,
    /// What was read since the EBML header, until the first cluster; then nothing.
    heading: Option<Vec<u8>>,
    header: Option<Bytes>,
    /// The track whose description is being read.
    entry: Entry,
    /// The number of the track that is decoded.
    track: Option<u64>,
    /// Whether the place where the next element begins is not known.
    searching: bool,
    /// Faults, and blocks without one since the last.
    faults: u32,
    blocks: u32,
    opus: Opus,
}

/// The description of a track.
#[derive(Default)]
struct Entry {
    number: u64,
    is_opus: bool,
    is_encoded: bool,
    head: Option<Vec<u8>>,
}

/// An element's head.
struct Element {
    id: u32,
    /// Bytes of the head.
    head: usize,
    /// Bytes of the rest; nothing where that is not known.
    size: Option<u64>,
}

impl Webm {
    pub(crate) fn header(&self) -> Option<&Bytes> {
        self.header.as_ref()
    }

    /// Expects a header.
    pub(crate) fn restart(&mut self) {
        *self = Webm { header: self.header.take(), ..Webm::default() };
    }

    pub(crate) fn push(&mut self, piece: &[u8], out: &mut Vec<i16>) -> Result<(), AudioError> {
        let mut bytes = std::mem::take(&mut self.pending);
        bytes.extend_from_slice(piece);
        let mut at = 0;
        while at < bytes.len() {
            if self.searching {
                let Some(skipped) = self.search(&bytes[at..])? else { break };
                at += skipped;
                self.searching = false;
            }
            match self.step(&bytes[at..], out) {
                Ok(0) => break,
                Ok(read) => at += read,
                Err(error) => {
                    self.fault(error)?;
                    at += 1;
                }
            }
        }
        bytes.drain(..at);
        self.pending = bytes;
        Ok(())
    }

    /// What comes next may begin anywhere: bytes are missing.
    pub(crate) fn gap(&mut self) -> Result<(), AudioError> {
        if self.heading.is_some() {
            self.cluster()?;
        }
        self.pending.clear();
        self.skip = 0;
        self.searching = self.track.is_some();
        Ok(())
    }

    /// Whether what came last is no WebM, and the next element is searched for.
    pub(crate) fn is_lost(&self) -> bool {
        self.searching
    }

    /// Counts a fault, behind which the next element is searched for; in a header, or where faults
    /// have become too many, it is the stream's end.
    fn fault(&mut self, error: AudioError) -> Result<(), AudioError> {
        self.faults = if self.blocks < BLOCKS_BETWEEN { self.faults + 1 } else { 1 };
        self.blocks = 0;
        self.searching = true;
        if self.is_sound() && self.faults <= FAULTS_MAX { Ok(()) } else { Err(error) }
    }

    /// Whether the header was read to its end.
    fn is_sound(&self) -> bool {
        self.track.is_some() && self.heading.is_none()
    }

    /// How many bytes lie before the first place where elements begin, if there is one.
    fn search(&self, bytes: &[u8]) -> Result<Option<usize>, AudioError> {
        let found = (0..bytes.len()).find(|at| self.is_in_step(&bytes[*at..]));
        if found.unwrap_or(bytes.len()) > LOST_BYTES_MAX {
            return Err(AudioError::data("the WebM is damaged"));
        }
        Ok(found)
    }

    /// Whether `bytes` begin with an element that is followed by another as it should be. What is
    /// not there yet does not convince.
    fn is_in_step(&self, bytes: &[u8]) -> bool {
        let Ok(Some(first)) = element(bytes) else { return false };
        let inner = &bytes[first.head..];
        match first.id {
            id::EBML => first.size.is_some_and(|size| size <= 64) && inner.first() == Some(&0x42),
            id::CLUSTER => inner.first() == Some(&0xe7),
            _ if !self.is_block(&first, inner) => false,
            _ => {
                let next = first.size.and_then(|size| inner.get(usize::try_from(size).ok()?..));
                let next = next.map(|bytes| (element(bytes), bytes));
                let Some((Ok(Some(next)), bytes)) = next else { return false };
                next.id == id::CLUSTER || self.is_block(&next, &bytes[next.head..])
            }
        }
    }

    /// Whether an element may be a block of the track, by its size and what it begins with.
    fn is_block(&self, block: &Element, inner: &[u8]) -> bool {
        if block.size_within(HELD_BYTES_MAX).is_err() {
            return false;
        }
        let inner = match (block.id, element(inner)) {
            (id::SIMPLE_BLOCK, _) => inner,
            (id::BLOCK_GROUP, Ok(Some(first))) if first.id == id::BLOCK => &inner[first.head..],
            _ => return false,
        };
        let Ok(Some((number, length))) = size(inner) else { return false };
        // Bits that are reserved.
        number == self.track && inner.get(length + 2).is_some_and(|flags| flags & 0x70 == 0)
    }

    /// Reads the next element, if enough of it is there; the bytes it took.
    fn step(&mut self, bytes: &[u8], out: &mut Vec<i16>) -> Result<usize, AudioError> {
        if self.skip > 0 {
            let count = usize::try_from(self.skip).map_or(bytes.len(), |s| s.min(bytes.len()));
            self.skip -= count as u64;
            self.remember(&bytes[..count])?;
            return Ok(count);
        }
        if self.heading.is_none() && !self.opus.has_begun() {
            let first = id::EBML.to_be_bytes();
            let looked = bytes.len().min(first.len());
            if bytes[..looked] != first[..looked] {
                return Err(AudioError::new("format", "this is no WebM"));
            }
        }
        let Some(element) = element(bytes)? else { return Ok(0) };
        let head = &bytes[..element.head];
        match element.id {
            id::EBML => self.begin(),
            id::CLUSTER => self.cluster()?,
            id::TRACK_ENTRY => self.described()?,
            id::SEGMENT | id::TRACKS => {}
            id::TRACK_NUMBER
            | id::CODEC_ID
            | id::CODEC_PRIVATE
            | id::SIMPLE_BLOCK
            | id::BLOCK_GROUP => return self.held(&element, bytes, out),
            other => {
                self.entry.is_encoded |= other == id::CONTENT_ENCODINGS;
                self.skip = element.size_within(self.skipped_bytes_max(other)?)?;
            }
        }
        if element.id == id::EBML {
            self.skip = element.size_within(HELD_BYTES_MAX)?;
        }
        self.remember(head)?;
        Ok(element.head)
    }

    /// How many bytes of an element that does not matter are skipped; between blocks only such as
    /// may stand there.
    fn skipped_bytes_max(&self, id: u32) -> Result<u64, AudioError> {
        match id {
            _ if !self.is_sound() => Ok(SKIPPED_BYTES_MAX),
            id::VOID => Ok(HELD_BYTES_MAX),
            small if id::SMALL.contains(&small) => Ok(8),
            other if id::OTHERS.contains(&other) => Ok(SKIPPED_BYTES_MAX),
            _ => Err(AudioError::data("the WebM has something between its elements")),
        }
    }

    /// Another WebM begins.
    fn begin(&mut self) {
        self.heading = Some(Vec::new());
        self.entry = Entry::default();
        self.track = None;
    }

    /// Sound begins, or goes on.
    fn cluster(&mut self) -> Result<(), AudioError> {
        self.described()?;
        if let Some(heading) = self.heading.take() {
            if self.track.is_none() {
                return Err(AudioError::new("format", "the WebM holds no Opus"));
            }
            self.header = Some(Bytes::from(heading));
        }
        Ok(())
    }

    /// The description of a track ended; the first one with Opus is decoded.
    fn described(&mut self) -> Result<(), AudioError> {
        let entry = std::mem::take(&mut self.entry);
        if self.track.is_some() || !entry.is_opus {
            return Ok(());
        }
        if entry.is_encoded {
            return Err(AudioError::data("the WebM's track is encrypted or compressed"));
        }
        let head = entry.head.ok_or_else(|| AudioError::data("the WebM has no Opus header"))?;
        self.opus.begin(Head::read(&head)?)?;
        self.track = Some(entry.number);
        Ok(())
    }

    /// Reads an element of which the whole is needed; the bytes it took, 0 if some are missing.
    fn held(
        &mut self,
        element: &Element,
        bytes: &[u8],
        out: &mut Vec<i16>,
    ) -> Result<usize, AudioError> {
        let size = usize::try_from(element.size_within(HELD_BYTES_MAX)?).unwrap_or(usize::MAX);
        let end = element.head + size;
        let Some(body) = bytes.get(element.head..end) else { return Ok(0) };
        match element.id {
            id::TRACK_NUMBER => self.entry.number = unsigned(body),
            id::CODEC_ID => self.entry.is_opus = body.starts_with(b"A_OPUS"),
            id::CODEC_PRIVATE => self.entry.head = Some(body.to_vec()),
            id::SIMPLE_BLOCK => self.block(body, out)?,
            _ => self.group(body, out)?,
        }
        self.remember(&bytes[..end])?;
        Ok(end)
    }

    /// Decodes a block with what is said of it.
    fn group(&mut self, mut bytes: &[u8], out: &mut Vec<i16>) -> Result<(), AudioError> {
        let from = out.len();
        let mut surplus = 0;
        while let Some(element) = element(bytes)? {
            let size = usize::try_from(element.size_within(HELD_BYTES_MAX)?).unwrap_or(usize::MAX);
            let Some(body) = bytes.get(element.head..element.head + size) else { break };
            match element.id {
                id::BLOCK => self.block(body, out)?,
                // Nanoseconds at the end that are no sound; negative ones are at the beginning.
                id::DISCARD_PADDING if body.first().is_some_and(|byte| byte & 0x80 == 0) => {
                    surplus = unsigned(body) / 1000 * 48 / 1000;
                }
                _ => {}
            }
            bytes = &bytes[element.head + size..];
        }
        trim(out, from, surplus);
        Ok(())
    }

    /// Decodes a block: a track's number, a time of two bytes, flags, and a packet.
    fn block(&mut self, body: &[u8], out: &mut Vec<i16>) -> Result<(), AudioError> {
        let fault = || AudioError::data("a block of the WebM is too short");
        let (number, length) = size(body)?.ok_or_else(fault)?;
        let flags = body.get(length + 2).ok_or_else(fault)?;
        if number.is_none() || number != self.track {
            return Ok(());
        }
        if flags & 0x06 != 0 {
            return Err(AudioError::data("the WebM puts several packets into a block"));
        }
        self.opus.decode(&body[length + 3..], out)?;
        self.blocks = self.blocks.saturating_add(1);
        Ok(())
    }

    /// Keeps what is part of the header.
    fn remember(&mut self, bytes: &[u8]) -> Result<(), AudioError> {
        let Some(heading) = &mut self.heading else { return Ok(()) };
        if heading.len() + bytes.len() > HEADER_BYTES_MAX {
            return Err(AudioError::data("the WebM's header is over 64 KiB"));
        }
        heading.extend_from_slice(bytes);
        Ok(())
    }
}

impl Element {
    /// Its size, where that is known and at most `max`.
    fn size_within(&self, max: u64) -> Result<u64, AudioError> {
        match self.size {
            Some(size) if size <= max => Ok(size),
            Some(_) => Err(AudioError::data("an element of the WebM is too long")),
            None => Err(AudioError::data("an element of the WebM has no end")),
        }
    }
}

/// The head at the beginning of `bytes`, if all of it is there.
fn element(bytes: &[u8]) -> Result<Option<Element>, AudioError> {
    let Some(&first) = bytes.first() else { return Ok(None) };
    let length = first.leading_zeros() as usize + 1;
    if length > 4 {
        return Err(AudioError::data("the WebM has something between its elements"));
    }
    let Some(name) = bytes.get(..length) else { return Ok(None) };
    let id = name.iter().fold(0, |id, byte| id << 8 | u32::from(*byte));
    let Some((size, bytes)) = size(&bytes[length..])? else { return Ok(None) };
    debug_assert!(length + bytes <= HEAD_BYTES_MAX);
    Ok(Some(Element { id, head: length + bytes, size }))
}

/// The number of variable length at the beginning of `bytes`, if all of it is there, and the bytes
/// it takes; no number where all its bits are set.
fn size(bytes: &[u8]) -> Result<Option<(Option<u64>, usize)>, AudioError> {
    let Some(&first) = bytes.first() else { return Ok(None) };
    let length = first.leading_zeros() as usize + 1;
    if length > 8 {
        return Err(AudioError::data("the WebM has a number that is too long"));
    }
    let Some(bytes) = bytes.get(..length) else { return Ok(None) };
    let mask = (1u64 << (7 * length)) - 1;
    let number = unsigned(bytes) & mask;
    Ok(Some(((number != mask).then_some(number), length)))
}

/// The number in `bytes`, the first the highest; of more than eight the last eight.
fn unsigned(bytes: &[u8]) -> u64 {
    bytes.iter().fold(0, |number, byte| number << 8 | u64::from(*byte))
}
