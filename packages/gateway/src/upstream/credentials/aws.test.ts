import assert from "node:assert/strict";
import { createHash, createHmac } from "node:crypto";
import { test } from "node:test";
import { GatewayError } from "@headrace/core/errors/gateway-error";
import { awsCredential } from "./aws.ts";
import type { SignableRequest } from "./credential.ts";
import { FakeTiming, headerOf, startTokenServer, withEnvironment } from "./testing.ts";

/** The suite that AWS publishes with Signature Version 4 ("aws-sig-v4-test-suite"). */
const SUITE = {
  service: "service",
  region: "us-east-1",
  accessKeyId: "AKIDEXAMPLE",
  secretAccessKey: "wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY",
};
const SUITE_DATE = Date.UTC(2015, 7, 30, 12, 36);

const VECTORS = [
  ["get-vanilla", "GET", "/", "5fa00fa31553b73ebf1942676e86291e8372ff2a2260956d9b8aae1d763fbf31"],
  ["post-vanilla", "POST", "/", "5da7c1a2acd57cee7505fc6676e4e544621c30862966e37dddb68e92efbe5d6b"],
  [
    "get-vanilla-query-order-key-case",
    "GET",
    "/?Param2=value2&Param1=value1",
    "b97d918cfa904a5beff61c982a1b6f458b799221646efd99d3219ec94cdf2500",
  ],
] as const;

for (const [name, method, path, signature] of VECTORS) {
  test(`aws: signs as AWS's own suite, ${name}`, async () => {
    const credential = awsCredential({ ...SUITE, timing: new FakeTiming(SUITE_DATE) });
    const headers = await credential.headers({
      method,
      path,
      host: "example.amazonaws.com",
      body: new Uint8Array(),
    });
    assert.deepEqual(headers, [
      "x-amz-date",
      "20150830T123600Z",
      "authorization",
      `AWS4-HMAC-SHA256 Credential=AKIDEXAMPLE/20150830/us-east-1/service/aws4_request, SignedHeaders=host;x-amz-date, Signature=${signature}`,
    ]);
  });
}

function sha256(text: string | Uint8Array): string {
  return createHash("sha256").update(text).digest("hex");
}

function hmac(key: string | Buffer, text: string): Buffer {
  return createHmac("sha256", key).update(text).digest();
}

/** Signature Version 4 anew from its description, for a path without a query. */
function signatureOf(request: SignableRequest, { secret, token }: { secret: string; token: string }): string {
  const path = request.path.split("/").map(encodeURIComponent).join("/");
  const canonical = [
    request.method,
    path,
    "",
    `host:${request.host}`,
    "x-amz-date:20261122T101112Z",
    `x-amz-security-token:${token}`,
    "",
    "host;x-amz-date;x-amz-security-token",
    sha256(request.body),
  ].join("\n");
  const scope = "20261122/eu-west-1/bedrock/aws4_request";
  const text = ["AWS4-HMAC-SHA256", "20261122T101112Z", scope, sha256(canonical)].join("\n");
  const key = scope.split("/").reduce<string | Buffer>((inner, part) => hmac(inner, part), `AWS4${secret}`);
  return hmac(key, text).toString("hex");
}

test("aws: signs a path with an encoded model, a body and a session", async () => {
  const credential = awsCredential({
    service: "bedrock",
    region: "eu-west-1",
    accessKeyId: "AKIDMILL",
    secretAccessKey: "mill-secret",
    sessionToken: "mill-session",
    timing: new FakeTiming(Date.UTC(2026, 10, 22, 10, 11, 12)),
  });
  const request: SignableRequest = {
    method: "POST",
    path: "/model/eu.anthropic.claude-sonnet-4-5-20250929-v1%3A0/converse-stream",
    host: "bedrock-runtime.eu-west-1.amazonaws.com",
    body: Buffer.from('{"messages":[{"role":"user","content":[{"text":"é"}]}]}'),
  };
  const headers = await credential.headers(request);
  assert.equal(headerOf(headers, "x-amz-security-token"), "mill-session");
  assert.equal(headerOf(headers, "host"), undefined);
  const signature = signatureOf(request, { secret: "mill-secret", token: "mill-session" });
  assert.ok(headerOf(headers, "authorization")?.endsWith(`Signature=${signature}`));
  assert.deepEqual(credential.secrets, ["mill-secret", "mill-session"]);
  await credential.close();
});

