import assert from "node:assert/strict";
import { test } from "node:test";
import { GatewayError } from "@headrace/core/errors/gateway-error";
import { type EntraOptions, entraCredential } from "./entra.ts";
import { FakeTiming, headerOf, REQUEST, startTokenServer, type TokenServer } from "./testing.ts";

const APPLICATION: EntraOptions = {
  scope: "https://cognitiveservices.azure.com/.default",
  keyHeader: "api-key",
  tenantId: "00000000-0000-0000-0000-000000000001",
  clientId: "mill",
  clientSecret: "mill-secret",
};

/** The library speaks to authorities by https alone, so what it asks is sent to the server instead. */
function askingInstead(server: TokenServer): typeof fetch {
  return (input, init) => {
    const { origin, pathname, search } = new URL(String(input));
    assert.equal(origin, "https://login.microsoftonline.com");
    return fetch(server.url + pathname + search, init);
  };
}

test("entra: a token by client credentials, fetched once and again before its end", async () => {
  const timing = new FakeTiming(Date.now());
  let given = 0;
  const server = await startTokenServer(() => {
    given++;
    return { body: { access_token: `token-${given}`, expires_in: 3600, token_type: "Bearer" } };
  });
  const credential = entraCredential({ ...APPLICATION, timing, fetch: askingInstead(server) });
  const [headers, same] = await Promise.all([credential.headers(REQUEST), credential.headers(REQUEST)]);
  assert.equal(headers, same);
  assert.equal(headerOf(headers, "authorization"), "Bearer token-1");
  assert.deepEqual(credential.secrets, ["token-1"]);
  assert.equal(server.asked.length, 1);
  const [asked] = server.asked;
  assert.ok(asked !== undefined);
  assert.ok(asked.url.startsWith(`/${APPLICATION.tenantId}/oauth2/v2.0/token`));
  const form = new URLSearchParams(asked.body);
  assert.equal(form.get("grant_type"), "client_credentials");
  assert.equal(form.get("client_id"), "mill");
  assert.equal(form.get("client_secret"), "mill-secret");
  assert.match(form.get("scope") ?? "", /^https:\/\/cognitiveservices\.azure\.com\/\.default/);

  await timing.pass(3_600_000 - 300_000 + 1_000);
  // It is a real request, so its answer comes in real time.
  while (!credential.secrets.includes("token-2")) await timing.pass(0);
  assert.equal(server.asked.length, 2);
  const fresh = credential.headers(REQUEST);
  assert.ok(!(fresh instanceof Promise), "at hand");
  await credential.close();
  await server.close();
});

test("entra: an application that is refused, in Microsoft's words and without its secret", async () => {
  const server = await startTokenServer(() => ({
    status: 401,
    body: {
      error: "invalid_client",
      error_description: "AADSTS7000215: Invalid client secret provided: mill-secret.",
    },
  }));
  const credential = entraCredential({ ...APPLICATION, fetch: askingInstead(server) });
  await assert.rejects(
    async () => credential.headers(REQUEST),
    (error) => {
      assert.ok(error instanceof GatewayError);
      assert.equal(error.code, "upstream_auth_failed");
      assert.match(
        error.message,
        /access token from Microsoft Entra: .*AADSTS7000215: Invalid client secret/,
      );
      assert.ok(!error.message.includes("mill-secret"));
      return true;
    },
  );
  await credential.close();
  await server.close();
});

test("entra: an authority that is not there", async () => {
  const server = await startTokenServer(() => ({ body: {} }));
  await server.close();
  const credential = entraCredential({ ...APPLICATION, fetch: askingInstead(server) });
  await assert.rejects(
    async () => credential.headers(REQUEST),
    (error) => error instanceof GatewayError && error.code === "upstream_unreachable",
  );
  await credential.close();
});

test("entra: an API key goes in its own header, and without either nothing does", async () => {
  const keyed = entraCredential({ ...APPLICATION, apiKey: "azure-key" });
  assert.deepEqual(keyed.headers(REQUEST), ["api-key", "azure-key"]);
  assert.deepEqual(keyed.secrets, ["azure-key"]);
  const nobody = entraCredential({ scope: APPLICATION.scope, keyHeader: "api-key" });
  assert.deepEqual(nobody.headers(REQUEST), []);
  await Promise.all([keyed.close(), nobody.close()]);
});
