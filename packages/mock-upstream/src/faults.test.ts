import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { gunzipSync } from "node:zlib";
import { FAULTS } from "./behaviour/faults.ts";
import { type Mock, startMock } from "./server.ts";
import { eventsOf } from "./testing/decode-events.ts";
import { headerOf, type RawAnswer, rawPost, sseOf } from "./testing/raw-client.ts";

let mock: Mock;
before(async () => {
  mock = await startMock();
});
after(() => mock.close());

const STREAM = { model: "m", messages: [], stream: true };
const PLAIN = { model: "m", messages: [] };

function faulty(body: object, fault: string, more: object = {}): Promise<RawAnswer> {
  return rawPost({ port: mock.port, body: { ...body, x_mock: { fault, chunks: 4, ...more } } });
}

/** Resolves when the mock has a request with its body, sent on a connection that is then closed by us. */
async function silentFor(fault: string): Promise<void> {
  const answer = rawPost({ port: mock.port, body: { ...STREAM, x_mock: { fault } } });
  const request = await mock.waitFor((received) => received.bodyBytes.includes(`"${fault}"`), 2_000);
  assert.equal(request.finished, false);
  await mock.close();
  assert.equal((await answer).head, "");
  mock = await startMock();
}

/** Every named fault with what shows it on the wire. A fault without a check fails the test below. */
const CHECKS: Readonly<Record<string, () => Promise<void>>> = {
  none: async () => {
    const { data } = sseOf((await faulty(STREAM, "none")).body);
    assert.equal(data.length, 7);
  },
  "never-answer": () => silentFor("never-answer"),
  "cut-before-headers": async () => {
    const answer = await faulty(PLAIN, "cut-before-headers");
    assert.deepEqual([answer.head, answer.closed], ["", true]);
  },
  stall: async () => {
    const answer = await rawPost({
      port: mock.port,
      body: { ...STREAM, x_mock: { fault: "stall" } },
      until: ({ chunks }) => chunks.length === 3,
    });
    assert.deepEqual([answer.closed, answer.complete], [false, false]);
    const left = await mock.waitFor(
      (request) => request.aborted && request.bodyBytes.includes('"stall"'),
      2_000,
    );
    assert.equal(left.finished, false);
  },
  cut: async () => {
    const answer = await faulty(STREAM, "cut");
    assert.deepEqual([answer.chunks.length, answer.complete, answer.closed], [3, false, true]);
  },
  "cut-bytes": async () => {
    const streamed = await faulty(STREAM, "cut-bytes");
    assert.deepEqual([streamed.body.length, streamed.complete, streamed.closed], [100, false, true]);
    const plain = await faulty(PLAIN, "cut-bytes");
    assert.deepEqual([plain.body.length, plain.complete, plain.closed], [100, false, true]);
    assert.ok(Number(headerOf(plain, "content-length")) > 100);
  },
  "eof-without-done": async () => {
    const answer = await faulty(STREAM, "eof-without-done");
    const last = JSON.parse(sseOf(answer.body).data.at(-1) ?? "");
    assert.deepEqual([last.choices[0].finish_reason, answer.complete], ["stop", true]);
  },
  "eof-without-finish": async () => {
    const answer = await faulty(STREAM, "eof-without-finish");
    const { data } = sseOf(answer.body);
    assert.deepEqual([data.length, answer.complete], [3, true]);
    for (const event of data) assert.equal(JSON.parse(event).choices[0].finish_reason, null);
  },
  "malformed-event": async () => {
    const { data } = sseOf((await faulty(STREAM, "malformed-event")).body);
    assert.throws(() => JSON.parse(data[2] ?? ""), SyntaxError);
    assert.equal(data.length, 7);
    assert.equal(JSON.parse(data[3] ?? "").object, "chat.completion.chunk");
  },
  "corrupt-event": async () => {
    const answer = await rawPost({
      port: mock.port,
      path: "/model/m/converse-stream",
      body: {
        messages: [{ role: "user", content: [{ text: "hi" }] }],
        x_mock: { fault: "corrupt-event", chunks: 4 },
      },
    });
    const type = headerOf(answer, "content-type") ?? "";
    assert.equal(answer.complete, true);
    assert.equal(eventsOf(type, Buffer.concat(answer.chunks.slice(0, 2))).length, 2);
    assert.throws(() => eventsOf(type, answer.body), /checksum/);
  },
  "error-first-event": async () => {
    const answer = await faulty(STREAM, "error-first-event", { errorMessage: "no capacity" });
    const { data } = sseOf(answer.body);
    assert.equal(answer.status, 200);
    assert.equal(JSON.parse(data[0] ?? "").error.message, "no capacity");
    assert.deepEqual(data.slice(1), ["[DONE]"]);
  },
  "error-event": async () => {
    const { data } = sseOf((await faulty(STREAM, "error-event")).body);
    assert.equal(JSON.parse(data[3] ?? "").error.type, "server_error");
    assert.deepEqual(data.slice(4), ["[DONE]"]);
  },
  "error-event-no-done": async () => {
    const answer = await faulty(STREAM, "error-event-no-done");
    const { data } = sseOf(answer.body);
    assert.deepEqual(
      [data.length, Object.keys(JSON.parse(data[3] ?? "")), answer.complete],
      [4, ["error"], true],
    );
  },
  "json-error-200": async () => {
    const answer = await faulty(STREAM, "json-error-200");
    assert.deepEqual([answer.status, headerOf(answer, "content-type")], [200, "application/json"]);
    assert.equal(JSON.parse(answer.body.toString()).error.type, "server_error");
  },
  "html-error": async () => {
    const answer = await faulty(PLAIN, "html-error");
    assert.deepEqual([answer.status, headerOf(answer, "content-type")], [502, "text/html"]);
    assert.match(answer.body.toString(), /^<html>/);
  },
  redirect: async () => {
    const answer = await faulty(PLAIN, "redirect");
    assert.deepEqual([answer.status, headerOf(answer, "location")], [307, "/v1/elsewhere"]);
    assert.equal(answer.body.length, 0);
  },
  "rate-limited": async () => {
    const answer = await faulty(STREAM, "rate-limited");
    assert.deepEqual([answer.status, headerOf(answer, "retry-after")], [429, "1"]);
    assert.equal(JSON.parse(answer.body.toString()).error.code, "rate_limit_exceeded");
  },
  overloaded: async () => {
    const answer = await faulty(PLAIN, "overloaded");
    assert.deepEqual([answer.status, headerOf(answer, "retry-after")], [503, undefined]);
  },
  "byte-by-byte": async () => {
    const answer = await faulty(STREAM, "byte-by-byte");
    assert.ok(answer.chunks.every((chunk) => chunk.length === 1));
    assert.equal(sseOf(answer.body).data.length, 7);
    const plain = await faulty(PLAIN, "byte-by-byte");
    assert.equal(JSON.parse(plain.body.toString()).object, "chat.completion");
  },
  "split-utf8": async () => {
    const answer = await faulty(STREAM, "split-utf8");
    const inside = answer.chunks.filter((chunk) => ((chunk[0] ?? 0) & 0xc0) === 0x80);
    assert.ok(inside.length > 4, "chunks begin inside a character");
    const text = sseOf(answer.body)
      .data.slice(0, -1)
      .map((event) => JSON.parse(event).choices[0].delta.content);
    assert.equal(text.join("").startsWith("größe naïve señor"), true);
  },
  crlf: async () => {
    const text = (await faulty(STREAM, "crlf")).body.toString();
    assert.ok(text.endsWith("data: [DONE]\r\n\r\n"));
    assert.equal(/[^\r]\n/.test(text), false);
  },
  "split-crlf": async () => {
    const answer = await faulty(STREAM, "split-crlf");
    const lineFeeds = answer.chunks.filter((chunk) => chunk[0] === 0x0a);
    assert.equal(lineFeeds.length, 14);
    assert.equal(sseOf(answer.body).data.length, 7);
  },
  "comment-before": async () => {
    const answer = await faulty(STREAM, "comment-before");
    assert.equal(answer.body.toString().startsWith(": keep-alive\n\ndata: "), true);
    assert.equal(sseOf(answer.body).comments.length, 1);
  },
  comments: async () => {
    const { comments, data } = sseOf((await faulty(STREAM, "comments")).body);
    assert.deepEqual([comments.length, data.length], [7, 7]);
  },
  "big-event": async () => {
    const { data } = sseOf((await faulty(STREAM, "big-event")).body);
    assert.equal(Math.max(...data.map((event) => Buffer.byteLength(event))), 1_048_576);
    assert.equal(data.length, 7);
  },
  gzip: async () => {
    const answer = await faulty(STREAM, "gzip");
    assert.equal(headerOf(answer, "content-encoding"), "gzip");
    assert.ok(answer.chunks.length > 7, "one flush an event");
    assert.equal(sseOf(gunzipSync(answer.body)).data.length, 7);
    const plain = await faulty(PLAIN, "gzip");
    assert.equal(JSON.parse(gunzipSync(plain.body).toString()).object, "chat.completion");
  },
  "close-delimited": async () => {
    for (const body of [STREAM, PLAIN]) {
      const answer = await faulty(body, "close-delimited");
      assert.deepEqual(
        ["content-length", "transfer-encoding", "connection"].map((name) => headerOf(answer, name)),
        [undefined, undefined, "close"],
      );
      assert.equal(answer.closed, true);
      if (body === STREAM) assert.equal(sseOf(answer.rest).data.length, 7);
      else assert.equal(JSON.parse(answer.rest.toString()).object, "chat.completion");
    }
  },
  "usage-twice": async () => {
    const { data } = sseOf((await faulty(STREAM, "usage-twice")).body);
    const withUsage = data
      .slice(0, -1)
      .map((event) => JSON.parse(event))
      .filter((event) => event.usage);
    assert.deepEqual(
      withUsage.map((event) => event.choices.length),
      [1, 0],
    );
    assert.deepEqual(withUsage[0].usage, withUsage[1].usage);
  },
  "wrong-content-type": async () => {
    for (const body of [STREAM, PLAIN]) {
      assert.equal(headerOf(await faulty(body, "wrong-content-type"), "content-type"), "text/plain");
    }
  },
};

test("every fault has a check", () => {
  assert.deepEqual(Object.keys(CHECKS).toSorted(), Object.keys(FAULTS).toSorted());
});

for (const [fault, check] of Object.entries(CHECKS)) test(`fault ${fault} shows on the wire`, check);
