import assert from "node:assert/strict";
import { test } from "node:test";
import type { AssistantPart, FinishReason } from "@headrace/core/canonical/chat";
import { NO_EXTRA } from "@headrace/core/canonical/chat-parts";
import { totalInputTokens, totalOutputTokens } from "@headrace/core/canonical/usage";
import { GatewayError } from "@headrace/core/errors/gateway-error";
import type { JsonObject } from "@headrace/core/json-object";
import fc from "fast-check";
import { fixtureBytes, fixtureObject, seed } from "../../testing/chat-streams.ts";
import { ollamaProvider } from "./provider.ts";
import { readOllamaError } from "./provider-errors.ts";
import { ollamaService } from "./service.ts";
import { usageFromOllama } from "./usage.ts";

const text = (text: string): AssistantPart => ({ type: "text", text, extra: NO_EXTRA });
const call = (id: string, name: string, argumentsJson: string): AssistantPart => ({
  type: "tool-call",
  id,
  name,
  argumentsJson,
  extra: NO_EXTRA,
});

const ANSWERS: Readonly<
  Record<
    string,
    {
      readonly parts: readonly AssistantPart[];
      readonly finish: FinishReason;
      readonly counts: readonly number[];
    }
  >
> = {
  text: { parts: [text("The weir at Oberau is open: 3 m³/s 🌊.")], finish: "stop", counts: [21, 17] },
  tools: {
    parts: [
      text("Let me look."),
      call("call_20260302081524249347_0", "read_gauge", '{"station":"Oberau","unit":"m³/s"}'),
    ],
    finish: "tool-calls",
    counts: [339, 41],
  },
  "parallel-tools": {
    parts: [
      call("call_20260302081524303655_0", "read_gauge", '{"station":"Oberau"}'),
      call("call_20260302081524303655_1", "list_stations", "{}"),
      call("call_x1y2z3", "read_gauge", '{"station":"Unterau"}'),
    ],
    finish: "tool-calls",
    counts: [402, 66],
  },
  thinking: {
    parts: [
      { type: "thinking", text: "Flow is area times speed.\n1.5 m² × 2 m/s = 3.", extra: NO_EXTRA },
      text("About 3 m³/s."),
    ],
    finish: "stop",
    counts: [48, 64],
  },
  length: { parts: [text("This sentence is cut")], finish: "length", counts: [30, 5] },
};

for (const [name, { parts, finish, counts }] of Object.entries(ANSWERS)) {
  test(`Ollama answer: ${name}`, () => {
    const answer = ollamaProvider.decodeAnswer(fixtureObject(`ollama/${name}.json`));
    assert.equal(answer.model, "qwen3:8b");
    assert.equal(answer.createdAtSeconds, Date.UTC(2026, 2, 2, 8, 15, 24) / 1000);
    assert.deepEqual(answer.choices, [{ index: 0, parts, finish, extra: NO_EXTRA }]);
    const { usage } = answer;
    assert.ok(usage !== null);
    assert.deepEqual([totalInputTokens(usage), totalOutputTokens(usage)], counts);
    const service = ollamaService();
    assert.deepEqual(service.tokenUsage(service.readUsage(fixtureBytes(`ollama/${name}.json`))), usage);
  });
}

const NO_ANSWERS: readonly (readonly [string, JsonObject, string, RegExp])[] = [
  ["an error in a 200", { error: "model is busy" }, "upstream_error", /model is busy/],
  ["a proxy's error", { error: { message: "no upstream" } }, "upstream_error", /no upstream/],
  ["nothing", {}, "upstream_invalid_response", /does not understand/],
  [
    "the first line of a stream",
    { message: {}, done: false },
    "upstream_invalid_response",
    /does not understand/,
  ],
];
for (const [name, body, code, words] of NO_ANSWERS)
  test(`Ollama answer: ${name} is none`, () => {
    assert.throws(
      () => ollamaProvider.decodeAnswer(body),
      (error) => error instanceof GatewayError && error.code === code && words.test(error.message),
    );
  });

test(`Ollama answer: whatever it holds, it is read or refused (seed ${seed})`, () => {
  const key = fc.constantFrom(
    "message",
    "content",
    "tool_calls",
    "function",
    "name",
    "arguments",
    "done",
    "error",
  );
  fc.assert(
    fc.property(fc.object({ key }), (body) => {
      try {
        assert.equal(ollamaProvider.decodeAnswer(body).choices.length, 1);
      } catch (error) {
        assert.ok(error instanceof GatewayError);
      }
    }),
    { seed, numRuns: 300 },
  );
});

test("Ollama usage: counts of nothing are left out, and no cache is larger than the prompt", () => {
  const none = { cacheWrite5mInput: 0, cacheWrite1hInput: 0, reasoningOutput: 0 };
  assert.deepEqual(usageFromOllama({ eval_count: 3 }), {
    ...none,
    uncachedInput: 0,
    cacheReadInput: 0,
    visibleOutput: 3,
  });
  assert.deepEqual(usageFromOllama({ prompt_eval_count: 8, prompt_eval_cached_count: 9 }), {
    ...none,
    uncachedInput: 0,
    cacheReadInput: 8,
    visibleOutput: 0,
  });
  for (const raw of [null, [], {}, { eval_count: -1 }, "7"]) assert.equal(usageFromOllama(raw), null);
});

const ERRORS: readonly (readonly [string, unknown, string])[] = [
  ["Ollama's", { error: "model 'weir' not found" }, "model 'weir' not found"],
  ["of its OpenAI-compatible calls", { error: { message: "invalid", type: "api_error" } }, "invalid"],
  ["no words", { error: "" }, "The provider answered with status 418 and no words."],
  ["no JSON", undefined, "The provider answered with status 418 and no words."],
];
for (const [name, body, message] of ERRORS)
  test(`Ollama errors: ${name}`, () =>
    assert.deepEqual(readOllamaError(418, body), { message, code: null, param: null }));

test("Ollama service: its path, or another", () => {
  const pathCall = { model: "qwen3", stream: true, settings: {} };
  assert.equal(ollamaService().path(pathCall), "/api/chat");
  assert.equal(ollamaService({ path: () => "/chat" }).path(pathCall), "/chat");
});
