import assert from "node:assert/strict";
import { test } from "node:test";
import type { AssistantPart, ChatMessage, ChatRequest, UserMessage } from "@headrace/core/canonical/chat";
import { NO_EXTRA, type TextPart, type ToolResultPart } from "@headrace/core/canonical/chat-parts";
import type { JsonObject } from "@headrace/core/json-object";
import fc from "fast-check";
import { anthropicProvider } from "./provider.ts";
import { decodeAnthropicRequest } from "./request-decoder.ts";

const seed = Number(process.env.FAST_CHECK_SEED ?? 20_260_101);

/** Anthropic refuses texts without letters, and blanks at the end of a last turn. */
const words = fc.string({ minLength: 1 }).map((text) => `${text}.`);
const extra = fc.constant(NO_EXTRA);
const cache = fc.record({ ttl: fc.constantFrom("5m" as const, "1h" as const) });
const identifier = fc.stringMatching(/^[a-zA-Z0-9_-]{1,12}$/);
const base64 = fc.base64String({ minLength: 4 });

const text = fc.record(
  { type: fc.constant("text" as const), text: words, cache, extra },
  { requiredKeys: ["type", "text", "extra"] },
);

const media = fc.oneof(
  fc.record({ kind: fc.constant("base64" as const), mediaType: fc.constant("image/png"), data: base64 }),
  fc.record({ kind: fc.constant("url" as const), url: fc.webUrl() }),
  fc.record({ kind: fc.constant("file-id" as const), id: identifier }),
);
const image = fc.record(
  { type: fc.constant("image" as const), source: media, cache, extra },
  { requiredKeys: ["type", "source", "extra"] },
);
const plainText = fc.string().map((plain) => ({
  kind: "base64" as const,
  mediaType: "text/plain",
  data: Buffer.from(plain.toWellFormed()).toString("base64"),
}));
const file = fc.record(
  {
    type: fc.constant("file" as const),
    source: fc.oneof(media, plainText),
    fileName: words,
    cache,
    extra,
  },
  { requiredKeys: ["type", "source", "extra"] },
);
const userParts = fc.array(fc.oneof(text, image, file), { minLength: 1, maxLength: 4 });

const thinking = fc.oneof(
  fc.record({
    type: fc.constant("thinking" as const),
    text: fc.string(),
    signature: fc.record({ signer: fc.constant("anthropic" as const), value: base64 }),
    extra,
  }),
  fc.record({
    type: fc.constant("thinking" as const),
    text: fc.constant(""),
    redacted: fc.record({ signer: fc.constant("anthropic" as const), value: base64 }),
    extra,
  }),
);

interface Exchange {
  readonly asked: UserMessage["parts"];
  readonly answered: readonly AssistantPart[];
  readonly calls: readonly {
    readonly id: string;
    readonly result: readonly TextPart[];
    readonly isError: boolean;
  }[];
}

const exchange: fc.Arbitrary<Exchange> = fc.record({
  asked: userParts,
  answered: fc.array(fc.oneof(text, thinking), { maxLength: 3 }),
  calls: fc.uniqueArray(
    fc.record({ id: identifier, result: fc.array(text, { maxLength: 2 }), isError: fc.boolean() }),
    { minLength: 1, maxLength: 3, selector: ({ id }) => id },
  ),
});

/** A conversation in the shape that decoders give it: each exchange asks, calls tools and has their results. */
function conversation(exchanges: readonly Exchange[]): ChatMessage[] {
  return exchanges.flatMap(({ asked, answered, calls }): ChatMessage[] => {
    const results = calls.map(
      ({ id, result, isError }): ToolResultPart => ({
        type: "tool-result",
        callId: id,
        name: `tool_${id}`,
        parts: result,
        isError,
        extra: NO_EXTRA,
      }),
    );
    const toolCalls = calls.map(
      ({ id }): AssistantPart => ({
        type: "tool-call",
        id,
        name: `tool_${id}`,
        argumentsJson: JSON.stringify({ id }),
        extra: NO_EXTRA,
      }),
    );
    return [
      { role: "user", parts: asked, extra: NO_EXTRA },
      { role: "assistant", parts: [...answered, ...toolCalls], extra: NO_EXTRA },
      { role: "tool", parts: results, extra: NO_EXTRA },
    ];
  });
}

const tool = fc.record(
  {
    type: fc.constant("function" as const),
    name: identifier,
    description: words,
    parameters: fc.constant({ type: "object", properties: {} }),
    strict: fc.constant(true),
    cache,
    extra: fc.constantFrom(NO_EXTRA, { defer_loading: true }),
  },
  { requiredKeys: ["type", "name", "parameters", "extra"] },
);

const toolChoice = fc.oneof(
  fc.record({ type: fc.constantFrom("auto" as const, "none" as const, "required" as const) }),
  fc.record({ type: fc.constant("tool" as const), name: identifier }),
);

const sampling = fc.record(
  {
    maxOutputTokens: fc.integer({ min: 1, max: 64_000 }),
    temperature: fc.integer({ min: 0, max: 100 }).map((percent) => percent / 100),
    topK: fc.nat(500),
    stop: fc.array(words, { minLength: 1, maxLength: 2 }),
  },
  { requiredKeys: ["maxOutputTokens"] },
);

const messages = fc
  .record({
    system: fc.array(text, { maxLength: 2 }),
    exchanges: fc.array(exchange, { minLength: 1, maxLength: 3 }),
  })
  .map(({ system, exchanges }): ChatMessage[] => [
    ...(system.length === 0 ? [] : [{ role: "system" as const, parts: system, extra: NO_EXTRA }]),
    ...conversation(exchanges),
  ]);

const request: fc.Arbitrary<ChatRequest> = fc.record(
  {
    wire: fc.constant("anthropic-messages" as const),
    model: fc.constant("claude-sonnet-4-5"),
    messages,
    tools: fc.array(tool, { minLength: 1, maxLength: 3 }),
    toolChoice,
    sampling,
    stream: fc.boolean(),
    includeUsage: fc.constant(true),
    extra: fc.constantFrom(NO_EXTRA, { metadata: { user_id: "ada" }, service_tier: "auto" }),
  },
  {
    requiredKeys: ["wire", "model", "messages", "tools", "sampling", "stream", "includeUsage", "extra"],
  },
);

test(`Anthropic request: written and read it is the same (seed ${seed})`, () => {
  fc.assert(
    fc.property(request, (request) => {
      const { body, lost } = anthropicProvider().encodeRequest(request, {
        model: request.model,
        stream: request.stream,
      });
      assert.deepEqual(lost, []);
      const sent: JsonObject = JSON.parse(JSON.stringify(body));
      // Generated objects have no prototype; a clone has the usual one.
      assert.deepEqual(decodeAnthropicRequest(sent), structuredClone(request));
    }),
    { seed, numRuns: 200 },
  );
});
