import { test } from "node:test";
import fc from "fast-check";
import { assertOrderly, decodeData, seed } from "../../testing/chat-streams.ts";
import { openAiChatProvider } from "./provider.ts";

const USAGE = { prompt_tokens: 3, completion_tokens: 2, total_tokens: 5 };
const value = fc.oneof(fc.string(), fc.constantFrom(null, {}, [], "null", "[DONE]", "stop"), fc.integer());
const hostileCall = fc.record(
  {
    index: fc.oneof(fc.constantFrom(0, 1, 2, -1, 1e12, "__proto__"), value),
    id: fc.oneof(fc.constantFrom("a", "b", "__proto__"), value),
    function: fc.oneof(
      fc.record({ name: fc.oneof(fc.constantFrom("f", "g", "__proto__"), value), arguments: value }),
      value,
    ),
  },
  { requiredKeys: [] },
);
const hostileDelta = fc.record(
  {
    role: value,
    content: fc.oneof(value, fc.array(fc.record({ type: fc.constantFrom("text", "thinking"), text: value }))),
    reasoning_content: value,
    reasoning_details: fc.oneof(value, fc.array(fc.record({ type: value, text: value, format: value }))),
    refusal: value,
    tool_calls: fc.oneof(fc.array(fc.oneof(hostileCall, value), { maxLength: 4 }), value),
    function_call: value,
    images: value,
    annotations: fc.array(fc.record({ url_citation: value })),
  },
  { requiredKeys: [] },
);
const hostileEvent = fc.record(
  {
    id: value,
    choices: fc.oneof(
      {
        weight: 8,
        arbitrary: fc.array(
          fc.record(
            {
              index: fc.constantFrom(0, undefined, "x", null),
              delta: fc.oneof(hostileDelta, value),
              message: fc.oneof(hostileDelta, value),
              finish_reason: fc.oneof(value, fc.constant(null)),
              logprobs: fc.oneof(value, fc.record({ content: fc.array(value) })),
            },
            { requiredKeys: [] },
          ),
          { maxLength: 3 },
        ),
      },
      { weight: 1, arbitrary: value },
    ),
    usage: fc.oneof(value, fc.constant(USAGE)),
    citations: value,
    object: value,
  },
  { requiredKeys: ["choices"] },
);

test(`OpenAI stream: whatever comes, it ends in exactly one of finish, error and cut (seed ${seed})`, () => {
  fc.assert(
    fc.property(fc.array(fc.oneof(hostileEvent, value), { maxLength: 20 }), (events) => {
      assertOrderly(decodeData(openAiChatProvider(), ...events));
    }),
    { seed, numRuns: 1000 },
  );
});
