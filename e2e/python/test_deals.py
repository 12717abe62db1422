"""Protocol B with the PyPI library `websocket-client`: what a test-suite of a user's own would hold."""

import json
import time
import unittest

import websocket
from server import Server

LAMP = {
    "title": "A lamp", "category": "electronics", "merchant": "Lux", "price": 75,
    "originalPrice": 100, "currency": "EUR", "url": "https://shop.example/lamp",
}


class Deals(unittest.TestCase):
    def connect(self, server, user, path="", **options):
        url = f"{server.ws_url}{path}?token={server.token(user)}"
        socket = websocket.create_connection(url, timeout=30, **options)
        self.addCleanup(socket.shutdown)
        return socket

    def ask(self, socket, action, data, request_id):
        """One request, and its own reply; pushes before it are passed over."""
        socket.send(json.dumps({"action": action, "data": data, "requestId": request_id}))
        while True:
            answer = json.loads(socket.recv())
            if answer.get("requestId") == request_id:
                return answer

    def test_the_first_message_is_the_answer_to_the_first_request(self):
        with Server() as server:
            socket = self.connect(server, "test-user")
            socket.send(json.dumps({"action": "ping", "data": {}, "requestId": "test-123"}))
            response = json.loads(socket.recv())
            self.assertEqual(response["type"], "pong")
            self.assertEqual(response["requestId"], "test-123")
            self.assertLess(abs(response["timestamp"] - time.time()), 600)

    def test_no_token_and_a_bad_one_are_answered_with_401(self):
        with Server() as server:
            for query in ("", "?token=nonsense"):
                with self.assertRaises(websocket.WebSocketBadStatusException) as refused:
                    websocket.create_connection(f"{server.ws_url}/prod{query}", timeout=30)
                self.assertEqual(refused.exception.status_code, 401)
                body = json.loads(refused.exception.resp_body)
                self.assertEqual((body["error"], body["statusCode"]), ("UNAUTHORIZED", 401))

    def test_two_people_write_to_each_other_on_two_stages(self):
        with Server() as server:
            ann, ben = self.connect(server, "ann", "/prod"), self.connect(server, "ben", "/dev")
            self.ask(ben, "ping", {}, "here")
            sent = self.ask(ann, "sendMessage", {
                "recipientId": "ben", "content": "Hello, how are you?", "type": "text"}, "msg-123")
            self.assertEqual((sent["type"], sent["data"]["status"]), ("messageSent", "delivered"))
            heard = json.loads(ben.recv())
            self.assertEqual(heard["type"], "ChatMessage")
            self.assertEqual(heard["data"]["messageId"], sent["data"]["messageId"])
            self.assertEqual(heard["data"]["senderId"], "ann")

    def test_what_came_while_somebody_was_away_waits_for_them(self):
        with Server() as server:
            ann = self.connect(server, "ann")
            sent = self.ask(ann, "sendMessage", {"recipientId": "ben", "content": "later"}, "1")
            self.assertEqual(sent["data"]["status"], "queued")
            shop = server.token("shop", "--role", "publisher")
            status, made = server.request(
                "POST", "/api/users/ben/notifications", shop, {"title": "News", "body": "A lamp"})
            self.assertEqual(status, 201)
            ben = self.connect(server, "ben")
            pushes = [json.loads(ben.recv()) for _ in range(2)]
            self.assertEqual([push["type"] for push in pushes], ["ChatMessage", "Notification"])
            acknowledged = self.ask(
                ben, "notificationAck", {"notificationId": made["notificationId"]}, "ack")
            self.assertEqual(acknowledged["data"]["status"], "read")
            self.ask(ben, "ping", {}, "taken")
            ben.close()
            again = self.connect(server, "ben")
            self.assertEqual(self.ask(again, "ping", {}, "first")["type"], "pong")

    def test_a_subscriber_hears_of_the_deals_its_filters_meet(self):
        with Server() as server:
            ann = self.connect(server, "ann")
            confirmed = self.ask(ann, "subscribeToDeals", {
                "topic": "new-deals", "filters": {"category": "electronics", "minDiscount": 20}}, "s")
            self.assertEqual(confirmed["data"]["status"], "active")
            shop = server.token("shop", "--role", "publisher")
            for deal, price in (("dear", 90), ("cheap", 75)):
                status, _ = server.request("PUT", f"/api/deals/{deal}", shop, {**LAMP, "price": price})
                self.assertEqual(status, 201)
            update = json.loads(ann.recv())
            self.assertEqual((update["type"], update["data"]["dealId"]), ("DealUpdate", "cheap"))
            ids = update["data"]["subscriptionIds"]
            self.assertEqual(ids, [confirmed["data"]["subscriptionId"]])
            self.assertEqual(update["data"]["discount"], 25)

    def test_an_unknown_action_is_named(self):
        with Server() as server:
            ann = self.connect(server, "ann")
            error = self.ask(ann, "fly", {}, "x")
            self.assertEqual((error["type"], error["data"]["code"]), ("error", "VALIDATION_ERROR"))
            self.assertIn("fly", error["data"]["message"])


if __name__ == "__main__":
    unittest.main()
