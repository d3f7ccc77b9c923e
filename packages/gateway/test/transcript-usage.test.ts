/** What a transcription has used: as its provider says it, in a document or at the end of its events. */
import assert from "node:assert/strict";
import { after, before, beforeEach, describe, it } from "node:test";
import OpenAI, { toFile } from "openai";
import { parsePrometheus } from "../src/testing/prometheus-text.ts";
import { KEY, type MockGateway } from "./support/mock-gateway.ts";
import { closeWithNothingLeft } from "./support/nothing-left.ts";
import { type ScriptedGateway, startScriptedGateway } from "./support/scripted-gateway.ts";
import { type ScriptedUpstream, startScriptedUpstream } from "./support/scripted-upstream.ts";
import { type StartedGateway, startGateway } from "./support/started-gateway.ts";
import { startUploadGateway } from "./support/upload-gateway.ts";

const USED = { promptTokens: 31, chunks: 5 };
const EVENT_STREAM = "text/event-stream";
const JSON_TYPE = "application/json";

/** Tokens of all transcriptions that their providers told of. */
async function tokensInMetrics(adminUrl: string): Promise<number> {
  const text = await (await fetch(`${adminUrl}/metrics`)).text();
  return parsePrometheus(text)
    .filter(({ name }) => name === "headrace_tokens_total")
    .filter(({ labels }) => labels.endpoint === "transcriptions" && labels.source === "reported")
    .reduce((sum, { value }) => sum + value, 0);
}

async function transcribe(client: OpenAI, stream: boolean, more: object = {}): Promise<string | null> {
  const file = await toFile(Buffer.alloc(20_000, 7), "a.wav");
  const call = { file, model: "chat", stream, ...more };
  const { data, response } = await client.audio.transcriptions.create(call).withResponse();
  if (typeof data === "object" && Symbol.asyncIterator in data)
    for await (const event of data) assert.ok(event);
  return response.headers.get("x-request-id");
}

describe("the usage of a transcription by the official client", () => {
  let up: MockGateway;
  let client: OpenAI;
  before(async () => {
    up = await startUploadGateway();
    client = new OpenAI({ baseURL: up.baseUrl, apiKey: KEY, maxRetries: 0 });
  });
  beforeEach(() => up.mock.clear());
  after(() => closeWithNothingLeft(up));

  for (const stream of [false, true])
    it(`is in the log and in the metrics, ${stream ? "streamed" : "plain"}`, async () => {
      const countedBefore = await tokensInMetrics(up.gateway.adminUrl);
      const log = await up.logOf(await transcribe(client, stream, { x_mock: JSON.stringify(USED) }));
      assert.deepEqual(
        [log.usageSource, log.inputTokens, log.outputTokens, log.stream],
        ["reported", USED.promptTokens, USED.chunks, stream],
      );
      const counted = (await tokensInMetrics(up.gateway.adminUrl)) - countedBefore;
      assert.equal(counted, USED.promptTokens + USED.chunks);
    });

  it("is none of a refused call", async () => {
    const requestId = "refused-transcript";
    const countedBefore = await tokensInMetrics(up.gateway.adminUrl);
    up.mock.setFaults({ status: 400 }, { times: 1 });
    const file = await toFile(Buffer.alloc(10), "a.wav");
    const headers = { "x-request-id": requestId };
    await assert.rejects(client.audio.transcriptions.create({ file, model: "chat" }, { headers }), {
      status: 400,
    });
    const log = await up.logOf(requestId);
    assert.equal(log.usageSource, undefined);
    assert.equal(await tokensInMetrics(up.gateway.adminUrl), countedBefore);
  });
});

/** As OpenAI's reference has them ("Create transcription"). */
const TOKENS = { type: "tokens", input_tokens: 14, output_tokens: 45, total_tokens: 59 };
const DETAILED = { ...TOKENS, input_token_details: { text_tokens: 10, audio_tokens: 4 } };
const done = (fields: object): string =>
  `data: ${JSON.stringify({ type: "transcript.text.done", text: "é".repeat(9_000), ...fields })}\n\n`;

