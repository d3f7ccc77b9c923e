/** Relay rules 1 and 2: a provider's bytes go through untouched, but for the usage event that the client did not ask for. */
import assert from "node:assert/strict";
import { after, before, beforeEach, test } from "node:test";
import { gunzipSync } from "node:zlib";
import type { BehaviourPatch } from "@headrace/mock-upstream/behaviour/parse";
import { headerOf, type RawAnswer, rawPost, sseOf } from "@headrace/mock-upstream/testing/raw-client";
import { type MockGateway, PROVIDER_KEY, startMockGateway } from "./support/mock-gateway.ts";
import { callRaw } from "./support/raw-call.ts";

const MEBIBYTE = 1024 * 1024;
const TOOLS = ["weather", "tide"].map((name) => ({
  type: "function",
  function: { name, parameters: { type: "object", properties: { city: { type: "string" } } } },
}));

let up: MockGateway;

before(async () => {
  up = await startMockGateway();
});
beforeEach(() => up.mock.clear());
after(() => up.close());

/** What the provider answers to the very bytes that it got from the gateway. */
async function answerOfProvider(): Promise<Buffer> {
  const [received] = up.mock.received;
  assert.ok(received !== undefined);
  const headers = { authorization: `Bearer ${PROVIDER_KEY}` };
  const answer = await rawPost({ port: up.mock.port, body: received.bodyBytes.toString(), headers });
  return headerOf(answer, "content-encoding") === "gzip" ? gunzipSync(answer.body) : answer.body;
}

/** The events, and comments, of a stream, each with its blank line. */
function eventsOf(body: Buffer): string[] {
  return body.toString().split(/(?<=[^\r\n]\r?\n\r?\n)/);
}

/** The stream for a client that asked for usage: a comment before the first event does not begin the answer. */
function fromFirstEvent(body: Buffer): string[] {
  const events = eventsOf(body);
  return events.slice(events.findIndex((event) => event.includes("data:")));
}

/** The stream for a client that did not ask for usage. */
function withoutUsageEvent(body: Buffer): string {
  return fromFirstEvent(body)
    .filter((event) => !(event.includes('"choices":[]') && event.includes('"usage":{')))
    .join("");
}

/** Shows where two long texts part instead of all of them. */
function assertSameText(actual: Buffer, other: string): void {
  const one = actual.toString();
  let at = 0;
  while (at < one.length && one[at] === other[at]) at++;
  const near = (text: string): string => text.slice(Math.max(0, at - 60), at + 60);
  assert.ok(one === other, `they part at ${at}: ${JSON.stringify([near(one), near(other)])}`);
}

function assertWholeStream(answer: RawAnswer): void {
  assert.equal(answer.status, 200);
  assert.ok(answer.complete, "the stream did not end as HTTP");
  assert.match(headerOf(answer, "content-type") ?? "", /^text\/event-stream/);
  assert.equal(headerOf(answer, "x-accel-buffering"), "no");
}

interface StreamCase {
  readonly name: string;
  readonly mock: BehaviourPatch;
  readonly fields?: object;
}

const STREAMS: readonly StreamCase[] = [
  { name: "one write for each event", mock: {} },
  { name: "one write for all", mock: { burst: true } },
  { name: "words full of multi-byte characters", mock: { text: "utf8" } },
  { name: "every byte by itself", mock: { split: "bytes", text: "utf8", chunks: 4 } },
  { name: "writes cut inside characters", mock: { fault: "split-utf8" } },
  { name: "CRLF", mock: { fault: "crlf" } },
  { name: "CRLF cut in two", mock: { fault: "split-crlf" } },
  { name: "CRLF byte by byte", mock: { lineEnding: "crlf", split: "bytes", chunks: 4 } },
  { name: "comments between the events", mock: { fault: "comments" } },
  { name: "comments between the events, in one write", mock: { fault: "comments", burst: true } },
  { name: "an event of 1 MiB", mock: { fault: "big-event" } },
  { name: "an event of 1 MiB in one write with the others", mock: { fault: "big-event", burst: true } },
  { name: "gzip that nobody asked for", mock: { fault: "gzip" } },
  { name: "gzip byte by byte", mock: { encoding: "gzip", split: "bytes", chunks: 4 } },
  { name: "usage in the last event with a choice", mock: { usage: "finish-chunk" } },
  { name: "usage twice", mock: { fault: "usage-twice" } },
  { name: "no usage at all", mock: { usage: "off" } },
  { name: "reasoning", mock: { reasoningTokens: 3 } },
  { name: "three choices", mock: {}, fields: { n: 3 } },
  {
    name: "parallel tool calls in turns",
    mock: { toolCalls: 2, interleaveToolCalls: true },
    fields: { tools: TOOLS },
  },
  {
    name: "an answer about usage and errors",
    mock: { content: '"usage":{"prompt_tokens":1} "error" [DONE]' },
  },
];

