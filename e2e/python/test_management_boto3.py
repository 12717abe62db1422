"""boto3's client of API Gateway's management API, with nothing but its endpoint changed."""

import contextlib
import datetime
import json
import unittest
from unittest import mock

import boto3
import botocore.auth
import websocket
from botocore.config import Config
from botocore.exceptions import ClientError
from server import Server

KEY_ID = "AKIDEXAMPLE"
SECRET = "wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY"
CHAT = "/api/chat/ws?contextId=math"


@contextlib.contextmanager
def running(**env):
    keys = {
        "QUINTET_MANAGEMENT__ACCESS_KEY_ID": KEY_ID,
        "QUINTET_MANAGEMENT__SECRET_ACCESS_KEY": SECRET,
    }
    with Server(**keys, **env) as server:
        yield server


@contextlib.contextmanager
def connected(server, user="ann", path=CHAT):
    """An open connection, and its id."""
    headers = {"Authorization": f"Bearer {server.token(user)}", "User-Agent": "a backend's test"}
    socket = websocket.create_connection(server.ws_url + path, header=headers, timeout=30)
    try:
        # Once the server answers there, it has the connection among the open ones.
        socket.ping()
        socket.recv_data(control_frame=True)
        admin = server.token("ops", "--role", "admin")
        _, page = server.request("GET", f"/api/connections?userId={user}", admin)
        yield socket, page["items"][-1]["connectionId"]
    finally:
        socket.shutdown()


@contextlib.contextmanager
def clock_off_by(minutes):
    """Requests are signed as if it were earlier or later."""
    real = datetime.datetime.now(datetime.timezone.utc)
    moved = real + datetime.timedelta(minutes=minutes)
    with mock.patch.object(
        botocore.auth, "get_current_datetime", lambda remove_tzinfo=True: moved.replace(tzinfo=None)
    ):
        yield


