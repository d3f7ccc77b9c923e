/** Where calls go beside and after their first target: hedging, other models, what a client may decide, wildcards. */
import assert from "node:assert/strict";
import { after, before, beforeEach, describe, test } from "node:test";
import { KEY } from "./support/mock-gateway.ts";
import { closeWithNothingLeft } from "./support/nothing-left.ts";
import { assertRefusal } from "./support/refusals.ts";
import { type RoutedGateway, startRoutedGateway } from "./support/routed-gateway.ts";

const PLAIN_KEY = "hr-test-key-that-decides-nothing";
const TOO_LONG = {
  status: 400,
  errorMessage: "This model's maximum context length is 4096 tokens.",
  errorCode: "context_length_exceeded",
};

let up: RoutedGateway;

before(async () => {
  up = await startRoutedGateway({
    providers: ["a", "b", "c"],
    models: {
      hedged: {
        strategy: { type: "fallback" },
        targets: [
          { provider: "a", model: "hedged" },
          { provider: "b", model: "hedged" },
        ],
        hedge: { afterMs: 100, share: 1 },
        timeouts: { firstByteMs: 400, plainFirstByteMs: 400 },
      },
      short: {
        targets: [{ provider: "a", model: "short" }],
        retry: { attempts: 1 },
        fallbacks: { contextWindow: ["long"], contentPolicy: ["lax"], other: ["spare", "lax"] },
      },
      long: { targets: [{ provider: "b", model: "long" }], retry: { attempts: 1 } },
      lax: { targets: [{ provider: "c", model: "lax" }], retry: { attempts: 1 } },
      spare: {
        targets: [{ provider: "b", model: "spare" }],
        retry: { attempts: 1 },
        fallbacks: { other: ["short"] },
      },
      priced: { targets: [{ provider: "a", model: "priced" }] },
      "gpt-*": { targets: [{ provider: "a", model: "*" }] },
      "gpt-4*": { targets: [{ provider: "b", model: "*" }] },
    },
    config: {
      prices: { priced: { inputUsdPerMillion: 2, outputUsdPerMillion: 8 } },
      keys: [
        { name: "client", key: KEY, overrides: ["fallbacks", "target", "priority"] },
        { name: "plain", key: PLAIN_KEY },
      ],
    },
  });
});
beforeEach(() => up.clear());
after(() => closeWithNothingLeft(up));

/** Requests that each provider saw. */
function seen(): object {
  return Object.fromEntries(["a", "b", "c"].map((name) => [name, up.mock(name).counts.requests]));
}

describe("hedging", () => {
  for (const stream of [false, true]) {
    test(`asks a second target when the first is slow, and lets the slow one go, ${stream ? "streamed" : "plain"}`, async () => {
      up.mock("a").setFaults({ fault: "never-answer" });
      const answer = await up.ask("hedged", { stream });
      assert.equal(answer.status, 200, answer.body);
      assert.equal(answer.headers.get("x-headrace-provider"), "b");
      assert.equal(answer.headers.get("x-headrace-attempts"), "2");
      assert.equal(answer.headers.get("x-headrace-tried"), "a/hedged;left=abandoned");
      assert.deepEqual(seen(), { a: 1, b: 1, c: 0 });
    });
  }

  test("leaves a quick target alone", async () => {
    const answer = await up.ask("hedged");
    assert.equal(answer.headers.get("x-headrace-attempts"), "1");
    assert.equal(answer.headers.get("x-headrace-tried"), null);
    assert.deepEqual(seen(), { a: 1, b: 0, c: 0 });
  });

  test("fails only when both have failed", async () => {
    up.mock("a").setFaults({ fault: "never-answer" });
    up.mock("b").setFaults({ status: 503 });
    const answer = await up.ask("hedged");
    assert.equal(answer.status, 503);
    const left = answer.headers.get("x-headrace-tried");
    assert.equal(left, "a/hedged;left=upstream_first_byte_timeout, b/hedged;left=503");
    assert.deepEqual(seen(), { a: 1, b: 2, c: 0 });
  });
});

