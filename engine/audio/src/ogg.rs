//! Ogg (RFC 3533) with Opus (RFC 7845), read in pieces.
//!
//! A page is read when all of it is there and its checksum is right. What is no page is skipped,
//! up to a bound, as after a chunk that was lost; streams may follow one another (chained); of
//! streams that run at once the first with Opus is read.

use bytes::Bytes;

use crate::error::AudioError;
use crate::opus::{Head, Opus, PACKET_BYTES_MAX, trim};
use crate::stream::HEADER_BYTES_MAX;

/// Bytes of a page's header without its table of segments.
const PAGE_HEAD: usize = 27;
/// Bytes between two pages that are skipped before the stream is given up.
const LOST_BYTES_MAX: usize = 64 << 10;
/// Pages in a row with a wrong checksum before the stream is given up.
const DAMAGED_MAX: u32 = 16;

/// Reads Ogg.
#[derive(Default)]
pub(crate) struct Ogg {
    /// Bytes of a page that is not whole: at most one page, and one piece.
    pending: Vec<u8>,
    /// Bytes that were skipped, and pages with a wrong checksum, since the last good page.
    lost: usize,
    damaged: u32,
    stream: Option<Logical>,
    header: Option<Bytes>,
    opus: Opus,
}

/// The logical stream that is read.
struct Logical {
    serial: u32,
    /// The number that the next page has if none is lost.
    next: u32,
    /// The pages up to the one on which the comments end; nothing once it is complete.
    heading: Option<Vec<u8>>,
    /// A packet that goes on on the next page.
    partial: Vec<u8>,
    /// Whether a packet began whose end is missing: what `partial` holds is to go on.
    continues: bool,
    /// Where the last page ended, in samples at 48 kHz.
    granule: u64,
}

/// One page.
struct Page<'a> {
    bytes: &'a [u8],
    table: &'a [u8],
    body: &'a [u8],
}

/// What lies at the beginning of some bytes.
enum Found<'a> {
    Page(Page<'a>),
    /// A page whose end is missing.
    Part,
    /// So many bytes that are none; whether they looked like one.
    Lost(usize, bool),
}

impl Ogg {
    pub(crate) fn header(&self) -> Option<&Bytes> {
        self.header.as_ref()
    }

    /// Expects a first page.
    pub(crate) fn restart(&mut self) {
        self.pending.clear();
        (self.lost, self.damaged) = (0, 0);
        self.stream = None;
        self.opus.restart();
    }

    /// What comes next may begin anywhere: bytes are missing.
    pub(crate) fn gap(&mut self) {
        self.pending.clear();
    }

    /// Whether what came last is no Ogg, and the next page is searched for.
    pub(crate) fn is_lost(&self) -> bool {
        self.lost > 0 || self.damaged > 0
    }

    pub(crate) fn push(&mut self, piece: &[u8], out: &mut Vec<i16>) -> Result<(), AudioError> {
        let mut bytes = std::mem::take(&mut self.pending);
        bytes.extend_from_slice(piece);
        let mut at = 0;
        while at < bytes.len() {
            match find(&bytes[at..]) {
                Found::Part => break,
                Found::Lost(count, damaged) => {
                    at += count;
                    self.lose(count, damaged)?;
                }
                Found::Page(page) => {
                    at += page.bytes.len();
                    (self.lost, self.damaged) = (0, 0);
                    self.page(&page, out)?;
                }
            }
        }
        bytes.drain(..at);
        self.pending = bytes;
        Ok(())
    }

    /// Skips what is no page.
    fn lose(&mut self, count: usize, damaged: bool) -> Result<(), AudioError> {
        self.lost += count;
        self.damaged += u32::from(damaged);
        if self.stream.is_none() && !damaged {
            return Err(AudioError::new("format", "this is no Ogg"));
        }
        if self.lost > LOST_BYTES_MAX || self.damaged > DAMAGED_MAX {
            return Err(AudioError::data("the Ogg is damaged"));
        }
        Ok(())
    }

    fn page(&mut self, page: &Page<'_>, out: &mut Vec<i16>) -> Result<(), AudioError> {
        if page.begins() && page.body.starts_with(b"OpusHead") {
            self.opus.begin(Head::read(page.body)?)?;
            self.stream = Some(Logical {
                serial: page.serial(),
                next: page.sequence().wrapping_add(1),
                heading: Some(page.bytes.to_vec()),
                partial: Vec::new(),
                continues: false,
                granule: 0,
            });
            return Ok(());
        }
        match &mut self.stream {
            Some(stream) if stream.serial == page.serial() => {
                if stream.heading.is_some() {
                    self.header = stream.comments(page)?.or(self.header.take());
                    return Ok(());
                }
                stream.sound(page, &mut self.opus, out)
            }
            None if !page.begins() => Err(AudioError::new("format", "the Ogg holds no Opus")),
            // Another stream, which runs at the same time.
            _ => Ok(()),
        }
    }
}

