//! `server.*`: where the server listens, what it keeps where, and how it stops.

use std::net::SocketAddr;
use std::path::PathBuf;
use std::time::Duration;

use ipnet::IpNet;

use super::network::Host;
use super::reader::section;

section! {
    /// Where the server listens, where it keeps its data, and how it stops.
    pub struct Server {
        /// The address and port to listen on.
        listen: SocketAddr = "127.0.0.1:8000";
        /// The host, with its port where that is not 443, under which others reach this server. Handlers
        /// of `deals.routes` are told it as `domainName`, and the management API then refuses signatures
        /// that were made for another host; without it handlers are told the address listened on.
        public_host: Option<Host> = "";
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

impl Server {
    /// The host and port that handlers are told; `bound` is what the server listens on.
    #[must_use]
    pub fn domain(&self, bound: SocketAddr) -> String {
        let public = self.public_host.as_ref();
        public.map_or_else(|| bound.to_string(), |host| host.as_str().to_owned())
    }
}
