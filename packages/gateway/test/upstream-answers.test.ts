/** Answers that are odd but legal: a header sent twice, one too large to be held, and what is passed on to whom. */
import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { gzipSync } from "node:zlib";
import { type RawListener, startRawListener } from "@headrace/mock-upstream/raw-listener";
import { type Mock, startMock } from "@headrace/mock-upstream/server";
import type { RawAnswer } from "@headrace/mock-upstream/testing/raw-client";
import { KEY } from "./support/mock-gateway.ts";
import { callRaw } from "./support/raw-call.ts";
import { type StartedGateway, startGateway } from "./support/started-gateway.ts";

const ANSWER = JSON.stringify({
  object: "chat.completion",
  choices: [],
  usage: { prompt_tokens: 7, completion_tokens: 2 },
});
const MEBIBYTE = 1024 * 1024;

let mock: Mock;
let gateway: StartedGateway;
const listeners: RawListener[] = [];

function twice(body: Buffer, encoding: string): string {
  const head = `HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncontent-type: application/json\r\n${encoding}`;
  return `${head}content-length: ${body.length}\r\n\r\n`;
}

async function provider(bytes: Buffer): Promise<object> {
  const listener = await startRawListener([{ type: "await-request" }, { type: "write", bytes }]);
  listeners.push(listener);
  return { adapter: "openai-compatible", baseUrl: listener.url };
}

before(async () => {
  mock = await startMock();
  const plain = Buffer.from(ANSWER);
  const gzip = gzipSync(plain);
  const large = Buffer.from(
    JSON.stringify({
      pad: "x".repeat(6 * MEBIBYTE),
      choices: [],
      usage: { prompt_tokens: 5, completion_tokens: 3 },
    }),
  );
  const providers = {
    inside: { adapter: "openai-compatible", baseUrl: mock.url, forwardHeaders: ["x-internal-user"] },
    outside: { adapter: "openai-compatible", baseUrl: mock.url },
    repeated: await provider(Buffer.concat([Buffer.from(twice(plain, "")), plain])),
    "repeated-gzip": await provider(
      Buffer.concat([Buffer.from(twice(gzip, "content-encoding: gzip\r\n")), gzip]),
    ),
    large: await provider(
      Buffer.concat([
        Buffer.from(
          `HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncontent-length: ${large.length}\r\n\r\n`,
        ),
        large,
      ]),
    ),
  };
  const models = Object.fromEntries(
    Object.keys(providers).map((name) => [
      name,
      { targets: [{ provider: name, model: "m" }], retry: { attempts: 1 } },
    ]),
  );
  gateway = await startGateway({
    config: { listen: { host: "127.0.0.1" }, providers, models, keys: [{ name: "client", key: KEY }] },
  });
});

after(async () => {
  await gateway.stop();
  await mock.close();
  await Promise.all(listeners.map((listener) => listener.close()));
});

for (const model of ["repeated", "repeated-gzip"]) {
  test(`a header that the provider sends twice is read once (${model})`, async () => {
    const answer: RawAnswer = await callRaw(gateway, { model });
    assert.deepEqual([answer.status, String(answer.body)], [200, ANSWER]);
  });
}

test("an answer too large to be held is metered by its end", async () => {
  const requestId = "large-answer";
  const answer = await callRaw(gateway, { model: "large", requestId });
  assert.equal(answer.status, 200);
  const log = await gateway.waitForLog((line) => line.msg === "request" && line.requestId === requestId);
  assert.deepEqual([log.inputTokens, log.outputTokens], [5, 3]);
});

test("a client header goes to the provider that may have it, and to no other", async () => {
  const headers = {
    authorization: `Bearer ${KEY}`,
    "x-internal-user": "alice",
    "content-type": "application/json",
  };
  for (const model of ["inside", "outside"]) {
    const body = JSON.stringify({ model, messages: [{ role: "user", content: "Hello" }] });
    const answer = await fetch(`${gateway.url}/v1/chat/completions`, { method: "POST", headers, body });
    assert.equal(answer.status, 200);
    await answer.text();
  }
  const seen = mock.received.map((request) => request.headers["x-internal-user"]);
  assert.deepEqual(seen, ["alice", undefined]);
});
