import assert from "node:assert/strict";
import { once } from "node:events";
import { connect, type Socket } from "node:net";
import { test } from "node:test";
import { type RawAction, type RawListener, startRawListener } from "./raw-listener.ts";

/** Starts a listener, lets a client use it, and closes it. */
async function listening(
  actions: readonly RawAction[],
  use: (socket: Socket, listener: RawListener) => Promise<void>,
): Promise<void> {
  const listener = await startRawListener(actions);
  const socket = connect(listener.port, "127.0.0.1");
  await use(socket, listener);
  socket.destroy();
  await listener.close();
}

const REQUEST = "POST / HTTP/1.1\r\ncontent-length: 3\r\n\r\nabc";

test("a connection is reset after the request, before or in the middle of the answer", async () => {
  const answer = "HTTP/1.1 200 OK\r\ncontent-length: 9\r\n\r\nhalf";
  for (const bytes of ["", answer]) {
    await listening(
      [{ type: "await-request" }, { type: "write", bytes }, { type: "reset" }],
      async (socket) => {
        socket.write(REQUEST);
        let received = "";
        socket.on("data", (data) => {
          received += data;
        });
        const [error] = await once(socket, "error");
        assert.deepEqual([error.code, received], ["ECONNRESET", bytes]);
      },
    );
  }
});

test("requests are awaited whole: announced body, chunked body, none", async () => {
  const requests = [
    "GET / HTTP/1.1\r\n\r\n",
    "POST / HTTP/1.1\r\ntransfer-encoding: chunked\r\n\r\n1\r\na\r\n0\r\n\r\n",
    REQUEST,
  ];
  const actions: RawAction[] = requests.flatMap((_, index) => [
    { type: "await-request" },
    { type: "write", bytes: String(index) },
  ]);
  await listening([...actions, { type: "end" }], async (socket, listener) => {
    const all = requests.join("");
    // The last byte of the last request comes alone: only then may the last answer come.
    socket.write(all.slice(0, -1));
    let received = "";
    socket.on("data", (data) => {
      received += data;
      if (received === "01") socket.write(all.slice(-1));
    });
    await once(socket, "end");
    assert.deepEqual([received, listener.accepted], ["012", 1]);
  });
});
