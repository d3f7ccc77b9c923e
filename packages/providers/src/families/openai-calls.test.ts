import assert from "node:assert/strict";
import { test } from "node:test";
import type { ProviderService } from "@headrace/core/provider-adapter";
import { openAiCalls } from "./openai-calls.ts";

const NO_TOKENS = {
  uncachedInput: 0,
  cacheReadInput: 0,
  cacheWrite5mInput: 0,
  cacheWrite1hInput: 0,
  visibleOutput: 0,
  reasoningOutput: 0,
};

function usageOf(service: ProviderService | undefined, body: string): unknown {
  assert.ok(service !== undefined);
  return service.tokenUsage(service.readUsage(Buffer.from(body)));
}

const { "openai-transcriptions": transcriptions, "openai-images": images } = openAiCalls([
  "openai-transcriptions",
  "openai-images",
]);

const TRANSCRIPTS: readonly { name: string; body: string; usage: object | null }[] = [
  {
    name: "by OpenAI",
    body: '{"text":"Open the \\"usage\\" gate.","usage":{"type":"tokens","input_tokens":83,"input_token_details":{"text_tokens":0,"audio_tokens":83},"output_tokens":30,"total_tokens":113}}',
    usage: { ...NO_TOKENS, uncachedInput: 83, visibleOutput: 30, units: { audioInputTokens: 83 } },
  },
  {
    name: "by OpenAI, at the end of a stream",
    body: '"}\n\ndata: {"type":"transcript.text.done","text":"Open.","usage":{"type":"tokens","input_tokens":5,"output_tokens":2,"total_tokens":7}}\n\n',
    usage: { ...NO_TOKENS, uncachedInput: 5, visibleOutput: 2 },
  },
  {
    name: "by Mistral",
    body: '{"model":"voxtral-mini-latest","text":"Open.","segments":[],"usage":{"prompt_audio_seconds":4,"prompt_tokens":9,"completion_tokens":3,"total_tokens":12}}',
    usage: { ...NO_TOKENS, uncachedInput: 9, visibleOutput: 3, units: { seconds: 4 } },
  },
  {
    name: "by the second",
    body: '{"text":"Open.","usage":{"type":"duration","seconds":4}}',
    usage: { ...NO_TOKENS, units: { seconds: 4 } },
  },
  {
    name: "by nonsense",
    body: '{"text":"Open.","usage":{"type":"duration","seconds":-4}}',
    usage: null,
  },
  { name: "as bare words", body: "Open the gate.\n", usage: null },
];

for (const { name, body, usage } of TRANSCRIPTS)
  test(`OpenAI calls: usage of a transcript ${name}`, () =>
    assert.deepEqual(usageOf(transcriptions, body), usage));

test("OpenAI calls: usage of an image", () => {
  const body = `{"created":1,"data":[{"b64_json":"aGk="}],"usage":{"input_tokens":50,"input_tokens_details":{"text_tokens":10,"image_tokens":40},"output_tokens":1056,"total_tokens":1106}}`;
  assert.deepEqual(usageOf(images, body), { ...NO_TOKENS, uncachedInput: 50, visibleOutput: 1056 });
});

test("OpenAI calls: each has its own path, and only those with a body of JSON have their model replaced", () => {
  const call = { model: "m", stream: false, settings: {} };
  const services = openAiCalls(["openai-speech", "openai-image-edits", "openai-realtime"]);
  const facts = Object.entries(services).map(([name, { path, edits }]) => [name, path(call), edits.model]);
  assert.deepEqual(facts, [
    ["openai-speech", "/audio/speech", "replace"],
    ["openai-image-edits", "/images/edits", "none"],
    ["openai-realtime", "/realtime", "none"],
  ]);
});