describe("fallbacks to other models", () => {
  test("go where the context is long enough, and nowhere else", async () => {
    up.mock("a").setFaults(TOO_LONG);
    const answer = await up.ask("short");
    assert.equal(answer.status, 200, answer.body);
    assert.equal(answer.headers.get("x-headrace-model"), "long");
    assert.deepEqual(seen(), { a: 1, b: 1, c: 0 });
  });

  test("go where the content is taken", async () => {
    up.mock("a").setFaults({ status: 400, errorMessage: "No.", errorCode: "content_filter" });
    assert.equal((await up.ask("short")).headers.get("x-headrace-model"), "lax");
  });

  test("pass a refusal on that no other model would take back", async () => {
    up.mock("a").setFaults({ status: 400, errorMessage: "No such parameter." });
    const answer = await up.ask("short");
    assert.equal(answer.status, 400);
    assert.match(answer.body, /No such parameter/);
    assert.deepEqual(seen(), { a: 1, b: 0, c: 0 });
  });

  test("go on one by one, each model once, though they lead back", async () => {
    for (const name of ["a", "b"]) up.mock(name).setFaults({ status: 503 });
    const answer = await up.ask("short");
    assert.equal(answer.headers.get("x-headrace-model"), "lax");
    assert.equal(answer.headers.get("x-headrace-tried"), "a/short;left=503, b/spare;left=503");
    up.mock("c").setFaults({ status: 503, errorMessage: "The last word." });
    const refusal = await up.ask("short");
    assert.equal(refusal.status, 503);
    assert.match(refusal.body, /The last word/);
    assert.deepEqual(seen(), { a: 2, b: 2, c: 2 });
  });
});

describe("what a client decides", () => {
  test("fallbacks, in a header or in the body, from which they are taken out", async () => {
    up.mock("a").setFaults({ status: 503 });
    const byHeader = await up.ask("short", {}, { "x-headrace-fallbacks": "lax, long" });
    assert.equal(byHeader.headers.get("x-headrace-model"), "lax");
    const byBody = await up.ask("short", { fallbacks: ["long"], seed: 7 });
    assert.equal(byBody.headers.get("x-headrace-model"), "long");
    const sent = JSON.parse(up.mock("b").received[0]?.bodyBytes.toString() ?? "") as Record<string, unknown>;
    assert.deepEqual(Object.keys(sent), ["model", "messages", "seed"]);
  });

  test("the target, by its provider or in full", async () => {
    for (const target of ["b", "b/hedged"]) {
      const answer = await up.ask("hedged", {}, { "x-headrace-target": target });
      assert.equal(answer.headers.get("x-headrace-provider"), "b");
    }
    const answer = await up.ask("hedged", {}, { "x-headrace-target": "z" });
    assertRefusal(answer, {
      code: "invalid_override",
      param: "x-headrace-target",
      message: /a\/hedged, b\/hedged/,
    });
  });

  test("nothing without the key's leave, nor what is not there", async () => {
    const authorization = `Bearer ${PLAIN_KEY}`;
    for (const name of ["x-headrace-fallbacks", "x-headrace-target", "x-headrace-priority"]) {
      const answer = await up.ask("short", {}, { authorization, [name]: "b" });
      assertRefusal(answer, { code: "override_not_allowed", param: name });
    }
    assertRefusal(await up.ask("short", {}, { "x-headrace-fallbacks": "none" }), {
      code: "model_not_found",
      param: "model",
    });
    assertRefusal(await up.ask("short", { fallbacks: "lax" }), {
      code: "invalid_override",
      param: "fallbacks",
    });
    assertRefusal(await up.ask("short", {}, { "x-headrace-priority": "urgent" }), {
      code: "invalid_override",
      param: "x-headrace-priority",
    });
    assert.deepEqual(seen(), { a: 0, b: 0, c: 0 });
  });
});

describe("models with wildcards", () => {
  test("serve what they match under the name that was asked for, the closest first", async () => {
    const three = await up.ask("gpt-3.5-turbo");
    const four = await up.ask("gpt-4o-mini");
    assert.deepEqual(
      [three, four].map(({ headers }) => [
        headers.get("x-headrace-provider"),
        headers.get("x-headrace-model"),
      ]),
      [
        ["a", "gpt-3.5-turbo"],
        ["b", "gpt-4o-mini"],
      ],
    );
    const log = await up.logOf(four.headers.get("x-request-id"));
    assert.equal(log.model, "gpt-4*");
  });

  test("are no names themselves, and match nothing else", async () => {
    for (const name of ["gpt-*", "gp", "xgpt-4"]) {
      assertRefusal(await up.ask(name), { code: "model_not_found", param: "model" });
    }
  });
});

describe("what a call cost", () => {
  test("is told of every try that was billed, where its price is known", async () => {
    const answer = await up.ask("priced");
    const { inputTokens, outputTokens, costUsd } = await up.logOf(answer.headers.get("x-request-id"));
    assert.equal(costUsd, (Number(inputTokens) * 2 + Number(outputTokens) * 8) / 1e6);
    assert.equal(Number(answer.headers.get("x-headrace-cost-usd")), costUsd);
    const streamed = await up.ask("priced", { stream: true });
    assert.equal(streamed.headers.get("x-headrace-cost-usd"), null);
    assert.ok(Number((await up.logOf(streamed.headers.get("x-request-id"))).costUsd) > 0);
    assert.equal((await up.ask("short")).headers.get("x-headrace-cost-usd"), null);
  });
});
