import assert from "node:assert/strict";
import { test } from "node:test";
import { NO_EXTRA } from "@headrace/core/canonical/chat-parts";
import { GatewayError } from "@headrace/core/errors/gateway-error";
import type { JsonObject } from "@headrace/core/json-object";
import fc from "fast-check";
import {
  assertOrderly,
  assertSameHoweverCut,
  decodeData,
  decodeStream,
  fixtureBytes,
  fixtureObject,
  seed,
} from "../../testing/chat-streams.ts";
import { replicateProvider } from "./provider.ts";
import { readReplicateError } from "./provider-errors.ts";
import { replicateService } from "./service.ts";

const TEXT = "The weir at Oberau is open: 3 m³/s 🌊.";
const USAGE = {
  uncachedInput: 21,
  cacheReadInput: 0,
  cacheWrite5mInput: 0,
  cacheWrite1hInput: 0,
  visibleOutput: 17,
  reasoningOutput: 0,
};
const MODEL = "meta/meta-llama-3-70b-instruct";
const CREATED = Date.UTC(2026, 2, 2, 8, 15, 24) / 1000;

test("Replicate answer: the pieces of its output are one text", () => {
  const answer = replicateProvider.decodeAnswer(fixtureObject("replicate/text.json"));
  assert.deepEqual(answer, {
    wire: "replicate-predict",
    id: "weir01q5rme0cbzs8f",
    model: MODEL,
    createdAtSeconds: CREATED,
    choices: [
      { index: 0, parts: [{ type: "text", text: TEXT, extra: NO_EXTRA }], finish: "stop", extra: NO_EXTRA },
    ],
    usage: USAGE,
    extra: NO_EXTRA,
  });
  const service = replicateService();
  assert.deepEqual(service.tokenUsage(service.readUsage(fixtureBytes("replicate/text.json"))), USAGE);
});

const OUTPUTS: readonly (readonly [unknown, string])[] = [
  ["Yes.", "Yes."],
  [{ text: "Yes." }, "Yes."],
  [[], ""],
  [null, ""],
];
for (const [output, text] of OUTPUTS)
  test(`Replicate answer: ${JSON.stringify(output)} says ${JSON.stringify(text)}`, () => {
    const [choice] = replicateProvider.decodeAnswer({ status: "succeeded", output }).choices;
    assert.deepEqual(choice?.parts, text === "" ? [] : [{ type: "text", text, extra: NO_EXTRA }]);
  });

const NO_ANSWERS: readonly (readonly [string, JsonObject, string, RegExp])[] = [
  ["a failure", fixtureObject("replicate/failed.json"), "upstream_error", /please retry \(code: PA\)/],
  ["one that takes too long", fixtureObject("replicate/processing.json"), "upstream_error", /needed longer/],
  ["one that was stopped", { status: "canceled" }, "upstream_error", /ended as canceled/],
  ["a picture", { status: "succeeded", output: [{ url: "x" }] }, "upstream_invalid_response", /no text/],
  ["nothing", {}, "upstream_invalid_response", /no text/],
];
for (const [name, body, code, words] of NO_ANSWERS)
  test(`Replicate answer: ${name} is none`, () => {
    assert.throws(
      () => replicateProvider.decodeAnswer(body),
      (error) => error instanceof GatewayError && error.code === code && words.test(error.message),
    );
  });

test("Replicate stream: the whole answer in one piece", () => {
  const { events, whole } = decodeStream(replicateProvider, [fixtureBytes("replicate/text.ndjson")]);
  assert.equal(whole, true);
  assert.deepEqual(events, [
    { type: "start", id: "weir01q5rme0cbzs8f", model: MODEL, createdAtSeconds: CREATED },
    { type: "text-delta", choice: 0, text: TEXT },
    { type: "finish", choice: 0, reason: "stop" },
    { type: "usage", usage: USAGE },
  ]);
});

test("Replicate stream: a failure is an error in its own words", () => {
  const { events, whole } = decodeStream(replicateProvider, [fixtureBytes("replicate/error.ndjson")]);
  assert.equal(whole, false);
  assert.deepEqual(events, [
    { type: "error", message: "Prediction interrupted; please retry (code: PA)", status: 502 },
  ]);
});

test("Replicate stream: half an answer is none", () => {
  assert.deepEqual(decodeStream(replicateProvider, [fixtureBytes("replicate/cut.ndjson")]), {
    events: [],
    whole: false,
  });
});

for (const name of ["text", "error", "cut"])
  test(`Replicate stream: ${name} says the same however its bytes are cut`, () => {
    assertSameHoweverCut(replicateProvider, fixtureBytes(`replicate/${name}.ndjson`));
  });

const key = fc.constantFrom("status", "output", "error", "metrics", "id", "text");
const values = [
  fc.constantFrom("succeeded", "failed", "processing", "x"),
  fc.string(),
  fc.integer(),
  fc.constant(null),
];
test(`Replicate stream: whatever comes, it ends in exactly one of finish, error and cut (seed ${seed})`, () => {
  fc.assert(
    fc.property(fc.array(fc.object({ key, values }), { maxLength: 3 }), (frames) => {
      assertOrderly(decodeData(replicateProvider, ...frames));
    }),
    { seed, numRuns: 500 },
  );
});

const ERRORS: readonly (readonly [string, unknown, string, string | null, string | null])[] = [
  [
    "an invalid input",
    fixtureObject("replicate/error.json"),
    "- input: prompt is required\n",
    "Input validation failed",
    "input.prompt",
  ],
  ["a sentence", { detail: "You did not pass a token." }, "You did not pass a token.", null, null],
  ["a title", { title: "Unauthenticated", status: 401 }, "Unauthenticated", "Unauthenticated", null],
  ["no words", {}, "The provider answered with status 418 and no words.", null, null],
  ["no JSON", undefined, "The provider answered with status 418 and no words.", null, null],
];
for (const [name, body, message, code, param] of ERRORS)
  test(`Replicate errors: ${name}`, () =>
    assert.deepEqual(readReplicateError(418, body), { message, code, param }));
