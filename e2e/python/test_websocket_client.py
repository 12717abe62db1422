"""The synchronous PyPI library `websocket-client`."""

import json
import unittest

import websocket
from server import Server

CHAT = "/api/chat/ws"


def receive(socket, kind):
    """The next message of a type; others are passed over."""
    while True:
        message = json.loads(socket.recv())
        if message["type"] == kind:
            return message


def closing(socket):
    """Code and reason of the close frame; messages before it are passed over."""
    while True:
        opcode, payload = socket.recv_data(control_frame=True)
        if opcode == websocket.ABNF.OPCODE_CLOSE:
            return int.from_bytes(payload[:2], "big"), payload[2:].decode()


class Connecting(unittest.TestCase):
    def connect(self, url, **options):
        socket = websocket.create_connection(url, timeout=30, **options)
        self.addCleanup(socket.shutdown)
        return socket


class Chat(Connecting):
    def test_two_people_talk_and_one_reads_it_again(self):
        with Server() as server:
            url = f"{server.ws_url}{CHAT}?contextId=math&token="
            ann = self.connect(url + server.token("ann", "--name", "Ann"))
            ben = self.connect(url + server.token("ben", "--name", "Ben"))
            text = {"content": "Hello, everyone!", "messageType": "text"}
            ann.send(json.dumps({"type": "message", "id": "1", "data": text}))
            heard = receive(ben, "message")["data"]
            self.assertEqual((heard["author"], heard["authorName"]), ("ann", "Ann"))
            self.assertEqual(receive(ann, "message")["id"], "1")
            ben.send(json.dumps({"type": "history", "data": {"limit": 50}}))
            page = receive(ben, "history")["data"]
            self.assertEqual([one["id"] for one in page["messages"]], [heard["id"]])

    def test_a_bad_token_is_closed_with_1008(self):
        with Server() as server:
            socket = self.connect(f"{server.ws_url}{CHAT}?token=nonsense")
            self.assertEqual(closing(socket), (1008, "Unauthorized"))

    def test_a_message_over_the_limit_is_closed_with_1009(self):
        with Server() as server:
            socket = self.connect(f"{server.ws_url}{CHAT}", header={
                "Authorization": f"Bearer {server.token('ann')}"})
            message = {"type": "message", "data": {"content": "x" * 300_000}}
            socket.send(json.dumps(message))
            self.assertEqual(receive(socket, "error")["data"]["code"], "MESSAGE_TOO_LARGE")
            self.assertEqual(closing(socket)[0], 1009)

    def test_a_page_of_a_foreign_origin_is_refused(self):
        with Server() as server:
            url = f"{server.ws_url}{CHAT}?token={server.token('ann')}"
            with self.assertRaises(websocket.WebSocketBadStatusException) as refused:
                self.connect(url, origin="https://evil.example")
            self.assertEqual(refused.exception.status_code, 403)

    def test_a_restart_is_told_with_1012(self):
        with Server(QUINTET_SERVER__DRAIN="1s") as server:
            socket = self.connect(f"{server.ws_url}{CHAT}?token={server.token('ann')}")
            socket.send(json.dumps({"type": "ping"}))
            receive(socket, "pong")
            server.terminate()
            self.assertEqual(closing(socket)[0], 1012)
            self.assertEqual(server.process.wait(60), 0)


class Sessions(Connecting):
    def test_somebody_talks_with_an_agent(self):
        with Server() as server:
            token = server.token("ann", "--name", "Ann")
            status, session = server.request(
                "POST", "/api/sessions", token, {"type": "code_review", "title": "Mine"})
            self.assertIn(status, (200, 201))
            socket = self.connect(f"{server.ws_url}/ws/sessions/{session['id']}?token={token}")
            socket.send(json.dumps({"action": "join", "sessionId": session["id"]}))
            state = receive(socket, "session_state")["data"]
            self.assertEqual(state["session"]["ownerId"], "ann")
            code = "```python\ndef add(item, items=[]):\n    items.append(item)\n    return items\n```"
            socket.send(json.dumps({"action": "message", "data": {"content": code}}))
            self.assertEqual(receive(socket, "user_message")["data"]["role"], "user")
            answer = receive(socket, "agent_response")["data"]
            self.assertEqual((answer["role"], answer["agent_id"]), ("agent", "code"))
            self.assertIn("default", answer["content"].lower())
            socket.send(json.dumps({"action": "leave"}))
            self.assertEqual(closing(socket)[0], 1000)

    def test_a_stranger_finds_no_session(self):
        with Server() as server:
            _, session = server.request(
                "POST", "/api/sessions", server.token("ann"), {"type": "chat"})
            path = f"/ws/sessions/{session['id']}?token={server.token('eve')}"
            socket = self.connect(server.ws_url + path)
            socket.send(json.dumps({"action": "join"}))
            error = receive(socket, "error")
            self.assertEqual(error["message"], "Session not found")
            self.assertEqual(error["data"]["code"], "SESSION_NOT_FOUND")


if __name__ == "__main__":
    unittest.main()
