//! Finds damage in a write-ahead log before SQLite reads it.
//!
//! SQLite takes a log up to its first frame whose checksum is wrong and forgets the rest without a
//! word: right for the torn end a power cut leaves, wrong for a flipped bit, after which acknowledged
//! rows would be missing. Two things tell damage from a torn end:
//!
//! - A later frame that begins a transaction and continues a commit frame's checksum. A transaction
//!   is written only after the one before was synced, so all that lies before it was whole once.
//! - The index in shared memory (`-shm`, which outlives a killed process) of the same log counting
//!   more committed frames than the log has. It counts a commit only once that is synced.
//!
//! A log cut to less than its header, or cut or flipped within its last transaction after the index
//! was lost, looks like one that ended there and is taken as such.
//!
//! Formats: <https://www.sqlite.org/fileformat2.html#the_write_ahead_log> and
//! <https://www.sqlite.org/walformat.html>.

use std::fs::{self, File};
use std::io::{BufReader, Read};
use std::path::Path;

use crate::StorageError;
use crate::directory::{beside, corrupt};

const HEADER_BYTES: usize = 32;
const FRAME_HEADER_BYTES: usize = 24;
const INDEX_HEADER_BYTES: usize = 48;
/// The log's first four bytes; the last bit says in which byte order checksums add up.
const MAGIC: u32 = 0x377f_0682;
/// What SQLite's pages can have.
const PAGE_BYTES_MAX: u32 = 65_536;

/// Refuses a damaged log of the database in `file`; reads all of it.
pub(crate) fn check(file: &Path) -> Result<(), StorageError> {
    let log = beside(file, "-wal");
    let Ok(opened) = File::open(&log) else { return Ok(()) };
    let mut reader = BufReader::with_capacity(1 << 20, opened);
    let Some(mut header) = read_block(&mut reader, HEADER_BYTES, &log)? else { return Ok(()) };
    if header.iter().all(|byte| *byte == 0) {
        return Ok(()); // Created, and power was lost before the header was synced.
    }
    let Some(header) = Header::parse(&mut header) else {
        return Err(corrupt(&log, "its header is damaged".into()));
    };
    let frames = scan(&mut reader, &header, &log)?;
    let Some(committed) = committed_by_index(file, header.salt) else { return Ok(()) };
    if committed > frames {
        let found = format!("it has {frames} whole frames of {committed} committed ones");
        return Err(corrupt(&log, found));
    }
    Ok(())
}

/// The next `bytes`, or none when fewer are left.
fn read_block(
    reader: &mut impl Read,
    bytes: usize,
    log: &Path,
) -> Result<Option<Vec<u8>>, StorageError> {
    let mut block = Vec::with_capacity(bytes);
    let read = reader.by_ref().take(bytes as u64).read_to_end(&mut block);
    read.map_err(StorageError::io("read", log))?;
    Ok((block.len() == bytes).then_some(block))
}

struct Header {
    sums: Sums,
    page_bytes: usize,
    salt: [u8; 8],
}

impl Header {
    fn parse(bytes: &mut [u8]) -> Option<Self> {
        let magic = big(bytes, 0);
        if magic & !1 != MAGIC {
            return None;
        }
        let mut sums = Sums { big_endian: magic & 1 == 1, pair: (0, 0) };
        sums.add(&bytes[..24]);
        let page_bytes = big(bytes, 8);
        let is_page = page_bytes.is_power_of_two() && (512..=PAGE_BYTES_MAX).contains(&page_bytes);
        if !is_page || sums.pair != (big(bytes, 24), big(bytes, 28)) {
            return None;
        }
        let salt = bytes[16..24].try_into().ok()?;
        Some(Self { sums, page_bytes: page_bytes as usize, salt })
    }
}

/// How many frames from the start are whole; damage when later ones prove that more were.
fn scan(reader: &mut impl Read, header: &Header, log: &Path) -> Result<u64, StorageError> {
    let mut whole = 0;
    let mut broken = false;
    // What the last frame stored as its checksum, and whether it ended a transaction of this log.
    let (mut stored, mut ended) = (header.sums.pair, false);
    while let Some(frame) = read_block(reader, FRAME_HEADER_BYTES + header.page_bytes, log)? {
        let mut sums = Sums { pair: stored, ..header.sums };
        sums.add(&frame[..8]);
        sums.add(&frame[FRAME_HEADER_BYTES..]);
        stored = (big(&frame, 16), big(&frame, 20));
        let is_of_this_log = frame[8..16] == header.salt;
        let continues = is_of_this_log && sums.pair == stored;
        if broken && ended && continues {
            let found = format!("frame {} is damaged and transactions follow it", whole + 1);
            return Err(corrupt(log, found));
        }
        broken |= !continues;
        whole += u64::from(!broken);
        ended = is_of_this_log && big(&frame, 4) != 0;
    }
    Ok(whole)
}

/// How many frames of the log with this salt the index counts as committed, if it is whole and
/// about that log.
fn committed_by_index(file: &Path, salt: [u8; 8]) -> Option<u64> {
    let bytes = File::open(beside(file, "-shm")).ok().and_then(|index| {
        let mut bytes = Vec::new();
        index.take(2 * INDEX_HEADER_BYTES as u64).read_to_end(&mut bytes).ok()?;
        Some(bytes)
    })?;
    let (first, second) = bytes.split_at_checked(INDEX_HEADER_BYTES)?;
    let mut sums = Sums { big_endian: cfg!(target_endian = "big"), pair: (0, 0) };
    sums.add(first.get(..40)?);
    let is_whole = first == second && sums.pair == (native(first, 40), native(first, 44));
    (is_whole && first[32..40] == salt).then(|| u64::from(native(first, 16)))
}

/// SQLite's running checksum over 32-bit words.
#[derive(Clone, Copy)]
struct Sums {
    big_endian: bool,
    pair: (u32, u32),
}

impl Sums {
    /// `bytes` come in eights.
    fn add(&mut self, bytes: &[u8]) {
        let (mut first, mut second) = self.pair;
        for words in bytes.chunks_exact(8) {
            let (a, b) = if self.big_endian {
                (big(words, 0), big(words, 4))
            } else {
                (little(words, 0), little(words, 4))
            };
            first = first.wrapping_add(a).wrapping_add(second);
            second = second.wrapping_add(b).wrapping_add(first);
        }
        self.pair = (first, second);
    }
}

fn word(bytes: &[u8], at: usize) -> [u8; 4] {
    bytes[at..at + 4].try_into().expect("four bytes are four bytes")
}

fn big(bytes: &[u8], at: usize) -> u32 {
    u32::from_be_bytes(word(bytes, at))
}

fn little(bytes: &[u8], at: usize) -> u32 {
    u32::from_le_bytes(word(bytes, at))
}

fn native(bytes: &[u8], at: usize) -> u32 {
    u32::from_ne_bytes(word(bytes, at))
}

/// Refuses a log that has lost its database.
pub(crate) fn check_orphan(file: &Path) -> Result<(), StorageError> {
    let log = beside(file, "-wal");
    match fs::metadata(&log) {
        Ok(found) if found.len() > 0 => {
            Err(corrupt(file, "it is missing, but its write-ahead log is there".into()))
        }
        _ => Ok(()),
    }
}