for (const { name, mock, fields = {} } of STREAMS) {
  test(`untouched: ${name}`, async () => {
    const asked = await callRaw(up.gateway, { stream: true, includeUsage: true, mock, fields });
    assertWholeStream(asked);
    const sent = await answerOfProvider();
    assertSameText(asked.body, fromFirstEvent(sent).join(""));

    const notAsked = await callRaw(up.gateway, { stream: true, mock, fields });
    assertWholeStream(notAsked);
    assertSameText(notAsked.body, withoutUsageEvent(sent));
  });
}

test("untouched: a body that ends with its connection", async () => {
  const mock = { fault: "close-delimited" };
  const asked = await callRaw(up.gateway, { stream: true, includeUsage: true, mock });
  assertWholeStream(asked);
  const sent = await answerOfProvider();
  assertSameText(asked.body, sent.toString());
  const notAsked = await callRaw(up.gateway, { stream: true, mock });
  // The mock sends more than one blank line after an event here: those of the usage event may stay.
  assert.deepEqual(sseOf(notAsked.body).data, sseOf(Buffer.from(withoutUsageEvent(sent))).data);
});

test("usage that the client refused is dropped too, and yet on record", async () => {
  const call = { stream: true, includeUsage: false, requestId: "usage-refused" };
  const answer = await callRaw(up.gateway, call);
  assertSameText(answer.body, withoutUsageEvent(await answerOfProvider()));
  assert.ok(eventsOf(answer.body).every((event) => !event.includes('"choices":[]')));
  assert.match(up.mock.received[0]?.bodyBytes.toString() ?? "", /"include_usage":true/);
  const log = await up.logOf("usage-refused");
  assert.deepEqual([log.inputTokens, log.outputTokens], [9, 16]);
});

test("the event that reports usage twice counts once", async () => {
  await callRaw(up.gateway, { stream: true, mock: { fault: "usage-twice" }, requestId: "usage-twice" });
  const log = await up.logOf("usage-twice");
  assert.deepEqual([log.inputTokens, log.outputTokens], [9, 16]);
});

test("comments before the first event do not begin the answer and are left out of it", async () => {
  const mock = { comments: "before", firstEventMs: 60 } as const;
  const answer = await callRaw(up.gateway, { stream: true, includeUsage: true, mock });
  const sent = await answerOfProvider();
  assert.ok(sent.toString().startsWith(": keep-alive\n\ndata:"));
  assertSameText(answer.body, fromFirstEvent(sent).join(""));
});

const PLAIN: readonly StreamCase[] = [
  { name: "as one", mock: {} },
  { name: "byte by byte", mock: { split: "bytes", text: "utf8" } },
  { name: "gzip that nobody asked for", mock: { fault: "gzip" } },
  { name: "a body that ends with its connection", mock: { fault: "close-delimited" } },
  { name: "5 MiB, more than is held", mock: { chunks: 5, chunkBytes: MEBIBYTE } },
];

for (const { name, mock } of PLAIN) {
  test(`a plain answer untouched: ${name}`, async () => {
    const answer = await callRaw(up.gateway, { mock });
    assert.equal(answer.status, 200);
    assert.ok(answer.complete);
    assert.equal(headerOf(answer, "content-type"), "application/json");
    assert.equal(headerOf(answer, "content-encoding"), undefined);
    assert.ok(answer.body.equals(await answerOfProvider()));
  });
}
