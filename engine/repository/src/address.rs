//! Which addresses a repository may be fetched from.
//!
//! **Invariants.** An address is judged by where its packets would end: one that carries another
//! (mapped into IPv6, translated by NAT64) is judged by the one it carries. What no rule knows to
//! be public is not.
//!
//! **Pitfalls.** An address says nothing of later: who judged one connects to that very one, never
//! to its name again.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

/// Whom an address belongs to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Reach {
    /// A machine of the Internet.
    Public,
    /// This machine or one of its own network: only for hosts that the operator named.
    Private,
    /// Nobody's one machine: multicast, reserved, for documents, or an outdated tunnel.
    Nobody,
}

/// A block of addresses of version 4: its first, the bits they share, and whose they are.
type Block4 = ([u8; 4], u32, Reach);

/// Everything of version 4 that is not the Internet.
const BLOCKS_4: [Block4; 17] = [
    ([0, 0, 0, 0], 8, Reach::Nobody),
    ([10, 0, 0, 0], 8, Reach::Private),
    ([100, 64, 0, 0], 10, Reach::Private),
    ([127, 0, 0, 0], 8, Reach::Private),
    // One cloud's own services answer at this address, which looks like any other.
    ([168, 63, 129, 16], 32, Reach::Private),
    ([169, 254, 0, 0], 16, Reach::Private),
    ([172, 16, 0, 0], 12, Reach::Private),
    ([192, 0, 0, 0], 24, Reach::Nobody),
    ([192, 0, 2, 0], 24, Reach::Nobody),
    ([192, 31, 196, 0], 24, Reach::Nobody),
    ([192, 52, 193, 0], 24, Reach::Nobody),
    ([192, 88, 99, 0], 24, Reach::Nobody),
    ([192, 168, 0, 0], 16, Reach::Private),
    ([198, 18, 0, 0], 15, Reach::Private),
    ([198, 51, 100, 0], 24, Reach::Nobody),
    ([203, 0, 113, 0], 24, Reach::Nobody),
    ([224, 0, 0, 0], 3, Reach::Nobody),
];

/// A block of addresses of version 6: its first, the bits they share, and whose they are.
type Block6 = (Ipv6Addr, u32, Reach);

/// What of version 6 is nobody's inside the global range, and what outside it is a network's own.
const BLOCKS_6: [Block6; 8] = [
    (Ipv6Addr::LOCALHOST, 128, Reach::Private),
    (Ipv6Addr::new(0xfc00, 0, 0, 0, 0, 0, 0, 0), 7, Reach::Private),
    (Ipv6Addr::new(0xfe80, 0, 0, 0, 0, 0, 0, 0), 10, Reach::Private),
    // Protocols' own: Teredo, benchmarks, ORCHID.
    (Ipv6Addr::new(0x2001, 0, 0, 0, 0, 0, 0, 0), 23, Reach::Nobody),
    (Ipv6Addr::new(0x2001, 0x0db8, 0, 0, 0, 0, 0, 0), 32, Reach::Nobody),
    // 6to4 carries an address of version 4 through relays that are gone.
    (Ipv6Addr::new(0x2002, 0, 0, 0, 0, 0, 0, 0), 16, Reach::Nobody),
    (Ipv6Addr::new(0x3fff, 0, 0, 0, 0, 0, 0, 0), 20, Reach::Nobody),
    // All that is global is here; what comes behind this line is nobody's.
    (Ipv6Addr::new(0x2000, 0, 0, 0, 0, 0, 0, 0), 3, Reach::Public),
];

/// The translation's prefix that every network shares (RFC 6052).
const NAT64: [u16; 6] = [0x64, 0xff9b, 0, 0, 0, 0];

impl Reach {
    /// Whom `address` belongs to.
    pub(crate) fn of(address: IpAddr) -> Self {
        match address {
            IpAddr::V4(address) => Self::of_4(address),
            IpAddr::V6(address) => Self::of_6(address),
        }
    }

    fn of_4(address: Ipv4Addr) -> Self {
        let found = BLOCKS_4.iter().find(|(first, bits, _)| {
            u32::from(address) >> (32 - bits) == u32::from_be_bytes(*first) >> (32 - bits)
        });
        found.map_or(Self::Public, |(_, _, reach)| *reach)
    }

    fn of_6(address: Ipv6Addr) -> Self {
        if let Some(carried) = carried(address) {
            return Self::of_4(carried);
        }
        // An interface may tunnel to the address of version 4 that its last half names (ISATAP).
        if let [.., 0 | 0x200, 0x5efe, _, _] = address.segments() {
            return Self::Nobody;
        }
        let found = BLOCKS_6.iter().find(|(first, bits, _)| {
            u128::from(address) >> (128 - bits) == u128::from(*first) >> (128 - bits)
        });
        found.map_or(Self::Nobody, |(_, _, reach)| *reach)
    }
}

