/** The AI SDK with its OpenAI-compatible provider against the started command. */
import assert from "node:assert/strict";
import { after, before, beforeEach, test } from "node:test";
import type { OpenAICompatibleProvider } from "@ai-sdk/openai-compatible";
import type { APICallError as CallError } from "ai";
import { assertSuccessHeaders } from "./support/headers.ts";
import { KEY, type MockGateway, startMockGateway } from "./support/mock-gateway.ts";

const {
  APICallError,
  embedMany,
  generateObject,
  generateText,
  isStepCount,
  jsonSchema,
  Output,
  streamText,
  tool,
} = await import("ai");
const { createOpenAICompatible } = await import("@ai-sdk/openai-compatible");

// generateObject still has many users; that it is deprecated is no news here.
Object.assign(globalThis, { AI_SDK_LOG_WARNINGS: false });

const CONTENT = "Das Wasser treibt das Rad. 水車 🙂";
const CHUNKS = 6;
const PROMPT = "Tell me of the mill.";

interface Weather {
  readonly city: string;
  readonly days: number;
}

const WEATHER = jsonSchema<Weather>({
  type: "object",
  properties: { city: { type: "string" }, days: { type: "integer" } },
  required: ["city", "days"],
  additionalProperties: false,
});
/** What the mock makes of that schema. */
const SAMPLE: Weather = { city: "mock", days: 1 };

let up: MockGateway;
let provider: OpenAICompatibleProvider;

before(async () => {
  up = await startMockGateway({ mock: { behaviour: { content: CONTENT, chunks: CHUNKS } } });
  provider = providerWith(KEY);
});
beforeEach(() => up.mock.clear());
after(() => up.close());

function providerWith(apiKey: string): OpenAICompatibleProvider {
  return createOpenAICompatible({
    name: "headrace",
    baseURL: up.baseUrl,
    apiKey,
    includeUsage: true,
    supportsStructuredOutputs: true,
  });
}

test("generateText", async () => {
  const { text, usage, finishReason, response } = await generateText({
    model: provider("chat"),
    prompt: PROMPT,
  });
  assert.deepEqual({ text, finishReason }, { text: CONTENT, finishReason: "stop" });
  assert.deepEqual([usage.inputTokens, usage.outputTokens], [9, CHUNKS]);
  assertSuccessHeaders(new Headers(response.headers), { attempts: 1 });
});

test("streamText, with usage and reasoning", async () => {
  up.mock.setFaults({ reasoningTokens: 2 });
  const deltas: string[] = [];
  const result = streamText({ model: provider("chat"), prompt: PROMPT });
  for await (const delta of result.textStream) deltas.push(delta);
  assert.equal(deltas.join(""), CONTENT);
  assert.equal(deltas.length, CHUNKS);
  assert.equal(await result.reasoningText, "the channel");
  assert.equal(await result.finishReason, "stop");
  assert.equal((await result.usage).outputTokens, CHUNKS + 2);
});

test("a tool loop: parallel calls, their results, the answer", async () => {
  up.mock.setFaults({ toolCalls: 2 });
  const calledWith: Weather[] = [];
  const weather = tool({
    description: "The weather of the coming days",
    inputSchema: WEATHER,
    execute: async (input) => {
      calledWith.push(input);
      return { sky: "rain" };
    },
  });
  const { text, steps } = await generateText({
    model: provider("chat"),
    prompt: PROMPT,
    tools: { weather },
    stopWhen: isStepCount(3),
  });
  assert.deepEqual(calledWith, [SAMPLE, SAMPLE]);
  assert.equal(steps.length, 2);
  assert.equal(text, CONTENT);
  const followUp = JSON.parse(up.mock.received[1]?.bodyBytes.toString() ?? "{}");
  assert.deepEqual(
    followUp.messages.map(({ role }: { role: string }) => role),
    ["user", "assistant", "tool", "tool"],
  );
});

