//! `access.*`: which addresses may connect at all.

use ipnet::IpNet;

use super::reader::section;

section! {
    /// Which client addresses are served at all; the others get HTTP 403.
    pub struct Access {
        /// Only these are served; empty is everybody.
        allow_ips: Vec<IpNet> = "";
        /// These are never served, also where `access.allow_ips` has them.
        deny_ips: Vec<IpNet> = "";
    }
}
