/** Relay rules 3 and 4 for what no HTTP server would send: resets, answers that are no HTTP, lengths that are wrong. */
import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { ERROR_TABLE, type ErrorCode } from "@headrace/core/errors/table";
import { type RawAction, type RawListener, startRawListener } from "@headrace/mock-upstream/raw-listener";
import { headerOf, sseOf } from "@headrace/mock-upstream/testing/raw-client";
import { callRaw } from "./support/raw-call.ts";
import { type ScriptedGateway, startScriptedGateway } from "./support/scripted-gateway.ts";
import { chatEvent } from "./support/scripted-upstream.ts";

const MEBIBYTE = 1024 * 1024;
const REQUEST: RawAction = { type: "await-request" };
const RESET: RawAction = { type: "reset" };
const END: RawAction = { type: "end" };
const STREAM_HEAD =
  "HTTP/1.1 200 OK\r\ncontent-type: text/event-stream\r\ntransfer-encoding: chunked\r\n\r\n";
const JSON_HEAD = "HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncontent-length: 100\r\n\r\n";

function write(bytes: string): RawAction {
  return { type: "write", bytes };
}

function chunk(text: string): string {
  return `${Buffer.byteLength(text).toString(16)}\r\n${text}\r\n`;
}

/** Two writes that the gateway reads one after the other. */
function apart(first: string, second: RawAction): RawAction[] {
  return [write(first), { type: "pause", ms: 50 }, second];
}

interface BrokenProvider {
  readonly actions: readonly RawAction[];
  readonly code: ErrorCode;
  /** Of the call, and where the error stands then: default plain, and the status. */
  readonly stream?: boolean;
  readonly inBand?: boolean;
}

const PROVIDERS: Readonly<Record<string, BrokenProvider>> = {
  "reset-at-once": { actions: [REQUEST, RESET], code: "upstream_cut" },
  "reset-after-head": { actions: [REQUEST, ...apart(JSON_HEAD, RESET)], code: "upstream_cut" },
  "short-body": { actions: [REQUEST, ...apart(`${JSON_HEAD}{"a":1}`, END)], code: "upstream_cut" },
  "no-http": { actions: [REQUEST, write("SSH-2.0-OpenSSH_9.2\r\n")], code: "upstream_invalid_response" },
  "broken-head": {
    actions: [REQUEST, write("HTTP/1.1 200 OK\r\ncontent-length: ten\r\n\r\n")],
    code: "upstream_invalid_response",
  },
  "huge-head": {
    actions: [REQUEST, write(`HTTP/1.1 200 OK\r\nx-pad: ${"x".repeat(MEBIBYTE)}\r\n\r\n`)],
    code: "upstream_invalid_response",
  },
  "unknown-encoding": {
    actions: [REQUEST, write(JSON_HEAD.replace("\r\n\r\n", "\r\ncontent-encoding: snappy\r\n\r\n"))],
    code: "upstream_invalid_response",
  },
  "reset-before-events": {
    actions: [REQUEST, ...apart(STREAM_HEAD, RESET)],
    code: "upstream_cut",
    stream: true,
  },
  "reset-in-stream": {
    actions: [REQUEST, ...apart(STREAM_HEAD + chunk(chatEvent("one")), RESET)],
    code: "upstream_cut",
    stream: true,
    inBand: true,
  },
  "broken-chunk": {
    actions: [REQUEST, ...apart(STREAM_HEAD + chunk(chatEvent("one")), write("zz\r\n"))],
    code: "upstream_invalid_response",
    stream: true,
    inBand: true,
  },
  "endless-first-event": {
    actions: [REQUEST, write(STREAM_HEAD + chunk(`data: ${"x".repeat(17 * MEBIBYTE)}`))],
    code: "upstream_event_too_large",
    stream: true,
  },
  "endless-event": {
    actions: [
      REQUEST,
      ...apart(STREAM_HEAD + chunk(chatEvent("one")), write(chunk(`data: ${"x".repeat(17 * MEBIBYTE)}`))),
    ],
    code: "upstream_event_too_large",
    stream: true,
    inBand: true,
  },
};

let listeners: RawListener[];
let up: ScriptedGateway;

before(async () => {
  const entries = await Promise.all(
    Object.entries(PROVIDERS).map(async ([name, { actions }]) => ({
      name,
      listener: await startRawListener(actions),
    })),
  );
  listeners = entries.map(({ listener }) => listener);
  const closed = await startRawListener([]);
  await closed.close();
  const baseUrls = [
    ...entries.map(({ name, listener }) => [name, { baseUrl: listener.url }] as const),
    ["nobody-there", { baseUrl: closed.url }] as const,
    ["no-such-host", { baseUrl: "http://provider.invalid/v1" }] as const,
  ];
  up = await startScriptedGateway({ providers: Object.fromEntries(baseUrls) });
});
after(async () => {
  await up.close();
  await Promise.all(listeners.map((listener) => listener.close()));
});

for (const [model, { code, stream = false, inBand = false }] of Object.entries(PROVIDERS)) {
  test(`${model} is ${code}${inBand ? " in the stream" : ""}`, async () => {
    const answer = await callRaw(up.gateway, { model, stream, requestId: model });
    assert.ok(answer.complete);
    assert.equal(answer.status, inBand ? 200 : ERROR_TABLE[code].status);
    assert.equal(headerOf(answer, "x-headrace-provider"), model);
    const { data } = sseOf(answer.body);
    const { error } = JSON.parse(inBand ? (data.at(-1) ?? "") : answer.body.toString());
    assert.deepEqual([error.code, error.request_id], [code, model]);
    if (inBand) assert.equal(data.length, 2);
  });
}

for (const model of ["nobody-there", "no-such-host"]) {
  test(`${model} is upstream_unreachable, and the address stays inside`, async () => {
    const answer = await callRaw(up.gateway, { model });
    assert.equal(answer.status, 502);
    const { error } = JSON.parse(answer.body.toString());
    assert.equal(error.code, "upstream_unreachable");
    assert.doesNotMatch(error.message, /127\.0\.0\.1|provider\.invalid/);
  });
}
