//! The example's server, in this process and with a clock of its own.

use std::net::{SocketAddr, TcpListener};
use std::sync::Arc;
use std::time::Duration;

use hub::{Delivery, Hub, Item, Outlet};
use model::{Clock, ConnectionId, ManualClock, Timestamp};
use testkit::{Dial, SocketIo};
use transport::{Door, Gate, Server, Settings};

use crate::echo::{EchoDoor, policy};

/// Bytes of a message.
pub const MESSAGE_BYTES_MAX: usize = 100_000;

/// The running server.
pub struct House {
    pub hub: Arc<Hub>,
    pub clock: Arc<ManualClock>,
    pub server: Option<Server>,
    address: SocketAddr,
}

impl House {
    pub fn open() -> Self {
        Self::of_messages(MESSAGE_BYTES_MAX)
    }

    pub fn of_messages(bytes_max: usize) -> Self {
        let heartbeat = (Duration::from_secs(25), Duration::from_secs(20));
        let policy = policy(heartbeat, bytes_max, Duration::from_secs(10));
        let gate = Gate::new(2);
        let clock = Arc::new(ManualClock::at(Timestamp::from_millis(1_000_000_000_000)));
        let hub = Hub::new(Arc::clone(&gate) as Arc<dyn Outlet>, clock.clone() as Arc<dyn Clock>);
        let door: Arc<dyn Door> = Arc::new(EchoDoor::new(policy));
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let server = Server::start(&gate, &hub, &door, Settings::default(), listener).unwrap();
        let address = server.address();
        Self { hub, clock, server: Some(server), address }
    }

    pub fn address(&self) -> SocketAddr {
        self.address
    }

    pub fn dial(&self) -> Dial {
        Dial::new(self.address, "/socket.io/")
    }

    /// A client in `namespace`, which was greeted.
    pub async fn client(&self, namespace: &str) -> SocketIo {
        let mut client = SocketIo::open(self.dial()).await;
        client.connect(namespace, None).await;
        client.expect("auth").await;
        client
    }

    /// The one connection there is.
    pub fn connection(&self) -> ConnectionId {
        self.hub.connections().select(|_| true)[0].id
    }

    /// Sends an event to a connection, as a room would.
    pub fn tell(&self, connection: ConnectionId, delivery: Delivery) {
        let item = Item::Tell { connection, delivery: Arc::new(delivery) };
        self.hub.outlet().push(connection.shard(), item);
    }

    /// Lets time pass until no connection is left.
    pub async fn pass_until_empty(&self) {
        while self.hub.connections().count() > 0 {
            self.clock.advance(Duration::from_millis(500));
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    }
}

impl Drop for House {
    fn drop(&mut self) {
        if let Some(server) = self.server.take() {
            server.stop();
        }
    }
}
