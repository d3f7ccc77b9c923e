/** Clients that break HTTP, dawdle or say nothing; docs/decisions/0003-what-the-parser-answers.md has the list. */
import assert from "node:assert/strict";
import { after, before, beforeEach, describe, test } from "node:test";
import {
  AUTHORIZED,
  assertServes,
  assertServesNewClient,
  CHAT_PATH,
  chatRequest,
} from "./support/good-call.ts";
import { chunkedBytes, HttpConnection, type RawRequest, requestBytes } from "./support/http-connection.ts";
import { type MockGateway, startMockGateway } from "./support/mock-gateway.ts";
import { closeWithNothingLeft } from "./support/nothing-left.ts";
import { assertLogged, assertRefusal, assertRefusalLogged } from "./support/refusals.ts";

const MEBIBYTE = 1024 * 1024;
const BODY_LIMIT_BYTES = MEBIBYTE;
const HEADER_TIMEOUT_MS = 1_000;
const BODY_TIMEOUT_MS = 400;
/** How late the server's own timers may be. */
const TIMER_SLACK_MS = 8_500;
/** A drip is far below what counts as progress, and far more often than any idle timer fires. */
const DRIP_INTERVAL_MS = 50;

let up: MockGateway;

before(async () => {
  const limits = {
    bodyBytes: BODY_LIMIT_BYTES,
    headerTimeoutMs: HEADER_TIMEOUT_MS,
    bodyTimeoutMs: BODY_TIMEOUT_MS,
  };
  up = await startMockGateway({ config: { limits } });
});
beforeEach(() => up.mock.clear());
after(() => closeWithNothingLeft(up));

/** Sends one byte of the text after the other, until it is sent or the connection is closed. */
function drip(connection: HttpConnection, text: string): void {
  let sent = 0;
  const timer = setInterval(() => {
    if (connection.isClosed || sent === text.length) clearInterval(timer);
    else connection.write(text.charAt(sent++));
  }, DRIP_INTERVAL_MS);
}

function head(lines: readonly string[]): string {
  return ["POST /v1/chat/completions HTTP/1.1", "host: gateway", ...lines, "", ""].join("\r\n");
}

const KEY_LINE = `authorization: ${AUTHORIZED.authorization}`;

/** What is no request gets a page of the server library's, and an end. */
const GARBAGE: readonly (readonly [name: string, bytes: string, status: number])[] = [
  ["a TLS greeting", "\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03\r\n\r\n", 505],
  ["an HTTP/2 preface", "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", 505],
  ["HTTP/1.0", "GET /livez HTTP/1.0\r\n\r\n", 505],
  ["no host", "GET /livez HTTP/1.1\r\n\r\n", 400],
  ["a header without a colon", "GET /livez HTTP/1.1\r\nhost: x\r\nnonsense\r\n\r\n", 400],
  ["a blank before a colon", "GET /livez HTTP/1.1\r\nhost: x\r\nname : value\r\n\r\n", 400],
  ["a folded header", "GET /livez HTTP/1.1\r\nhost: x\r\nx-request-id: a\r\n b\r\n\r\n", 400],
  ["a line feed in a header", "GET /livez HTTP/1.1\r\nhost: x\r\nx-request-id: a\nb: c\r\n\r\n", 400],
  ["a null in a header", "GET /livez HTTP/1.1\r\nhost: x\r\nx-request-id: a\0b\r\n\r\n", 400],
  ["two ways to end a body", head([KEY_LINE, "content-length: 5", "transfer-encoding: chunked"]), 400],
  ["an unknown transfer encoding", `${head([KEY_LINE, "transfer-encoding: gzip"])}{"model":"chat"}`, 400],
  ["a negative length", head([KEY_LINE, "content-length: -5"]), 400],
  ["a length that is no number", head([KEY_LINE, "content-length: five"]), 400],
  ["a length beyond any number", head([KEY_LINE, `content-length: ${"9".repeat(30)}`]), 400],
  ["a chunk without a size", `${head([KEY_LINE, "transfer-encoding: chunked"])}zz\r\nabc`, 400],
  ["a head of 128 KiB", head([`x-large: ${"x".repeat(128 * 1024)}`]), 431],
  ["150 headers", head(Array.from({ length: 150 }, (_, i) => `x-${i}: 1`)), 431],
];
for (const [name, bytes, status] of GARBAGE) {
  test(`${name}: ${status}, and the connection is closed`, async () => {
    const connection = await HttpConnection.open(up.gateway.port);
    connection.write(Buffer.from(bytes, "latin1"));
    await connection.closed;
    assert.match(connection.unread, new RegExp(`^HTTP/1\\.1 ${status} `));
    assert.equal(up.mock.counts.requests, 0);
    await assertServesNewClient(up.gateway.port);
  });
}

