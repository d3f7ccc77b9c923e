/** Relay rule 6: a client that leaves cancels the provider's work, whatever phase the call is in. */
import assert from "node:assert/strict";
import { once } from "node:events";
import { connect, type Socket } from "node:net";
import { after, before, test } from "node:test";
import type { LogLine } from "./support/log-tail.ts";
import { type MuteServer, startMuteServer } from "./support/mute-server.ts";
import { callRaw, headersOf, leave, openCall } from "./support/raw-call.ts";
import { type ScriptedGateway, startScriptedGateway } from "./support/scripted-gateway.ts";
import { chatEvent, type ScriptedCall } from "./support/scripted-upstream.ts";
import { writeUntilPaused } from "./support/write-until-paused.ts";

const CANCEL_WITHIN_MS = 100;
const MEBIBYTE = 1024 * 1024;

let up: ScriptedGateway;
let mute: MuteServer;

before(async () => {
  mute = await startMuteServer();
  up = await startScriptedGateway({
    providers: {
      unconnected: { baseUrl: `https://127.0.0.1:${mute.port}/v1` },
      narrow: { connections: 1 },
    },
  });
});
after(async () => {
  await up.close();
  await mute.close();
});

/** Resolves when the client has received this text. */
async function receives(socket: Socket, text: string): Promise<void> {
  let received = "";
  while (!received.includes(text)) received += String(await once(socket, "data").then(([chunk]) => chunk));
}

/** Asserts that the gateway knew at once, and logged it as what it is. */
async function assertLogged(requestId: string, leftAtEpochMs: number): Promise<LogLine> {
  const log = await up.logOf(requestId);
  assert.deepEqual([log.status, log.errorCode], [499, "client_closed"]);
  const tookMs = Number(log.time) - leftAtEpochMs;
  assert.ok(tookMs <= CANCEL_WITHIN_MS, `logged ${tookMs} ms after the client had left`);
  return log;
}

/** Leaves and asserts that the provider's connection is closed in time. */
async function assertCancels(socket: Socket, call: ScriptedCall, requestId: string): Promise<LogLine> {
  const leftAtEpochMs = Date.now();
  const leftAtMs = leave(socket);
  const tookMs = (await call.closedAtMs) - leftAtMs;
  assert.ok(tookMs <= CANCEL_WITHIN_MS, `the provider was cancelled ${tookMs} ms after the client had left`);
  assert.equal(call.response.writableFinished, false);
  return assertLogged(requestId, leftAtEpochMs);
}

test("while the body is still being sent", async () => {
  const countBefore = up.upstream.count;
  const socket = connect(up.gateway.port, "127.0.0.1");
  await once(socket, "connect");
  const headers = Object.entries({
    host: "x",
    "content-length": "1000",
    ...headersOf({ requestId: "uploading" }),
  });
  const lines = headers.map(([name, value]) => `${name}: ${value}\r\n`).join("");
  const leftAtEpochMs = Date.now();
  socket.end(`POST /v1/chat/completions HTTP/1.1\r\n${lines}\r\n{"model":"chat",`);
  const log = await assertLogged("uploading", leftAtEpochMs);
  assert.equal(log.attempts, 0);
  assert.equal(up.upstream.count, countBefore);
});

test("while the gateway connects to the provider", async () => {
  const countBefore = up.upstream.count;
  const socket = await openCall(up.gateway, { model: "unconnected", requestId: "connecting" });
  await mute.accepted;
  const leftAtEpochMs = Date.now();
  leave(socket);
  await assertLogged("connecting", leftAtEpochMs);
  assert.equal(up.upstream.count, countBefore);
});

test("while the call waits for one of the provider's connections: it is never sent", async () => {
  const countBefore = up.upstream.count;
  const first = callRaw(up.gateway, { model: "narrow" });
  const held = await up.upstream.next();
  const socket = await openCall(up.gateway, { model: "narrow", requestId: "queued" });
  // A third call that is read after the second: its refusal shows that the second is in the queue.
  await callRaw(up.gateway, { model: "no-such-model" });
  const leftAtEpochMs = Date.now();
  leave(socket);
  await assertLogged("queued", leftAtEpochMs);
  const third = callRaw(up.gateway, { model: "narrow" });
  const answer = (call: ScriptedCall): unknown =>
    call.response.writeHead(200, { "content-type": "application/json" }).end("{}");
  answer(held);
  assert.equal((await first).status, 200);
  answer(await up.upstream.next());
  assert.equal((await third).status, 200);
  assert.equal(up.upstream.count - countBefore, 2);
});

for (const stream of [true, false]) {
  test(`before the provider's first byte, ${stream ? "stream" : "plain"}`, async () => {
    const requestId = `unanswered-${stream}`;
    const socket = await openCall(up.gateway, { stream, requestId });
    await assertCancels(socket, await up.upstream.next(), requestId);
  });
}

test("between the provider's head and its first event", async () => {
  const socket = await openCall(up.gateway, { stream: true, requestId: "head-only" });
  const call = await up.upstream.next();
  call.response.writeHead(200, { "content-type": "text/event-stream" }).write(": comment\n\n");
  // The gateway has nothing to send yet; another call's answer shows that it goes on.
  await callRaw(up.gateway, { model: "no-such-model" });
  await assertCancels(socket, call, "head-only");
});

test("in the middle of a stream: what it had used is on record", async () => {
  const socket = await openCall(up.gateway, { stream: true, requestId: "mid-stream" });
  const call = await up.upstream.next();
  call.response.writeHead(200, { "content-type": "text/event-stream" });
  call.response.write(chatEvent("one") + chatEvent("two"));
  await receives(socket, '"two"');
  const log = await assertCancels(socket, call, "mid-stream");
  assert.equal(log.events, 2);
});

test("in the middle of a plain body that is held", async () => {
  const socket = await openCall(up.gateway, { requestId: "held-body" });
  const call = await up.upstream.next();
  call.response.writeHead(200, { "content-type": "application/json", "content-length": 1000 });
  call.response.write('{"choices":');
  await callRaw(up.gateway, { model: "no-such-model" });
  await assertCancels(socket, call, "held-body");
});

test("in the middle of a plain body that is sent on in pieces", async () => {
  const socket = await openCall(up.gateway, { requestId: "large-body" });
  const call = await up.upstream.next();
  call.response.writeHead(200, { "content-type": "application/json", "content-length": 9 * MEBIBYTE });
  call.response.write(`{"pad":"${"x".repeat(5 * MEBIBYTE)}`);
  await receives(socket, "xxx");
  await assertCancels(socket, call, "large-body");
});

test("a client that leaves with its answer unread, while the provider is paused", async () => {
  const socket = await openCall(up.gateway, { stream: true, requestId: "unread" });
  const call = await up.upstream.next();
  call.response.writeHead(200, { "content-type": "text/event-stream" });
  await writeUntilPaused(call.response, {
    piece: chatEvent("x".repeat(MEBIBYTE)),
    limitBytes: 64 * MEBIBYTE,
  });
  await assertCancels(socket, call, "unread");
});
