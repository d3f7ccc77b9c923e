import assert from "node:assert/strict";
import { test } from "node:test";
import { maskSecret, maskSecretBytes } from "./mask-secret.ts";

const SECRET = "sk-a-provider's-key";

test("every occurrence is masked, in text and in bytes", () => {
  const text = `The key ${SECRET} is wrong; ${SECRET}, caf\u00e9.`;
  const masked = "The key *** is wrong; ***, caf\u00e9.";
  assert.equal(maskSecret(text, SECRET), masked);
  assert.equal(maskSecretBytes(Buffer.from(text), SECRET).toString(), masked);
});

test("bytes without it are the same bytes", () => {
  const bytes = Buffer.from("Incorrect API key provided: sk-a****key");
  assert.equal(maskSecretBytes(bytes, SECRET), bytes);
  assert.equal(maskSecretBytes(bytes, null), bytes);
});

test("a placeholder for a key is no secret", () => {
  assert.equal(maskSecret("a local model", "local"), "a local model");
  const bytes = Buffer.from("a local model");
  assert.equal(maskSecretBytes(bytes, "local"), bytes);
});
