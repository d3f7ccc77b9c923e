/** The official OpenAI client's time-outs and aborts reach the provider. */
import assert from "node:assert/strict";
import { after, before, beforeEach, test } from "node:test";
import OpenAI from "openai";
import { assertCancelled } from "./support/cancelled.ts";
import { KEY, type MockGateway, startMockGateway } from "./support/mock-gateway.ts";

const MESSAGES = [{ role: "user", content: "Hello" }] as const;

let up: MockGateway;
let client: OpenAI;

before(async () => {
  up = await startMockGateway();
  client = new OpenAI({ apiKey: KEY, baseURL: up.baseUrl, maxRetries: 0 });
});
beforeEach(() => up.mock.clear());
after(() => up.close());

test("the client's own time-out cancels the provider's work", async () => {
  up.mock.setFaults({ neverAnswer: true });
  const call = client.chat.completions.create(
    { model: "chat", messages: [...MESSAGES] },
    { timeout: 100, headers: { "x-request-id": "timed-out" } },
  );
  await assert.rejects(call, OpenAI.APIConnectionTimeoutError);
  await assertCancelled(up, { requestId: "timed-out", leftAtMs: performance.now() });
});

test("an abort before the answer's head cancels the provider's work", async () => {
  up.mock.setFaults({ neverAnswer: true });
  const abort = new AbortController();
  const call = client.chat.completions.create(
    { model: "chat", messages: [...MESSAGES], stream: true },
    { signal: abort.signal, headers: { "x-request-id": "before-head" } },
  );
  const outcome = assert.rejects(call, OpenAI.APIUserAbortError);
  await up.mock.waitFor(({ bodyBytes }) => bodyBytes.length > 0, 5_000);
  const leftAtMs = performance.now();
  abort.abort();
  await outcome;
  await assertCancelled(up, { requestId: "before-head", leftAtMs });
});

test("an abort in the middle of a stream cancels the provider's work", async () => {
  up.mock.setFaults({ stallAfterEvents: 3 });
  const stream = await client.chat.completions.create(
    { model: "chat", messages: [...MESSAGES], stream: true },
    { headers: { "x-request-id": "mid-stream" } },
  );
  let chunks = 0;
  let leftAtMs = 0;
  for await (const chunk of stream) {
    assert.equal(chunk.object, "chat.completion.chunk");
    chunks++;
    if (chunks < 3) continue;
    leftAtMs = performance.now();
    stream.controller.abort();
  }
  const log = await assertCancelled(up, { requestId: "mid-stream", leftAtMs });
  assert.equal(chunks, 3);
  assert.equal(log.events, 3, "what was sent until then is on record");
});

test("breaking out of the loop cancels the provider's work", async () => {
  up.mock.setFaults({ stallAfterEvents: 2 });
  const stream = await client.chat.completions.create(
    { model: "chat", messages: [...MESSAGES], stream: true },
    { headers: { "x-request-id": "broken-out" } },
  );
  let leftAtMs = 0;
  for await (const _ of stream) {
    leftAtMs = performance.now();
    break;
  }
  await assertCancelled(up, { requestId: "broken-out", leftAtMs });
});

test("an abort while the gateway waits to try again: there is no other try", async () => {
  const retryAfterMs = 300;
  up.mock.setFaults({ status: 503, retryAfterMs }, { times: 1 });
  up.mock.setFaults({ latencyMs: 2 * retryAfterMs });
  const abort = new AbortController();
  const call = client.chat.completions.create(
    { model: "chat-retried", messages: [...MESSAGES] },
    { signal: abort.signal, headers: { "x-request-id": "backing-off" } },
  );
  const outcome = assert.rejects(call, OpenAI.APIUserAbortError);
  await up.mock.waitFor(({ finished }) => finished, 5_000);
  abort.abort();
  await outcome;
  const log = await up.logOf("backing-off");
  assert.deepEqual([log.status, log.errorCode], [499, "client_closed"]);
  // Slower than the pause that the provider asked for: the other try would have come by then.
  await client.chat.completions.create({ model: "chat", messages: [...MESSAGES] });
  assert.equal(up.mock.received.length, 2);
});
