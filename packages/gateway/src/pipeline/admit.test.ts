import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { GatewayError } from "@headrace/core/errors/gateway-error";
import type { ErrorCode } from "@headrace/core/errors/table";
import type { Exchange } from "../http/exchange.ts";
import type { Snapshot } from "../snapshot/snapshot.ts";
import { snapshotOf } from "../testing/compiled.ts";
import { admitModel, authenticate } from "./admit.ts";

const CONFIG = {
  providers: { p: { adapter: "openai-compatible", baseUrl: "http://127.0.0.1:9/v1" } },
  models: {
    big: { targets: [{ provider: "p", model: "x" }] },
    small: { targets: [{ provider: "p", model: "y" }] },
  },
  aliases: { fast: "small", smart: "big" },
  keys: [
    { name: "all", key: "sk-all-models" },
    { name: "by-model", key: "sk-only-small", models: ["small"] },
    { name: "by-alias", key: "sk-only-fast", models: ["fast"] },
  ],
};

const keyed = snapshotOf(CONFIG);
const open = snapshotOf({ ...CONFIG, listen: { host: "127.0.0.1" }, auth: { mode: "none" }, keys: [] });

/** Only what admission looks at. */
function requestWith(
  headers: Readonly<Record<string, string>>,
  query: Record<string, string> = {},
): Exchange {
  return {
    header: (name: string) => headers[name] ?? "",
    query: (name: string) => query[name] ?? "",
  } as unknown as Exchange;
}

const refusedAs =
  (code: ErrorCode, param: string | null = null) =>
  (error: unknown): boolean =>
    error instanceof GatewayError && error.code === code && error.param === param;

const nameOf = (headers: Readonly<Record<string, string>>, snapshot: Snapshot = keyed): string =>
  authenticate(requestWith(headers), snapshot).name;

describe("authenticate", () => {
  it("takes a key from the query, where Google's clients may put it, when no header has one", () => {
    assert.equal(authenticate(requestWith({}, { key: "sk-all-models" }), keyed).name, "all");
    const both = requestWith({ "x-api-key": "sk-only-small" }, { key: "sk-all-models" });
    assert.equal(authenticate(both, keyed).name, "by-model");
  });

  for (const headers of [
    { authorization: "Bearer sk-all-models" },
    { authorization: "bearer   sk-all-models" },
    { authorization: "sk-all-models" },
    { "x-api-key": "sk-all-models" },
    { "x-goog-api-key": "sk-all-models" },
    { "api-key": "sk-all-models" },
  ]) {
    it(`finds the key in ${JSON.stringify(headers)}`, () => assert.equal(nameOf(headers), "all"));
  }

  it("takes Authorization first", () => {
    assert.equal(nameOf({ authorization: "Bearer sk-only-small", "x-api-key": "sk-all-models" }), "by-model");
    assert.throws(
      () => nameOf({ authorization: "Bearer wrong-key", "x-api-key": "sk-all-models" }),
      refusedAs("invalid_api_key"),
    );
  });

  it("refuses a request without a key", () => {
    assert.throws(() => nameOf({}), refusedAs("missing_api_key"));
    assert.throws(() => nameOf({ authorization: "Bearer " }), refusedAs("missing_api_key"));
  });

  for (const key of ["sk-all-model", "sk-all-models ", "SK-ALL-MODELS", "\u0000"]) {
    it(`refuses the key ${JSON.stringify(key)}`, () => {
      assert.throws(() => nameOf({ authorization: `Bearer ${key}` }), refusedAs("invalid_api_key"));
    });
  }

  it("asks for nothing when the gateway is open", () => {
    assert.equal(nameOf({}, open), "anonymous");
    assert.equal(nameOf({ authorization: "Bearer whatever" }, open), "anonymous");
  });
});

describe("admitModel", () => {
  const admit = (key: string, name: string): string =>
    admitModel(keyed, authenticate(requestWith({ "x-api-key": key }), keyed), name).name;

  it("finds models by name and by alias", () => {
    assert.equal(admit("sk-all-models", "big"), "big");
    assert.equal(admit("sk-all-models", "fast"), "small");
  });

  it("lets a key that names a model use its aliases too", () => {
    assert.equal(admit("sk-only-small", "small"), "small");
    assert.equal(admit("sk-only-small", "fast"), "small");
    assert.throws(() => admit("sk-only-small", "smart"), refusedAs("model_not_allowed", "model"));
  });

  it("lets a key that names an alias use that alias alone", () => {
    assert.equal(admit("sk-only-fast", "fast"), "small");
    assert.throws(() => admit("sk-only-fast", "small"), refusedAs("model_not_allowed", "model"));
  });

  for (const name of ["huge", "", "constructor", "__proto__", "BIG"]) {
    it(`does not know ${JSON.stringify(name)}`, () => {
      assert.throws(() => admit("sk-all-models", name), refusedAs("model_not_found", "model"));
    });
  }

  it("quotes an unknown name, but not at any length", () => {
    assert.throws(
      () => admit("sk-all-models", `"${"x".repeat(100_000)}`),
      (error) => error instanceof Error && error.message.includes('"\\"xxx') && error.message.length < 500,
    );
  });
});
