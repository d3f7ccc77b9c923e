import assert from "node:assert/strict";
import { createVerify, generateKeyPairSync } from "node:crypto";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { GatewayError } from "@headrace/core/errors/gateway-error";
import type { ErrorCode } from "@headrace/core/errors/table";
import { googleCredential } from "./google.ts";
import { type Asked, FakeTiming, headerOf, REQUEST, startTokenServer, withEnvironment } from "./testing.ts";

const SCOPE = "https://www.googleapis.com/auth/cloud-platform";
const { privateKey, publicKey } = generateKeyPairSync("rsa", {
  modulusLength: 2048,
  privateKeyEncoding: { type: "pkcs8", format: "pem" },
  publicKeyEncoding: { type: "spki", format: "pem" },
});

function serviceAccount(tokenUri: string, more: object = {}): string {
  return JSON.stringify({
    type: "service_account",
    client_email: "mill@weir.iam.gserviceaccount.com",
    private_key: privateKey,
    token_uri: tokenUri,
    ...more,
  });
}

/** The claims of the assertion that a token was asked for with, after its signature has been checked. */
function claimsOf({ body }: Asked): object {
  const form = new URLSearchParams(body);
  assert.equal(form.get("grant_type"), "urn:ietf:params:oauth:grant-type:jwt-bearer");
  const [header = "", payload = "", signature = ""] = (form.get("assertion") ?? "").split(".");
  const verifier = createVerify("RSA-SHA256").update(`${header}.${payload}`);
  assert.ok(verifier.verify(publicKey, signature, "base64url"));
  return JSON.parse(Buffer.from(payload, "base64url").toString());
}

/** The variables by which the library finds credentials of the machine. */
const BARE = {
  GOOGLE_APPLICATION_CREDENTIALS: undefined,
  GOOGLE_CLOUD_PROJECT: undefined,
  CLOUDSDK_CONFIG: "/nonexistent",
  HOME: "/nonexistent",
  METADATA_SERVER_DETECTION: "none",
};

test("google: a service account's token, fetched once and again before its end", async () => {
  const timing = new FakeTiming(Date.now());
  let given = 0;
  const server = await startTokenServer(() => {
    given++;
    return { body: { access_token: `token-${given}`, expires_in: 3600, token_type: "Bearer" } };
  });
  const apiKey = serviceAccount(`${server.url}/token`, { quota_project_id: "weir" });
  const credential = googleCredential({ scope: SCOPE, apiKey, timing });
  assert.equal(credential.secrets.length, 0);
  const [headers, same] = await Promise.all([credential.headers(REQUEST), credential.headers(REQUEST)]);
  assert.equal(headers, same);
  assert.equal(headerOf(headers, "authorization"), "Bearer token-1");
  assert.equal(headerOf(headers, "x-goog-user-project"), "weir");
  assert.ok(credential.secrets.includes("token-1"));
  const [asked] = server.asked;
  assert.ok(asked !== undefined);
  assert.equal(asked.url, "/token");
  const { iss, scope } = claimsOf(asked) as { iss: string; scope: string };
  assert.deepEqual({ iss, scope }, { iss: "mill@weir.iam.gserviceaccount.com", scope: SCOPE });

  assert.equal(server.asked.length, 1);
  await timing.pass(3_600_000 - 270_000 + 1_000);
  // It is a real request, so its answer comes in real time.
  while (!credential.secrets.includes("token-2")) await timing.pass(0);
  assert.equal(server.asked.length, 2);
  const fresh = credential.headers(REQUEST);
  assert.ok(!(fresh instanceof Promise), "at hand");
  assert.equal(headerOf(fresh, "authorization"), "Bearer token-2");

  credential.answered?.(headers, { status: 401, retryAfterMs: null });
  credential.answered?.(fresh, { status: 403, retryAfterMs: null });
  await timing.pass(60_000);
  credential.answered?.(fresh, { status: 401, retryAfterMs: null });
  while (!credential.secrets.includes("token-3")) await timing.pass(0);
  assert.equal(server.asked.length, 3);
  await credential.close();
  await server.close();
});

