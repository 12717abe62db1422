//! Identifiers the server makes.

use std::fmt;
use std::str::FromStr;

use uuid::Uuid;

/// One connection of this process: its shard, its slot there, and how often the slot was used.
///
/// Shown as 16 hexadecimal digits.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct ConnectionId(u64);

impl ConnectionId {
    /// Slots of one shard; a shard refuses connections past that.
    pub const SLOTS_MAX: u32 = 1 << 24;

    /// The connection in slot `slot` (below [`Self::SLOTS_MAX`]) of `shard`, its `use_count`th.
    #[must_use]
    pub const fn new(shard: u8, slot: u32, use_count: u32) -> Self {
        Self(((shard as u64) << 56) | (((slot & 0xff_ffff) as u64) << 32) | use_count as u64)
    }

    /// The shard that owns the connection.
    #[must_use]
    pub const fn shard(self) -> u8 {
        (self.0 >> 56) as u8
    }

    /// The slot in its shard.
    #[must_use]
    pub const fn slot(self) -> u32 {
        ((self.0 >> 32) & 0xff_ffff) as u32
    }
}

impl fmt::Display for ConnectionId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:016x}", self.0)
    }
}

/// The text is not a connection id.
#[derive(Debug, thiserror::Error)]
#[error("not a connection id: 16 hexadecimal digits")]
pub struct ParseConnectionIdError;

impl FromStr for ConnectionId {
    type Err = ParseConnectionIdError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        if text.len() != 16 || !text.bytes().all(|b| b.is_ascii_hexdigit()) {
            return Err(ParseConnectionIdError);
        }
        u64::from_str_radix(text, 16).map(Self).map_err(|_| ParseConnectionIdError)
    }
}

/// A new id for something stored: a UUID of version 7, so ids sort by time.
#[must_use]
pub fn message_id() -> String {
    Uuid::now_v7().to_string()
}

/// Bytes from the operating system's generator.
///
/// # Panics
/// When the operating system has no randomness to give; nothing can go on safely then.
#[must_use]
pub fn random_bytes<const N: usize>() -> [u8; N] {
    let mut bytes = [0; N];
    getrandom::fill(&mut bytes).expect("the operating system gives randomness");
    bytes
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_connection_id_reads_back_what_it_shows() {
        let id = ConnectionId::new(3, 77, 12);
        assert_eq!((id.shard(), id.slot()), (3, 77));
        assert_eq!(id.to_string().parse::<ConnectionId>().unwrap(), id);
        assert!("xyz".parse::<ConnectionId>().is_err());
        assert!("+000000000000001".parse::<ConnectionId>().is_err());
    }
}
