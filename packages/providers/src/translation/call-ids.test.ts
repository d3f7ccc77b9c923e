/** Providers that give calls no ids, turn after turn, told apart by clients all the same. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { isJsonObject, type JsonObject } from "@headrace/core/json-object";
import fc from "fast-check";
import { adapterFor } from "../registry.ts";
import { seed } from "../testing/chat-streams.ts";
import { translationFor } from "./translation-for.ts";

const PATH = { model: null, stream: false };
const TURNS = 4;

/** What says the same, and nothing of itself, in every turn. */
const FORGETFUL = [
  {
    adapter: "gemini",
    model: "gemini-3-pro-preview",
    answer: {
      candidates: [
        {
          content: {
            role: "model",
            parts: [
              { functionCall: { name: "read_gauge", args: {} } },
              { functionCall: { name: "read_gauge", args: { at: 2 } } },
            ],
          },
          finishReason: "STOP",
        },
      ],
    },
  },
  {
    adapter: "ollama",
    model: "qwen3",
    answer: {
      message: {
        role: "assistant",
        content: "",
        tool_calls: [
          { function: { name: "read_gauge", arguments: {} } },
          { function: { name: "read_gauge", arguments: { at: 2 } } },
        ],
      },
      done: true,
      done_reason: "stop",
    },
  },
] as const;

for (const { adapter, model, answer } of FORGETFUL) {
  for (const stream of [false, true]) {
    test(`${adapter}: ids of calls are of their own in the conversation, ${stream ? "streamed" : "plain"}`, () => {
      const translation = translationFor("chat", adapterFor(adapter, model));
      assert.ok(translation !== null);
      const messages: JsonObject[] = [{ role: "user", content: "How high?" }];
      const seen: unknown[] = [];
      for (let turn = 0; turn < TURNS; turn++) {
        const tools = [{ type: "function", function: { name: "read_gauge" } }];
        const target = { model, stream };
        const { echo } = translation.encodeRequest({ model, messages, tools }, PATH, target);
        // It crosses threads.
        const call = { ...FACTS, echo: structuredClone(echo) };
        const calls: JsonObject[] = stream
          ? streamedCalls(translation, answer, call)
          : callsOf(translation.translateAnswer(answer, call).body);
        assert.equal(calls.length, 2);
        seen.push(...calls.map(({ id }) => id));
        messages.push({ role: "assistant", content: null, tool_calls: calls });
        for (const { id } of calls) messages.push({ role: "tool", tool_call_id: id, content: "3 m" });
      }
      assert.equal(new Set(seen).size, 2 * TURNS, seen.join(", "));
      // And the same again, should the turn be asked again.
      const repeated = translation.encodeRequest({ model, messages: messages.slice(0, 1) }, PATH, {
        model,
        stream,
      });
      const again = callsOf(translation.translateAnswer(answer, { ...FACTS, echo: repeated.echo }).body);
      assert.deepEqual(
        again.map(({ id }) => id),
        seen.slice(0, 2),
      );
    });
  }
}

const FACTS = { requestId: "req_1", model: "m", createdAtSeconds: 1, includeUsage: false };
type Pair = NonNullable<ReturnType<typeof translationFor>>;
type Facts = Parameters<Pair["translateAnswer"]>[1];

function callsOf(body: JsonObject): JsonObject[] {
  const [choice] = Array.isArray(body.choices) ? body.choices : [];
  return choice.message.tool_calls ?? [];
}

function streamedCalls({ stream }: Pair, answer: JsonObject, call: Facts): JsonObject[] {
  assert.ok(stream !== null);
  const encoder = stream.client.createStreamEncoder(call);
  let written = "";
  const decoder = stream.provider.createStreamDecoder((event) => {
    assert.ok(event.type !== "error");
    written += encoder.encode(event);
  });
  decoder.push({ event: "", data: JSON.stringify(answer) });
  assert.ok(decoder.end());
  written += encoder.end();
  return written
    .split("\n")
    .filter((line) => line.startsWith("data: {"))
    .map((line): unknown => JSON.parse(line.slice("data: ".length)))
    .flatMap((chunk) => (isJsonObject(chunk) && Array.isArray(chunk.choices) ? chunk.choices : []))
    .flatMap(({ delta }) => delta.tool_calls ?? [])
    .filter(({ id }) => id !== undefined)
    .map(({ id, function: { name } }) => ({ id, type: "function", function: { name, arguments: "{}" } }));
}

test("ids of calls: none is given twice, and those that nobody has are left alone", () => {
  const translation = translationFor("chat", adapterFor("ollama", "qwen3"));
  assert.ok(translation !== null);
  const names = fc.constantFrom("a", "a_2", "a_3", "a_2_2", "b");
  const history = fc.uniqueArray(names, { minLength: 1 });
  const callsWith = (ids: readonly string[]) =>
    ids.map((id) => ({ id, type: "function", function: { name: "f", arguments: "{}" } }));
  fc.assert(
    fc.property(history, fc.uniqueArray(names, { minLength: 1 }), (earlier, given) => {
      const messages = [
        { role: "user", content: "Hi" },
        { role: "assistant", content: null, tool_calls: callsWith(earlier) },
      ];
      const target = { model: "m", stream: false };
      const { echo } = translation.encodeRequest({ model: "m", messages }, PATH, target);
      const answer = { message: { role: "assistant", tool_calls: callsWith(given) }, done: true };
      const found = callsOf(translation.translateAnswer(answer, { ...FACTS, echo }).body).map(({ id }) => id);
      assert.equal(new Set([...found, ...earlier]).size, given.length + earlier.length);
      if (!given.some((id) => earlier.includes(id))) assert.deepEqual(found, given);
    }),
    { seed },
  );
});
