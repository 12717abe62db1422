//! `server.*`: where the server listens, what it keeps where, and how it stops.

use std::net::SocketAddr;
use std::path::PathBuf;
use std::time::Duration;

use ipnet::IpNet;

use super::reader::section;

section! {
    /// Where the server listens, where it keeps its data, and how it stops.
    pub struct Server {
        /// The address and port to listen on.
        listen: SocketAddr = "127.0.0.1:8000";
        /// The folder that holds the database and the secret the server made for itself.
        data_dir: PathBuf = ".quintet";
        /// Proxies whose `X-Forwarded-For` is believed; the right-most address in it that is not one
        /// of them is the client's.
        trusted_proxies: Vec<IpNet> = "";
        /// The certificate chain (PEM) to serve TLS with; read again when the file changes.
        tls_cert: Option<PathBuf> = "";
        /// The private key (PEM) of `server.tls_cert`.
        tls_key: Option<PathBuf> = "";
        /// How long running work may take to end after a signal to stop; the closing of connections
        /// is spread over the same time.
        drain: Duration = "10s", within "0" to "1h";
        /// How long connections are still accepted after a signal to stop, while readiness is false
        /// already.
        drain_delay: Duration = "0", within "0" to "1h";
        /// Worker threads that own connections; 0 is one for each processor.
        shards: u16 = "0", within "0" to "255";
        /// Connections the kernel keeps waiting to be accepted.
        backlog: u32 = "4096", within "1" to "65535";
        /// Open connections at most, over all applications; past that new ones are refused.
        max_connections: usize = "100000", within "1" to "10000000";
    }
}
