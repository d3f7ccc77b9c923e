/** Many clients at once that say nothing, stop half-way or leave; and bodies that are too large for the default limit. */
import assert from "node:assert/strict";
import { after, before, beforeEach, test } from "node:test";
import type { BehaviourPatch } from "@headrace/mock-upstream/behaviour/parse";
import {
  AUTHORIZED,
  assertServes,
  assertServesNewClient,
  CHAT_BODY,
  CHAT_PATH,
  chatRequest,
} from "./support/good-call.ts";
import { HttpConnection, requestBytes } from "./support/http-connection.ts";
import { type MockGateway, startMockGateway } from "./support/mock-gateway.ts";
import { closeWithNothingLeft, metricOf, openRequests } from "./support/nothing-left.ts";
import { assertRefusal, assertRefusalLogged } from "./support/refusals.ts";

const MEBIBYTE = 1024 * 1024;
const CROWD = 1_000;
const LEAVERS_PER_PHASE = 50;
const PATIENCE_MS = 10_000;
const MAX_GROWTH_BYTES = 96 * MEBIBYTE;
/** Of a client among the crowd; alone it takes a millisecond. */
const SERVED_WITHIN_MS = 1_000;

let up: MockGateway;
let bytesAtStart: number;

before(async () => {
  // Longer than any of this takes: the crowd must be there to the end.
  up = await startMockGateway({ config: { limits: { headerTimeoutMs: 60_000, bodyTimeoutMs: 60_000 } } });
  await assertServesNewClient(up.gateway.port);
  bytesAtStart = await memoryBytes();
});
beforeEach(() => up.mock.clear());
after(() => closeWithNothingLeft(up));

function openMany(count: number): Promise<HttpConnection[]> {
  return Promise.all(Array.from({ length: count }, () => HttpConnection.open(up.gateway.port)));
}

function memoryBytes(): Promise<number> {
  return metricOf(up.gateway, "headrace_process_resident_memory_bytes");
}

function head(lines: readonly string[]): string {
  const all = [
    `POST ${CHAT_PATH} HTTP/1.1`,
    "host: gateway",
    `authorization: ${AUTHORIZED.authorization}`,
    ...lines,
  ];
  return `${all.join("\r\n")}\r\n\r\n`;
}

const CROWDS: readonly (readonly [name: string, bytes: string])[] = [
  ["connect and say nothing", ""],
  ["stop in a head of 16 KiB", head([`x-pad: ${"x".repeat(16 * 1024)}`]).slice(0, -2)],
  ["stop in a body that is announced large", `${head([`content-length: ${20 * MEBIBYTE}`])}{"model":"chat"`],
];
for (const [name, bytes] of CROWDS) {
  test(`a good client is served among ${CROWD} that ${name}, and memory stays bounded`, async () => {
    const bytesBefore = await memoryBytes();
    const crowd = await openMany(CROWD);
    for (const connection of crowd) connection.write(bytes);
    const good = await HttpConnection.open(up.gateway.port);
    for (let i = 0; i < 100; i++) {
      const askedAtMs = performance.now();
      await assertServes(good);
      assert.ok(performance.now() - askedAtMs < SERVED_WITHIN_MS);
    }
    const grownBytes = (await memoryBytes()) - bytesBefore;
    assert.ok(grownBytes < MAX_GROWTH_BYTES, `${grownBytes} bytes`);
    assert.ok(crowd.every((connection) => !connection.isClosed));
    await Promise.all([good, ...crowd].map((connection) => connection.close()));
    await openRequests(up.gateway);
  });
}

interface Phase {
  readonly name: string;
  /** Sends what brings a client into the phase. */
  readonly enter: (connection: HttpConnection, requestId: string) => void;
  /** Resolves when all of them are in it; absent where they leave at once. */
  readonly entered?: (connections: readonly HttpConnection[]) => Promise<unknown>;
  /** What the log must say of each; absent where there is no request yet. */
  readonly status?: number;
}

function sendCall(mock: BehaviourPatch, fields: object = {}): Phase["enter"] {
  return (connection, requestId) => {
    const body = JSON.stringify({ ...CHAT_BODY, x_mock: mock, ...fields });
    connection.write(
      requestBytes({ path: CHAT_PATH, headers: { ...AUTHORIZED, "x-request-id": requestId }, body }),
    );
  };
}

/** Every one of them has been seen; what is reset before may be lost on its way. */
function allAtGateway(): Promise<unknown> {
  return openRequests(up.gateway, LEAVERS_PER_PHASE);
}

/** Every one of them is being served at the provider. */
function allAtProvider(): Promise<unknown> {
  return up.mock.waitFor(() => up.mock.counts.requests >= LEAVERS_PER_PHASE, PATIENCE_MS);
}

async function nobodyAtProvider(): Promise<void> {
  const { counts } = up.mock;
  if (counts.open > 0) await up.mock.waitFor(() => counts.open === 0, PATIENCE_MS);
}

