"""The PyPI library `python-socketio`."""

import queue
import threading
import unittest

import socketio
from example import Example

# The ways in which it connects.
WAYS = {
    "websocket": ["websocket"],
    "polling": ["polling"],
    "polling, then websocket": ["polling", "websocket"],
}


class Client(socketio.Client):
    """A client whose events wait until they are asked for."""

    def __init__(self, **options):
        super().__init__(**options)
        self.events = queue.Queue()
        self.on("*", lambda *event: self.events.put(event), namespace="*")

    def next(self):
        """The next event as (name, namespace, argument, …)."""
        return self.events.get(timeout=30)


class Echo(unittest.TestCase):
    def test_events_acknowledgements_and_bytes(self):
        for way, transports in WAYS.items():
            with self.subTest(way), Example("socketio_echo", "--ping-interval-ms", "200") as echo:
                client = Client(reconnection=False)
                client.connect(
                    echo.url, auth={"token": "abc"}, transports=transports, namespaces=["/custom"]
                )
                self.assertEqual(client.next(), ("auth", "/custom", {"token": "abc"}))
                payload = {"text": "é", "bytes": [b"\x01\x02", b""], "none": None}
                client.emit("message", ("first", payload), namespace="/custom")
                self.assertEqual(client.next(), ("message-back", "/custom", "first", payload))
                for answer in ("a long text " * 10_000, b"\x07" * 300_000, payload):
                    got = client.call("message-with-ack", answer, namespace="/custom", timeout=30)
                    self.assertEqual(got, answer)
                client.disconnect()

    def test_a_namespace_that_is_not_there_is_refused(self):
        for way, transports in WAYS.items():
            with self.subTest(way), Example("socketio_echo") as echo:
                client = Client(reconnection=False)
                with self.assertRaisesRegex(socketio.exceptions.ConnectionError, "namespaces"):
                    client.connect(
                        echo.url, transports=transports, namespaces=["/", "/random"], wait_timeout=2
                    )
                client.disconnect()

    def test_whom_the_server_sends_away_stays_away(self):
        for way, transports in WAYS.items():
            with self.subTest(way), Example("socketio_echo") as echo:
                client = Client(reconnection_delay=0.05)
                client.connect(echo.url, transports=transports)
                self.assertEqual(client.next()[0], "auth")
                ended = threading.Event()
                client.on("disconnect", lambda *_: ended.set())
                client.emit("leave")
                self.assertTrue(ended.wait(timeout=30))
                self.assertFalse(client.connected)
                self.assertTrue(client.events.empty(), "it did not come back")


if __name__ == "__main__":
    unittest.main()
