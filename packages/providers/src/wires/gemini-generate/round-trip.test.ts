/** A request that is written for Gemini and read as a client's says what it said. */
import assert from "node:assert/strict";
import { test } from "node:test";
import type { ChatMessage, ChatRequest } from "@headrace/core/canonical/chat";
import { NO_EXTRA } from "@headrace/core/canonical/chat-parts";
import type { JsonObject } from "@headrace/core/json-object";
import fc from "fast-check";
import { geminiClient } from "./client.ts";
import { geminiProvider } from "./provider.ts";

const seed = Number(process.env.FAST_CHECK_SEED ?? 20_260_101);

const words = fc.string({ unit: "binary", minLength: 1 }).filter((text) => text.isWellFormed());
const name = fc.stringMatching(/^[a-z_][a-zA-Z0-9_]{0,20}$/).filter((text) => text !== "__proto__");
const extra = fc.constant(NO_EXTRA);
const signature = fc.record({
  signer: fc.constant("gemini" as const),
  value: fc.base64String({ minLength: 4 }).filter((text) => !text.startsWith("X190aG91Z2h0")),
});
const textPart = fc.record({ type: fc.constant("text" as const), text: words, extra });
const mediaPart = fc
  .record({
    type: fc.constantFrom("image" as const, "audio" as const),
    subtype: fc.constantFrom("png", "wav"),
    url: fc.option(fc.webUrl(), { nil: null }),
    data: fc.base64String(),
  })
  .map(({ type, subtype, url, data }) => {
    const mediaType = `${type}/${subtype}`;
    const source =
      url === null
        ? ({ kind: "base64", mediaType, data } as const)
        : ({ kind: "url", url, mediaType } as const);
    return { type, source, extra: NO_EXTRA };
  });

interface Step {
  readonly words: string | null;
  readonly calls: readonly { readonly name: string; readonly args: object; readonly result: string }[];
}

const step: fc.Arbitrary<Step> = fc.record({
  words: fc.option(words, { nil: null }),
  calls: fc.array(fc.record({ name, args: fc.dictionary(name, words), result: words }), {
    minLength: 1,
    maxLength: 3,
  }),
});

const turn = fc.record({
  asked: fc.array(fc.oneof(textPart, mediaPart), { minLength: 1, maxLength: 3 }),
  steps: fc.array(fc.tuple(step, signature), { maxLength: 3 }),
  answered: textPart,
});

const conversation = fc.array(turn, { minLength: 1, maxLength: 4 }).map((turns) => {
  let calls = 0;
  return turns.flatMap(({ asked, steps, answered }): ChatMessage[] => [
    { role: "user", parts: asked, extra: NO_EXTRA },
    ...steps.flatMap(([{ words, calls: made }, proof]): ChatMessage[] => {
      const ids = made.map(() => `call_${calls++}`);
      const thought = { type: "thinking", text: words ?? "", signature: proof, extra: NO_EXTRA } as const;
      return [
        {
          role: "assistant",
          parts: [
            ...(words === null ? [] : [thought]),
            ...made.map((call, index) => ({
              type: "tool-call" as const,
              id: ids[index] ?? "",
              name: call.name,
              argumentsJson: JSON.stringify(call.args),
              ...(index === 0 ? { signature: proof } : {}),
              extra: NO_EXTRA,
            })),
          ],
          extra: NO_EXTRA,
        },
        {
          role: "tool",
          parts: made.map((call, index) => ({
            type: "tool-result" as const,
            callId: ids[index] ?? "",
            name: call.name,
            parts: [{ type: "text" as const, text: `- ${call.result}`, extra: NO_EXTRA }],
            isError: index === 1,
            extra: NO_EXTRA,
          })),
          extra: NO_EXTRA,
        },
      ];
    }),
    { role: "assistant", parts: [answered], extra: NO_EXTRA },
  ]);
});

const request: fc.Arbitrary<ChatRequest> = fc.record(
  {
    wire: fc.constant("gemini-generate" as const),
    model: fc.constant("gemini-3-pro"),
    messages: fc
      .tuple(fc.array(textPart, { maxLength: 2 }), conversation)
      .map(([system, messages]): ChatMessage[] =>
        system.length === 0 ? messages : [{ role: "system", parts: system, extra: NO_EXTRA }, ...messages],
      ),
    tools: fc.array(
      fc.record(
        {
          type: fc.constant("function" as const),
          name,
          description: words,
          parameters: fc.constant({ type: "object", properties: { a: { type: ["string", "null"] } } }),
          extra,
        },
        { requiredKeys: ["type", "name", "parameters", "extra"] },
      ),
      { minLength: 1, maxLength: 3 },
    ),
    toolChoice: fc.oneof(
      fc.record({ type: fc.constantFrom("auto" as const, "none" as const, "required" as const) }),
      fc.record({ type: fc.constant("tool" as const), name }),
    ),
    responseFormat: fc.constantFrom(
      { type: "json-object" } as const,
      {
        type: "json-schema",
        name: "response",
        schema: { type: "array", items: { type: "string" } },
      } as const,
    ),
    reasoning: fc.record(
      { effort: fc.constantFrom("low" as const, "medium" as const, "high" as const), show: fc.boolean() },
      { requiredKeys: ["show"] },
    ),
    sampling: fc.record(
      {
        maxOutputTokens: fc.nat(),
        temperature: fc.double({ noNaN: true, noDefaultInfinity: true, min: 0 }),
        topP: fc.constantFrom(0.5, 1),
        topK: fc.nat(),
        frequencyPenalty: fc.constantFrom(-1, 0.5),
        presencePenalty: fc.constantFrom(-1, 0.5),
        seed: fc.integer(),
        choices: fc.constantFrom(1, 2),
        stop: fc.array(words, { minLength: 1, maxLength: 5 }),
      },
      { requiredKeys: [] },
    ),
    stream: fc.boolean(),
    includeUsage: fc.constant(true),
    extra: fc.constant({ safetySettings: [{ category: "A", threshold: "B" }] }),
  },
  {
    requiredKeys: ["wire", "model", "messages", "tools", "sampling", "stream", "includeUsage", "extra"],
  },
);

test("Gemini request: its own client reads what was written for the provider", (context) => {
  context.diagnostic(`fast-check seed ${seed}`);
  const provider = geminiProvider();
  fc.assert(
    fc.property(request, (given) => {
      const target = { model: "gemini-3.1-pro", stream: given.stream };
      const { body, lost } = provider.encodeRequest(given, target);
      assert.deepEqual(lost, []);
      const sent: JsonObject = JSON.parse(JSON.stringify(body));
      const read = geminiClient.decodeRequest(sent, { model: "gemini-3-pro", stream: given.stream });
      assert.deepEqual(JSON.parse(JSON.stringify(read)), JSON.parse(JSON.stringify(given)));
    }),
    { seed, numRuns: 150 },
  );
});
