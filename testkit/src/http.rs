//! A small HTTP/1.1 client: one request a connection, JSON in and out.

use std::collections::BTreeMap;
use std::io;
use std::net::{IpAddr, SocketAddr};
use std::sync::Arc;

use serde_json::Value;
use tokio::io::{AsyncRead, AsyncReadExt, AsyncWriteExt};
use tokio::time::timeout;
use tokio_rustls::rustls::ClientConfig;

use crate::{PATIENCE, stream};

/// Bytes of an answer's head; more is a fault.
const HEAD_BYTES_MAX: usize = 64 << 10;
/// Bytes of an answer's body; more is a fault.
const BODY_BYTES_MAX: u64 = 256 << 20;

/// Requests to one server.
#[derive(Clone)]
pub struct Http {
    address: SocketAddr,
    headers: Vec<(String, String)>,
    from: Option<IpAddr>,
    tls: Option<Arc<ClientConfig>>,
}

/// An answer.
#[derive(Clone, Debug)]
pub struct Response {
    /// The status code.
    pub status: u16,
    /// The headers by lower-case name; a repeated one's values are joined with `, `.
    pub headers: BTreeMap<String, String>,
    /// The body.
    pub body: String,
}

impl Http {
    /// Requests to the server at `address`.
    #[must_use]
    pub fn new(address: SocketAddr) -> Self {
        Self { address, headers: Vec::new(), from: None, tls: None }
    }

    /// The same with a header on each request.
    #[must_use]
    pub fn header(mut self, name: &str, value: &str) -> Self {
        self.headers.push((name.to_owned(), value.to_owned()));
        self
    }

    /// The same with a token on each request.
    #[must_use]
    pub fn token(self, token: &str) -> Self {
        self.header("Authorization", &format!("Bearer {token}"))
    }

    /// The same from another address of this machine.
    ///
    /// # Panics
    /// When it is not an address.
    #[must_use]
    pub fn from(mut self, address: &str) -> Self {
        self.from = Some(address.parse().expect("an IP address"));
        self
    }

    /// The same over TLS.
    #[must_use]
    pub fn tls(mut self, config: &Arc<ClientConfig>) -> Self {
        self.tls = Some(Arc::clone(config));
        self
    }

    /// GET.
    pub async fn get(&self, path: &str) -> Response {
        self.send("GET", path, "").await
    }

    /// DELETE.
    pub async fn delete(&self, path: &str) -> Response {
        self.send("DELETE", path, "").await
    }

    /// POST of a JSON body.
    pub async fn post(&self, path: &str, body: &Value) -> Response {
        self.send("POST", path, &body.to_string()).await
    }

    /// PUT of a JSON body.
    pub async fn put(&self, path: &str, body: &Value) -> Response {
        self.send("PUT", path, &body.to_string()).await
    }

    /// Any request, with a body that is said to be JSON where there is one.
    ///
    /// # Panics
    /// When the server gives no answer within [`PATIENCE`].
    pub async fn send(&self, method: &str, path: &str, body: &str) -> Response {
        let exchange = timeout(PATIENCE, self.exchange(method, path, body)).await;
        exchange
            .unwrap_or_else(|_| panic!("{method} {path} was not answered"))
            .unwrap_or_else(|error| panic!("{method} {path} failed: {error}"))
    }

    async fn exchange(&self, method: &str, path: &str, body: &str) -> io::Result<Response> {
        let tcp = stream::connect(self.address, self.from).await?;
        let mut stream = stream::wrap(tcp, self.tls.clone()).await?;
        let mut head = format!("{method} {path} HTTP/1.1\r\nConnection: close\r\n");
        if !self.headers.iter().any(|(name, _)| name.eq_ignore_ascii_case("host")) {
            head.push_str(&format!("Host: {}\r\n", self.address));
        }
        for (name, value) in &self.headers {
            head.push_str(&format!("{name}: {value}\r\n"));
        }
        if !body.is_empty() {
            let length = body.len();
            head.push_str(&format!(
                "Content-Type: application/json\r\nContent-Length: {length}\r\n"
            ));
        }
        stream.write_all((head + "\r\n" + body).as_bytes()).await?;
        let answer = read_head(&mut stream).await?;
        Ok(answer.read_body(&mut stream).await)
    }
}

impl Response {
    /// The body as JSON.
    ///
    /// # Panics
    /// When it is not JSON.
    #[must_use]
    pub fn json(&self) -> Value {
        serde_json::from_str(&self.body)
            .unwrap_or_else(|error| panic!("not JSON ({error}): {self:?}"))
    }

    /// Reads the body: as long as it says, in chunks, or to the end.
    pub(crate) async fn read_body(mut self, stream: &mut (impl AsyncRead + Unpin)) -> Self {
        let length = self.headers.get("content-length").and_then(|text| text.parse().ok());
        let mut bytes = Vec::new();
        // An answer cut short shows in its body.
        let _ = stream.take(length.unwrap_or(BODY_BYTES_MAX)).read_to_end(&mut bytes).await;
        if self.headers.get("transfer-encoding").is_some_and(|coding| coding == "chunked") {
            bytes = join_chunks(&bytes);
        }
        self.body = String::from_utf8_lossy(&bytes).into_owned();
        self
    }
}

/// Reads an answer up to its empty line, and not a byte further.
pub(crate) async fn read_head(stream: &mut (impl AsyncRead + Unpin)) -> io::Result<Response> {
    let mut head = Vec::new();
    while !head.ends_with(b"\r\n\r\n") {
        head.push(stream.read_u8().await?);
        if head.len() > HEAD_BYTES_MAX {
            return Err(io::Error::other("the answer's head has no end"));
        }
    }
    parse_head(&String::from_utf8_lossy(&head)).ok_or_else(|| io::Error::other("not HTTP"))
}

fn parse_head(head: &str) -> Option<Response> {
    let mut lines = head.split("\r\n");
    let status = lines.next()?.strip_prefix("HTTP/1.1 ")?.get(..3)?.parse().ok()?;
    let mut headers = BTreeMap::<String, String>::new();
    for (name, value) in lines.filter_map(|line| line.split_once(':')) {
        let known = headers.entry(name.to_ascii_lowercase()).or_default();
        let separator = if known.is_empty() { "" } else { ", " };
        *known = format!("{known}{separator}{}", value.trim());
    }
    Some(Response { status, headers, body: String::new() })
}

fn join_chunks(mut bytes: &[u8]) -> Vec<u8> {
    let mut whole = Vec::new();
    while let Some(end) = bytes.windows(2).position(|two| two == b"\r\n") {
        let size = String::from_utf8_lossy(&bytes[..end]);
        let Ok(size) = usize::from_str_radix(size.trim(), 16) else { break };
        let chunk = bytes.get(end + 2..end + 2 + size).unwrap_or_default();
        whole.extend_from_slice(chunk);
        bytes = bytes.get(end + 4 + size..).unwrap_or_default();
        if size == 0 {
            break;
        }
    }
    whole
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_head_is_read_with_its_repeated_headers() {
        let head = "HTTP/1.1 429 Too Many Requests\r\nRetry-After: 7\r\nVary: a\r\nvary: b\r\n\r\n";
        let answer = parse_head(head).unwrap();
        assert_eq!(answer.status, 429);
        assert_eq!(answer.headers["retry-after"], "7");
        assert_eq!(answer.headers["vary"], "a, b");
    }

    #[test]
    fn chunks_are_joined() {
        assert_eq!(join_chunks(b"3\r\nabc\r\n2\r\nde\r\n0\r\n\r\n"), b"abcde");
    }
}
