import assert from "node:assert/strict";
import { test } from "node:test";
import { isMistralClient, MistralClientFraming } from "./mistral-client-framing.ts";

const event = (chunk: unknown): string =>
  `data: ${typeof chunk === "string" ? chunk : JSON.stringify(chunk)}\n\n`;
const piece = (called: object): object => ({
  id: "x",
  choices: [{ index: 0, delta: { tool_calls: [{ index: 0, function: called }] }, finish_reason: null }],
  usage: null,
});

test("streams for Mistral's clients: every piece of a call has a name, and no usage is null", () => {
  const usage = { prompt_tokens: 1, completion_tokens: 2, total_tokens: 3 };
  const bytes = Buffer.from(
    [
      event(piece({ name: "go", arguments: "" })),
      event(piece({ arguments: "{}" })),
      event({ id: "x", choices: [], usage }),
      event("[DONE]"),
    ].join(""),
  );
  for (const cut of [1, 7, bytes.length]) {
    const framing = new MistralClientFraming();
    let out = "";
    for (let at = 0; at < bytes.length; at += cut) out += framing.push(bytes.subarray(at, at + cut));
    out += framing.end();
    const [first, second, last, done] = out.split("\n\n").map((line) => line.slice("data: ".length));
    const { usage: _null, ...named } = piece({ name: "", arguments: "{}" }) as { usage: null };
    assert.equal(JSON.parse(first ?? "").choices[0].delta.tool_calls[0].function.name, "go");
    assert.deepEqual(JSON.parse(second ?? ""), named);
    assert.deepEqual(JSON.parse(last ?? "").usage, usage);
    assert.equal(done, "[DONE]");
  }
});

test("Mistral's clients are known by their user agent", () => {
  assert.equal(isMistralClient("speakeasy-sdk/typescript 2.7.0 2.884.13 1.0.0 @mistralai/mistralai"), true);
  assert.equal(isMistralClient("mistral-client-python/1.0"), true);
  assert.equal(isMistralClient("OpenAI/JS 6.1.0"), false);
  assert.equal(isMistralClient(""), false);
});
