/** A client's `anthropic-beta` reaches whoever serves Claude, and is named by everybody else. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { chatSubjects } from "../conformance/subjects.ts";
import { chatTranslation } from "../translation/translation.ts";
import { anthropicClient } from "../wires/anthropic-messages/client.ts";
import { converseProvider } from "../wires/bedrock-converse/provider.ts";
import { readBetasHeader } from "./betas.ts";

const KNOWN = "interleaved-thinking-2025-05-14";
const ANTHROPICS_OWN = "claude-code-20250219";
const BODY = { model: "m", max_tokens: 64, messages: [{ role: "user", content: "Hi" }] };
const PATH = { model: null, stream: false, headers: { "anthropic-beta": `${KNOWN}, ${ANTHROPICS_OWN}` } };

interface Carried {
  readonly header?: string;
  readonly body?: readonly string[];
  readonly lost?: readonly string[];
}

/** Where they go, by the title of those who speak Claude's wire. */
const CARRIED: Readonly<Record<string, Carried>> = {
  anthropic: { header: `${KNOWN},${ANTHROPICS_OWN}` },
  "vertex/claude-sonnet-4-5@20250929": { header: `${KNOWN},${ANTHROPICS_OWN}` },
  "bedrock/anthropic.claude-sonnet-4-5-20250929-v1:0": { body: [KNOWN], lost: ["anthropic-beta"] },
};

for (const { title, codec } of chatSubjects()) {
  test(`betas to ${title}`, () => {
    const model = title.slice(title.indexOf("/") + 1);
    const encoded = chatTranslation(anthropicClient, codec).encodeRequest(BODY, PATH, {
      model,
      stream: false,
    });
    const { header, body, lost = [] }: Carried = CARRIED[title] ?? { lost: ["anthropic-beta"] };
    assert.deepEqual(encoded.headers, header === undefined ? [] : ["anthropic-beta", header]);
    assert.deepEqual(encoded.body.anthropic_beta, body);
    assert.deepEqual(encoded.lost, lost);
  });
}

test("betas to Claude by Converse stand among the model's own fields", () => {
  const target = { model: "eu.anthropic.claude-sonnet-4-5-20250929-v1:0", stream: false };
  const encoded = chatTranslation(anthropicClient, converseProvider).encodeRequest(BODY, PATH, target);
  assert.deepEqual(encoded.body.additionalModelRequestFields, { anthropic_beta: [KNOWN] });
  assert.deepEqual(encoded.lost, ["anthropic-beta"]);
});

test("betas: nothing but names is read from a header", () => {
  assert.deepEqual(readBetasHeader(" a-1 ,, b_2,c d,é,a\tb"), ["a-1", "b_2"]);
  assert.deepEqual(readBetasHeader(undefined), []);
  assert.equal(readBetasHeader(Array.from({ length: 1000 }, (_, n) => `b${n}`).join(",")).length, 64);
});
