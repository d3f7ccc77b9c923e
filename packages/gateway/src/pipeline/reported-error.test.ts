import assert from "node:assert/strict";
import { readdirSync, readFileSync } from "node:fs";
import { suite, test } from "node:test";
import type { WireId } from "@headrace/core/wire/wire-id";
import { chatSubjects } from "@headrace/providers/conformance/subjects";
import { adapterFor } from "@headrace/providers/registry";
import fc from "fast-check";
import { mayBeError, type Respondent, readReportedError } from "./reported-error.ts";

const seed = Number(process.env.FAST_CHECK_SEED ?? 20_260_101);
const FIXTURES = new URL("../../../providers/fixtures/", import.meta.url);
/** Not there, or not only, for what a provider says when all is well. */
const NO_ANSWER = /^(expected|error|failed)\.json$|\.request\.json$/;

function respondent(adapterId: string, wire: WireId): Respondent {
  const adapter = adapterFor(adapterId, "any");
  return { adapter, service: adapter.services[wire] };
}

const bytesOf = (document: unknown): Buffer => Buffer.from(JSON.stringify(document));

suite("answers of every provider are no errors, and its errors are", () => {
  for (const { title, adapter, codec, folder } of chatSubjects()) {
    const dir = new URL(`${folder}/`, FIXTURES);
    const files = readdirSync(dir).filter((name) => name.endsWith(".json"));
    const services = [...Object.values(adapter.services), undefined];

    test(`${title}'s answers`, () => {
      for (const name of files.filter((file) => !NO_ANSWER.test(file))) {
        const body = readFileSync(new URL(name, dir));
        assert.equal(mayBeError(body, true), false, name);
        for (const service of services)
          assert.equal(readReportedError(body, { adapter, service }), null, `${name} on ${service?.path}`);
      }
    });

    if (!files.includes("error.json")) continue;
    test(`${title}'s error`, () => {
      const body = readFileSync(new URL("error.json", dir));
      const { message } = adapter.readError(400, JSON.parse(body.toString()));
      assert.equal(mayBeError(body, false), true);
      const service = adapter.services[codec.wire];
      assert.equal(readReportedError(body, { adapter, service })?.message, message);
    });
  }
});

suite("what an error says of its status", () => {
  const rows: readonly (readonly [
    adapterId: string,
    wire: WireId,
    document: unknown,
    status: number | null,
  ])[] = [
    ["openai", "openai-chat", { error: { message: "No.", code: 429 } }, 429],
    ["openai", "openai-chat", { error: { message: "No.", type: "server_error", code: null } }, 500],
    ["openai", "openai-chat", { error: { message: "No.", code: "rate_limit_exceeded" } }, 429],
    ["openai", "openai-chat", { error: "No." }, null],
    ["openai", "openai-embeddings", { error: { message: "No.", code: "insufficient_quota" } }, 429],
    ["openai", "openai-moderations", { error: { message: "No.", type: "invalid_request_error" } }, 400],
    ["openai", "openai-responses", { error: { message: "No.", code: "server_is_overloaded" } }, 503],
    [
      "openai",
      "openai-responses",
      { object: "response", status: "failed", error: { code: "rate_limit_exceeded", message: "No." } },
      429,
    ],
    ["mistral", "openai-chat", { object: "error", message: "No.", type: "x", code: "3505" }, null],
    ["minimax", "openai-chat", { choices: null, base_resp: { status_code: 1002, status_msg: "No." } }, null],
    [
      "anthropic",
      "anthropic-messages",
      { type: "error", error: { type: "overloaded_error", message: "No." }, request_id: "req_1" },
      529,
    ],
    [
      "anthropic",
      "anthropic-count-tokens",
      { type: "error", error: { type: "rate_limit_error", message: "No." } },
      429,
    ],
    ["gemini", "gemini-generate", [{ error: { code: 503, message: "No.", status: "UNAVAILABLE" } }], 503],
    ["gemini", "gemini-embed", { error: { message: "No.", status: "RESOURCE_EXHAUSTED" } }, 429],
    ["bedrock", "bedrock-converse", { __type: "a.b#ThrottlingException", message: "No." }, 429],
    ["cohere", "cohere-chat", { id: "x", message: "No." }, null],
    ["cohere", "cohere-rerank", { message: "No." }, null],
  ];
  for (const [adapterId, wire, document, status] of rows) {
    test(`${wire}: ${JSON.stringify(document)}`, () => {
      const body = bytesOf(document);
      assert.equal(mayBeError(body, false), true);
      const error = readReportedError(body, respondent(adapterId, wire));
      assert.deepEqual([error?.message, error?.status], ["No.", status]);
    });
  }
});

test("an error beside usage is one too, wherever providers put it", () => {
  const usage = { prompt_tokens: 3, completion_tokens: 1, total_tokens: 4 };
  for (const document of [
    { error: { message: "No." }, usage },
    { id: "x", object: "chat.completion", choices: [], error: { message: "No." }, usage },
    [{ error: { message: "No." }, usage }],
  ])
    assert.equal(mayBeError(bytesOf(document), true), true);
});

test("an answer is not looked into for what its model, its tools or its members say", () => {
  const told = fc.constantFrom(
    '"error": {"message": "no"}',
    '{"error":"no"}',
    '{"type":"error","error":{"type":"x"}}',
  );
  const answer = fc.record({
    id: fc.string(),
    error: fc.constantFrom(null, undefined, false, 0),
    choices: fc.array(fc.record({ message: fc.record({ content: told, refusal: fc.constant(null) }) })),
    input: fc.option(fc.record({ error: fc.record({ message: fc.string() }) })),
    type: fc.constantFrom("message", "error_report"),
  });
  fc.assert(
    fc.property(answer, fc.constantFrom(0, 2), (document, indent) => {
      assert.equal(mayBeError(Buffer.from(JSON.stringify(document, null, indent)), true), false);
    }),
    { seed, numRuns: 300 },
  );
});

test("a large answer without usage is not parsed for its size", () => {
  const vectors = { data: [{ embedding: Array.from({ length: 4_000 }, () => 0.125) }] };
  assert.equal(mayBeError(bytesOf(vectors), false), false);
});

test("what is no document is no error", () => {
  for (const text of ["", "{", "[]", "7", "null", '"error"', '{"error":', "[null]"]) {
    const body = Buffer.from(text);
    assert.equal(readReportedError(body, respondent("openai", "openai-chat")), null, text);
    assert.equal(typeof mayBeError(body, true), "boolean");
  }
});
