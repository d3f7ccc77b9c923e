/** Relay rule 6, its second half: what a call has used is metered, also when its provider never gets to say it. */
import assert from "node:assert/strict";
import { once } from "node:events";
import type { ServerResponse } from "node:http";
import type { Socket } from "node:net";
import { after, before, describe, it } from "node:test";
import { parsePrometheus } from "../src/testing/prometheus-text.ts";
import { openStream } from "./support/live-stream.ts";
import type { LogLine } from "./support/log-tail.ts";
import { startMockGateway } from "./support/mock-gateway.ts";
import { type MuteServer, startMuteServer } from "./support/mute-server.ts";
import { callRaw, leave, openCall } from "./support/raw-call.ts";
import { type ScriptedGateway, startScriptedGateway } from "./support/scripted-gateway.ts";
import { chatEvent } from "./support/scripted-upstream.ts";

/** What is estimated for the body that every call here has; the mock and OpenAI say 9 and 8. */
const INPUT = 9;
const EVENTS = 30;
const SSE = { "content-type": "text/event-stream" };
const WORDS = "the water ran down the headrace to the wheel".split(" ");
const USAGE = { prompt_tokens: 1234, completion_tokens: 77, prompt_tokens_details: { cached_tokens: 1000 } };

const words = (count: number): string =>
  Array.from({ length: count }, (_, i) => chatEvent(` ${WORDS[i % WORDS.length]}`)).join("");
const usageEvent = (usage: object, more: object = {}): string =>
  `data: ${JSON.stringify({ choices: [], usage, ...more })}\n\n`;
const FINISH = 'data: {"choices":[{"index":0,"delta":{},"finish_reason":"stop"}]}\n\n';
const DONE = "data: [DONE]\n\n";

interface Metered {
  readonly source: unknown;
  readonly input: unknown;
  readonly output: unknown;
}

const NOTHING: Metered = { source: undefined, input: undefined, output: undefined };

function meteredIn(log: LogLine): Metered {
  return { source: log.usageSource, input: log.inputTokens, output: log.outputTokens };
}

/** Asserts an estimate, and that its output is within 20 %. */
function assertEstimated(log: LogLine, outputTokens: number): void {
  const { source, input, output } = meteredIn(log);
  assert.deepEqual([source, input], ["estimated", INPUT]);
  const off = Math.abs(Number(output) - outputTokens);
  assert.ok(off <= outputTokens * 0.2, `${String(output)} tokens of output for ${outputTokens}`);
}

async function receives(socket: Socket, bytes: number): Promise<void> {
  for (let received = 0; received < bytes; ) received += ((await once(socket, "data")) as [Buffer])[0].length;
}

/** Each kind of call has a model of its own here, and with it counters of its own. */
const MODELS = ["counted", "told"] as const;

