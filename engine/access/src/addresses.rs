//! Where a request comes from, and whether anybody there is served.
//!
//! **Invariants.** `X-Forwarded-For` is looked at only where the peer is a trusted proxy, and only
//! as far as trusted proxies wrote it: what stands left of the first untrusted address was made up
//! by the client. Addresses are compared in one form: IPv4 inside IPv6 is IPv4.

use std::net::{IpAddr, Ipv6Addr, SocketAddr};

use http::HeaderMap;
use ipnet::IpNet;

const FORWARDED_FOR: &str = "x-forwarded-for";
const FORWARDED_PROTO: &str = "x-forwarded-proto";
/// Addresses of `X-Forwarded-For` that are looked at.
const HOPS_MAX: usize = 32;

/// Finds clients behind trusted proxies.
#[derive(Clone, Debug, Default)]
pub struct ClientAddresses {
    trusted: Vec<IpNet>,
}

impl ClientAddresses {
    /// Believes these proxies; none believes nobody.
    #[must_use]
    pub fn new(trusted_proxies: Vec<IpNet>) -> Self {
        Self { trusted: trusted_proxies }
    }

    /// The client's address: the peer's, or, where that is a trusted proxy, the right-most of
    /// `X-Forwarded-For` that is not one. What is no address ends the search at the last proxy.
    #[must_use]
    pub fn client(&self, peer: IpAddr, headers: &HeaderMap) -> IpAddr {
        let mut client = peer.to_canonical();
        if !self.is_trusted(client) {
            return client;
        }
        let lines = headers.get_all(FORWARDED_FOR).iter().rev();
        let hops = lines.flat_map(|line| line.as_bytes().rsplit(|byte| *byte == b','));
        for hop in hops.take(HOPS_MAX) {
            let Some(address) = parse(hop) else { return client };
            client = address;
            if !self.is_trusted(client) {
                return client;
            }
        }
        client
    }

    /// Whether the client speaks TLS: with us, or, as a trusted proxy says, with it.
    #[must_use]
    pub fn is_secure(&self, peer: IpAddr, peer_is_tls: bool, headers: &HeaderMap) -> bool {
        let says_https = || headers.get(FORWARDED_PROTO).is_some_and(|scheme| scheme == "https");
        peer_is_tls || (self.is_trusted(peer.to_canonical()) && says_https())
    }

    /// Whether `X-Forwarded-For` of this address is believed.
    #[must_use]
    pub fn is_trusted(&self, address: IpAddr) -> bool {
        contains(&self.trusted, address)
    }
}

/// Which client addresses are served at all.
#[derive(Clone, Debug, Default)]
pub struct AddressRules {
    allow: Vec<IpNet>,
    deny: Vec<IpNet>,
}

impl AddressRules {
    /// Serves those in `allow` (empty: everybody) that are not in `deny`.
    #[must_use]
    pub fn new(allow: Vec<IpNet>, deny: Vec<IpNet>) -> Self {
        Self { allow, deny }
    }

    /// Whether this client is served.
    #[must_use]
    pub fn allows(&self, client: IpAddr) -> bool {
        let is_listed = self.allow.is_empty() || contains(&self.allow, client);
        is_listed && !contains(&self.deny, client)
    }
}

/// The address that limits count by: of IPv6 the /64 network, for that is what one client has.
#[must_use]
pub fn group_of(client: IpAddr) -> IpAddr {
    match client.to_canonical() {
        IpAddr::V6(address) => {
            IpAddr::V6(Ipv6Addr::from_bits(address.to_bits() & !u128::from(u64::MAX)))
        }
        address => address,
    }
}

fn contains(networks: &[IpNet], address: IpAddr) -> bool {
    let address = address.to_canonical();
    networks.iter().any(|network| network.contains(&address))
}

/// An address as proxies write it: bare, bracketed, or with a port.
fn parse(text: &[u8]) -> Option<IpAddr> {
    let text = std::str::from_utf8(text).ok()?.trim();
    let bare = text.strip_prefix('[').and_then(|text| text.strip_suffix(']')).unwrap_or(text);
    let address = bare.parse().ok();
    let address = address.or_else(|| Some(text.parse::<SocketAddr>().ok()?.ip()));
    address.map(|address: IpAddr| address.to_canonical())
}

#[cfg(test)]
mod tests {
    use http::HeaderValue;
    use proptest::prelude::*;

    use super::*;

    fn networks(list: &[&str]) -> Vec<IpNet> {
        list.iter().map(|text| text.parse().unwrap()).collect()
    }

    fn client(trusted: &[&str], peer: &str, lines: &[&str]) -> String {
        let mut headers = HeaderMap::new();
        for line in lines {
            headers.append(FORWARDED_FOR, HeaderValue::from_bytes(line.as_bytes()).unwrap());
        }
        let addresses = ClientAddresses::new(networks(trusted));
        addresses.client(peer.parse().unwrap(), &headers).to_string()
    }

