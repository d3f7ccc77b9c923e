import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { foundInStream } from "../../conformance/findings.ts";
import { readExpected } from "../../conformance/fixture-files.ts";
import {
  assertOrderly,
  assertSameHoweverCut,
  decodeData,
  decodeStream,
  seed,
} from "../../testing/chat-streams.ts";
import { openAiResponsesProvider } from "./provider.ts";
import { eventsOf, streamFixture } from "./testing.ts";

const FIXTURES = [
  "text",
  "tools",
  "parallel-tools",
  "thinking",
  "custom-tool",
  "refusal",
  "incomplete",
  "search",
  "error",
  "cut",
];

for (const name of FIXTURES) {
  test(`Responses streams: ${name}: what it says is found, however it is cut`, () => {
    const bytes = streamFixture(name);
    const decoded = decodeStream(openAiResponsesProvider, [bytes]);
    assert.deepEqual(foundInStream(decoded), readExpected("openai-responses", name));
    assertOrderly(decoded);
    assertSameHoweverCut(openAiResponsesProvider, bytes);
  });
}

test("Responses streams: an item's encrypted thinking closes it, the last of what it said counts", () => {
  const { events } = decodeStream(openAiResponsesProvider, [streamFixture("thinking")]);
  const proofs = events.filter((event) => event.type === "thinking-delta" && event.signature !== undefined);
  assert.deepEqual(proofs, [
    {
      type: "thinking-delta",
      choice: 0,
      text: "",
      signature: { signer: "openai", value: "gAAAAABpexampleQmVmb3JlIHRoZSB3ZWly==" },
    },
    {
      type: "thinking-delta",
      choice: 0,
      text: "",
      signature: { signer: "openai", value: "gAAAAABpexampleU2Vjb25kIHRob3VnaHQ==" },
    },
  ]);
});

test("Responses streams: of annotations those with an address are citations", () => {
  const { events } = decodeStream(openAiResponsesProvider, [streamFixture("search")]);
  assert.deepEqual(
    events.filter(({ type }) => type === "citation"),
    [
      {
        type: "citation",
        choice: 0,
        citation: { url: "https://gauges.example/oberau", title: "Gauges", startIndex: 0, endIndex: 24 },
      },
    ],
  );
});

for (const name of ["text", "tools", "thinking", "custom-tool", "refusal", "search"]) {
  test(`Responses streams: ${name}: a server that sends no deltas is read by its whole items`, () => {
    const whole = eventsOf(streamFixture(name)).filter(({ type }) => !String(type).endsWith(".delta"));
    const found = foundInStream(decodeData(openAiResponsesProvider, ...whole));
    assert.deepEqual(found, readExpected("openai-responses", name));
  });

  test(`Responses streams: ${name}: one that sends only the end is read by that`, () => {
    const ends = eventsOf(streamFixture(name)).filter(({ type }) =>
      /created|response\.completed/.test(String(type)),
    );
    const found = foundInStream(decodeData(openAiResponsesProvider, ...ends));
    assert.deepEqual(found, readExpected("openai-responses", name));
  });
}

const CREATED = { type: "response.created", response: { id: "resp_1", model: "m" } };
const CALL_ADDED = {
  type: "response.output_item.added",
  output_index: 0,
  item: { type: "function_call", id: "fc_1", call_id: "call_1", name: "f", arguments: "" },
};
const COMPLETED = { type: "response.completed", response: { id: "resp_1", status: "completed", output: [] } };

const OUT_OF_ORDER: readonly (readonly [string, readonly object[]])[] = [
  ["a delta before the start", [{ type: "response.output_text.delta", output_index: 0, delta: "a" }]],
  ["an item before the start", [CALL_ADDED]],
  ["an item that begins twice", [CREATED, CALL_ADDED, CALL_ADDED]],
  [
    "arguments of no call",
    [CREATED, { type: "response.function_call_arguments.delta", output_index: 3, delta: "{" }],
  ],
  ["a delta that is no text", [CREATED, { type: "response.output_text.delta", delta: { text: "a" } }]],
  ["another response", [CREATED, { type: "response.in_progress", response: { id: "resp_2" } }]],
  ["a call without a name", [CREATED, { ...CALL_ADDED, item: { type: "function_call", call_id: "c" } }]],
  ["an event without a type", [CREATED, { delta: "a" }]],
  ["a start without its response", [{ type: "response.created" }]],
];

for (const [what, data] of OUT_OF_ORDER) {
  test(`Responses streams: ${what} ends it with one error`, () => {
    const decoded = decodeData(openAiResponsesProvider, ...data, COMPLETED);
    assert.equal(decoded.events.at(-1)?.type, "error");
    assertOrderly(decoded);
  });
}

test("Responses streams: errors of every shape, once, with the status that the code says", () => {
  const errors: readonly (readonly [object, string, number | null])[] = [
    [{ type: "error", code: "rate_limit_exceeded", message: "Slow." }, "Slow.", 429],
    [{ type: "error", error: { type: "server_error", message: "Bad." } }, "Bad.", 500],
    [{ type: "error", error: { code: "invalid_image_url", message: "No image." } }, "No image.", 400],
    [{ error: { message: "Plain.", status: 503 } }, "Plain.", 503],
    [
      { type: "response.failed", response: { error: null } },
      "The provider's response failed: no words.",
      null,
    ],
  ];
  for (const [event, message, status] of errors) {
    const { events, whole } = decodeData(openAiResponsesProvider, CREATED, event, event);
    assert.deepEqual(events.slice(1), [{ type: "error", message, status }]);
    assert.equal(whole, false);
  }
});

test("Responses streams: more calls than any answer has are refused", () => {
  const data = [...new Array(1025).keys()].map((index) => ({ ...CALL_ADDED, output_index: index }));
  const { events } = decodeData(openAiResponsesProvider, CREATED, ...data);
  assert.equal(events.filter(({ type }) => type === "tool-call-start").length, 1024);
  assert.equal(events.at(-1)?.type, "error");
});

test("Responses streams: a word that only compatible servers send at the end changes nothing", () => {
  const bytes = Buffer.concat([streamFixture("text"), Buffer.from("data: [DONE]\n\n")]);
  assert.deepEqual(
    decodeStream(openAiResponsesProvider, [bytes]),
    decodeStream(openAiResponsesProvider, [streamFixture("text")]),
  );
});

const EVENTS = FIXTURES.filter((name) => name !== "cut").flatMap((name) => eventsOf(streamFixture(name)));
const HOSTILE_VALUE = fc.oneof(
  fc.constantFrom(null, "", 0, -1, 1e9, true, [], {}, "__proto__", "text"),
  fc.jsonValue({ maxDepth: 2 }),
);

test("Responses streams: however wrong, exactly one of finish, error and cut", () => {
  const event = fc
    .tuple(
      fc.constantFrom(...EVENTS),
      fc.dictionary(
        fc.constantFrom(
          "type",
          "item",
          "delta",
          "output_index",
          "response",
          "item_id",
          "error",
          "annotation",
        ),
        HOSTILE_VALUE,
        { maxKeys: 2 },
      ),
    )
    .map(([base, changes]) => ({ ...base, ...changes }));
  fc.assert(
    fc.property(
      fc.array(fc.oneof({ weight: 8, arbitrary: event }, { weight: 1, arbitrary: HOSTILE_VALUE }), {
        maxLength: 24,
      }),
      (data) => {
        assertOrderly(decodeData(openAiResponsesProvider, ...data));
      },
    ),
    { seed, numRuns: 500 },
  );
});