const TWO_LENGTHS = head([KEY_LINE, "content-length: 0", "content-length: 100"]);

test("two lengths that differ are refused in the client's shape, and the connection is closed", async () => {
  const connection = await HttpConnection.open(up.gateway.port);
  connection.write(TWO_LENGTHS);
  const requestId = assertRefusal(await connection.answer(), { code: "malformed_request" });
  await connection.closed;
  assert.equal(connection.unread, "");
  await assertRefusalLogged(up, requestId, { code: "malformed_request" });
});

test("a request that hides behind one of two lengths is not served", async () => {
  const connection = await HttpConnection.open(up.gateway.port);
  connection.write(Buffer.concat([Buffer.from(TWO_LENGTHS), requestBytes(chatRequest())]));
  await connection.closed;
  assert.doesNotMatch(connection.unread, /HTTP\/1\.1 200/);
  await assertServesNewClient(up.gateway.port);
  assert.equal(up.mock.counts.requests, 1);
});

const SLOW_BODIES: readonly (readonly [name: string, framing: string, pieces: string])[] = [
  ["a body in drips", "content-length: 1000", "x".repeat(1000)],
  ["a body in drips of chunks", "transfer-encoding: chunked", "1\r\nx\r\n".repeat(200)],
  ["a body that never begins", "content-length: 1000", ""],
  ["a chunked body that never begins", "transfer-encoding: chunked", ""],
];
/** Connections without a whole head. Nobody can be answered: the request is not there yet. */
const SILENT: readonly (readonly [name: string, bytes: string, drips: string])[] = [
  ["says nothing", "", ""],
  ["stops in its request line", "POST /v1/chat/compl", ""],
  ["stops before its head ends", head([KEY_LINE]).slice(0, -2), ""],
  ["dribbles its head", "", head([KEY_LINE, `x-pad: ${"x".repeat(500)}`])],
  ["has a carriage return in a header", head([KEY_LINE, "x-request-id: a\rset-cookie: b"]), ""],
];

describe("clients that dawdle", { concurrency: true }, () => {
  for (const [name, framing, pieces] of SLOW_BODIES) {
    test(`${name} gets its 408 and an end`, async () => {
      const connection = await HttpConnection.open(up.gateway.port);
      const sentAtMs = performance.now();
      connection.write(head([KEY_LINE, framing]));
      drip(connection, pieces);
      const answer = await connection.answer();
      const tookMs = performance.now() - sentAtMs;
      const requestId = assertRefusal(answer, { code: "request_timeout" });
      assert.ok(tookMs >= BODY_TIMEOUT_MS, `${tookMs} ms`);
      assert.equal(answer.headers.get("connection"), "close");
      await connection.closed;
      await assertRefusalLogged(up, requestId, { code: "request_timeout" });
      await assertServesNewClient(up.gateway.port);
    });
  }

  test("a body on a slow line is served as long as it grows", async () => {
    const pieces = Array.from({ length: 6 }, () => Buffer.alloc(80 * 1024, " "));
    const body = Buffer.concat([...pieces, Buffer.from(chatRequest().body ?? "")]);
    const connection = await HttpConnection.open(up.gateway.port);
    connection.write(head([KEY_LINE, `content-length: ${body.length}`]));
    const startedAtMs = performance.now();
    for (const piece of pieces) {
      connection.write(piece);
      await new Promise((resolve) => setTimeout(resolve, BODY_TIMEOUT_MS / 2));
    }
    connection.write(chatRequest().body ?? "");
    assert.equal((await connection.answer()).status, 200);
    assert.ok(performance.now() - startedAtMs > 2 * BODY_TIMEOUT_MS);
    await connection.close();
  });

  test("a connection without a whole head is closed without an answer, and a used one is kept", async () => {
    const used = await HttpConnection.open(up.gateway.port);
    await assertServes(used);
    await Promise.all(
      SILENT.map(async ([name, bytes, drips]) => {
        const connection = await HttpConnection.open(up.gateway.port);
        const openedAtMs = performance.now();
        connection.write(bytes);
        drip(connection, drips);
        await connection.closed;
        const tookMs = performance.now() - openedAtMs;
        assert.equal(connection.unread, "", name);
        assert.ok(tookMs >= HEADER_TIMEOUT_MS, `${name}: closed after ${tookMs} ms`);
        assert.ok(tookMs <= HEADER_TIMEOUT_MS + TIMER_SLACK_MS, `${name}: closed after ${tookMs} ms`);
      }),
    );
    await assertServes(used);
    await used.close();
  });
});

