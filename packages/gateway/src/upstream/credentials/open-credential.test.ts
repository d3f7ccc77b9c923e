import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { test } from "node:test";
import { promisify } from "node:util";
import type { FlatHeaders } from "@headrace/core/adapter";
import { PROVIDER_DEFAULTS } from "@headrace/core/config/defaults";
import type { ProviderConfig } from "@headrace/core/config/types";
import type { AuthScheme } from "@headrace/core/provider-adapter";
import { openCredential } from "./open-credential.ts";
import { REQUEST } from "./testing.ts";

const PROVIDER: ProviderConfig = { ...PROVIDER_DEFAULTS, adapter: "mill" };

const KEY_HEADER: AuthScheme = { kind: "key-header", name: "x-api-key", prefix: "", optional: false };
const AWS: AuthScheme = { kind: "aws", service: "bedrock" };
const GOOGLE: AuthScheme = { kind: "google", scope: "https://scope.example" };
const ENTRA: AuthScheme = { kind: "entra", scope: "https://scope.example/.default", keyHeader: "api-key" };
const RING = { apiKeys: [{ key: "ring-key", weight: 1 }] };

const CASES: readonly (readonly [string, AuthScheme, Partial<ProviderConfig>, FlatHeaders])[] = [
  ["a key in its header", KEY_HEADER, { apiKey: "k" }, ["x-api-key", "k"]],
  ["no key", KEY_HEADER, {}, []],
  ["nothing to show", { kind: "none" }, { apiKey: "k" }, []],
  ["a key of Bedrock's", AWS, { apiKey: "k" }, ["authorization", "Bearer k"]],
  ["a key of Google's", GOOGLE, { apiKey: "k" }, ["authorization", "Bearer k"]],
  ["a key of Azure's", ENTRA, { apiKey: "k" }, ["api-key", "k"]],
  ["no key of Azure's", ENTRA, {}, []],
  ["several keys", KEY_HEADER, RING, ["x-api-key", "ring-key"]],
  ["several keys of Bedrock's", AWS, RING, ["authorization", "Bearer ring-key"]],
  ["several keys of Azure's", ENTRA, RING, ["api-key", "ring-key"]],
  ["several keys where none is shown", { kind: "none" }, RING, []],
];
for (const [name, scheme, config, headers] of CASES) {
  test(`credential: ${name}`, async () => {
    const credential = openCredential(scheme, { ...PROVIDER, ...config });
    assert.deepEqual(credential.headers(REQUEST), headers);
    assert.deepEqual(credential.secrets.length, headers.length / 2);
    await credential.close();
  });
}

test("credential: AWS keys sign for the provider's region", async () => {
  const config = { ...PROVIDER, accessKeyId: "AKID", secretAccessKey: "secret", region: "eu-west-3" };
  const headers = await openCredential(AWS, config).headers(REQUEST);
  assert.match(headers.join(" "), /Credential=AKID\/\d{8}\/eu-west-3\/bedrock\/aws4_request/);
});

const LIBRARIES = /node_modules\/(@aws-sdk|@azure|@smithy|google-auth-library)\//;

/** What a process has loaded that opens these credentials and asks some of them for headers. */
async function loadedBy(schemes: readonly AuthScheme[], asked: boolean): Promise<readonly string[]> {
  const script = `
    import { registerHooks } from "node:module";
    registerHooks({ load: (url, context, next) => (console.log(url), next(url, context)) });
    const { openCredential } = await import(${JSON.stringify(new URL("open-credential.ts", import.meta.url).href)});
    const config = { region: "r", accessKeyId: "a", secretAccessKey: "s", tenantId: "t", clientId: "c", clientSecret: "s" };
    for (const scheme of ${JSON.stringify(schemes)}) {
      const credential = openCredential(scheme, config);
      if (${asked}) await credential.headers({ method: "POST", path: "/", host: "h", body: new Uint8Array() });
    }
  `;
  const flags = ["--conditions=headrace-source", "--input-type=module", "--eval", script];
  const { stdout } = await promisify(execFile)(process.execPath, flags);
  return stdout.split("\n").filter((url) => LIBRARIES.test(url));
}

test("credential: a gateway that opens them all has loaded none of their libraries", async () => {
  assert.deepEqual(await loadedBy([AWS, GOOGLE, ENTRA], false), []);
});

test("credential: the first request loads the library that it needs", async () => {
  const loaded = await loadedBy([AWS], true);
  assert.ok(loaded.some((url) => url.includes("signature-v4")));
  assert.ok(loaded.every((url) => url.includes("@smithy")));
});
