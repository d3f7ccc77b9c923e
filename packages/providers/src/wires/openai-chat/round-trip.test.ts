/** What is written on this wire says the same when it is read again: requests, answers and streams. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { unpackToolCallId } from "@headrace/core/canonical/carried-state";
import type { AssistantPart, ChatAnswer, ChatMessage, ChatRequest } from "@headrace/core/canonical/chat";
import { NO_EXTRA } from "@headrace/core/canonical/chat-parts";
import type { TokenUsage } from "@headrace/core/canonical/usage";
import { isJsonObject, type JsonObject } from "@headrace/core/json-object";
import type { ChatCallFacts } from "@headrace/core/wire/chat-codec";
import fc from "fast-check";
import { answerParts, type Said, saidBy, streamedAnswer, usage } from "../../testing/answer-arbitraries.ts";
import { assertOrderly, decodeStream, seed } from "../../testing/chat-streams.ts";
import { conversation, demandingChoice, functionTools, said } from "../../testing/request-arbitraries.ts";
import { openAiChatClient } from "./client.ts";
import { OPENROUTER } from "./dialects.ts";
import { openAiChatProvider } from "./provider.ts";

/** Of all dialects the one that can say the most. */
const provider = openAiChatProvider(OPENROUTER);
const MODEL = "anthropic/claude-sonnet-4.5";

const CALL: ChatCallFacts = {
  requestId: "r1",
  model: "m",
  createdAtSeconds: 1,
  includeUsage: true,
  echo: undefined,
};

const SAMPLING = fc.record(
  {
    maxOutputTokens: fc.integer({ min: 1, max: 4096 }),
    temperature: fc.constantFrom(0, 0.5, 2),
    topP: fc.constantFrom(0.1, 1),
    topK: fc.integer({ min: 1, max: 500 }),
    frequencyPenalty: fc.constantFrom(-2, 0.5),
    seed: fc.nat(),
    choices: fc.integer({ min: 2, max: 4 }),
    stop: fc.array(said, { minLength: 1, maxLength: 4 }),
    parallelToolCalls: fc.boolean(),
    logprobs: fc.constant(true),
    topLogprobs: fc.integer({ min: 1, max: 20 }),
  },
  { requiredKeys: [] },
);

const REQUEST: fc.Arbitrary<ChatRequest> = fc
  .record({
    messages: conversation({
      images: true,
      marksErrors: false,
      thought: (text) => ({
        type: "thinking",
        text,
        signature: { signer: "anthropic", value: "c2lnbmVk" },
        extra: NO_EXTRA,
      }),
    }),
    tools: functionTools,
    choice: fc.option(demandingChoice),
    effort: fc.option(fc.constantFrom("none", "minimal", "low", "medium", "high", "xhigh")),
    schema: fc.option(said),
    sampling: SAMPLING,
    stream: fc.boolean(),
  })
  .map(({ messages, choice, effort, schema, ...rest }) => ({
    wire: "openai-chat",
    model: MODEL,
    ...rest,
    messages: messages.map(inMarkedParts),
    ...(choice === null ? {} : { toolChoice: choice }),
    ...(effort === null ? {} : { reasoning: { effort } }),
    ...(schema === null
      ? {}
      : { responseFormat: { type: "json-schema", name: "weir", description: schema, schema: {} } }),
    includeUsage: rest.stream,
    extra: { user: "ada", logit_bias: { 50256: -100 } },
  }));

/** Several texts of the system are one, where no mark for the cache keeps them apart. */
function inMarkedParts(message: ChatMessage): ChatMessage {
  if (message.role !== "system") return message;
  return { ...message, parts: message.parts.map((part) => ({ ...part, cache: { ttl: "1h" } })) };
}

test(`OpenAI chat: a request written for a provider is read as it was meant (seed ${seed})`, () => {
  fc.assert(
    fc.property(REQUEST, (given) => {
      const { body, lost } = provider.encodeRequest(given, { model: MODEL, stream: given.stream });
      assert.deepEqual(lost, []);
      const { echo: _, ...read } = openAiChatClient.decodeRequest(asSent(body), {
        model: MODEL,
        stream: given.stream,
      });
      assert.deepEqual(asSent(read), asSent(given));
    }),
    { seed, numRuns: 200 },
  );
});

