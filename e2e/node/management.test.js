// The AWS SDK's client of API Gateway's management API, with nothing but its endpoint changed.

import assert from "node:assert/strict";
import { once } from "node:events";
import { test } from "node:test";

import {
  ApiGatewayManagementApiClient,
  DeleteConnectionCommand,
  GetConnectionCommand,
  GoneException,
  PayloadTooLargeException,
  PostToConnectionCommand,
} from "@aws-sdk/client-apigatewaymanagementapi";
import WebSocket from "ws";

import { bearer } from "./client.js";
import { withServer } from "./server.js";

const accessKeyId = "AKIDEXAMPLE";
const secretAccessKey = "wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY";
const keys = {
  QUINTET_MANAGEMENT__ACCESS_KEY_ID: accessKeyId,
  QUINTET_MANAGEMENT__SECRET_ACCESS_KEY: secretAccessKey,
};

const clientOf = (url, options = {}) =>
  new ApiGatewayManagementApiClient({
    endpoint: url,
    region: "us-east-1",
    credentials: { accessKeyId, secretAccessKey },
    maxAttempts: 1,
    ...options,
  });

/** An open connection, and its id; `use` gets both. */
async function connected({ url, wsUrl, token }, use) {
  const options = { ...bearer(token("ann")) };
  options.headers["User-Agent"] = "a backend's test";
  const socket = new WebSocket(`${wsUrl}/api/chat/ws?contextId=math`, [], options);
  await once(socket, "open");
  // Once the server answers there, it has the connection among the open ones.
  socket.ping();
  await once(socket, "pong");
  const admin = bearer(token("ops", "--role", "admin"));
  const listed = await (await fetch(`${url}/api/connections?userId=ann`, admin)).json();
  try {
    await use(socket, listed.items[0].connectionId);
  } finally {
    socket.terminate();
  }
}

/** The call fails with this status and error. */
async function refused(call, status, name) {
  const error = await call.then(
    () => assert.fail("it was not refused"),
    (error) => error,
  );
  assert.equal(error.$metadata?.httpStatusCode, status, error);
  assert.equal(error.name, name);
  return error;
}

test("a message is posted, as text where it is one", async () => {
  await withServer(keys, async (server) => {
    await connected(server, async (socket, ConnectionId) => {
      for (const stage of ["", "/prod", "/v1"]) {
        const came = once(socket, "message");
        const Data = JSON.stringify({ stage, note: "é" });
        const posted = await clientOf(server.url + stage).send(
          new PostToConnectionCommand({ ConnectionId, Data }),
        );
        assert.equal(posted.$metadata.httpStatusCode, 200);
        assert.ok(posted.$metadata.requestId);
        const [data, isBinary] = await came;
        assert.deepEqual([data.toString(), isBinary], [Data, false]);
      }
      const came = once(socket, "message");
      const Data = new Uint8Array([255, 0, 254]);
      await clientOf(server.url).send(new PostToConnectionCommand({ ConnectionId, Data }));
      const [data, isBinary] = await came;
      assert.deepEqual([[...data], isBinary], [[255, 0, 254], true]);
    });
  });
});

test("a connection is described, ended, and gone then", async () => {
  await withServer(keys, async (server) => {
    await connected(server, async (socket, ConnectionId) => {
      const api = clientOf(server.url);
      const seen = await api.send(new GetConnectionCommand({ ConnectionId }));
      assert.ok(seen.ConnectedAt instanceof Date && seen.LastActiveAt >= seen.ConnectedAt);
      const identity = { SourceIp: "127.0.0.1", UserAgent: "a backend's test" };
      assert.deepEqual({ ...seen.Identity }, identity);
      const closed = once(socket, "close");
      const ended = await api.send(new DeleteConnectionCommand({ ConnectionId }));
      assert.equal(ended.$metadata.httpStatusCode, 204);
      assert.equal((await closed)[0], 1000);
      for (const command of [
        new GetConnectionCommand({ ConnectionId }),
        new DeleteConnectionCommand({ ConnectionId }),
        new PostToConnectionCommand({ ConnectionId, Data: "hi" }),
      ]) {
        const error = await refused(api.send(command), 410, "GoneException");
        assert.ok(error instanceof GoneException);
      }
    });
  });
});

test("ids of any letters are signed, and gone", async () => {
  await withServer(keys, async ({ url }) => {
    for (const stage of ["", "/prod"]) {
      const api = clientOf(url + stage);
      for (const ConnectionId of ["L0SM9cOFvHcCIhw=", "a/b", "a+b c", "%41", "é~*'()", "a=/%3D"]) {
        await refused(api.send(new GetConnectionCommand({ ConnectionId })), 410, "GoneException");
      }
    }
  });
});

test("a message past the limit of its application is too large", async () => {
  const limits = { QUINTET_LIMITS__LEARNING__MAX_MESSAGE_BYTES: "1000" };
  await withServer({ ...keys, ...limits }, async (server) => {
    await connected(server, async (_, ConnectionId) => {
      for (const size of [1001, 200_000, 7_000_000]) {
        const command = new PostToConnectionCommand({ ConnectionId, Data: "x".repeat(size) });
        const call = clientOf(server.url).send(command);
        const error = await refused(call, 413, "PayloadTooLargeException");
        assert.ok(error instanceof PayloadTooLargeException);
      }
    });
  });
});

test("wrong keys and stages are forbidden, and so is a body that was not signed", async () => {
  await withServer(keys, async (server) => {
    await connected(server, async (_, ConnectionId) => {
      const command = new PostToConnectionCommand({ ConnectionId, Data: "signed" });
      const wrong = { credentials: { accessKeyId, secretAccessKey: "wrong" } };
      const other = { credentials: { accessKeyId: "AKIDANOTHER", secretAccessKey } };
      const invalid = "InvalidSignatureException";
      await refused(clientOf(server.url, wrong).send(command), 403, invalid);
      await refused(clientOf(server.url, other).send(command), 403, "UnrecognizedClientException");
      await refused(clientOf(`${server.url}/test`).send(command), 403, "ForbiddenException");
      const api = clientOf(server.url);
      api.middlewareStack.add(
        (next) => (args) => {
          args.request.body = "forged";
          return next(args);
        },
        { step: "deserialize", priority: "low" },
      );
      await refused(api.send(command), 403, invalid);
    });
  });
});

test("a clock may be five minutes off and not six, which the client then corrects", async (t) => {
  await withServer(keys, async (server) => {
    await connected(server, async (_, ConnectionId) => {
      const command = new GetConnectionCommand({ ConnectionId });
      for (const minutes of [-6, -4, 4, 6]) {
        t.mock.timers.enable({ apis: ["Date"], now: Date.now() + minutes * 60_000 });
        const once = clientOf(server.url).send(command);
        if (Math.abs(minutes) > 5) {
          await refused(once, 403, "InvalidSignatureException");
          await clientOf(server.url, { maxAttempts: 3 }).send(command);
        } else {
          await once;
        }
        t.mock.timers.reset();
      }
    });
  });
});
