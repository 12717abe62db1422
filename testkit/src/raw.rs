//! Bytes on a bare TCP connection: half handshakes, frames no library would send.

use std::net::SocketAddr;
use std::sync::Arc;

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::time::timeout;
use tokio_rustls::rustls::ClientConfig;

use crate::http::read_head;
use crate::stream::Stream;
use crate::{Dial, PATIENCE, Response, stream};

/// A bare connection.
pub struct RawClient {
    stream: Box<dyn Stream>,
}

/// A frame as it came from the server.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RawFrame {
    /// The first byte: FIN, reserved bits, opcode.
    pub first: u8,
    /// The payload.
    pub payload: Vec<u8>,
}

impl RawFrame {
    /// Code and reason, where it is a close frame.
    #[must_use]
    pub fn close(&self) -> Option<(u16, String)> {
        match (self.first & 0x0f, self.payload.as_slice()) {
            (8, [high, low, reason @ ..]) => {
                let reason = String::from_utf8_lossy(reason).into_owned();
                Some((u16::from_be_bytes([*high, *low]), reason))
            }
            (8, _) => Some((1005, String::new())),
            _ => None,
        }
    }
}

impl RawClient {
    /// Connects, and says nothing.
    ///
    /// # Panics
    /// When the server does not accept.
    pub async fn connect(address: SocketAddr) -> Self {
        let stream = stream::connect(address, None).await.expect("the server accepts");
        Self { stream: Box::new(stream) }
    }

    /// Connects and opens the WebSocket that `dial` describes, at `address`.
    ///
    /// # Panics
    /// When the server refuses.
    pub async fn open(address: SocketAddr, dial: &Dial) -> Self {
        Self::connect(address).await.upgraded(dial).await
    }

    /// The same, where the system keeps only about `receive_bytes` that were not read yet.
    ///
    /// # Panics
    /// When the server refuses.
    pub async fn open_small(address: SocketAddr, dial: &Dial, receive_bytes: u32) -> Self {
        let stream = stream::connect_small(address, receive_bytes).await;
        Self { stream: Box::new(stream.expect("the server accepts")) }.upgraded(dial).await
    }

    /// The same as [`Self::open`] over TLS.
    ///
    /// # Panics
    /// When the server refuses.
    pub async fn open_tls(address: SocketAddr, dial: &Dial, config: &Arc<ClientConfig>) -> Self {
        let stream = stream::connect(address, None).await.expect("the server accepts");
        let stream = stream::wrap(stream, Some(Arc::clone(config))).await;
        Self { stream: stream.expect("TLS is agreed on") }.upgraded(dial).await
    }

    async fn upgraded(mut self, dial: &Dial) -> Self {
        assert!(self.write(dial.request().as_bytes()).await);
        let answer = self.head().await;
        assert_eq!(answer.status, 101, "{answer:?}");
        self
    }

    /// Writes bytes; whether the server's side took them.
    pub async fn write(&mut self, bytes: &[u8]) -> bool {
        matches!(timeout(PATIENCE, self.stream.write_all(bytes)).await, Ok(Ok(())))
    }

    /// Writes one frame as a client must, masked; `first` is its first byte.
    pub async fn frame(&mut self, first: u8, payload: &[u8]) -> bool {
        let mut bytes = frame_header(first, payload.len() as u64);
        bytes.extend([0; 4]);
        bytes.extend(payload);
        self.write(&bytes).await
    }

    /// Writes the header of a masked frame that promises `length` bytes, and none of them.
    pub async fn header(&mut self, first: u8, length: u64) -> bool {
        let mut bytes = frame_header(first, length);
        bytes.extend([0; 4]);
        self.write(&bytes).await
    }

    /// Reads an answer's head.
    ///
    /// # Panics
    /// When none comes.
    pub async fn head(&mut self) -> Response {
        let head = timeout(PATIENCE, read_head(&mut self.stream)).await;
        head.expect("an answer comes in time").expect("an answer comes")
    }

    /// Reads one frame; none once the server has hung up.
    pub async fn read_frame(&mut self) -> Option<RawFrame> {
        timeout(PATIENCE, self.read_whole_frame()).await.ok()?.ok()
    }

    /// Reads frames until a close frame; its code and reason, 1006 where none comes.
    pub async fn closed(&mut self) -> (u16, String) {
        while let Some(frame) = self.read_frame().await {
            if let Some(close) = frame.close() {
                return close;
            }
        }
        (1006, String::new())
    }

    /// Reads to the end of the stream: what came before the server hung up.
    ///
    /// # Panics
    /// When it does not hang up within [`PATIENCE`].
    pub async fn read_to_end(&mut self) -> Vec<u8> {
        let mut bytes = Vec::new();
        let read = timeout(PATIENCE, self.stream.read_to_end(&mut bytes)).await;
        // A reset is an end too.
        let _ = read.expect("the server hangs up in time");
        bytes
    }

    async fn read_whole_frame(&mut self) -> std::io::Result<RawFrame> {
        let first = self.stream.read_u8().await?;
        let length = match self.stream.read_u8().await? & 0x7f {
            126 => usize::from(self.stream.read_u16().await?),
            127 => usize::try_from(self.stream.read_u64().await?).map_err(std::io::Error::other)?,
            short => usize::from(short),
        };
        let mut payload = vec![0; length];
        self.stream.read_exact(&mut payload).await?;
        Ok(RawFrame { first, payload })
    }
}

/// First byte and length with the mask bit set; four bytes of mask follow.
fn frame_header(first: u8, length: u64) -> Vec<u8> {
    let mut bytes = vec![first];
    if let Ok(short) = u8::try_from(length)
        && short < 126
    {
        bytes.push(0x80 | short);
    } else if let Ok(medium) = u16::try_from(length) {
        bytes.push(0x80 | 126);
        bytes.extend(medium.to_be_bytes());
    } else {
        bytes.push(0x80 | 127);
        bytes.extend(length.to_be_bytes());
    }
    bytes
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_close_frame_is_read_as_code_and_reason() {
        let frame = RawFrame { first: 0x88, payload: b"\x03\xf1Too big".to_vec() };
        assert_eq!(frame.close(), Some((1009, "Too big".to_owned())));
        assert_eq!(RawFrame { first: 0x81, payload: vec![] }.close(), None);
    }

    #[test]
    fn lengths_take_the_shortest_form() {
        assert_eq!(frame_header(0x81, 125), [0x81, 0xfd]);
        assert_eq!(frame_header(0x81, 126), [0x81, 0xfe, 0, 126]);
        assert_eq!(frame_header(0x81, 65_536)[..4], [0x81, 0xff, 0, 0]);
    }
}