/// The address of version 4 that packets to `address` would end at.
fn carried(address: Ipv6Addr) -> Option<Ipv4Addr> {
    if let Some(mapped) = address.to_ipv4_mapped() {
        return Some(mapped);
    }
    let [.., a, b] = address.segments();
    address
        .segments()
        .starts_with(&NAT64)
        .then(|| Ipv4Addr::from(u32::from(a) << 16 | u32::from(b)))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::{any, proptest};

    use super::*;

    fn reach(address: &str) -> Reach {
        Reach::of(address.parse().unwrap())
    }

    #[test]
    fn addresses_of_the_internet_are_public() {
        for address in [
            "1.1.1.1",
            "9.255.255.255",
            "11.0.0.0",
            "100.63.255.255",
            "100.128.0.0",
            "140.82.121.4",
            "168.63.129.15",
            "172.15.255.255",
            "172.32.0.0",
            "192.0.1.0",
            "192.167.255.255",
            "198.17.255.255",
            "198.20.0.0",
            "223.255.255.255",
            "2606:4700:4700::1111",
            "2a00:1450:4001:81b::200e",
            "2001:200::1",
            "::ffff:140.82.121.4",
            "64:ff9b::8c52:7904",
        ] {
            assert_eq!(reach(address), Reach::Public, "{address}");
        }
    }

    #[test]
    fn addresses_of_this_machine_and_its_networks_are_private() {
        for address in [
            "10.0.0.1",
            "10.255.255.255",
            "100.64.0.1",
            "100.100.100.200",
            "100.127.255.255",
            "127.0.0.1",
            "127.255.255.254",
            "168.63.129.16",
            "169.254.169.254",
            "172.16.0.1",
            "172.31.255.255",
            "192.168.1.1",
            "198.18.0.1",
            "::1",
            "fc00::1",
            "fd00:ec2::254",
            "fe80::1",
            "::ffff:127.0.0.1",
            "::ffff:a9fe:a9fe",
            "64:ff9b::7f00:1",
            "64:ff9b::a00:1",
            "64:ff9b::a9fe:a9fe",
        ] {
            assert_eq!(reach(address), Reach::Private, "{address}");
        }
    }

    #[test]
    fn what_is_no_one_machines_is_nobodys() {
        for address in [
            "0.0.0.0",
            "0.1.2.3",
            "192.0.0.192",
            "192.0.2.1",
            "192.88.99.1",
            "198.51.100.7",
            "203.0.113.9",
            "224.0.0.1",
            "239.255.255.250",
            "240.0.0.1",
            "255.255.255.255",
            "::",
            "::7f00:1",
            "::8c52:7904",
            "::ffff:0:7f00:1",
            "::ffff:0.0.0.0",
            "64:ff9b::e000:1",
            "64:ff9b:1::7f00:1",
            "100::1",
            "2001::7f00:1",
            "2001:2::1",
            "2001:10::1",
            "2001:db8::1",
            "2002:7f00:1::",
            "2002:8c52:7904::1",
            "3fff::1",
            "4000::1",
            "5f00::1",
            "fec0::1",
            "ff02::1",
            "2606:4700::5efe:7f00:1",
            "2606:4700::200:5efe:a00:1",
        ] {
            assert_eq!(reach(address), Reach::Nobody, "{address}");
        }
    }

    proptest! {
        #[test]
        fn an_address_that_carries_another_is_never_judged_more_kindly(bits in any::<u32>()) {
            let plain = Ipv4Addr::from(bits);
            let [high, low] = [(bits >> 16) as u16, (bits & 0xffff) as u16];
            let mapped = plain.to_ipv6_mapped();
            let translated = Ipv6Addr::new(0x64, 0xff9b, 0, 0, 0, 0, high, low);
            for carrying in [mapped, translated] {
                assert_eq!(Reach::of(carrying.into()), Reach::of(plain.into()));
            }
            let outdated = [
                Ipv6Addr::new(0, 0, 0, 0, 0, 0, high, low),
                Ipv6Addr::new(0x2002, high, low, 0, 0, 0, 0, 1),
            ];
            for carrying in outdated {
                assert_ne!(Reach::of(carrying.into()), Reach::Public);
            }
        }

        #[test]
        fn outside_the_global_range_nothing_is_public_but_what_carries(bits in any::<u128>()) {
            let address = Ipv6Addr::from(bits);
            let is_global = bits >> 125 == 1;
            if !is_global && carried(address).is_none() {
                assert_ne!(Reach::of(address.into()), Reach::Public);
            }
        }
    }
}
