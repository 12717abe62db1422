//! The store on real files: what is promised of commits, crashes, full disks, failing disks,
//! damage and copies. Tests that need a second process run themselves again with
//! `STORAGE_CHILD_DIR` set.
#![expect(clippy::panic, reason = "a test fails by panicking, and some rows do")]
#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

mod commit;
mod copies;
mod crash;
mod damage;
mod disk;
mod open;
mod read;
mod support;