class Management(unittest.TestCase):
    def client(self, server, stage="", key_id=KEY_ID, secret=SECRET):
        made = boto3.client(
            "apigatewaymanagementapi",
            endpoint_url=server.http_url + stage,
            region_name="eu-central-1",
            aws_access_key_id=key_id,
            aws_secret_access_key=secret,
            config=Config(retries={"max_attempts": 0}, read_timeout=30),
        )
        self.addCleanup(made.close)
        return made

    def refused(self, call, status, kind):
        """The call fails with this status and error; what else it told."""
        with self.assertRaises(ClientError) as caught:
            call()
        response = caught.exception.response
        self.assertEqual(response["ResponseMetadata"]["HTTPStatusCode"], status, response)
        self.assertEqual(response["Error"]["Code"], kind, response)
        return response

    def test_a_message_is_posted_with_and_without_a_stage(self):
        with running() as server, connected(server) as (socket, connection):
            for stage in ("", "/prod", "/dev", "/v1", "/prod/"):
                text = json.dumps({"stage": stage, "note": "é"})
                posted = self.client(server, stage).post_to_connection(
                    ConnectionId=connection, Data=text.encode()
                )
                self.assertEqual(posted["ResponseMetadata"]["HTTPStatusCode"], 200)
                self.assertTrue(posted["ResponseMetadata"]["RequestId"])
                self.assertEqual(socket.recv(), text)

    def test_bytes_that_are_no_text_come_as_a_binary_message(self):
        with running() as server, connected(server) as (socket, connection):
            self.client(server).post_to_connection(ConnectionId=connection, Data=b"\xff\x00\xfe")
            self.assertEqual(socket.recv_data(), (websocket.ABNF.OPCODE_BINARY, b"\xff\x00\xfe"))

    def test_a_connection_is_described(self):
        with running() as server, connected(server) as (_, connection):
            seen = self.client(server).get_connection(ConnectionId=connection)
            self.assertIsInstance(seen["ConnectedAt"], datetime.datetime)
            self.assertGreaterEqual(seen["LastActiveAt"], seen["ConnectedAt"])
            identity = {"SourceIp": "127.0.0.1", "UserAgent": "a backend's test"}
            self.assertEqual(seen["Identity"], identity)

    def test_a_connection_is_ended_and_gone_then(self):
        with running() as server, connected(server) as (socket, connection):
            api = self.client(server)
            ended = api.delete_connection(ConnectionId=connection)
            self.assertEqual(ended["ResponseMetadata"]["HTTPStatusCode"], 204)
            opcode, data = socket.recv_data()
            self.assertEqual(opcode, websocket.ABNF.OPCODE_CLOSE)
            self.assertEqual(int.from_bytes(data[:2]), 1000)
            for call in (api.get_connection, api.delete_connection):
                self.refused(lambda call=call: call(ConnectionId=connection), 410, "GoneException")
            with self.assertRaises(api.exceptions.GoneException):
                api.post_to_connection(ConnectionId=connection, Data=b"hi")

    def test_ids_of_any_letters_are_signed_and_gone(self):
        with running() as server:
            for stage in ("", "/prod"):
                api = self.client(server, stage)
                for odd in ("L0SM9cOFvHcCIhw=", "a/b", "a+b c", "%41", "@", "é~*'()", "a=/%3D"):
                    self.refused(
                        lambda api=api, odd=odd: api.get_connection(ConnectionId=odd),
                        410,
                        "GoneException",
                    )

    def test_a_message_past_the_limit_of_its_application_is_too_large(self):
        limits = {"QUINTET_LIMITS__LEARNING__MAX_MESSAGE_BYTES": "1000"}
        with running(**limits) as server, connected(server) as (socket, connection):
            api = self.client(server)
            api.post_to_connection(ConnectionId=connection, Data=b"x" * 1000)
            self.assertEqual(len(socket.recv()), 1000)
            for size in (1001, 200_000, 7_000_000):
                self.refused(
                    lambda size=size: api.post_to_connection(
                        ConnectionId=connection, Data=b"x" * size
                    ),
                    413,
                    "PayloadTooLargeException",
                )

    def test_wrong_keys_and_stages_are_forbidden(self):
        with running() as server, connected(server) as (_, connection):
            for api, kind in (
                (self.client(server, secret=SECRET[::-1]), "InvalidSignatureException"),
                (self.client(server, key_id="AKIDANOTHER"), "UnrecognizedClientException"),
                (self.client(server, stage="/test"), "ForbiddenException"),
            ):
                for connection_id in (connection, "gone"):
                    self.refused(
                        lambda api=api, it=connection_id: api.get_connection(ConnectionId=it),
                        403,
                        kind,
                    )

    def test_a_clock_may_be_five_minutes_off_and_not_six(self):
        with running() as server, connected(server) as (socket, connection):
            api = self.client(server)

            def post():
                api.post_to_connection(ConnectionId=connection, Data=b"in time")

            for minutes in (-4, 4):
                with clock_off_by(minutes):
                    post()
                self.assertEqual(socket.recv(), "in time")
            for minutes in (-6, 6):
                with clock_off_by(minutes):
                    self.refused(post, 403, "InvalidSignatureException")

    def test_a_body_that_is_not_the_signed_one_is_forbidden(self):
        with running() as server, connected(server) as (socket, connection):
            api = self.client(server)

            def tamper(request, **_):
                request.body = b"forged"

            api.meta.events.register("before-send.*.PostToConnection", tamper)
            self.refused(
                lambda: api.post_to_connection(ConnectionId=connection, Data=b"signed"),
                403,
                "InvalidSignatureException",
            )
            self.client(server).post_to_connection(ConnectionId=connection, Data=b"honest")
            self.assertEqual(socket.recv(), "honest")

    def test_valid_calls_are_not_limited_and_refused_ones_are(self):
        limits = {"QUINTET_LIMITS__HTTP__REQUESTS_PER_MINUTE": "5"}
        with running(**limits) as server, connected(server) as (_, connection):
            good, bad = self.client(server), self.client(server, secret="wrong")
            for _ in range(20):
                good.get_connection(ConnectionId=connection)
            for _ in range(5):
                self.refused(
                    lambda: bad.get_connection(ConnectionId=connection),
                    403,
                    "InvalidSignatureException",
                )
            refused = self.refused(
                lambda: bad.get_connection(ConnectionId=connection), 429, "LimitExceededException"
            )
            self.assertGreater(int(refused["ResponseMetadata"]["HTTPHeaders"]["retry-after"]), 0)
            # From then on nobody looks who calls from that address, until the minute is over.
            self.refused(
                lambda: good.get_connection(ConnectionId=connection), 429, "LimitExceededException"
            )

    def test_connections_of_sessions_are_reached_too(self):
        with running() as server:
            with connected(server, path="/ws/sessions/any") as (socket, connection):
                self.client(server).post_to_connection(ConnectionId=connection, Data=b"to a session")
                self.assertEqual(socket.recv(), "to a session")


if __name__ == "__main__":
    unittest.main()
