/** Copies of calls on every wire that clients speak are read as the clients would read them. */
import assert from "node:assert/strict";
import { after, before, describe, it } from "node:test";
import { copiedModel, MANY, reportOf, shadowLogOf } from "./support/copied-calls.ts";
import { AUTHORIZED, askAlone } from "./support/good-call.ts";
import type { RawAnswer } from "./support/http-connection.ts";
import { closeWithNothingLeft } from "./support/nothing-left.ts";
import { type RoutedGateway, startRoutedGateway } from "./support/routed-gateway.ts";

let up: RoutedGateway;
before(async () => {
  const models = { wires: copiedModel(MANY), stored: copiedModel(MANY) };
  up = await startRoutedGateway({ providers: ["first", "second"], models });
});
after(() => closeWithNothingLeft(up));

function post(path: string, body: object): Promise<RawAnswer> {
  return askAlone(up.gateway.port, { path, body: JSON.stringify(body), headers: AUTHORIZED });
}

const MESSAGES = [{ role: "user", content: "Hello" }];
const ANTHROPIC = { max_tokens: 50, messages: MESSAGES };
const GEMINI = { contents: [{ role: "user", parts: [{ text: "Hello" }] }] };
const CONVERSE = { messages: [{ role: "user", content: [{ text: "Hello" }] }] };

/** Calls of one message, on each wire that clients speak, streamed and plain. */
const WIRES: readonly (readonly [path: string, body: object])[] = [
  ["/v1/messages", { model: "wires", ...ANTHROPIC }],
  ["/v1/messages", { model: "wires", stream: true, ...ANTHROPIC }],
  ["/v1/completions", { model: "wires", prompt: "Hello" }],
  ["/v1/completions", { model: "wires", prompt: "Hello", stream: true }],
  ["/v1/responses", { model: "wires", input: "Hello" }],
  ["/v1/responses", { model: "wires", input: "Hello", stream: true }],
  ["/v1beta/models/wires:generateContent", GEMINI],
  ["/v1beta/models/wires:streamGenerateContent", GEMINI],
  ["/v1beta/models/wires:streamGenerateContent?alt=sse", GEMINI],
  ["/model/wires/converse", CONVERSE],
  ["/model/wires/converse-stream", CONVERSE],
  ["/model/wires/invoke", { anthropic_version: "bedrock-2023-05-31", ...ANTHROPIC }],
  ["/model/wires/invoke-with-response-stream", { anthropic_version: "bedrock-2023-05-31", ...ANTHROPIC }],
  ["/v2/chat", { model: "wires", messages: MESSAGES }],
  ["/v2/chat", { model: "wires", stream: true, messages: MESSAGES }],
];

describe("a copied call", () => {
  for (const [path, body] of WIRES)
    it(`is compared on the wire of its client: ${path}`, async () => {
      const answer = await post(path, body);
      assert.equal(answer.status, 200, answer.body);
      const log = await shadowLogOf(up, answer);
      assert.deepEqual([log.outcome, log.similarity, log.sameFinish], ["compared", 1, true]);
    });

  it("that goes on from a stored response stays where that is", async () => {
    const first = await post("/v1/responses", { model: "stored", input: "Hello" });
    const log = await shadowLogOf(up, first);
    const { id } = JSON.parse(first.body) as { id: string };
    const second = await post("/v1/responses", { model: "stored", input: "Go on", previous_response_id: id });
    assert.equal(second.status, 200, second.body);
    assert.equal(log.outcome, "compared");
    assert.deepEqual((await reportOf(up, "stored")).outcomes, { compared: 1, unsupported: 1 });
  });
});
