/** Relay rules 3 and 4: an error before the first event is a status; after it, a broken stream says so and has no clean end. */
import assert from "node:assert/strict";
import { after, before, beforeEach, test } from "node:test";
import { ERROR_TABLE, type ErrorCode } from "@headrace/core/errors/table";
import type { BehaviourPatch } from "@headrace/mock-upstream/behaviour/parse";
import { headerOf, type RawAnswer, sseOf } from "@headrace/mock-upstream/testing/raw-client";
import { type MockGateway, startMockGateway, UPSTREAM_MODEL } from "./support/mock-gateway.ts";
import { callRaw } from "./support/raw-call.ts";

const MEBIBYTE = 1024 * 1024;

let up: MockGateway;

before(async () => {
  up = await startMockGateway({ timeouts: { firstByteMs: 400, plainFirstByteMs: 400, idleMs: 200 } });
});
beforeEach(() => up.mock.clear());
after(() => up.close());

interface WireError {
  readonly message: string;
  readonly type: string;
  readonly code: string;
  readonly request_id: string;
}

function errorIn(json: string): WireError {
  return (JSON.parse(json) as { error: WireError }).error;
}

/** What every answer tells of its way here. */
function assertRouteHeaders(answer: RawAnswer): void {
  assert.equal(headerOf(answer, "x-headrace-attempts"), "1");
  assert.equal(headerOf(answer, "x-headrace-provider"), "mock-provider");
  assert.equal(headerOf(answer, "x-headrace-model"), UPSTREAM_MODEL);
  assert.match(headerOf(answer, "x-headrace-overhead-ms") ?? "", /^\d+(\.\d+)?$/);
}

interface Failure {
  readonly name: string;
  readonly mock: BehaviourPatch;
  readonly code: ErrorCode;
  /** Default the status of the code. */
  readonly status?: number;
  readonly message?: RegExp;
  /** Default both. */
  readonly stream?: boolean;
}

/** What the mock's errors are by their type, `server_error`. */
const NAMED_STATUS = 500;

const BEFORE_THE_FIRST_EVENT: readonly Failure[] = [
  {
    name: "an error object as the first event",
    mock: { fault: "error-first-event", errorMessage: "No room." },
    code: "upstream_error",
    status: NAMED_STATUS,
    message: /No room\./,
    stream: true,
  },
  {
    name: "a comment, and later an error object",
    mock: { fault: "error-first-event", comments: "before", firstEventMs: 60 },
    code: "upstream_error",
    status: NAMED_STATUS,
    stream: true,
  },
  {
    name: "a comment and an error object in one write",
    mock: { fault: "error-first-event", comments: "before", burst: true },
    code: "upstream_error",
    status: NAMED_STATUS,
    stream: true,
  },
  {
    name: "an error object in JSON with status 200",
    mock: { fault: "json-error-200", errorMessage: "No room." },
    code: "upstream_error",
    status: NAMED_STATUS,
    message: /No room\./,
  },
  { name: "a cut before the head", mock: { fault: "cut-before-headers" }, code: "upstream_cut" },
  { name: "a cut after the head", mock: { cutAfterBytes: 0 }, code: "upstream_cut" },
  { name: "a cut in the first event", mock: { cutAfterBytes: 20 }, code: "upstream_cut" },
  { name: "a stream without events", mock: { endAfterEvents: 0 }, code: "upstream_cut", stream: true },
  { name: "silence", mock: { fault: "never-answer" }, code: "upstream_first_byte_timeout" },
  {
    name: "silence after the head",
    mock: { stallAfterEvents: 0 },
    code: "upstream_first_byte_timeout",
    stream: true,
  },
  { name: "a page of HTML with status 502", mock: { fault: "html-error" }, code: "upstream_error" },
  {
    name: "a page of HTML with status 429",
    mock: { status: 429, errorBody: "html" },
    code: "upstream_error",
    status: 429,
  },
  {
    name: "an error without a body",
    mock: { status: 503, errorBody: "empty" },
    code: "upstream_error",
    status: 503,
  },
  { name: "a redirect", mock: { fault: "redirect" }, code: "upstream_invalid_response" },
  { name: "another content type", mock: { fault: "wrong-content-type" }, code: "upstream_invalid_response" },
  {
    name: "a plain answer of 200 without a body",
    mock: { errorBody: "empty" },
    code: "upstream_invalid_response",
  },
];

for (const {
  name,
  mock,
  code,
  message,
  stream,
  status = ERROR_TABLE[code].status,
} of BEFORE_THE_FIRST_EVENT) {
  for (const streamed of stream === undefined ? [true, false] : [stream]) {
    test(`${name}: ${streamed ? "stream" : "plain"} is ${status} ${code}`, async () => {
      const answer = await callRaw(up.gateway, { stream: streamed, mock });
      assert.equal(answer.status, status);
      assert.equal(headerOf(answer, "content-type"), "application/json");
      const error = errorIn(answer.body.toString());
      assert.equal(error.code, code);
      assert.equal(error.request_id, headerOf(answer, "x-request-id"));
      assertRouteHeaders(answer);
      assert.equal(headerOf(answer, "retry-after"), ERROR_TABLE[code].retryable ? "1" : undefined);
      if (message !== undefined) assert.match(error.message, message);
    });
  }
}

