//! `compression.*` and `delivery.*`: how messages leave.

use std::time::Duration;

use super::reader::section;

section! {
    /// Compression of messages (permessage-deflate), once for all who receive one.
    pub struct Compression {
        /// Whether compression is agreed to when a client offers it.
        enabled: bool = "true";
        /// Messages of at least so many bytes are compressed.
        threshold_bytes: usize = "1024", within "0" to "16777216";
        /// How hard to compress: 1 is fastest, 9 is smallest.
        level: u32 = "1", within "1" to "9";
    }
}

section! {
    /// How messages are gathered before they are written.
    pub struct Delivery {
        /// How long a busy room's messages are held back so that one write carries more of them; off
        /// still gathers what has piled up.
        gather_delay: Option<Duration> = "0", within "0" to "100ms";
    }
}