const ANSWERS: readonly (readonly [name: string, type: string, body: string, expected: unknown[]])[] = [
  ["by tokens", JSON_TYPE, JSON.stringify({ text: "a", usage: DETAILED }), ["reported", 14, 45]],
  [
    "by seconds is of no tokens",
    JSON_TYPE,
    JSON.stringify({ text: "a", usage: { type: "duration", seconds: 27 } }),
    ["reported", 0, 0],
  ],
  [
    "behind the words of a transcript",
    JSON_TYPE,
    JSON.stringify({ text: 'he said "usage": 3', usage: TOKENS, logprobs: [] }),
    ["reported", 14, 45],
  ],
  [
    "as Mistral's",
    JSON_TYPE,
    JSON.stringify({
      text: "a",
      usage: { prompt_tokens: 4, completion_tokens: 6, total_tokens: 10, prompt_audio_seconds: 5 },
    }),
    ["reported", 4, 6],
  ],
  [
    "at the end of a long event",
    EVENT_STREAM,
    `data: {"type":"transcript.text.delta","delta":"a"}\n\n${done({ usage: DETAILED })}`,
    ["reported", 14, 45],
  ],
  ["in no event", EVENT_STREAM, done({}), [undefined, undefined, undefined]],
];

describe("the usage of a transcription, as providers write it", () => {
  let up: ScriptedGateway;
  let client: OpenAI;
  before(async () => {
    up = await startScriptedGateway();
    client = new OpenAI({ baseURL: `${up.gateway.url}/v1`, apiKey: KEY, maxRetries: 0 });
  });
  after(() => up.close());

  for (const [name, contentType, body, expected] of ANSWERS)
    it(name, async () => {
      const asked = transcribe(client, contentType === EVENT_STREAM);
      const { response } = await up.upstream.next();
      response.writeHead(200, { "content-type": contentType }).end(body);
      const log = await up.logOf(String(await asked));
      assert.deepEqual([log.usageSource, log.inputTokens, log.outputTokens], expected);
    });
});

describe("the cost of a transcription", () => {
  let upstream: ScriptedUpstream;
  let gateway: StartedGateway;
  let client: OpenAI;
  before(async () => {
    upstream = await startScriptedUpstream();
    const models = ["whisper-1", "gpt-4o-transcribe", "house"];
    gateway = await startGateway({
      config: {
        listen: { host: "127.0.0.1" },
        providers: { o: { adapter: "openai", baseUrl: upstream.url, apiKey: "sk-provider-key" } },
        models: Object.fromEntries(models.map((model) => [model, { targets: [{ provider: "o", model }] }])),
        keys: [{ name: "client", key: KEY }],
      },
    });
    client = new OpenAI({ baseURL: `${gateway.url}/v1`, apiKey: KEY, maxRetries: 0 });
  });
  after(async () => {
    await gateway.stop();
    await upstream.close();
  });

  const seconds = { type: "duration", seconds: 27 };
  for (const [name, model, usage, costUsd] of [
    ["goes by its seconds where the model is billed by them", "whisper-1", seconds, 27 * 0.0001],
    [
      "goes by its tokens where the model is billed by those",
      "gpt-4o-transcribe",
      DETAILED,
      (14 * 2.5 + 45 * 10) / 1e6,
    ],
    ["is not known of seconds where the model is billed by tokens", "gpt-4o-transcribe", seconds, undefined],
    ["is not known of a model without a price", "house", seconds, undefined],
  ] as const)
    it(name, async () => {
      const asked = transcribe(client, false, { model });
      const { response } = await upstream.next();
      response.writeHead(200, { "content-type": JSON_TYPE }).end(JSON.stringify({ text: "a", usage }));
      const requestId = await asked;
      const log = await gateway.waitForLog((line) => line.msg === "request" && line.requestId === requestId);
      if (costUsd === undefined) assert.equal(log.costUsd, undefined);
      else assert.ok(Math.abs(Number(log.costUsd) - costUsd) < 1e-12, `${log.costUsd}`);
    });
});
