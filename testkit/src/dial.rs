//! Opening a WebSocket, with all that may be chosen about it.

use std::collections::BTreeMap;
use std::net::{IpAddr, SocketAddr};
use std::sync::Arc;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use tokio::time::timeout;
use tokio_rustls::rustls::ClientConfig;
use yawc::{Options, Role, WebSocket};

use crate::http::read_head;
use crate::{PATIENCE, Response, TestClient, stream};

/// The largest message a test client takes, in bytes.
const MESSAGE_BYTES_MAX: usize = 64 << 20;

/// An open WebSocket, and the answer to its handshake.
pub(crate) type Opened = (WebSocket<Box<dyn stream::Stream>>, Response);

/// A WebSocket about to be opened.
#[derive(Clone)]
pub struct Dial {
    address: SocketAddr,
    path: String,
    headers: Vec<(String, String)>,
    from: Option<IpAddr>,
    tls: Option<Arc<ClientConfig>>,
    deflate: bool,
}

impl Dial {
    /// To `path`, with its query, at `address`.
    #[must_use]
    pub fn new(address: SocketAddr, path: &str) -> Self {
        let (headers, from, tls) = (Vec::new(), None, None);
        Self { address, path: path.to_owned(), headers, from, tls, deflate: false }
    }

    /// The same with a header; a name may be given several times.
    #[must_use]
    pub fn header(mut self, name: &str, value: &str) -> Self {
        self.headers.push((name.to_owned(), value.to_owned()));
        self
    }

    /// The same with a token in the `Authorization` header.
    #[must_use]
    pub fn token(self, token: &str) -> Self {
        self.header("Authorization", &format!("Bearer {token}"))
    }

    /// The same with a parameter in the query, percent-encoded.
    #[must_use]
    pub fn query(mut self, name: &str, value: &str) -> Self {
        let separator = if self.path.contains('?') { '&' } else { '?' };
        self.path = format!("{}{separator}{name}={}", self.path, encode(value));
        self
    }

    /// The same with a token in the query.
    #[must_use]
    pub fn token_in_query(self, token: &str) -> Self {
        self.query("token", token)
    }

    /// The same with a token where a browser can put one.
    #[must_use]
    pub fn token_in_subprotocol(self, token: &str) -> Self {
        self.header("Sec-WebSocket-Protocol", &format!("bearer, {token}"))
    }

    /// The same as a page of `origin` would.
    #[must_use]
    pub fn origin(self, origin: &str) -> Self {
        self.header("Origin", origin)
    }

    /// The same from another address of this machine, such as 127.0.0.7.
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

    /// The same, offering permessage-deflate.
    #[must_use]
    pub fn deflate(mut self) -> Self {
        self.deflate = true;
        self
    }

    /// Opens it.
    ///
    /// # Panics
    /// When the server refuses.
    pub async fn open(self) -> TestClient {
        let path = self.path.clone();
        match self.try_open().await {
            Ok(client) => client,
            Err(answer) => panic!("{path} was refused: {answer:?}"),
        }
    }

    /// Opens it, or gives the answer that refused.
    ///
    /// # Errors
    /// The HTTP answer, where it is not 101.
    ///
    /// # Panics
    /// When the server gives no answer.
    pub async fn try_open(self) -> Result<TestClient, Response> {
        let (socket, answer) = self.try_open_socket().await?;
        Ok(TestClient::new(socket, answer))
    }

    /// Opens it for a client of another kind.
    pub(crate) async fn try_open_socket(self) -> Result<Opened, Response> {
        let opening = timeout(PATIENCE, self.shake_hands());
        opening.await.expect("the handshake is answered in time")
    }

    async fn shake_hands(self) -> Result<Opened, Response> {
        use tokio::io::AsyncWriteExt;

        let tcp = stream::connect(self.address, self.from).await.expect("the server accepts");
        let mut stream = stream::wrap(tcp, self.tls.clone()).await.expect("TLS is agreed on");
        stream.write_all(self.request().as_bytes()).await.expect("the request is taken");
        let answer = read_head(&mut stream).await.expect("the request is answered");
        if answer.status != 101 {
            return Err(answer.read_body(&mut stream).await);
        }
        let mut options = Options::default().with_limits(MESSAGE_BYTES_MAX, MESSAGE_BYTES_MAX);
        options = if self.deflate { options.with_balanced_compression() } else { options };
        let extensions = answer.headers.get("sec-websocket-extensions").map(String::as_str);
        let socket =
            WebSocket::from_stream_with_extensions(stream, Role::Client, extensions, options)
                .expect("the extensions are those that were offered");
        Ok((socket, answer))
    }

    /// The request, without the body it has none of.
    #[must_use]
    pub fn request(&self) -> String {
        let mut request = format!("GET {} HTTP/1.1\r\n", self.path);
        let key = STANDARD.encode(model::random_bytes::<16>());
        let mut fixed = BTreeMap::from([
            ("Host", self.address.to_string()),
            ("Upgrade", "websocket".to_owned()),
            ("Connection", "Upgrade".to_owned()),
            ("Sec-WebSocket-Version", "13".to_owned()),
            ("Sec-WebSocket-Key", key),
        ]);
        if self.deflate {
            let offer = "permessage-deflate; client_max_window_bits";
            fixed.insert("Sec-WebSocket-Extensions", offer.to_owned());
        }
        for (name, _) in &self.headers {
            fixed.retain(|fixed, _| !fixed.eq_ignore_ascii_case(name));
        }
        let fixed = fixed.iter().map(|(name, value)| (*name, value.as_str()));
        let chosen = self.headers.iter().map(|(name, value)| (name.as_str(), value.as_str()));
        for (name, value) in fixed.chain(chosen) {
            request.push_str(&format!("{name}: {value}\r\n"));
        }
        request + "\r\n"
    }
}

/// Percent-encodes everything but what RFC 3986 calls unreserved.
fn encode(text: &str) -> String {
    let plain = |byte: &u8| byte.is_ascii_alphanumeric() || b"-._~".contains(byte);
    text.bytes()
        .map(
            |byte| if plain(&byte) { char::from(byte).to_string() } else { format!("%{byte:02X}") },
        )
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_chosen_header_takes_the_place_of_the_usual_one() {
        let address = SocketAddr::from(([127, 0, 0, 1], 80));
        let request = Dial::new(address, "/ws").query("a", "b c&d").header("host", "x").request();
        assert!(request.starts_with("GET /ws?a=b%20c%26d HTTP/1.1\r\n"));
        assert!(!request.contains("127.0.0.1") && request.contains("host: x\r\n"));
    }
}