test(`OpenAI chat: an answer written for a client is read as it was meant (seed ${seed})`, () => {
  fc.assert(
    fc.property(answerParts, usage, (parts, counts) => {
      const answer: ChatAnswer = {
        wire: "anthropic-messages",
        id: "msg_1",
        model: "weir",
        createdAtSeconds: 7,
        choices: [{ index: 0, parts, finish: parts.some(isCall) ? "tool-calls" : "length", extra: NO_EXTRA }],
        usage: counts,
        extra: NO_EXTRA,
      };
      const read = provider.decodeAnswer(asSent(openAiChatClient.encodeAnswer(answer, CALL)));
      const [choice] = read.choices;
      assert.deepEqual(partsByKind(choice?.parts ?? []), partsByKind(parts));
      assert.equal(choice?.finish, answer.choices[0]?.finish);
      assert.deepEqual([read.id, read.model, read.createdAtSeconds], ["msg_1", "weir", 7]);
      assert.deepEqual(read.usage, withWritesInOne(counts));
    }),
    { seed, numRuns: 300 },
  );
});

test(`OpenAI chat: a stream written for a client is read as it was meant (seed ${seed})`, () => {
  fc.assert(
    fc.property(streamedAnswer, ({ events }) => {
      const encoder = openAiChatClient.createStreamEncoder(CALL);
      const written = [...events.map((event) => encoder.encode(event)), encoder.end()].join("");
      const decoded = decodeStream(provider, [Buffer.from(written)]);
      assertOrderly(decoded);
      assert.ok(decoded.whole);
      assert.deepEqual(withOwnIds(saidBy(decoded.events)), asOnThisWire(saidBy(events)));
    }),
    { seed, numRuns: 300 },
  );
});

test(`OpenAI chat: the first call after signed thinking takes it along (seed ${seed})`, () => {
  fc.assert(
    fc.property(streamedAnswer, ({ events }) => {
      const encoder = openAiChatClient.createStreamEncoder(CALL);
      const written = [...events.map((event) => encoder.encode(event)), encoder.end()].join("");
      const { calls } = saidBy(decodeStream(provider, [Buffer.from(written)]).events);
      const carried = calls.flatMap(({ id }) => unpackToolCallId(id).state.thinking ?? []);
      const lastCall = events.findLastIndex(({ type }) => type === "tool-call-start");
      const thoughtBefore = events.slice(0, lastCall + 1).filter(({ type }) => type === "thinking-delta");
      const proven = saidBy(thoughtBefore).thinking.filter(({ proof }) => proof !== undefined);
      assert.deepEqual(
        carried.map(({ text, signature, redacted }) => [text, signature ?? redacted]),
        lastCall === -1 ? [] : proven.map(({ text, proof }) => [text, proof]),
      );
    }),
    { seed, numRuns: 300 },
  );
});

function isCall({ type }: AssistantPart): boolean {
  return type === "tool-call";
}

/** A message of this wire has its texts in one and its parts by kind; the first call's id is for the client alone. */
function partsByKind(parts: readonly AssistantPart[]): object {
  return {
    text: parts.map((part) => (part.type === "text" ? part.text : "")).join(""),
    thinking: parts.filter(({ type }) => type === "thinking"),
    calls: parts.flatMap((part) =>
      part.type === "tool-call" ? [{ ...part, id: unpackToolCallId(part.id).id }] : [],
    ),
  };
}

function withOwnIds(read: Said): Said {
  return { ...read, calls: read.calls.map((call) => ({ ...call, id: unpackToolCallId(call.id).id })) };
}

function asOnThisWire(meant: Said): Said {
  return { ...meant, usage: meant.usage === null ? null : withWritesInOne(meant.usage) };
}

/** Writes to a cache are one sum on this wire. */
function withWritesInOne(counts: TokenUsage): TokenUsage {
  return {
    ...counts,
    cacheWrite5mInput: counts.cacheWrite5mInput + counts.cacheWrite1hInput,
    cacheWrite1hInput: 0,
  };
}

function asSent(value: unknown): JsonObject {
  const sent: unknown = JSON.parse(JSON.stringify(value));
  assert.ok(isJsonObject(sent));
  return sent;
}