function firstBytesOfAll(connections: readonly HttpConnection[]): Promise<unknown> {
  return Promise.all(connections.map((connection) => connection.someBytes()));
}

const SLOW = { tokensPerSecond: 10, chunks: 200 };
/** More than what sockets hold between the two ends. */
const LARGE = { chunks: 500, chunkBytes: 16_000 };
const PHASES: readonly Phase[] = [
  { name: "before a word", enter: () => {} },
  { name: "in the head", enter: (connection) => connection.write(head([]).slice(0, -2)) },
  {
    name: "in the body",
    enter: (connection, requestId) =>
      connection.write(`${head([`x-request-id: ${requestId}`, "content-length: 1000"])}{"model":`),
    entered: allAtGateway,
    status: 499,
  },
  {
    name: "in a body that is too large",
    enter: (connection, requestId) =>
      connection.write(
        `${head([`x-request-id: ${requestId}`, `content-length: ${30 * MEBIBYTE}`])}{"model":`,
      ),
    entered: allAtGateway,
    status: 499,
  },
  {
    name: "while their large bodies are read",
    enter: sendCall({ neverAnswer: true }, { pad: "x".repeat(200_000) }),
    entered: allAtGateway,
    status: 499,
  },
  {
    name: "while the provider thinks",
    enter: sendCall({ neverAnswer: true }),
    entered: allAtProvider,
    status: 499,
  },
  {
    name: "between two tries",
    enter: sendCall({ status: 503, retryAfterMs: 1_900 }, { model: "chat-retried" }),
    entered: () =>
      up.mock.waitFor(
        () => up.mock.received.filter(({ finished }) => finished).length >= LEAVERS_PER_PHASE,
        PATIENCE_MS,
      ),
    status: 499,
  },
  {
    name: "in a plain answer of single bytes",
    enter: sendCall({ split: "bytes" }),
    entered: allAtProvider,
  },
  {
    name: "in a stream",
    enter: sendCall(SLOW, { stream: true }),
    entered: firstBytesOfAll,
    status: 499,
  },
  {
    name: "in a stream that they never read",
    enter: (connection, requestId) => {
      connection.pause();
      sendCall(LARGE, { stream: true })(connection, requestId);
    },
    entered: allAtProvider,
    status: 499,
  },
];

for (const [index, phase] of PHASES.entries()) {
  test(`${LEAVERS_PER_PHASE} clients that leave ${phase.name}`, async () => {
    const connections = await openMany(LEAVERS_PER_PHASE);
    const requestIds = connections.map((_, i) => `leaver-${index}-${i}`);
    for (const [i, connection] of connections.entries()) phase.enter(connection, requestIds[i] ?? "");
    await phase.entered?.(connections);
    for (const [i, connection] of connections.entries()) {
      if (i % 2 === 0) connection.reset();
      else await connection.close();
    }
    await openRequests(up.gateway);
    await nobodyAtProvider();
    await assertServesNewClient(up.gateway.port);
    for (const requestId of phase.status === undefined ? [] : requestIds) {
      assert.equal((await up.logOf(requestId)).status, phase.status);
      assert.equal(up.gateway.logs.filter((line) => line.requestId === requestId).length, 1);
    }
  });
}

test("after all who left, the memory is what it was", async () => {
  const grownBytes = (await memoryBytes()) - bytesAtStart;
  assert.ok(grownBytes < MAX_GROWTH_BYTES, `${grownBytes} bytes`);
});

const TOO_LARGE = Buffer.alloc(21 * MEBIBYTE, " ");

async function* inPieces(): AsyncGenerator<Buffer> {
  for (let at = 0; at < TOO_LARGE.length; at += MEBIBYTE) yield TOO_LARGE.subarray(at, at + MEBIBYTE);
}

const TOO_LARGE_BODIES: readonly (readonly [name: string, init: () => RequestInit])[] = [
  ["announced", () => ({ body: TOO_LARGE })],
  ["in chunks", () => ({ body: ReadableStream.from(inPieces()), duplex: "half" })],
];
for (const [name, init] of TOO_LARGE_BODIES) {
  test(`a real client reads the 413 of a body of 21 MiB, ${name}`, async () => {
    const url = `${up.gateway.url}${CHAT_PATH}`;
    const answer = await fetch(url, { method: "POST", headers: AUTHORIZED, ...init() });
    const { status, headers } = answer;
    const requestId = assertRefusal(
      { status, headers, body: await answer.text() },
      { code: "body_too_large" },
    );
    await assertRefusalLogged(up, requestId, { code: "body_too_large" });
  });
}

test("a body just below the limit reaches the provider whole", async () => {
  const { body: start = "" } = chatRequest();
  const body = Buffer.alloc(20 * MEBIBYTE, " ");
  body.write(String(start));
  const connection = await HttpConnection.open(up.gateway.port);
  assert.equal((await connection.ask(chatRequest({ body }))).status, 200);
  const received = up.mock.received[0]?.bodyBytes.length ?? 0;
  assert.equal(received, body.length + "upstream-model".length - "chat".length);
  await connection.close();
});
