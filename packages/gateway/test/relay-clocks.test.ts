/** Relay rule 7: four clocks, each with its own error, and a total that ends no live stream unless it was asked for. */
import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { ERROR_TABLE, type ErrorCode } from "@headrace/core/errors/table";
import { headerOf, type RawAnswer, sseOf } from "@headrace/mock-upstream/testing/raw-client";
import { type MuteServer, startMuteServer } from "./support/mute-server.ts";
import { callRaw } from "./support/raw-call.ts";
import { type ScriptedGateway, startScriptedGateway } from "./support/scripted-gateway.ts";
import { chatEvent } from "./support/scripted-upstream.ts";

const CONNECT_MS = 250;
const FIRST_BYTE_MS = 300;
const IDLE_MS = 200;
const TOTAL_MS = 700;
/** A deadline is noticed up to one tick late; the rest is for a busy machine. */
const LATE_BY_MS = 400;
const DONE = "data: [DONE]\n\n";

let up: ScriptedGateway;
let limited: ScriptedGateway;
let mute: MuteServer;

before(async () => {
  mute = await startMuteServer();
  const clocks = {
    connectMs: CONNECT_MS,
    firstByteMs: FIRST_BYTE_MS,
    plainFirstByteMs: FIRST_BYTE_MS,
    idleMs: IDLE_MS,
  };
  const unconnected = { baseUrl: `https://127.0.0.1:${mute.port}/v1` };
  [up, limited] = await Promise.all([
    startScriptedGateway({ timeouts: clocks, providers: { unconnected } }),
    startScriptedGateway({ timeouts: { ...clocks, totalMs: TOTAL_MS } }),
  ]);
});
after(async () => {
  await Promise.all([up.close(), limited.close()]);
  await mute.close();
});

interface Expired {
  readonly code: ErrorCode;
  readonly afterMs: number;
  readonly startedAtMs: number;
}

/** Asserts that the clock of this code ended a call that had no answer yet. */
function assertExpired(answer: RawAnswer, { code, afterMs, startedAtMs }: Expired): void {
  const tookMs = performance.now() - startedAtMs;
  assert.equal(answer.status, 504);
  assert.equal(JSON.parse(answer.body.toString()).error.code, code);
  assert.equal(headerOf(answer, "retry-after"), "1");
  assertTook(tookMs, afterMs);
}

function assertTook(tookMs: number, expectedMs: number): void {
  // Deadlines are counted from the last tick of the clock, so one may seem to come a tick early.
  assert.ok(tookMs > expectedMs - 60 && tookMs < expectedMs + LATE_BY_MS, `it took ${tookMs} ms`);
}

/** The error that ends a stream, after its events. */
function errorAtEnd(answer: RawAnswer): { readonly code: string; readonly type: string } {
  assert.ok(answer.complete);
  const { data } = sseOf(answer.body);
  assert.ok(!data.includes("[DONE]"));
  return JSON.parse(data.at(-1) ?? "{}").error;
}

function pause(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms));
}

for (const stream of [true, false]) {
  const kind = stream ? "stream" : "plain";

  test(`connect, ${kind}`, async () => {
    const startedAtMs = performance.now();
    const answer = await callRaw(up.gateway, { model: "unconnected", stream });
    assertExpired(answer, { code: "upstream_connect_timeout", afterMs: CONNECT_MS, startedAtMs });
    assert.equal(headerOf(answer, "x-headrace-provider"), "unconnected");
  });

  test(`first byte, ${kind}`, async () => {
    const startedAtMs = performance.now();
    const answer = callRaw(up.gateway, { stream });
    const call = await up.upstream.next();
    assertExpired(await answer, { code: "upstream_first_byte_timeout", afterMs: FIRST_BYTE_MS, startedAtMs });
    await call.closedAtMs;
  });
}

test("idle, in a plain body that is held", async () => {
  const answer = callRaw(up.gateway);
  const { response } = await up.upstream.next();
  response.writeHead(200, { "content-type": "application/json", "content-length": 100 }).write("{");
  const startedAtMs = performance.now();
  assertExpired(await answer, { code: "upstream_idle_timeout", afterMs: IDLE_MS, startedAtMs });
});

test("idle, in a stream: the error stands in the stream, and the provider is cancelled", async () => {
  const answer = callRaw(up.gateway, { stream: true, requestId: "idle" });
  const { response, closedAtMs } = await up.upstream.next();
  response.writeHead(200, { "content-type": "text/event-stream" }).write(chatEvent("one"));
  const startedAtMs = performance.now();
  const { code, type } = errorAtEnd(await answer);
  assertTook((await closedAtMs) - startedAtMs, IDLE_MS);
  assert.deepEqual([code, type], ["upstream_idle_timeout", ERROR_TABLE.upstream_idle_timeout.type]);
  const log = await up.logOf("idle");
  assert.deepEqual([log.status, log.errorCode], [200, "upstream_idle_timeout"]);
});

test("idle begins anew with each event, and no clock ends a stream that lives", async () => {
  const answer = callRaw(up.gateway, { stream: true });
  const { response } = await up.upstream.next();
  response.writeHead(200, { "content-type": "text/event-stream" });
  const events = Array.from({ length: 10 }, (_, index) => chatEvent(String(index)));
  for (const event of events) {
    response.write(event);
    await pause(IDLE_MS / 2);
  }
  response.end(DONE);
  assert.equal((await answer).body.toString(), events.join("") + DONE);
});

test("total ends a stream that lives, where it was asked for", async () => {
  const answer = callRaw(limited.gateway, { stream: true });
  const { response, closedAtMs } = await limited.upstream.next();
  const startedAtMs = performance.now();
  response.writeHead(200, { "content-type": "text/event-stream" });
  const timer = setInterval(() => response.write(chatEvent("more")), IDLE_MS / 4);
  const { code } = errorAtEnd(await answer);
  clearInterval(timer);
  assert.equal(code, "upstream_total_timeout");
  assertTook((await closedAtMs) - startedAtMs, TOTAL_MS);
});

test("total ends a plain body that comes in drops, where it was asked for", async () => {
  const answer = callRaw(limited.gateway);
  const { response } = await limited.upstream.next();
  const startedAtMs = performance.now();
  response.writeHead(200, { "content-type": "application/json", "content-length": 1000 });
  const timer = setInterval(() => response.write(" "), IDLE_MS / 4);
  assertExpired(await answer, { code: "upstream_total_timeout", afterMs: TOTAL_MS, startedAtMs });
  clearInterval(timer);
});
