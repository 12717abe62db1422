//! What `serve --dev` says to whoever started it.

use std::io::Write;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};

use crate::cli::{self, Outcome};
use crate::config::Config;

/// Whom the ready-made token is for.
const NAME: &str = "Ann";

/// Prints a token and what to do with it.
pub(super) fn greet(
    out: &mut impl Write,
    config: &Config,
    address: SocketAddr,
    is_tls: bool,
) -> Outcome {
    let (ws, http) = if is_tls { ("wss", "https") } else { ("ws", "http") };
    let place = reachable(address);
    let token = cli::sign(config, NAME, Some(NAME), &[])?;
    writeln!(
        out,
        "\nopen the console as {NAME} (or without what follows the #, as anybody):\n  \
         {http}://{place}/#token={token}\n\n\
         try the chat (then type {{\"type\":\"message\",\"data\":{{\"content\":\"hello\"}}}}):\n  \
         wscat -c '{ws}://{place}/api/chat/ws?contextId=hello&token={token}'\n\n\
         a token for somebody else:\n  \
         curl -s {http}://{place}/api/dev/sign-in -d '{{\"name\":\"Bob\"}}'\n"
    )?;
    Ok(())
}

/// The address to connect to from this machine.
fn reachable(mut address: SocketAddr) -> SocketAddr {
    match address.ip() {
        IpAddr::V4(ip) if ip.is_unspecified() => address.set_ip(Ipv4Addr::LOCALHOST.into()),
        IpAddr::V6(ip) if ip.is_unspecified() => address.set_ip(Ipv6Addr::LOCALHOST.into()),
        _ => {}
    }
    address
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::{Flag, Inputs};

    #[test]
    fn the_greeting_has_a_token_and_addresses_that_can_be_reached() {
        let folder = tempfile::tempdir().unwrap();
        let text = folder.path().display().to_string();
        let flags = vec![Flag { name: "--data-dir", key: "server.data_dir", text }];
        let config = Config::load(&Inputs { flags, ..Inputs::default() }).unwrap();
        let mut out = Vec::new();
        greet(&mut out, &config, "0.0.0.0:8000".parse().unwrap(), false).unwrap();
        let text = String::from_utf8(out).unwrap();
        assert!(text.contains("wscat -c 'ws://127.0.0.1:8000/api/chat/ws"), "{text}");
        assert!(text.contains("curl -s http://127.0.0.1:8000/api/dev/sign-in"), "{text}");
        assert!(text.contains("  http://127.0.0.1:8000/#token=eyJ0eXAiOiJKV1Qi"), "{text}");
        assert_eq!(text.matches("eyJ0eXAiOiJKV1Qi").count(), 2, "the token, in both addresses");
    }
}
