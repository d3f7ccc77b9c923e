import assert from "node:assert/strict";
import { test } from "node:test";
import { maskSecretBytes, maskSecrets } from "./mask-secret.ts";

const SECRET = "sk-a-provider's-key";
const TOKEN = "a-token-of-an-hour";

test("every occurrence of every secret is masked, in text and in bytes", () => {
  const text = `The key ${SECRET} is wrong; ${SECRET}, caf\u00e9; nor is ${TOKEN}.`;
  const masked = "The key *** is wrong; ***, caf\u00e9; nor is ***.";
  assert.equal(maskSecrets(text, [SECRET, TOKEN]), masked);
  assert.equal(maskSecretBytes(Buffer.from(text), [SECRET, TOKEN]).toString(), masked);
});

test("bytes without them are the same bytes", () => {
  const bytes = Buffer.from("Incorrect API key provided: sk-a****key");
  assert.equal(maskSecretBytes(bytes, [SECRET, TOKEN]), bytes);
  assert.equal(maskSecretBytes(bytes, []), bytes);
});

test("a placeholder for a key is no secret", () => {
  assert.equal(maskSecrets("a local model", ["local"]), "a local model");
  const bytes = Buffer.from("a local model");
  assert.equal(maskSecretBytes(bytes, ["local"]), bytes);
});