test("aws: an API key is sent as it is, and needs no region", async () => {
  const credential = awsCredential({ service: "bedrock", apiKey: "bedrock-key" });
  const request = { method: "POST", path: "/", host: "h", body: new Uint8Array() };
  assert.deepEqual(await credential.headers(request), ["authorization", "Bearer bedrock-key"]);
  assert.deepEqual(credential.secrets, ["bedrock-key"]);
});

/** Nothing that this machine may have by itself. */
const BARE = {
  AWS_ACCESS_KEY_ID: undefined,
  AWS_SECRET_ACCESS_KEY: undefined,
  AWS_SESSION_TOKEN: undefined,
  AWS_PROFILE: undefined,
  AWS_REGION: undefined,
  AWS_DEFAULT_REGION: undefined,
  AWS_WEB_IDENTITY_TOKEN_FILE: undefined,
  AWS_CONTAINER_CREDENTIALS_RELATIVE_URI: undefined,
  AWS_CONTAINER_CREDENTIALS_FULL_URI: undefined,
  AWS_CONFIG_FILE: "/nonexistent/config",
  AWS_SHARED_CREDENTIALS_FILE: "/nonexistent/credentials",
  AWS_EC2_METADATA_DISABLED: "true",
};

test("aws: signing without a region is refused when it is opened", async () => {
  await withEnvironment(BARE, async () => {
    assert.throws(() => awsCredential({ service: "bedrock" }), /no AWS region/);
  });
});

const ANY: SignableRequest = { method: "POST", path: "/", host: "h", body: new Uint8Array() };

test("aws: a container's credentials, fetched once and again before their end", async () => {
  const timing = new FakeTiming(Date.now());
  let given = 0;
  const server = await startTokenServer(({ headers }) => {
    given++;
    assert.equal(headers.authorization, "mill-container");
    return {
      body: {
        AccessKeyId: `AKID${given}`,
        SecretAccessKey: `secret-${given}`,
        Token: `session-${given}`,
        Expiration: new Date(timing.nowMs() + 3_600_000).toISOString(),
      },
    };
  });
  const environment = {
    ...BARE,
    AWS_REGION: "eu-west-1",
    AWS_CONTAINER_CREDENTIALS_FULL_URI: `${server.url}/credentials`,
    AWS_CONTAINER_AUTHORIZATION_TOKEN: "mill-container",
  };
  await withEnvironment(environment, async () => {
    const credential = awsCredential({ service: "bedrock", timing });
    const all = await Promise.all([credential.headers(ANY), credential.headers(ANY)]);
    for (const headers of all) assert.match(headerOf(headers, "authorization") ?? "", /Credential=AKID1\//);
    assert.deepEqual(credential.secrets, ["secret-1", "session-1"]);
    await timing.pass(3_600_000 - 270_000 - 1);
    assert.equal(server.asked.length, 1);
    await timing.pass(1);
    // It is a real request, so its answer comes in real time.
    while (credential.secrets[0] === "secret-1") await timing.pass(0);
    assert.equal(server.asked.length, 2);
    assert.match(headerOf(await credential.headers(ANY), "authorization") ?? "", /Credential=AKID2\//);
    await credential.close();
  });
  await server.close();
});

test("aws: a machine without credentials says what was tried", async () => {
  await withEnvironment({ ...BARE, AWS_REGION: "eu-west-1" }, async () => {
    const credential = awsCredential({ service: "bedrock" });
    await assert.rejects(
      async () => credential.headers(ANY),
      (error) => {
        assert.ok(error instanceof GatewayError);
        assert.equal(error.code, "upstream_auth_failed");
        assert.match(
          error.message,
          /could not get AWS credentials: Could not load credentials from any providers/,
        );
        return true;
      },
    );
    await credential.close();
  });
});