test("a tool loop over streams", async () => {
  const weather = tool({ inputSchema: WEATHER, execute: async () => "rain" });
  const result = streamText({
    model: provider("chat"),
    prompt: PROMPT,
    tools: { weather },
    stopWhen: isStepCount(3),
  });
  const kinds = new Set<string>();
  for await (const { type } of result.fullStream) kinds.add(type);
  assert.equal(await result.text, CONTENT);
  assert.ok(!kinds.has("error"));
  for (const kind of ["tool-input-delta", "tool-call", "tool-result", "text-delta"])
    assert.ok(kinds.has(kind));
});

test("an object of a schema, asked for in both ways", async () => {
  const old = await generateObject({ model: provider("chat"), prompt: PROMPT, schema: WEATHER });
  assert.deepEqual(old.object, SAMPLE);
  const { output } = await generateText({
    model: provider("chat"),
    prompt: PROMPT,
    output: Output.object({ schema: WEATHER }),
  });
  assert.deepEqual(output, SAMPLE);
  const sent = JSON.parse(up.mock.received[0]?.bodyBytes.toString() ?? "{}");
  assert.equal(sent.response_format.type, "json_schema");
});

test("embedMany", async () => {
  const { embeddings, usage } = await embedMany({
    model: provider.embeddingModel("embedder"),
    values: ["water", "wheel", "water"],
  });
  assert.equal(embeddings.length, 3);
  assert.deepEqual(embeddings[0], embeddings[2]);
  assert.notDeepEqual(embeddings[0], embeddings[1]);
  assert.equal(usage.tokens, 27);
});

async function callErrorOf(call: PromiseLike<unknown>): Promise<CallError> {
  const outcome = await Promise.resolve(call).then(
    () => null,
    (error: unknown) => error,
  );
  assert.ok(APICallError.isInstance(outcome), `no API call error: ${String(outcome)}`);
  return outcome;
}

test("the gateway's errors: status, words and whether to try again", async () => {
  const noModel = await callErrorOf(generateText({ model: provider("none"), prompt: PROMPT, maxRetries: 0 }));
  assert.deepEqual([noModel.statusCode, noModel.isRetryable], [404, false]);
  assert.match(noModel.message, /"none" does not exist/);
  const model = providerWith("hr-nobody-has-this-key")("chat");
  const noKey = await callErrorOf(generateText({ model, prompt: PROMPT, maxRetries: 0 }));
  assert.deepEqual([noKey.statusCode, noKey.isRetryable], [401, false]);
});

test("a provider's error is seen as it is, and worth a retry", async () => {
  up.mock.setFaults({ status: 429, errorMessage: "Slow down.", retryAfterMs: 20 });
  const busy = await callErrorOf(generateText({ model: provider("chat"), prompt: PROMPT, maxRetries: 0 }));
  assert.deepEqual([busy.statusCode, busy.isRetryable, busy.message], [429, true, "Slow down."]);
  assert.equal(busy.responseHeaders?.["retry-after-ms"], "20");
  up.mock.setFaults({});
  up.mock.setFaults({ status: 429, retryAfterMs: 20 }, { times: 1 });
  const { text } = await generateText({ model: provider("chat"), prompt: PROMPT, maxRetries: 1 });
  assert.equal(text, CONTENT);
});

test("a stream that was cut is an error for the SDK, not an end", async () => {
  up.mock.setFaults({ cutAfterEvents: 3 });
  const errors: unknown[] = [];
  const result = streamText({
    model: provider("chat"),
    prompt: PROMPT,
    maxRetries: 0,
    onError: ({ error }) => {
      errors.push(error);
    },
  });
  const kinds: string[] = [];
  for await (const { type } of result.fullStream) kinds.push(type);
  assert.ok(kinds.includes("error"), kinds.join());
  assert.equal(errors.length, 1);
  assert.match(JSON.stringify(errors), /closed the connection before its answer was complete/);
});

test("an error as a stream's first event is an API call error", async () => {
  up.mock.setFaults({ errorAfterEvents: 0, errorMessage: "No room." });
  const errors: unknown[] = [];
  const result = streamText({
    model: provider("chat"),
    prompt: PROMPT,
    maxRetries: 0,
    onError: ({ error }) => {
      errors.push(error);
    },
  });
  await assert.rejects(async () => result.text);
  const [error] = errors;
  assert.ok(APICallError.isInstance(error), String(error));
  assert.equal(error.statusCode, 500);
  assert.match(error.message, /No room\./);
});
