import assert from "node:assert/strict";
import { once } from "node:events";
import { connect } from "node:net";
import { after, afterEach, before, test } from "node:test";
import { type Mock, type ReceivedRequest, startMock } from "./server.ts";
import { rawPost, sendRequest } from "./testing/raw-client.ts";

let mock: Mock;
before(async () => {
  mock = await startMock({ record: 3 });
});
after(() => mock.close());
afterEach(() => mock.clear());

const CHAT = { model: "m", messages: [] };
const ABORT_LIMIT_MS = 100;

test("a request is kept as it came", async () => {
  const body = '{ "model":"m",  "messages":[], "é":1 }';
  await rawPost({
    port: mock.port,
    body,
    path: "/v1/chat/completions?api-version=1",
    headers: { "X-Twice": "a", "x-twice": "b" },
  });
  const [request] = mock.received;
  assert.equal(request?.method, "POST");
  assert.equal(request?.path, "/v1/chat/completions?api-version=1");
  assert.equal(request?.headers["x-twice"], "a, b");
  assert.equal(request?.bodyBytes.toString(), body);
  assert.deepEqual([request?.finished, request?.aborted], [true, false]);
});

test("a body that comes in pieces is kept whole", async () => {
  const body = JSON.stringify({ ...CHAT, user: "x".repeat(3_000_000) });
  const answer = await rawPost({ port: mock.port, body });
  assert.equal(answer.status, 200);
  assert.equal(mock.received[0]?.bodyBytes.toString(), body);
});

test("the oldest requests are dropped, the counts go on", async () => {
  for (const user of ["1", "2", "3", "4"]) await rawPost({ port: mock.port, body: { ...CHAT, user } });
  const users = mock.received.map(({ bodyBytes }) => JSON.parse(bodyBytes.toString()).user);
  assert.deepEqual(users, ["2", "3", "4"]);
  assert.deepEqual([mock.counts.requests, mock.counts.open, mock.counts.aborted], [4, 0, 0]);
});

test("without recording nothing is kept and requests are still counted", async () => {
  const bare = await startMock({ record: 0 });
  await rawPost({ port: bare.port, body: CHAT, headers: { "x-mock-status": "503" } });
  assert.deepEqual([bare.received.length, bare.counts.requests], [0, 1]);
  await bare.close();
});

test("waitFor says what was received when it gives up", async () => {
  await rawPost({ port: mock.port, body: CHAT });
  await assert.rejects(
    mock.waitFor(() => false, 5),
    /no received request fits after 5 ms: POST \/v1\/chat\/completions aborted=false finished=true/,
  );
});

/** Leaves when the request has got as far as `isThere` says, and gives what the mock saw of it. */
async function leaveWhen(
  behaviour: object,
  options: { stream: boolean; onData: boolean },
): Promise<ReceivedRequest> {
  const socket = connect(mock.port, "127.0.0.1");
  sendRequest(socket, { port: mock.port, body: { ...CHAT, stream: options.stream, x_mock: behaviour } });
  if (options.onData) await once(socket, "data");
  else await mock.waitFor(({ bodyBytes }) => bodyBytes.length > 0, 2_000);
  const leftAtMs = performance.now();
  socket.destroy();
  const request = await mock.waitFor(({ aborted }) => aborted, 2_000);
  const tookMs = (request.abortedAtMs ?? Number.POSITIVE_INFINITY) - leftAtMs;
  assert.ok(tookMs < ABORT_LIMIT_MS, `${tookMs} ms`);
  assert.deepEqual([request.finished, mock.counts.open, mock.counts.aborted], [false, 0, 1]);
  return request;
}

test("a client that leaves is seen at once while the answer waits", async () => {
  await leaveWhen({ latencyMs: 60_000 }, { stream: false, onData: false });
});

test("a client that leaves is seen at once in the middle of a stream", async () => {
  await leaveWhen({ tokensPerSecond: 1, chunks: 100 }, { stream: true, onData: true });
});

test("a client that leaves is seen at once while the mock says nothing", async () => {
  await leaveWhen({ fault: "never-answer" }, { stream: true, onData: false });
});

test("a client that leaves before its body is complete is an abort too", async () => {
  const socket = connect(mock.port, "127.0.0.1");
  socket.write("POST /v1/chat/completions HTTP/1.1\r\nhost: m\r\ncontent-length: 100\r\n\r\n{");
  await mock.waitFor(({ path }) => path === "/v1/chat/completions", 2_000);
  socket.destroy();
  const request = await mock.waitFor(({ aborted }) => aborted, 2_000);
  assert.equal(request.bodyBytes.length, 0);
});

test("a socket that the mock cuts is no abort of the client", async () => {
  await rawPost({ port: mock.port, body: { ...CHAT, stream: true, x_mock: { fault: "cut" } } });
  assert.deepEqual([mock.received[0]?.finished, mock.counts.aborted, mock.counts.open], [true, 0, 0]);
});

test("open requests and connections are counted", async () => {
  const slow = { ...CHAT, x_mock: { latencyMs: 20 } };
  await Promise.all([1, 2, 3].map(() => rawPost({ port: mock.port, body: slow })));
  assert.equal(mock.counts.maxOpen, 3);
  assert.ok(mock.counts.maxConnections >= 3);
});

test("standing faults hold until cleared, counted ones come first and run out", async () => {
  mock.setFaults({ status: 500 });
  mock.setFaults({ fault: "rate-limited" }, { times: 2 });
  mock.setFaults({ status: 503 }, { times: 1 });
  const statuses: number[] = [];
  for (let index = 0; index < 5; index += 1) {
    statuses.push((await rawPost({ port: mock.port, body: CHAT })).status);
  }
  mock.clear();
  statuses.push((await rawPost({ port: mock.port, body: CHAT })).status);
  assert.deepEqual(statuses, [429, 429, 503, 500, 500, 200]);
  assert.throws(() => mock.setFaults({ fault: "nonsense" }), RangeError);
});

test("a closed mock can be started again on its port", async () => {
  const first = await startMock();
  const connected = connect(first.port, "127.0.0.1");
  await once(connected, "connect");
  await first.close();
  await once(connected, "close");
  const second = await startMock({ port: first.port });
  assert.equal((await rawPost({ port: first.port, body: CHAT })).status, 200);
  await assert.rejects(
    startMock({ port: first.port }),
    /cannot listen on 127\.0\.0\.1:\d+; is the port taken\?/,
  );
  await second.close();
});
