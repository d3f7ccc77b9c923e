import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { AwsClient } from "aws4fetch";
import { type Mock, startMock } from "./server.ts";
import type { WireJson } from "./testing/raw-client.ts";

const KEY = { accessKeyId: "AKIDMOCK", secretAccessKey: "secret/with:colon" };
let mock: Mock;
before(async () => {
  mock = await startMock({ requireKey: `${KEY.accessKeyId}:${KEY.secretAccessKey}` });
});
after(() => mock.close());

const BODY = JSON.stringify({ messages: [{ role: "user", content: [{ text: "größe" }] }] });

function signer(key: typeof KEY): AwsClient {
  return new AwsClient({ ...key, service: "bedrock", region: "us-east-1", retries: 0 });
}

async function errorOf(response: Response): Promise<[number, string, WireJson]> {
  const type = response.headers.get("x-amzn-errortype") ?? "";
  return [response.status, type.split(":")[0] ?? "", await response.json()];
}

test("a request signed with the key is taken, whatever has to be encoded in its path", async () => {
  for (const model of ["anthropic.claude-v2:1", "arn:aws:bedrock:us-east-1:1:inference-profile/us.x-v1:0"]) {
    const url = new URL(`/model/${encodeURIComponent(model)}/converse?b=2&a=1 2`, mock.url);
    const response = await signer(KEY).fetch(url.href, { method: "POST", body: BODY });
    assert.equal(response.status, 200, await response.text());
  }
});

test("another key, another secret and a changed body are refused as AWS refuses them", async () => {
  const url = new URL("/model/m/converse", mock.url).href;
  const sent = { method: "POST", body: BODY };
  const [status, type] = await errorOf(await signer({ ...KEY, accessKeyId: "AKIDOTHER" }).fetch(url, sent));
  assert.deepEqual([status, type], [403, "UnrecognizedClientException"]);
  const [, mismatch, body] = await errorOf(await signer({ ...KEY, secretAccessKey: "no" }).fetch(url, sent));
  assert.equal(mismatch, "InvalidSignatureException");
  assert.match(body.message, /signature we calculated does not match/);
  const signed = await signer(KEY).sign(url, sent);
  const changed = await fetch(url, { method: "POST", headers: signed.headers, body: `${BODY} ` });
  assert.equal((await errorOf(changed))[1], "InvalidSignatureException");
  const headers = { authorization: "AWS4-HMAC-SHA256 Credential=x" };
  assert.equal(
    (await errorOf(await fetch(url, { method: "POST", headers, body: BODY })))[1],
    "IncompleteSignatureException",
  );
  assert.equal(
    (await errorOf(await fetch(url, { method: "POST", body: BODY })))[1],
    "MissingAuthenticationTokenException",
  );
});
