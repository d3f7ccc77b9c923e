/** Fields that a provider knows by another name reach it by that name, in bytes that are otherwise the client's. */
import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { type Mock, startMock } from "@headrace/mock-upstream/server";
import { type StartedGateway, startGateway } from "./support/started-gateway.ts";

const KEY = "sk-client-key";

let mock: Mock;
let gateway: StartedGateway;

before(async () => {
  mock = await startMock();
  const provider = (adapter: string) => ({ adapter, baseUrl: mock.url, apiKey: "sk-test-key" });
  const served = (name: string) => ({ targets: [{ provider: name, model: `${name}-model` }] });
  gateway = await startGateway({
    config: {
      listen: { host: "127.0.0.1" },
      providers: { mistral: { ...provider("mistral"), unsupportedParams: "reject" }, groq: provider("groq") },
      models: { mistral: served("mistral"), groq: served("groq") },
      keys: [{ name: "client", key: KEY }],
    },
  });
});
after(async () => {
  await gateway.stop();
  await mock.close();
});

for (const [model, expected] of [
  ["mistral", '"max_tokens" : 5e1, "random_seed":7'],
  ["groq", '"max_completion_tokens" : 5e1, "seed":7'],
] as const) {
  test(`to ${model} go ${expected}`, async () => {
    mock.clear();
    const body = (name: string, fields: string) =>
      `{"model":"${name}", ${fields},"messages":[{"role":"user","content":"Hi"}]}`;
    const answer = await fetch(`${gateway.url}/v1/chat/completions`, {
      method: "POST",
      headers: { authorization: `Bearer ${KEY}` },
      body: body(model, '"max_completion_tokens" : 5e1, "seed":7'),
    });
    assert.equal(answer.status, 200, await answer.text());
    assert.equal(answer.headers.get("x-headrace-dropped-params"), null);
    assert.equal(mock.received[0]?.bodyBytes.toString(), body(`${model}-model`, expected));
  });
}
