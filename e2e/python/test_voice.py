"""Interviews by voice through the PyPI library `python-socketio`."""

import base64
import queue
import unittest

import socketio
from server import Server

SECRET = "a secret of the voice tests, long enough to be one"
NAMESPACE = "/interview"
# The ways in which it connects.
WAYS = {
    "websocket": ["websocket"],
    "polling": ["polling"],
    "upgrade": ["polling", "websocket"],
}


class Person(socketio.Client):
    """A client whose events wait until they are asked for."""

    def __init__(self):
        super().__init__(reconnection=False)
        self.events = queue.Queue()
        self.on("*", lambda name, *payload: self.events.put((name, *payload)), namespace=NAMESPACE)

    def enter(self, server, token, transports, session=None):
        self.connect(
            server.http_url,
            auth={"token": token},
            transports=transports,
            namespaces=[NAMESPACE],
            wait_timeout=30,
        )
        if session is not None:
            self.expect("connection:success")
            answer = self.ask("session:join", {"sessionId": session})
            assert answer == {"ok": True}, answer
            self.expect("session:joined")
        return self

    def expect(self, name):
        """The payload of the next event of this name; those before it are passed over."""
        while True:
            named, payload = self.events.get(timeout=30)
            if named == name:
                return payload

    def say(self, name, payload):
        self.emit(name, payload, namespace=NAMESPACE)

    def ask(self, name, payload):
        return self.call(name, payload, namespace=NAMESPACE, timeout=30)


class Voice(unittest.TestCase):
    def test_two_people_hear_each_other_as_they_send(self):
        with Server(JWT_SECRET=SECRET) as server:
            for way, transports in WAYS.items():
                with self.subTest(way):
                    ann = Person().enter(server, server.token("ann"), transports, way)
                    bob = Person().enter(server, server.token("bob"), transports, way)
                    self.assertEqual(ann.expect("user:joined")["userId"], "bob")
                    chunk = {"format": "pcm16", "sampleRate": 16000}
                    for number in range(20):
                        data = bytes([number]) * 1600
                        sent = data if number % 2 else base64.b64encode(data).decode()
                        ann.say("audio:stream", {**chunk, "audioData": sent})
                        heard = bob.expect("audio:received")
                        self.assertEqual((heard["userId"], heard["audioData"]), ("ann", sent))
                    self.assertEqual(bob.ask("session:leave", {}), {"ok": True})
                    self.assertEqual(ann.expect("user:left")["userId"], "bob")
                    refused = bob.ask("session:leave", {})
                    self.assertEqual((refused["ok"], refused["code"]), (False, "NOT_JOINED"))
                    ann.disconnect()
                    bob.disconnect()

    def test_who_joins_late_is_sent_the_header_first(self):
        with Server(JWT_SECRET=SECRET) as server:
            ann = Person().enter(server, server.token("ann"), WAYS["websocket"], "s")
            header = (
                b"RIFF\xff\xff\xff\xffWAVEfmt \x10\x00\x00\x00\x01\x00\x01\x00"
                b"\x80\x3e\x00\x00\x00\x7d\x00\x00\x02\x00\x10\x00data\xff\xff\xff\xff"
            )
            wav = {"format": "wav", "sampleRate": 16000}
            ann.ask("audio:stream", {**wav, "audioData": header + bytes(3200)})
            bob = Person().enter(server, server.token("bob"), WAYS["upgrade"], "s")
            first = bob.expect("audio:received")
            self.assertEqual((first["init"], first["audioData"]), (True, header))
            ann.say("audio:stream", {**wav, "audioData": bytes(320)})
            self.assertNotIn("init", bob.expect("audio:received"))
            ann.disconnect()
            bob.disconnect()

    def test_a_bad_token_is_told_inside_the_protocol(self):
        with Server(JWT_SECRET=SECRET) as server:
            for way, transports in WAYS.items():
                with self.subTest(way):
                    person = Person().enter(server, "no token", transports)
                    error = person.expect("connection:error")
                    self.assertEqual(error["message"], "Authentication failed")
                    self.assertEqual(error["code"], "UNAUTHORIZED")
                    person.wait()
                    self.assertFalse(person.connected)

    def test_a_session_of_members_is_not_there_for_others(self):
        with Server(JWT_SECRET=SECRET) as server:
            body = {"sessionId": "s", "members": ["bob"]}
            status, made = server.request("POST", "/api/voice/sessions", server.token("ann"), body)
            self.assertEqual((status, made["ownerId"]), (201, "ann"))
            bob = Person().enter(server, server.token("bob"), WAYS["websocket"], "s")
            eve = Person().enter(server, server.token("eve"), WAYS["websocket"])
            answer = eve.ask("session:join", {"sessionId": "s"})
            self.assertEqual((answer["code"], answer["error"]), ("SESSION_NOT_FOUND", "Session not found"))
            self.assertEqual(eve.expect("session:error")["message"], "Session not found")
            self.assertEqual(server.request("GET", "/api/voice/sessions/s", server.token("eve"))[0], 404)
            bob.disconnect()
            eve.disconnect()


if __name__ == "__main__":
    unittest.main()
