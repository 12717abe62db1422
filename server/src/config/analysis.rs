//! `analysis.*`: which repositories may be analysed, and how much of the machine that may take.

use std::num::NonZeroU32;
use std::path::PathBuf;
use std::time::Duration;

use super::network::Host;
use super::reader::section;

section! {
    /// Repository analysis: where repositories may come from, and what reading one may take.
    pub struct Analysis {
        /// Hosts from which repositories may be cloned over `https`.
        hosts: Vec<Host> = "github.com,gitlab.com,bitbucket.org,codeberg.org";
        /// Hosts of `analysis.hosts`' kind that may have loopback, private or link-local addresses; they are
        /// allowed without standing in `analysis.hosts`.
        private_hosts: Vec<Host> = "";
        /// Certificates (PEM) of the authorities to believe when cloning from `analysis.private_hosts`, in place of
        /// the system's.
        ca_file: Option<PathBuf> = "";
        /// Folders under which local repositories may be analysed.
        local_roots: Vec<PathBuf> = "";
        /// Analyses a user may start in any 24 hours.
        per_user_per_day: Option<NonZeroU32> = "10";
        /// Analyses that run at once; 0 is one for each processor. The others wait in order.
        workers: u16 = "0", within "0" to "255";
        /// Commits of history that are fetched and read.
        history_commits: u32 = "1000", within "1" to "100000";
        /// Bytes of a repository at most, as they come from the network and as they lie on the disk.
        max_repository_bytes: u64 = "500000000", within "1000" to "100000000000";
        /// How long a clone may take.
        clone_timeout: Duration = "120s", within "1s" to "1h";
    }
}
