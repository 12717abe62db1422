//! The listening socket: one that a service manager passed, else one of our own.

use std::io;
use std::net::{SocketAddr, TcpListener};

use listenfd::ListenFd;
use socket2::{Domain, Protocol, Socket, Type};

/// There is no socket to listen on.
#[derive(Debug, thiserror::Error)]
pub(super) enum ListenError {
    /// The passed socket is of another kind.
    #[error("the socket passed by the service manager is not a TCP socket that listens")]
    Passed(#[source] io::Error),
    /// The address cannot be listened on.
    #[error("cannot listen on {address} (server.listen)")]
    Own {
        /// Where.
        address: SocketAddr,
        /// What the system said.
        source: io::Error,
    },
}

/// The socket a service manager passed (`LISTEN_FDS`), else one on `address`.
///
/// # Errors
/// See [`ListenError`].
pub(super) fn open(address: SocketAddr, backlog: u32) -> Result<TcpListener, ListenError> {
    match ListenFd::from_env().take_tcp_listener(0) {
        Ok(Some(listener)) => return Ok(listener),
        Ok(None) => {}
        Err(error) => return Err(ListenError::Passed(error)),
    }
    bind(address, backlog).map_err(|source| ListenError::Own { address, source })
}

fn bind(address: SocketAddr, backlog: u32) -> io::Result<TcpListener> {
    let socket = Socket::new(Domain::for_address(address), Type::STREAM, Some(Protocol::TCP))?;
    socket.set_reuse_address(true)?;
    socket.bind(&address.into())?;
    socket.listen(i32::try_from(backlog).unwrap_or(i32::MAX))?;
    Ok(socket.into())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn port_0_is_a_free_port_and_a_taken_one_is_an_error_that_names_it() {
        let first = open("127.0.0.1:0".parse().unwrap(), 16).unwrap();
        let address = first.local_addr().unwrap();
        assert_ne!(address.port(), 0);
        let error = open(address, 16).unwrap_err().to_string();
        assert!(error.contains(&address.to_string()), "{error}");
    }
}
