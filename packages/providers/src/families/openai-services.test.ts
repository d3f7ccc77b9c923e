import assert from "node:assert/strict";
import { test } from "node:test";
import { PLAIN } from "../wires/openai-chat/dialect.ts";
import * as dialects from "../wires/openai-chat/dialects.ts";
import { openAiChatService, openAiCompletionsService, openAiEmbeddingsService } from "./openai-services.ts";

test("usage of a whole answer is read from its end", () => {
  const { readUsage } = openAiChatService();
  const usage = { prompt_tokens: 3, prompt_tokens_details: { cached_tokens: 1 } };
  const content = 'a "usage" { of words';
  const body = Buffer.from(JSON.stringify({ choices: [{ message: { content } }], usage, x: 1 }));
  assert.deepEqual(readUsage(body), usage);
  assert.equal(readUsage(Buffer.from('{"choices":[],"usage":null}')), null);
  assert.equal(readUsage(Buffer.from('{"usage":{"a":1')), null);
  assert.equal(readUsage(Buffer.from("<html>")), null);
});

test("something else of that name behind it does not hide it", () => {
  const usage = { prompt_tokens: 3, completion_tokens: 1 };
  const body = Buffer.from(JSON.stringify({ usage, x_engine: { usage: { gpu: 7 } }, usage_tier: "a" }));
  assert.deepEqual(openAiChatService().readUsage(body), usage);
});

test("a dialect says what its service refuses, and whether usage is asked for", () => {
  const chat = openAiChatService({ refused: ["user"], asksUsage: false, errorMark: '"base_resp"' });
  assert.deepEqual(chat.edits, { model: "replace", askUsage: false, refused: ["user"], added: "" });
  assert.equal(Buffer.from(chat.stream?.errorMark ?? []).toString(), '"base_resp"');
});

test("only streams are asked for usage", () => {
  assert.equal(openAiCompletionsService().edits.askUsage, true);
  assert.equal(openAiEmbeddingsService().edits.askUsage, false);
  assert.equal(openAiEmbeddingsService().stream, null);
});

test("a dialect's service says which fields go by another name", () => {
  const renamed = [{ from: "seed", to: "random_seed" }];
  assert.deepEqual(openAiChatService({ renamed }).edits.renamed, renamed);
});

test("what is renamed for a provider is what its requests are written with, and is not refused besides", () => {
  for (const [name, deviations] of Object.entries(dialects)) {
    const { renamed, refused, maxTokensField, seedField } = { ...PLAIN, ...deviations };
    const written: ReadonlySet<string> = new Set([maxTokensField, seedField]);
    for (const { from, to } of renamed) {
      assert.ok(written.has(to) && !written.has(from), `${name}: ${from} -> ${to}`);
      assert.ok(!refused.includes(from) && !refused.includes(to), `${name}: ${from} -> ${to}`);
    }
    if (seedField !== "seed")
      assert.ok(
        renamed.some(({ from }) => from === "seed"),
        name,
      );
  }
});