const CALLS_WITH_LARGE_BODIES: readonly (readonly [name: string, headers: Record<string, string>])[] = [
  ["announced", {}],
  ["in chunks", { "transfer-encoding": "chunked" }],
];
for (const [name, framing] of CALLS_WITH_LARGE_BODIES) {
  const over = (bodyBytes: number): RawRequest => {
    const body = Buffer.alloc(bodyBytes, " ");
    return chatRequest({
      headers: framing,
      body: "transfer-encoding" in framing ? chunkedBytes([body]) : body,
    });
  };

  test(`a body over the limit, ${name}, is read to its end, answered, and the connection goes on`, async () => {
    const connection = await HttpConnection.open(up.gateway.port);
    const answer = await connection.ask(over(3 * BODY_LIMIT_BYTES));
    assertRefusal(answer, { code: "body_too_large", message: /larger than the 1048576 bytes/ });
    await assertServes(connection);
    await connection.close();
  });

  test(`a body of many times the limit, ${name}, is not read to its end`, async () => {
    const connection = await HttpConnection.open(up.gateway.port);
    connection.write(requestBytes(over(40 * BODY_LIMIT_BYTES)));
    await connection.closed;
    await assertServesNewClient(up.gateway.port);
  });
}

test("a body that is announced over the limit and does not come is answered in time", async () => {
  const connection = await HttpConnection.open(up.gateway.port);
  connection.write(head([KEY_LINE, `content-length: ${2 * BODY_LIMIT_BYTES}`]));
  const requestId = assertRefusal(await connection.answer(), { code: "body_too_large" });
  await connection.closed;
  await assertRefusalLogged(up, requestId, { code: "body_too_large" });
});

test("a client that waits to be told to go on is told so", async () => {
  const { body = "" } = chatRequest();
  const connection = await HttpConnection.open(up.gateway.port);
  connection.write(head([KEY_LINE, "expect: 100-continue", `content-length: ${Buffer.byteLength(body)}`]));
  assert.equal((await connection.interim()).status, 100);
  connection.write(body);
  assert.equal((await connection.answer()).status, 200);
  await connection.close();
});

test("a refusal before the body is read leaves the connection in step", async () => {
  const connection = await HttpConnection.open(up.gateway.port);
  const answer = await connection.ask({ path: CHAT_PATH, body: Buffer.alloc(BODY_LIMIT_BYTES, "{") });
  assertRefusal(answer, { code: "missing_api_key" });
  await assertServes(connection);
  await connection.close();
});

test("one connection after one error after the other", async () => {
  const connection = await HttpConnection.open(up.gateway.port);
  const answers: number[] = [];
  for (const request of [
    chatRequest({ body: "{" }),
    chatRequest({ body: '{"model":"nobody"}' }),
    chatRequest({ path: "/nothing" }),
    chatRequest({
      body: '{"model":"chat","messages":[{"role":"user","content":"a"}],"x_mock":{"status":500}}',
    }),
    chatRequest({ method: "PUT" }),
    chatRequest({ headers: { authorization: "Bearer nobody" } }),
  ]) {
    answers.push((await connection.ask(request)).status);
  }
  assert.deepEqual(answers, [400, 400, 404, 500, 405, 401]);
  await assertServes(connection);
  await connection.close();
});

test("pipelined requests that need no provider are answered in their order", async () => {
  const connection = await HttpConnection.open(up.gateway.port);
  const requests = [
    { method: "GET", path: "/livez" },
    chatRequest({ path: "/nothing" }),
    chatRequest({ body: "{" }),
    { method: "GET", path: "/readyz" },
    chatRequest(),
  ];
  connection.write(Buffer.concat(requests.map(requestBytes)));
  const statuses: number[] = [];
  for (const { method } of requests) statuses.push((await connection.answer(method)).status);
  assert.deepEqual(statuses, [200, 404, 400, 200, 200]);
  await connection.close();
});

const LEAVERS: readonly (readonly [name: string, leave: (connection: HttpConnection) => void])[] = [
  [
    "a request before the answer to the one before",
    (connection) => connection.write(requestBytes(chatRequest())),
  ],
  ["half a connection closed before the answer", (connection) => connection.halfClose()],
];
for (const [name, leave] of LEAVERS) {
  test(`${name} ends both, and the log says so`, async () => {
    const connection = await HttpConnection.open(up.gateway.port);
    const body = '{"model":"chat","messages":[{"role":"user","content":"a"}],"x_mock":{"neverAnswer":true}}';
    const requestId = name.replaceAll(" ", "-");
    connection.write(requestBytes(chatRequest({ headers: { "x-request-id": requestId }, body })));
    await up.mock.waitFor(({ bodyBytes }) => bodyBytes.length > 0, 5_000);
    leave(connection);
    await connection.closed;
    assert.equal(connection.unread, "");
    await up.mock.waitFor(({ aborted }) => aborted, 5_000);
    await assertLogged(up, requestId, { status: 499, errorCode: "client_closed" });
    assert.equal(up.mock.counts.requests, 1);
  });
}
