import assert from "node:assert/strict";
import { test } from "node:test";
import type { AssistantPart, FinishReason } from "@headrace/core/canonical/chat";
import { NO_EXTRA } from "@headrace/core/canonical/chat-parts";
import { totalInputTokens, totalOutputTokens } from "@headrace/core/canonical/usage";
import { GatewayError } from "@headrace/core/errors/gateway-error";
import type { JsonObject } from "@headrace/core/json-object";
import fc from "fast-check";
import { fixtureBytes, fixtureObject, seed } from "../../testing/chat-streams.ts";
import { cohereProvider } from "./provider.ts";
import { readCohereError } from "./provider-errors.ts";
import { cohereService } from "./service.ts";

const text = (text: string): AssistantPart => ({ type: "text", text, extra: NO_EXTRA });
const thinking = (text: string): AssistantPart => ({ type: "thinking", text, extra: NO_EXTRA });
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
      readonly billed: readonly number[];
    }
  >
> = {
  text: { parts: [text("The weir at Oberau is open: 3 m³/s 🌊.")], finish: "stop", billed: [9, 17] },
  tools: {
    parts: [
      thinking("I will look at the gauge, “Pegel Oberau”."),
      call("read_gauge_e8p4pn45zt0t", "read_gauge", '{"station": "Oberau", "unit": "m³/s"}'),
    ],
    finish: "tool-calls",
    billed: [119, 41],
  },
  "parallel-tools": {
    parts: [
      thinking("Both gauges and the list."),
      call("read_gauge_aa11", "read_gauge", '{"station":"Oberau"}'),
      call("list_stations_bb22", "list_stations", "{}"),
      call("read_gauge_cc33", "read_gauge", '{"station":"Unterau"}'),
    ],
    finish: "tool-calls",
    billed: [152, 66],
  },
  thinking: {
    parts: [thinking("Flow is area times speed.\n1.5 m² × 2 m/s = 3."), text("About 3 m³/s.")],
    finish: "stop",
    billed: [12, 64],
  },
  length: { parts: [text("This sentence is cut")], finish: "length", billed: [5, 4] },
  "json-answer": {
    parts: [thinking("I will answer in JSON."), text('{"levels": [12, 15]}')],
    finish: "stop",
    billed: [640, 33],
  },
  citations: {
    parts: [
      thinking("Look it up."),
      {
        type: "text",
        text: "🌊 Open gates let the river pass; the mill race stays full.",
        citations: [
          { url: "doc:0", title: "gates.txt", startIndex: 3, endIndex: 13 },
          { url: "https://example.org/gates", title: "Gates", startIndex: 3, endIndex: 13 },
          { url: "read_race_11:0", startIndex: 34, endIndex: 47 },
        ],
        extra: NO_EXTRA,
      },
    ],
    finish: "stop",
    billed: [39, 27],
  },
};

for (const [name, { parts, finish, billed }] of Object.entries(ANSWERS)) {
  test(`Cohere answer: ${name}`, () => {
    const answer = cohereProvider.decodeAnswer(fixtureObject(`cohere/${name}.json`));
    assert.match(answer.id, /^3f0c9a52-/);
    assert.deepEqual(answer.extra, NO_EXTRA);
    assert.deepEqual(answer.choices, [{ index: 0, parts, finish, extra: NO_EXTRA }]);
    const { usage } = answer;
    assert.ok(usage !== null);
    assert.deepEqual([totalInputTokens(usage), totalOutputTokens(usage)], billed);
    const service = cohereService();
    assert.deepEqual(service.tokenUsage(service.readUsage(fixtureBytes(`cohere/${name}.json`))), usage);
  });
}

test("Cohere answer: plain text for content, and probabilities", () => {
  const logprobs = [
    { text: "Yes", token_ids: [1], logprobs: [-0.5] },
    { text: "!", token_ids: [2] },
  ];
  const [choice] = cohereProvider.decodeAnswer({ message: { content: "Yes!" }, logprobs }).choices;
  assert.deepEqual(choice, {
    index: 0,
    parts: [text("Yes!")],
    finish: "other",
    logprobs: [{ token: "Yes", logprob: -0.5, top: [] }],
    extra: NO_EXTRA,
  });
});

test("Cohere answer: arguments of null are none", () => {
  const tool_calls = [{ id: "t", function: { name: "f", arguments: "null" } }];
  const [choice] = cohereProvider.decodeAnswer({
    message: { tool_calls },
    finish_reason: "COMPLETE",
  }).choices;
  assert.deepEqual(choice?.parts, [call("t", "f", "{}")]);
  assert.equal(choice?.finish, "tool-calls");
});

const REASONS: readonly (readonly [string, FinishReason])[] = [
  ["COMPLETE", "stop"],
  ["STOP_SEQUENCE", "stop"],
  ["MAX_TOKENS", "length"],
  ["TOOL_CALL", "tool-calls"],
  ["ERROR", "error"],
  ["TIMEOUT", "error"],
  ["ERROR_TOXIC", "content-filter"],
  ["SOMETHING_NEW", "other"],
];
for (const [reason, finish] of REASONS)
  test(`Cohere answer: ${reason} is ${finish}`, () => {
    const [choice] = cohereProvider.decodeAnswer({ message: {}, finish_reason: reason }).choices;
    assert.equal(choice?.finish, finish);
  });

const NO_ANSWERS: readonly (readonly [string, JsonObject, string, RegExp])[] = [
  ["an error in a 200", { id: "x", message: "invalid model" }, "upstream_error", /invalid model/],
  ["an error object", { error: { message: "overloaded" } }, "upstream_error", /overloaded/],
  ["nothing", {}, "upstream_invalid_response", /does not understand/],
  ["content that is none", { message: { content: [7] } }, "upstream_invalid_response", /does not understand/],
];
for (const [name, body, code, words] of NO_ANSWERS)
  test(`Cohere answer: ${name} is none`, () => {
    assert.throws(
      () => cohereProvider.decodeAnswer(body),
      (error) => error instanceof GatewayError && error.code === code && words.test(error.message),
    );
  });

test(`Cohere answer: whatever it holds, it is read or refused (seed ${seed})`, () => {
  fc.assert(
    fc.property(
      fc.object({
        key: fc.constantFrom(
          "message",
          "content",
          "tool_calls",
          "citations",
          "usage",
          "text",
          "function",
          "type",
          "id",
        ),
      }),
      (body) => {
        try {
          assert.equal(cohereProvider.decodeAnswer(body).choices.length, 1);
        } catch (error) {
          assert.ok(error instanceof GatewayError);
        }
      },
    ),
    { seed, numRuns: 300 },
  );
});

const ERRORS: readonly (readonly [string, unknown, string])[] = [
  ["Cohere's", { id: "x", message: "too many tokens" }, "too many tokens"],
  ["a proxy's", { error: { message: "no upstream" } }, "no upstream"],
  ["a sentence", { error: "no" }, "no"],
  ["a framework's", { detail: "not found" }, "not found"],
  ["no words", { message: "" }, "The provider answered with status 418 and no words."],
  ["no JSON", undefined, "The provider answered with status 418 and no words."],
  ["a list", [], "The provider answered with status 418 and no words."],
];
for (const [name, body, message] of ERRORS)
  test(`Cohere errors: ${name}`, () =>
    assert.deepEqual(readCohereError(418, body), { message, code: null, param: null }));

test("Cohere service: its path, or another", () => {
  const call = { model: "command", stream: true, settings: {} };
  assert.equal(cohereService().path(call), "/chat");
  assert.equal(cohereService({ path: ({ model }) => `/${model}/chat` }).path(call), "/command/chat");
});
