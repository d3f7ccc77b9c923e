/** What clients of Bedrock meet that no SDK makes: signed requests, calls that do not exist, bytes that stay as they are. */
import assert from "node:assert/strict";
import { after, before, beforeEach, test } from "node:test";
import { type Mock, startMock } from "@headrace/mock-upstream/server";
import { KEY, PROVIDER_KEY } from "./support/mock-gateway.ts";
import { type StartedGateway, startGateway } from "./support/started-gateway.ts";

const NOVA = "amazon.nova-pro-v1:0";
/** Clients may name a model by its ARN. */
const PROFILE = "arn:aws:bedrock:us-east-1:123456789012:inference-profile/eu.amazon.nova-pro-v1:0";

let mock: Mock;
let gateway: StartedGateway;

before(async () => {
  mock = await startMock({ requireKey: PROVIDER_KEY, behaviour: { content: "The wheel turns." } });
  const { origin } = new URL(mock.url);
  const model = { targets: [{ provider: "bedrock", model: NOVA }], retry: { attempts: 1 } };
  gateway = await startGateway({
    config: {
      listen: { host: "127.0.0.1" },
      providers: {
        bedrock: { adapter: "bedrock", region: "us-east-1", baseUrl: origin, apiKey: PROVIDER_KEY },
      },
      models: { nova: model, [PROFILE]: model },
      keys: [{ name: "client", key: KEY }],
    },
  });
});
beforeEach(() => mock.clear());
after(async () => {
  await gateway.stop();
  await mock.close();
});

function post(path: string, headers: Readonly<Record<string, string>> = {}): Promise<Response> {
  return fetch(`${gateway.url}${path}`, {
    method: "POST",
    headers: { authorization: `Bearer ${KEY}`, "content-type": "application/json", ...headers },
    body: JSON.stringify(BODY),
  });
}

const BODY = {
  messages: [{ role: "user", content: [{ text: "Hi" }] }],
  guardrailConfig: { guardrailIdentifier: "g", guardrailVersion: "1" },
};

test("a request for Bedrock reaches it as it was written, by a model whose name is an ARN", async () => {
  const response = await post(`/model/${encodeURIComponent(PROFILE)}/converse`);
  assert.equal(response.status, 200);
  assert.ok(response.headers.get("x-amzn-requestid"));
  assert.deepEqual(mock.received[0]?.bodyBytes.toString(), JSON.stringify(BODY));
  assert.equal(mock.received[0]?.path, `/model/${encodeURIComponent(NOVA)}/converse`);
});

test("a stream of Bedrock's reaches its client message by message as it was sent", async () => {
  const sent = await fetch(`${new URL(mock.url).origin}/model/${encodeURIComponent(NOVA)}/converse-stream`, {
    method: "POST",
    headers: { authorization: `Bearer ${PROVIDER_KEY}`, "content-type": "application/json" },
    body: JSON.stringify(BODY),
  });
  const response = await post("/model/nova/converse-stream");
  assert.equal(response.headers.get("content-type"), "application/vnd.amazon.eventstream");
  assert.deepEqual(payloads(await bytesOf(response)), payloads(await bytesOf(sent)));
});

async function bytesOf(response: Response): Promise<Buffer> {
  return Buffer.from(await response.arrayBuffer());
}

/** The payloads of messages; their headers may stand in another order. */
function payloads(stream: Buffer): string[] {
  const found: string[] = [];
  for (let at = 0; at < stream.length; ) {
    const end = at + stream.readUInt32BE(at);
    found.push(stream.subarray(at + 12 + stream.readUInt32BE(at + 4), end - 4).toString());
    at = end;
  }
  return found;
}

test("a provider's refusal comes with its kind in the header that SDKs read", async () => {
  mock.setFaults({ status: 429, errorMessage: "Too many tokens." });
  const response = await post("/model/nova/converse");
  assert.equal(response.status, 429);
  assert.equal(response.headers.get("x-amzn-errortype"), "ThrottlingException");
  assert.match(await response.text(), /Too many tokens\./);
});

const REFUSED = [
  [
    "a signed request",
    "/model/nova/converse",
    { authorization: "AWS4-HMAC-SHA256 Credential=AKIA/20260101/us-east-1/bedrock/aws4_request" },
    [401, "AccessDeniedException", /AWS_BEARER_TOKEN_BEDROCK/],
  ],
  [
    "an unknown key",
    "/model/nova/converse",
    { authorization: "Bearer no" },
    [401, "AccessDeniedException", /key/],
  ],
  ["an unknown model", "/model/none/converse-stream", {}, [404, "ResourceNotFoundException", /none/]],
  ["an unknown call", "/model/nova/tickle", {}, [404, "ResourceNotFoundException", /converse-stream/]],
  ["a call on no model", "/model/converse", {}, [404, "ResourceNotFoundException", /no such call/]],
] as const;

for (const [name, path, headers, [status, type, words]] of REFUSED)
  test(`${name} is refused in Bedrock's words`, async () => {
    const response = await post(path, headers);
    assert.equal(response.status, status);
    assert.equal(response.headers.get("x-amzn-errortype"), type);
    const body = (await response.json()) as Record<string, unknown>;
    assert.deepEqual(Object.keys(body), ["message"]);
    assert.match(String(body.message), words);
    assert.equal(mock.received.length, 0);
  });