    #[test]
    fn without_a_trusted_proxy_the_client_is_the_peer() {
        assert_eq!(client(&[], "203.0.113.9", &["198.51.100.1"]), "203.0.113.9");
        assert_eq!(client(&["10.0.0.0/8"], "203.0.113.9", &["198.51.100.1"]), "203.0.113.9");
        assert_eq!(client(&[], "::ffff:203.0.113.9", &[]), "203.0.113.9");
    }

    #[test]
    fn behind_trusted_proxies_it_is_the_right_most_that_is_not_one() {
        let trusted = ["10.0.0.0/8", "2001:db8:1::/48"];
        let of = |lines: &[&str]| client(&trusted, "10.0.0.1", lines);
        assert_eq!(of(&["198.51.100.1"]), "198.51.100.1");
        assert_eq!(of(&["6.6.6.6, 198.51.100.1"]), "198.51.100.1");
        assert_eq!(of(&["6.6.6.6, 198.51.100.1,10.9.9.9 , 2001:db8:1::7"]), "198.51.100.1");
        assert_eq!(of(&["6.6.6.6", "198.51.100.1", "10.9.9.9"]), "198.51.100.1");
        assert_eq!(of(&["198.51.100.1:4711"]), "198.51.100.1");
        assert_eq!(of(&["[2001:db8::5]:4711"]), "2001:db8::5");
        assert_eq!(of(&["[2001:db8::5]"]), "2001:db8::5");
        assert_eq!(of(&["::ffff:198.51.100.1"]), "198.51.100.1");
        assert_eq!(client(&trusted, "::ffff:10.0.0.1", &["198.51.100.1"]), "198.51.100.1");
    }

    #[test]
    fn garbage_ends_the_search_at_the_last_proxy() {
        let of = |line: &str| client(&["10.0.0.0/8"], "10.0.0.1", &[line]);
        for garbage in ["", "unknown", "198.51.100.1.", "1.2.3", "a, b", "é", "198.51.100.1, -"] {
            assert_eq!(of(garbage), "10.0.0.1", "{garbage}");
        }
        assert_eq!(of("198.51.100.1, junk, 10.0.0.2"), "10.0.0.2");
        assert_eq!(of(&"10.0.0.3,".repeat(10_000)), "10.0.0.1");
        assert_eq!(of(&format!("6.6.6.6{}", ",10.0.0.3".repeat(10_000))), "10.0.0.3");
    }

    #[test]
    fn only_a_trusted_proxy_says_that_the_client_speaks_tls() {
        let addresses = ClientAddresses::new(networks(&["10.0.0.0/8"]));
        let mut headers = HeaderMap::new();
        headers.insert(FORWARDED_PROTO, HeaderValue::from_static("https"));
        let is_secure = |peer: &str, tls| addresses.is_secure(peer.parse().unwrap(), tls, &headers);
        assert!(is_secure("10.0.0.1", false));
        assert!(!is_secure("203.0.113.9", false));
        assert!(is_secure("203.0.113.9", true));
    }

    #[test]
    fn a_denied_address_is_not_served_also_where_it_is_allowed() {
        let rules =
            AddressRules::new(networks(&["10.0.0.0/8", "::1/128"]), networks(&["10.6.0.0/16"]));
        let allows = |address: &str| rules.allows(address.parse().unwrap());
        assert!(allows("10.1.2.3"));
        assert!(allows("::ffff:10.1.2.3"));
        assert!(allows("::1"));
        assert!(!allows("10.6.2.3"));
        assert!(!allows("::ffff:10.6.2.3"));
        assert!(!allows("192.0.2.1"));
        assert!(AddressRules::default().allows("192.0.2.1".parse().unwrap()));
    }

    #[test]
    fn limits_count_ipv6_by_its_network() {
        let of = |address: &str| group_of(address.parse().unwrap()).to_string();
        assert_eq!(of("2001:db8:1:2:3:4:5:6"), "2001:db8:1:2::");
        assert_eq!(of("203.0.113.9"), "203.0.113.9");
        assert_eq!(of("::ffff:203.0.113.9"), "203.0.113.9");
    }

    proptest! {
        #[test]
        fn what_a_client_writes_left_of_its_own_address_changes_nothing(
            forged in "[ -~]{0,200}",
            ours in any::<[u8; 3]>(),
        ) {
            let own = format!("203.{}.{}.{}", ours[0], ours[1], ours[2]);
            let line = format!("{forged},{own}, 10.0.0.2");
            prop_assert_eq!(client(&["10.0.0.0/8"], "10.0.0.1", &[&line]), own);
        }
    }
}
