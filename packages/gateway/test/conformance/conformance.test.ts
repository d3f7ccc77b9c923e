/** The command over recordings in our own words, one of each wire and of what is odd about it. */
import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { test } from "node:test";
import { fileURLToPath } from "node:url";
import { CLIENTS } from "./clients.ts";
import { differences, type Outcome } from "./compare.ts";
import { runConformance } from "./run.ts";
import type { Said } from "./said.ts";

const RECORDINGS = fileURLToPath(new URL("recordings", import.meta.url));
const CLI = fileURLToPath(new URL("cli.ts", import.meta.url));
/** Every recording by two clients, that of Responses by a third, and Ollama's by the one that reaches it. */
const COMPARED = 22;

test("all clients see what the providers said", async () => {
  let report = "";
  const result = await runConformance(RECORDINGS, (text) => {
    report += text;
  });
  assert.deepEqual(result, { compared: COMPARED, disagreements: 0 }, report);
  assert.match(report, /unknown-vendor\/two-calls, streamed \(openai\)/);
  assert.match(report, /open_sluice\(\{\}\)/);
  assert.match(report, /error: The pond is overfull\./);
  assert.match(report, /write_note\("Sieben Säcke"\)|count_sacks/);
});

const SAID: Said = {
  text: "It turns.",
  calls: [{ name: "weather", arguments: { city: "Cley" } }],
  finish: "tool-calls",
  tokens: { input: 9, cacheRead: 4, cacheWrite: 0, output: 7, reasoning: 2 },
  failure: null,
  own: { finish: "tool_calls", output: 7, cacheRead: 4 },
};

/** What a client may get wrong, and the words that tell. */
const WRONG: readonly (readonly [string, Outcome, RegExp])[] = [
  ["nothing", { said: SAID }, /^$/],
  ["its text", { said: { ...SAID, text: "It turns" } }, /^text: "It turns\." became "It turns"$/],
  ["a call", { said: { ...SAID, calls: [] } }, /^tool calls: .*Cley.* became \[\]$/],
  [
    "an argument",
    { said: { ...SAID, calls: [{ name: "weather", arguments: {} }] } },
    /^tool calls: .*Cley.* became .*\{\}/,
  ],
  [
    "the finish reason",
    { said: { ...SAID, own: { ...SAID.own, finish: "stop" } } },
    /^finish reason: tool_calls became stop/,
  ],
  [
    "a count",
    { said: { ...SAID, tokens: { input: 9, cacheRead: 0, cacheWrite: 0, output: 7, reasoning: 2 } } },
    /^cacheRead tokens: 4 became 0$/,
  ],
  ["all of it", { error: "fetch failed" }, /^the client failed: fetch failed$/],
];

for (const [what, outcome, words] of WRONG) {
  test(`the comparison tells when a client gets ${what} wrong`, () => {
    const [client] = CLIENTS;
    assert.ok(client !== undefined);
    assert.match(differences(SAID, outcome, { client, passedOn: false }).join("; "), words);
  });
}

test("a failure of the provider has to be seen, with its words", () => {
  const [client] = CLIENTS;
  assert.ok(client !== undefined);
  const expected = { ...SAID, failure: "The pond is overfull." };
  const told = (outcome: Outcome): string =>
    differences(expected, outcome, { client, passedOn: false }).join();
  assert.equal(told({ error: "529 The pond is overfull." }), "");
  assert.match(told({ error: "terminated" }), /became "terminated"/);
  assert.match(told({ said: SAID }), /the client saw an answer/);
});

test("the command wants to know which recordings", () => {
  const run = spawnSync(process.execPath, ["--conditions=headrace-source", CLI], { encoding: "utf8" });
  assert.deepEqual([run.status, run.stdout], [2, ""]);
  assert.match(run.stderr, /^usage: conformance --recorded/);
});