test("google: a user's credentials in a file, read again for each token", async () => {
  const directory = await mkdtemp(join(tmpdir(), "headrace-google-"));
  const credentialsFile = join(directory, "credentials.json");
  const server = await startTokenServer(() => ({ body: { access_token: "token-u", expires_in: 3600 } }));
  const user = {
    type: "authorized_user",
    client_id: "mill",
    client_secret: "mill-secret",
    refresh_token: "mill-refresh",
    token_uri: `${server.url}/user`,
  };
  await writeFile(credentialsFile, JSON.stringify(user));
  const credential = googleCredential({ scope: SCOPE, credentialsFile });
  const headers = await credential.headers(REQUEST);
  assert.equal(headerOf(headers, "authorization"), "Bearer token-u");
  const form = new URLSearchParams(server.asked[0]?.body);
  assert.equal(form.get("refresh_token"), "mill-refresh");
  assert.equal(form.get("client_secret"), "mill-secret");
  await credential.close();
  await server.close();
  await rm(directory, { recursive: true });
});

test("google: the file that the environment names", async () => {
  const directory = await mkdtemp(join(tmpdir(), "headrace-google-"));
  const file = join(directory, "adc.json");
  const server = await startTokenServer(() => ({ body: { access_token: "token-e", expires_in: 3600 } }));
  await writeFile(file, serviceAccount("https://ignored.example/token"));
  await withEnvironment({ ...BARE, GOOGLE_APPLICATION_CREDENTIALS: file }, async () => {
    // The library asks Google itself, whatever the file says.
    const toServer: typeof fetch = (input, init) => {
      assert.equal(String(input), "https://oauth2.googleapis.com/token");
      return fetch(`${server.url}/adc`, init);
    };
    const credential = googleCredential({ scope: SCOPE, fetch: toServer });
    assert.equal(headerOf(await credential.headers(REQUEST), "authorization"), "Bearer token-e");
    await credential.close();
  });
  await server.close();
  await rm(directory, { recursive: true });
});

test("google: the machine's own account, by its metadata server", async () => {
  const server = await startTokenServer(({ url }) =>
    url.includes("/token")
      ? { body: { access_token: "token-m", expires_in: 3600, token_type: "Bearer" } }
      : { body: {} },
  );
  const host = server.url.replace("http://", "");
  await withEnvironment(
    { ...BARE, GCE_METADATA_HOST: host, METADATA_SERVER_DETECTION: "assume-present" },
    async () => {
      const credential = googleCredential({ scope: SCOPE });
      assert.equal(headerOf(await credential.headers(REQUEST), "authorization"), "Bearer token-m");
      await credential.close();
    },
  );
  const asked = server.asked.find(({ url }) => url.includes("/token"));
  assert.equal(asked?.headers["metadata-flavor"], "Google");
  await server.close();
});

test("google: a key is sent as it is", async () => {
  const credential = googleCredential({ scope: SCOPE, apiKey: "google-key" });
  assert.deepEqual(credential.headers(REQUEST), ["authorization", "Bearer google-key"]);
  assert.deepEqual(credential.secrets, ["google-key"]);
  await credential.close();
});

async function failure(apiKey: string): Promise<GatewayError> {
  const credential = googleCredential({ scope: SCOPE, apiKey });
  try {
    await credential.headers(REQUEST);
  } catch (error) {
    assert.ok(error instanceof GatewayError);
    assert.ok(!error.message.includes("PRIVATE KEY"));
    return error;
  } finally {
    await credential.close();
  }
  return assert.fail("a token was given");
}

const UNUSABLE: readonly (readonly [string, string, RegExp])[] = [
  [
    "no JSON",
    "{private",
    /could not get an access token from Google: the credentials are not a JSON object\./,
  ],
  ["no key", '{"type":"service_account","client_email":"a"}', /the credentials have no private_key\./],
  [
    "another type",
    '{"type":"external_account"}',
    /"external_account" are not taken .* GOOGLE_APPLICATION_CREDENTIALS\./,
  ],
];
for (const [name, text, words] of UNUSABLE) {
  test(`google: credentials that are of no use say so: ${name}`, async () => {
    const error = await failure(text);
    assert.equal(error.code, "upstream_auth_failed" satisfies ErrorCode);
    assert.match(error.message, words);
  });
}

test("google: an account that is refused, in Google's words", async () => {
  const server = await startTokenServer(() => ({
    status: 400,
    body: { error: "invalid_grant", error_description: "Invalid JWT Signature." },
  }));
  const error = await failure(serviceAccount(`${server.url}/token`));
  assert.equal(error.code, "upstream_auth_failed");
  assert.match(error.message, /invalid_grant: Invalid JWT Signature\./);
  await server.close();
});

test("google: an endpoint that is not there", async () => {
  const server = await startTokenServer(() => ({ body: {} }));
  await server.close();
  const error = await failure(serviceAccount(`${server.url}/token`));
  assert.equal(error.code, "upstream_unreachable");
  assert.match(error.message, /not reached \(ECONNREFUSED\)/);
});