impl Logical {
    /// Reads a page of comments; the header once they end with it.
    fn comments(&mut self, page: &Page<'_>) -> Result<Option<Bytes>, AudioError> {
        self.next = page.sequence().wrapping_add(1);
        let Some(heading) = &mut self.heading else { return Ok(None) };
        if heading.len() + page.bytes.len() > HEADER_BYTES_MAX {
            return Err(AudioError::data("the Ogg's header is over 64 KiB"));
        }
        heading.extend_from_slice(page.bytes);
        let ends = page.table.iter().any(|segment| *segment < 255);
        Ok(if ends { self.heading.take().map(Bytes::from) } else { None })
    }

    /// Decodes the packets that end on a page of sound.
    fn sound(
        &mut self,
        page: &Page<'_>,
        opus: &mut Opus,
        out: &mut Vec<i16>,
    ) -> Result<(), AudioError> {
        let in_order = page.sequence() == self.next && page.continues() == self.continues;
        self.next = page.sequence().wrapping_add(1);
        if !in_order {
            self.partial.clear();
        }
        // The end of a packet whose beginning was lost.
        let mut skip = page.continues() && !in_order;
        let (from, mut samples, mut at) = (out.len(), 0, 0);
        for segment in page.table {
            let end = at + usize::from(*segment);
            if !skip {
                self.partial.extend_from_slice(&page.body[at..end]);
            }
            at = end;
            if self.partial.len() > PACKET_BYTES_MAX {
                return Err(AudioError::data("an Opus packet is longer than any can be"));
            }
            if *segment < 255 {
                samples += opus.decode(&self.partial, out)?;
                self.partial.clear();
                skip = false;
            }
        }
        self.continues = page.table.last() == Some(&255);
        if skip {
            // Still the packet that began on a page that was lost.
            self.continues = false;
        }
        self.advance(page, samples, from, out);
        Ok(())
    }

    /// Counts the page's samples; those past the end that the last page names are no sound.
    fn advance(&mut self, page: &Page<'_>, samples: u64, from: usize, out: &mut Vec<i16>) {
        let Some(end) = page.granule() else { return };
        if page.ends() {
            trim(out, from, (self.granule.saturating_add(samples)).saturating_sub(end));
        }
        self.granule = end;
    }
}

impl Page<'_> {
    fn continues(&self) -> bool {
        self.bytes[5] & 1 != 0
    }

    fn begins(&self) -> bool {
        self.bytes[5] & 2 != 0
    }

    fn ends(&self) -> bool {
        self.bytes[5] & 4 != 0
    }

    /// Where the last packet that ends on this page ends; nothing if none does.
    fn granule(&self) -> Option<u64> {
        let low = u64::from(number(&self.bytes[6..]));
        let granule = low | u64::from(number(&self.bytes[10..])) << 32;
        (granule <= i64::MAX.unsigned_abs()).then_some(granule)
    }

    fn serial(&self) -> u32 {
        number(&self.bytes[14..])
    }

    fn sequence(&self) -> u32 {
        number(&self.bytes[18..])
    }
}

/// The number in the first four bytes.
fn number(bytes: &[u8]) -> u32 {
    bytes[..4].iter().rev().fold(0, |number, byte| number << 8 | u32::from(*byte))
}

/// What lies at the beginning of `bytes`, which are not empty.
fn find(bytes: &[u8]) -> Found<'_> {
    const CAPTURE: &[u8] = b"OggS\0";
    let looked = bytes.len().min(CAPTURE.len());
    if bytes[..looked] != CAPTURE[..looked] {
        let next = bytes[1..].iter().position(|byte| *byte == b'O');
        return Found::Lost(next.map_or(bytes.len(), |next| next + 1), false);
    }
    let Some(&segments) = bytes.get(PAGE_HEAD - 1) else { return Found::Part };
    let body = PAGE_HEAD + usize::from(segments);
    let Some(table) = bytes.get(PAGE_HEAD..body) else { return Found::Part };
    let end = body + table.iter().map(|segment| usize::from(*segment)).sum::<usize>();
    let Some(page) = bytes.get(..end) else { return Found::Part };
    if checksum(page) != number(&page[22..]) {
        return Found::Lost(CAPTURE.len(), true);
    }
    Found::Page(Page { bytes: page, table, body: &page[body..] })
}

/// The checksum of a page (RFC 3533, 6): a CRC of 32 bits by 0x04c11db7, from 0, not reflected, in
/// which the checksum's own bytes count as 0.
fn checksum(page: &[u8]) -> u32 {
    page.iter().enumerate().fold(0, |sum, (at, byte)| {
        let byte = if (22..26).contains(&at) { 0 } else { *byte };
        sum << 8 ^ CRC[(sum >> 24) as usize ^ usize::from(byte)]
    })
}

/// The CRC of each byte.
const CRC: [u32; 256] = {
    let mut table = [0u32; 256];
    let mut byte = 0u32;
    while byte < 256 {
        let mut sum = byte << 24;
        let mut bit = 0;
        while bit < 8 {
            sum = if sum >> 31 == 1 { sum << 1 ^ 0x04c1_1db7 } else { sum << 1 };
            bit += 1;
        }
        table[byte as usize] = sum;
        byte += 1;
    }
    table
};