describe("a call's usage", { timeout: 60_000 }, () => {
  let up: ScriptedGateway;
  let mute: MuteServer;

  before(async () => {
    mute = await startMuteServer();
    up = await startScriptedGateway({
      timeouts: { firstByteMs: 300 },
      providers: {
        ...Object.fromEntries(MODELS.map((name) => [name, {}])),
        unconnected: { baseUrl: `https://127.0.0.1:${mute.port}/v1` },
      },
    });
  });
  after(async () => {
    await up.close();
    await mute.close();
  });

  /** Tokens of a model by source, input and output together, from the metrics. */
  async function tokensInMetrics(model: string): Promise<Record<string, number>> {
    const text = await (await fetch(`${up.gateway.adminUrl}/metrics`)).text();
    const sums: Record<string, number> = {};
    for (const { name, labels, value } of parsePrometheus(text)) {
      if (name !== "headrace_tokens_total" || labels.model !== model) continue;
      const source = labels.source ?? "";
      sums[source] = (sums[source] ?? 0) + value;
    }
    return sums;
  }

  /** A whole exchange: a stream of these events, which then ends or is cut. */
  async function stream(
    requestId: string,
    text: string,
    options: { cut?: boolean; model?: string } = {},
  ): Promise<LogLine> {
    const { cut = false, model = "chat" } = options;
    const answer = callRaw(up.gateway, { model, stream: true, requestId });
    const { response } = await up.upstream.next();
    response.writeHead(200, SSE);
    if (cut) response.write(text, () => response.destroy());
    else response.end(text);
    await answer;
    return up.logOf(requestId);
  }

  it("is estimated when the client leaves in the middle of a stream, in the log and in the metrics", async () => {
    const requestId = "left-mid-stream";
    const socket = await openCall(up.gateway, { model: "counted", stream: true, requestId });
    const { response } = await up.upstream.next();
    response.writeHead(200, SSE);
    const text = words(EVENTS);
    response.write(text);
    await receives(socket, text.length);
    leave(socket);
    const log = await up.logOf(requestId);
    assert.deepEqual([log.status, log.errorCode, log.events], [499, "client_closed", EVENTS]);
    assertEstimated(log, EVENTS);
    const sum = Number(log.inputTokens) + Number(log.outputTokens);
    assert.deepEqual(await tokensInMetrics("counted"), { reported: 0, estimated: sum });
  });

  for (const streamed of [true, false]) {
    it(`is the input when the client leaves before the first byte, ${streamed ? "stream" : "plain"}`, async () => {
      const requestId = `left-early-${streamed}`;
      const socket = await openCall(up.gateway, { stream: streamed, requestId });
      await up.upstream.next();
      leave(socket);
      const log = await up.logOf(requestId);
      assert.equal(log.errorCode, "client_closed");
      assert.deepEqual(meteredIn(log), { source: "estimated", input: INPUT, output: 0 });
    });
  }

  it("is nothing for a call that was never sent", async () => {
    const socket = await openCall(up.gateway, { model: "unconnected", requestId: "never-sent" });
    await mute.accepted;
    leave(socket);
    assert.deepEqual(meteredIn(await up.logOf("never-sent")), NOTHING);
  });

  it("is estimated when the provider cuts the stream", async () => {
    const log = await stream("cut", words(EVENTS), { cut: true });
    assert.deepEqual([log.status, log.errorCode], [200, "upstream_cut"]);
    assertEstimated(log, EVENTS);
  });

  it("is estimated when the provider fails inside the stream", async () => {
    const requestId = "failed";
    const socket = await openCall(up.gateway, { stream: true, requestId });
    const { response } = await up.upstream.next();
    const text = words(EVENTS);
    response.writeHead(200, SSE).write(text);
    await receives(socket, text.length);
    response.end('data: {"error":{"message":"no"}}\n\n');
    const log = await up.logOf(requestId);
    assert.deepEqual([log.status, log.errorCode], [200, "upstream_error"]);
    assertEstimated(log, EVENTS);
    socket.destroy();
  });

  it("is estimated for a whole stream that tells of none", async () => {
    const log = await stream("untold", words(EVENTS) + FINISH + DONE);
    assert.deepEqual([log.status, log.errorCode], [200, undefined]);
    assertEstimated(log, EVENTS);
  });

  it("is exactly what the provider reports of a whole stream", async () => {
    const log = await stream("told", words(EVENTS) + FINISH + usageEvent(USAGE) + DONE, { model: "told" });
    assert.deepEqual(meteredIn(log), { source: "reported", input: 1234, output: 77 });
    assert.deepEqual(await tokensInMetrics("told"), { reported: 1311, estimated: 0 });
  });

  it("is what the provider reported, also when the client leaves behind it", async () => {
    const requestId = "left-late";
    const socket = await openCall(up.gateway, { stream: true, includeUsage: true, requestId });
    const { response } = await up.upstream.next();
    const text = words(EVENTS) + FINISH + usageEvent(USAGE);
    response.writeHead(200, SSE).write(text);
    await receives(socket, text.length);
    leave(socket);
    assert.deepEqual(meteredIn(await up.logOf(requestId)), { source: "reported", input: 1234, output: 77 });
  });

  it("is what was reported so far, with what was seen since, of a stream that is cut", async () => {
    const some = { choices: [{ index: 0, delta: { content: " some" } }] };
    const early = usageEvent({ prompt_tokens: 500, completion_tokens: 1 }, some);
    const log = await stream("grew", early + words(EVENTS), { cut: true });
    assert.deepEqual([log.usageSource, log.inputTokens], ["estimated", 500]);
    assert.ok(Math.abs(Number(log.outputTokens) - EVENTS) <= EVENTS * 0.2, String(log.outputTokens));
    const late = usageEvent({ prompt_tokens: 500, completion_tokens: 900 }, some);
    const reasoned = await stream("reasoned", words(3) + late + words(3), { cut: true });
    assert.deepEqual(meteredIn(reasoned), { source: "estimated", input: 500, output: 900 });
  });

  it("is the input when the provider takes all the time for its first byte", async () => {
    const answer = callRaw(up.gateway, { stream: true, requestId: "silent" });
    await up.upstream.next();
    await answer;
    const log = await up.logOf("silent");
    assert.equal(log.errorCode, "upstream_first_byte_timeout");
    assert.deepEqual(meteredIn(log), { source: "estimated", input: INPUT, output: 0 });
  });

  const refusals: readonly (readonly [name: string, answer: (response: ServerResponse) => unknown])[] = [
    [
      "a status of 429",
      (response) => response.writeHead(429, { "content-type": "application/json" }).end('{"error":{}}'),
    ],
    ["a redirect", (response) => response.writeHead(302, { location: "/" }).end()],
    [
      "an error as the first event",
      (response) => response.writeHead(200, SSE).end('data: {"error":{"message":"no"}}\n\n'),
    ],
    [
      "an error in JSON with status 200",
      (response) =>
        response.writeHead(200, { "content-type": "application/json" }).end('{"error":{"message":"no"}}'),
    ],
    ["a connection that closes without a word", (response) => response.destroy()],
  ];
  for (const [name, answerWith] of refusals) {
    it(`is nothing for ${name}`, async () => {
      const requestId = name.replaceAll(" ", "-");
      const answer = callRaw(up.gateway, { stream: true, requestId });
      answerWith((await up.upstream.next()).response);
      await answer;
      const log = await up.logOf(requestId);
      assert.ok(Number(log.status) >= 400);
      assert.deepEqual(meteredIn(log), NOTHING);
    });
  }

  it("is not made up for a whole plain answer that tells of none", async () => {
    const answer = callRaw(up.gateway, { requestId: "plain" });
    const { response } = await up.upstream.next();
    response.writeHead(200, { "content-type": "application/json" }).end('{"choices":[]}');
    await answer;
    assert.deepEqual(meteredIn(await up.logOf("plain")), NOTHING);
  });
});

it("a stream that a drain cuts is metered", { timeout: 60_000 }, async () => {
  const started = await startMockGateway({ config: { drainTimeoutMs: 200 } });
  try {
    const { gateway } = started;
    const { ended } = await openStream({ port: gateway.port, mock: { stallAfterEvents: 12, chunks: 40 } });
    gateway.signal("SIGTERM");
    await ended;
    await gateway.exited;
    const log = gateway.logs.find((line) => line.msg === "request");
    assert.equal(log?.errorCode, "draining");
    assertEstimated(log ?? {}, 12);
  } finally {
    await started.close();
  }
});
