"""The asynchronous PyPI library `websockets`, which offers compression by itself."""

import asyncio
import json
import unittest

from server import Server
from websockets.asyncio.client import connect
from websockets.exceptions import ConnectionClosed

CHAT = "/api/chat/ws?contextId=math"


async def receive(socket, kind):
    """The next message of a type; others are passed over."""
    while True:
        message = json.loads(await asyncio.wait_for(socket.recv(), 30))
        if message["type"] == kind:
            return message


def bearer(token):
    return {"Authorization": f"Bearer {token}"}


class Chat(unittest.IsolatedAsyncioTestCase):
    async def test_long_messages_travel_compressed(self):
        with Server() as server:
            url = server.ws_url + CHAT
            async with (
                connect(url, additional_headers=bearer(server.token("ann"))) as ann,
                connect(url, additional_headers=bearer(server.token("ben"))) as ben,
            ):
                extensions = [extension.name for extension in ann.protocol.extensions]
                self.assertEqual(extensions, ["permessage-deflate"])
                content = "A sentence that comes again and again. " * 1000
                await ann.send(json.dumps({"type": "message", "data": {"content": content}}))
                for socket in (ann, ben):
                    data = (await receive(socket, "message"))["data"]
                    self.assertEqual(data["content"], content.strip())

    async def test_a_message_in_fragments_is_one_message(self):
        with Server() as server:
            headers = bearer(server.token("ann"))
            async with connect(server.ws_url + CHAT, additional_headers=headers) as socket:
                await socket.send(['{"type": "mess', 'age", "data": {"cont', 'ent": "whole"}}'])
                self.assertEqual((await receive(socket, "message"))["data"]["content"], "whole")

    async def test_a_binary_message_is_an_error_and_the_connection_stays(self):
        with Server() as server:
            headers = bearer(server.token("ann"))
            async with connect(server.ws_url + CHAT, additional_headers=headers) as socket:
                await socket.send(b"\x00\x01")
                error = await receive(socket, "error")
                self.assertEqual(error["data"]["code"], "VALIDATION_ERROR")
                await socket.send(json.dumps({"type": "ping"}))
                await receive(socket, "pong")
                self.assertGreaterEqual(await (await socket.ping()), 0)

    async def test_a_token_may_stand_in_the_subprotocol(self):
        with Server() as server:
            protocols = ["bearer", server.token("ann")]
            async with connect(server.ws_url + CHAT, subprotocols=protocols) as socket:
                self.assertEqual(socket.subprotocol, "bearer")
                await socket.send(json.dumps({"type": "ping"}))
                await receive(socket, "pong")

    async def test_too_many_messages_end_the_connection(self):
        with Server(QUINTET_LIMITS__LEARNING__MESSAGES_PER_MINUTE="5") as server:
            headers = bearer(server.token("ann"))
            async with connect(server.ws_url + CHAT, additional_headers=headers) as socket:
                for _ in range(6):
                    await socket.send(json.dumps({"type": "ping"}))
                error = await receive(socket, "error")
                self.assertEqual(error["data"]["code"], "RATE_LIMIT_EXCEEDED")
                with self.assertRaises(ConnectionClosed) as closed:
                    await receive(socket, "nothing")
                close = closed.exception.rcvd
                self.assertEqual((close.code, close.reason), (1008, "Rate limit exceeded"))


if __name__ == "__main__":
    unittest.main()
