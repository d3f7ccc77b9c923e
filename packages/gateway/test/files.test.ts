/** Files and batches, which a provider keeps: the official OpenAI client, and what is refused. */
import assert from "node:assert/strict";
import { randomBytes } from "node:crypto";
import { after, before, beforeEach, describe, it } from "node:test";
import OpenAI, { toFile } from "openai";
import { KEY, type MockGateway, NARROW_KEY } from "./support/mock-gateway.ts";
import { closeWithNothingLeft } from "./support/nothing-left.ts";
import { assertRefusal, assertRefusalLogged, type ExpectedRefusal } from "./support/refusals.ts";
import { startUploadGateway } from "./support/upload-gateway.ts";

const CONTENT = randomBytes(700_000);

let up: MockGateway;
let client: OpenAI;
before(async () => {
  up = await startUploadGateway();
  client = new OpenAI({ baseURL: up.baseUrl, apiKey: KEY, maxRetries: 0 });
});
beforeEach(() => up.mock.clear());
after(() => closeWithNothingLeft(up));

describe("the official client", () => {
  it("uploads a file, looks at it, reads it and deletes it", async () => {
    const file = await toFile(CONTENT, "batch.jsonl");
    const { data, response } = await client.files.create({ file, purpose: "batch" }).withResponse();
    assert.deepEqual([data.filename, data.bytes, data.purpose], ["batch.jsonl", CONTENT.length, "batch"]);
    assert.equal(response.headers.get("x-headrace-provider"), "mock-provider");
    const log = await up.logOf(response.headers.get("x-request-id"));
    assert.deepEqual(
      [log.endpoint, log.provider, log.model, log.status],
      ["files", "mock-provider", "", 200],
    );

    assert.equal((await client.files.retrieve(data.id)).id, data.id);
    const content = await client.files.content(data.id);
    assert.equal(content.headers.get("content-type"), "application/octet-stream");
    assert.deepEqual(Buffer.from(await content.arrayBuffer()), CONTENT);
    const ids = (await client.files.list()).data.map(({ id }) => id);
    assert.deepEqual(ids, [data.id]);
    assert.equal((await client.files.delete(data.id)).deleted, true);
    await assert.rejects(client.files.retrieve(data.id), { status: 404, message: /No such File object/ });
  });

  it("makes a batch, looks at it and cancels it", async () => {
    const file = await toFile(Buffer.from('{"custom_id":"1"}\n'), "batch.jsonl");
    const { id } = await client.files.create({ file, purpose: "batch" });
    const made = await client.batches.create({
      input_file_id: id,
      endpoint: "/v1/chat/completions",
      completion_window: "24h",
    });
    assert.equal(made.object, "batch");
    assert.equal((await client.batches.retrieve(made.id)).id, made.id);
    assert.ok((await client.batches.list({ limit: 5 })).data.some((batch) => batch.id === made.id));
    assert.match(up.mock.received.at(-1)?.path ?? "", /^\/v1\/batches\?limit=5$/);
    assert.equal((await client.batches.cancel(made.id)).id, made.id);
  });
});

async function call(method: string, path: string, headers: Readonly<Record<string, string>> = {}) {
  const response = await fetch(up.baseUrl + path, {
    method,
    headers: { authorization: `Bearer ${KEY}`, ...headers },
  });
  return { status: response.status, headers: response.headers, body: await response.text() };
}

describe("the provider", () => {
  it("is the first that keeps such things", async () => {
    const answer = await call("GET", "/files?purpose=batch");
    assert.deepEqual([answer.status, answer.headers.get("x-headrace-provider")], [200, "mock-provider"]);
  });

  for (const [where, path, headers] of [
    ["a header", "/files?limit=3", { "x-headrace-provider": "mock-provider" }],
    ["the query", "/files?limit=3&provider=mock-provider&key=secret", {}],
  ] as const) {
    it(`can be named in ${where}, which stays here`, async () => {
      const answer = await call("GET", path, headers);
      assert.equal(answer.status, 200, answer.body);
      assert.equal(up.mock.received[0]?.path, "/v1/files?limit=3");
    });
  }
});

const REFUSALS: readonly (readonly [string, () => ReturnType<typeof call>, ExpectedRefusal])[] = [
  [
    "a provider that is not there",
    () => call("GET", "/files", { "x-headrace-provider": "nope" }),
    { code: "provider_not_found" },
  ],
  [
    "a provider that keeps nothing",
    () => call("GET", "/batches?provider=few"),
    { code: "endpoint_not_served" },
  ],
  [
    "a key that is limited to models",
    () => call("GET", "/files", { authorization: `Bearer ${NARROW_KEY}` }),
    { code: "key_limited_to_models" },
  ],
  ["no key", () => call("GET", "/files", { authorization: "" }), { code: "missing_api_key" }],
  ["an id that leads elsewhere", () => call("GET", "/files/..%2Fmodels"), { code: "route_not_found" }],
  ["an id of blanks", () => call("DELETE", "/files/%20"), { code: "route_not_found" }],
];

describe("what is refused before a provider is asked", () => {
  for (const [name, ask, expected] of REFUSALS) {
    it(name, async () => {
      await assertRefusalLogged(up, assertRefusal(await ask(), expected), expected);
      assert.equal(up.mock.received.length, 0);
    });
  }

  it("a method that the path does not have", async () => {
    const answer = await call("DELETE", "/batches/batch_1");
    assertRefusal(answer, { code: "method_not_allowed" });
    assert.equal(answer.headers.get("allow"), "GET");
  });
});