test("an error inside a 200 is tried again, and the client sees the answer only", async () => {
  up.mock.setFaults({ fault: "error-first-event", errorMessage: "Not yet." }, { times: 1 });
  const answer = await callRaw(up.gateway, { model: "chat-retried", stream: true });
  assert.equal(answer.status, 200);
  assert.equal(headerOf(answer, "x-headrace-attempts"), "2");
  assert.equal(sseOf(answer.body).data.at(-1), "[DONE]");
  assert.equal(up.mock.received.length, 2);
});

/** The events before the error that a broken stream ends with, and that error. */
function brokenStream(answer: RawAnswer): { readonly data: string[]; readonly error: WireError } {
  assert.equal(answer.status, 200);
  assert.ok(answer.complete, "HTTP itself goes on to its end, so that the client reads the error");
  assertRouteHeaders(answer);
  const { data, truncated } = sseOf(answer.body);
  assert.equal(truncated, false);
  assert.ok(!data.includes("[DONE]"), "a broken stream has no clean end");
  return { data: data.slice(0, -1), error: errorIn(data.at(-1) ?? "{}") };
}

interface Break {
  readonly name: string;
  readonly mock: BehaviourPatch;
  readonly code: ErrorCode;
  /** Events that arrive before the error. */
  readonly events: number;
}

const BREAKS: readonly Break[] = [
  { name: "a cut between events", mock: { fault: "cut" }, code: "upstream_cut", events: 3 },
  {
    name: "a cut inside an event",
    mock: { cutAfterEvents: 3, cutAfterBytes: 900, chunkBytes: 100 },
    code: "upstream_cut",
    events: 2,
  },
  {
    name: "an end of a gzip body without finish_reason",
    mock: { encoding: "gzip", endAfterEvents: 3 },
    code: "upstream_cut",
    events: 3,
  },
  {
    name: "an end without finish_reason",
    mock: { fault: "eof-without-finish" },
    code: "upstream_cut",
    events: 3,
  },
  {
    name: "an end without finish_reason, in one write",
    mock: { fault: "eof-without-finish", burst: true },
    code: "upstream_cut",
    events: 3,
  },
  {
    name: "a connection that just closes where that is the framing",
    mock: { framing: "close", endAfterEvents: 3 },
    code: "upstream_cut",
    events: 3,
  },
  { name: "a stall", mock: { fault: "stall" }, code: "upstream_idle_timeout", events: 3 },
  {
    name: "an event that is no JSON",
    mock: { fault: "malformed-event", tokensPerSecond: 50 },
    code: "upstream_error",
    events: 2,
  },
];

for (const { name, mock, code, events } of BREAKS) {
  test(`${name} is ${code} in the stream`, async () => {
    const requestId = name.replaceAll(" ", "-").replaceAll(",", "");
    const { data, error } = brokenStream(await callRaw(up.gateway, { stream: true, mock, requestId }));
    assert.equal(data.length, events);
    assert.ok(data.every((text) => "choices" in JSON.parse(text)));
    assert.deepEqual(
      { code: error.code, type: error.type, request_id: error.request_id },
      { code, type: ERROR_TABLE[code].type, request_id: requestId },
    );
  });
}

test("a broken stream is on record as what it was", async () => {
  await callRaw(up.gateway, { stream: true, mock: { fault: "cut" }, requestId: "cut" });
  const log = await up.logOf("cut");
  assert.deepEqual([log.status, log.errorCode, log.events], [200, "upstream_cut", 3]);
});

for (const fault of ["error-event", "error-event-no-done"]) {
  test(`${fault}: the provider's error is passed on, and nothing after it`, async () => {
    const mock = { fault, tokensPerSecond: 50, errorMessage: "Out of memory." };
    const { data, error } = brokenStream(await callRaw(up.gateway, { stream: true, mock, requestId: fault }));
    assert.equal(data.length, 3);
    assert.equal(error.message, "Out of memory.");
    assert.equal(error.request_id, undefined, "the bytes are the provider's own");
    const log = await up.logOf(fault);
    assert.deepEqual([log.status, log.errorCode], [200, "upstream_error"]);
  });
}

test("an error that arrives together with the first events is still a status", async () => {
  const mock = { fault: "error-event", burst: true, errorMessage: "Out of memory." };
  const answer = await callRaw(up.gateway, { stream: true, mock });
  assert.equal(answer.status, NAMED_STATUS);
  assert.match(errorIn(answer.body.toString()).message, /Out of memory\./);
});

for (const mock of [
  { done: false },
  { done: false, burst: true },
  { done: false, framing: "close" },
] as const) {
  test(`a stream with finish_reason and no [DONE] ends whole: ${JSON.stringify(mock)}`, async () => {
    const requestId = `no-done-${Object.keys(mock).join("-")}`;
    const whole = await callRaw(up.gateway, { stream: true });
    const answer = await callRaw(up.gateway, { stream: true, mock, requestId });
    assert.deepEqual(sseOf(answer.body).data, sseOf(whole.body).data);
    const log = await up.logOf(requestId);
    assert.deepEqual([log.status, log.errorCode], [200, undefined]);
  });
}

test("an answer that is held and cut is a 502, one that was too large to hold is cut as well", async () => {
  const held = await callRaw(up.gateway, { mock: { cutAfterBytes: 100 } });
  assert.equal(held.status, 502);
  assert.equal(errorIn(held.body.toString()).code, "upstream_cut");
  const mock = { chunks: 6, chunkBytes: MEBIBYTE, cutAfterBytes: 5 * MEBIBYTE };
  const large = await callRaw(up.gateway, { mock });
  assert.equal(large.status, 200);
  assert.ok(large.closed && !large.complete, "the client can tell that it has only a part");
});
