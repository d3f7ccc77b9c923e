/** Every configuration of docs/routing.md, started and asked: it does what the page says. */
import assert from "node:assert/strict";
import { suite, test } from "node:test";
import { DOCUMENTED_ROUTES, type DocumentedGateway, startDocumented } from "./support/documented-routes.ts";
import { assertRefusal } from "./support/refusals.ts";

/** What the page says beside what its commands show. The mocks are whole and have seen nothing when it begins. */
type Check = (up: DocumentedGateway) => Promise<void>;

const ADA = { authorization: "Bearer example-key-of-ada" };
const BEN = { authorization: "Bearer example-key-of-ben" };
const DOWN = { status: 503 };

const CHECKS: Readonly<Record<string, Check>> = {
  async single(up) {
    await up.providersOf(5, () => up.ask("chat"));
    assert.deepEqual(up.seen(), { a: 5, b: 0, c: 0 });
  },

  async fallback(up) {
    await up.providersOf(20, () => up.ask("chat"));
    assert.deepEqual(up.seen(), { a: 20, b: 0, c: 0 });
  },

  async weighted(up) {
    await up.providersOf(400, () => up.ask("chat"));
    const { a, b, c } = up.seen();
    assert.deepEqual([a + b, c], [400, 0]);
    // Five standard deviations of 400 draws at 3 of 4.
    assert.ok(Math.abs(a - 300) < 44, `${a} of 400 at a`);
  },

  async "round-robin"(up) {
    const [first, ...others] = await up.providersOf(20, () => up.ask("chat"));
    assert.deepEqual(others.slice(0, 2), first === "a" ? ["b", "a"] : ["a", "b"]);
    assert.deepEqual(up.seen(), { a: 10, b: 10, c: 0 });
    up.clear();
    await up.providersOf(30, () => up.ask("uneven"));
    assert.deepEqual(up.seen(), { a: 20, b: 10, c: 0 });
  },

  async "least-latency"(up) {
    up.a.setFaults({ latencyMs: 100 });
    await up.providersOf(40, () => up.ask("chat"));
    assert.ok(up.seen().b >= 36, JSON.stringify(up.seen()));
  },

  async "least-busy"(up) {
    for (const mock of [up.a, up.b]) mock.setFaults({ latencyMs: 400 });
    await Promise.all(Array.from({ length: 12 }, () => up.ask("chat")));
    assert.deepEqual(up.seen(), { a: 8, b: 4, c: 0 });
  },

  async cost(up) {
    await up.providersOf(10, () => up.ask("chat"));
    assert.deepEqual(up.seen(), { a: 0, b: 0, c: 10 });
    assert.match(up.gateway.stdout, /asks a\/house-brand last, because no price is known for it/);
  },

  async rules(up) {
    const outcomes = [
      await up.ask("chat", { max_tokens: 1000 }, ADA),
      await up.ask("chat", { max_tokens: 1001 }, ADA),
      await up.ask("chat", { messages: [{ role: "user", content: "word ".repeat(6000) }] }, ADA),
      await up.ask("chat", { max_tokens: 2000 }, BEN),
      await up.ask("chat", { metadata: { tier: "gold" } }, ADA),
      await up.ask("chat", { metadata: {} }, ADA),
    ];
    assert.deepEqual(
      outcomes.map(({ status, headers }) => [status, headers.get("x-headrace-provider")]),
      [
        [200, "a"],
        [200, "b"],
        [200, "b"],
        [200, "c"],
        [200, "b"],
        [200, "a"],
      ],
    );
    const last = await up.ask("chat", { metadata: {} }, ADA);
    const lastId = last.headers.get("x-request-id");
    await up.gateway.waitForLog(({ msg, requestId }) => msg === "request" && requestId === lastId);
    const told = up.gateway.logs.filter((line) => JSON.stringify(line).includes("body.metadata.tier"));
    assert.equal(told.length, 1, "a rule that cannot tell is logged once");
    assert.match(
      String(told[0]?.msg),
      /^strategy\.rules\[\d\], when: .*, cannot tell whether it holds for a call \(no such key\)/,
    );
  },

  async sticky(up) {
    const session = (name: number): Promise<string[]> =>
      up.providersOf(1, () => up.ask("chat", {}, { "x-session": `session ${name}` }));
    const all = async (): Promise<string[]> => {
      const providers: string[] = [];
      for (let name = 0; name < 60; name++) providers.push(...(await session(name)));
      return providers;
    };
    const before = await all();
    assert.deepEqual(new Set(before), new Set(["a", "b", "c"]));
    assert.deepEqual(await all(), before);
    up.a.setFaults(DOWN);
    const without = await all();
    assert.ok(!without.includes("a"));
    for (const [name, provider] of before.entries())
      if (provider !== "a") assert.equal(without[name], provider);
    const cached = await up.providersOf(5, () => up.ask("cached", { seed: 1 }));
    assert.equal(new Set(cached).size, 1);
    const turns = await up.providersOf(5, (call) => {
      const messages = [{ role: "user", content: `Turn ${call}` }];
      return up.ask("agent", { user: "ada", messages });
    });
    assert.equal(new Set(turns).size, 1);
  },

  async ab(up) {
    const user = (name: number): ReturnType<DocumentedGateway["ask"]> =>
      up.ask("chat", {}, { "x-user": `user ${name}` });
    const arms = await up.providersOf(200, user);
    assert.deepEqual(await up.providersOf(200, user), arms);
    const candidates = arms.filter((arm) => arm === "b").length;
    assert.ok(candidates >= 8 && candidates <= 40, `${candidates} of 200 in an arm of a tenth`);
    up.b.setFaults(DOWN);
    assert.deepEqual(new Set(await up.providersOf(200, user)), new Set(["a"]));
  },

  async Groups(up) {
    await up.providersOf(10, () => up.ask("chat"));
    assert.deepEqual(up.seen(), { a: 5, b: 5, c: 0 });
  },

  async "Other models as targets"(up) {
    await up.providersOf(10, () => up.ask("chat"));
    assert.deepEqual(up.seen(), { a: 5, b: 5, c: 0 });
  },

  async Wildcards(up) {
    await up.ask("gpt-5-mini");
    await up.ask("gpt-4o");
    assert.match(up.b.received[0]?.bodyBytes.toString() ?? "", /"model":"gpt-5-mini"/);
    assert.match(up.c.received[0]?.bodyBytes.toString() ?? "", /"model":"gpt-4o-2024-08-06"/);
  },

  async Aliases(up) {
    await up.providersOf(1, () => up.ask("gpt-4"));
    assert.match(up.a.received[0]?.bodyBytes.toString() ?? "", /"model":"gpt-4o"/);
  },

  async Retries(up) {
    up.a.setFaults({ ...DOWN, retryAfterMs: 300 }, { times: 1 });
    const beganAtMs = performance.now();
    const waited = await up.ask("alone");
    assert.equal(waited.headers.get("x-headrace-provider"), "a");
    assert.ok(performance.now() - beganAtMs >= 299);
    // a asked to be left alone for half a minute when the commands were run.
    up.b.setFaults({ status: 503 }, { times: 2 });
    const again = await up.ask("chat");
    assert.equal(again.headers.get("x-headrace-tried"), "b/gpt-4o;left=503, b/gpt-4o;left=503");
    assert.equal(up.seen().b, 3);
  },

  async "Several keys"(up) {
    up.a.setFaults({ status: 401 }, { times: 1 });
    const { status, headers } = await up.ask("chat");
    // One of the two may rest since the commands were run: then the other one is all that there is.
    const shown = up.a.received.map((request) => request.headers.authorization);
    assert.ok(new Set(shown).size === shown.length, String(shown));
    assert.equal(headers.get("x-headrace-attempts"), String(shown.length));
    assert.equal(status, shown.length === 2 ? 200 : 502);
  },

  async "Retry budget"(up) {
    up.a.setFaults(DOWN);
    for (let call = 0; call < 100; call++) assert.equal((await up.ask("chat")).status, 503);
    const { a } = up.seen();
    assert.ok(a >= 109 && a <= 111, `${a} requests for 100 calls`);
  },

  async "Fallbacks to other models"(up) {
    for (const mock of [up.a, up.b, up.c]) mock.setFaults(DOWN);
    assert.equal((await up.ask("chat")).status, 503);
    assert.deepEqual(up.seen(), { a: 1, b: 2, c: 2 });
  },

  async "What a client decides"(up) {
    assertRefusal(await up.ask("chat", {}, { ...BEN, "x-headrace-fallbacks": "spare" }), {
      code: "override_not_allowed",
      param: "x-headrace-fallbacks",
    });
    await up.ask("chat", { fallbacks: ["spare"] }, BEN);
    assert.match(up.a.received[0]?.bodyBytes.toString() ?? "", /"fallbacks":\["spare"\]/);
    await up.ask("chat", { fallbacks: ["spare"] }, ADA);
    assert.doesNotMatch(up.a.received[1]?.bodyBytes.toString() ?? "", /fallbacks/);
  },

  async Hedging(up) {
    await up.providersOf(20, () => up.ask("chat"));
    // A machine with much to do may be slow itself.
    assert.ok(up.seen().b <= 2, JSON.stringify(up.seen()));
    up.clear();
    up.a.setFaults({ latencyMs: 900 });
    await Promise.all(Array.from({ length: 60 }, () => up.ask("chat")));
    const { b } = up.seen();
    assert.ok(b >= 1 && b <= 10 + 0.05 * 80, `${b} hedges of 60 calls`);
  },

  async Health(up) {
    const refusal = await up.ask("chat");
    assertRefusal(refusal, {
      code: "no_target_available",
      message:
        /^No target of this model can be asked at present: a\/gpt-4o \(failing\); b\/gpt-4o \(failing\)\. /,
    });
    assert.ok(Number(refusal.headers.get("retry-after")) >= 20);
    const tookMs: number[] = [];
    for (let call = 0; call < 5; call++) {
      const beganAtMs = performance.now();
      assert.equal((await up.ask("chat")).status, 503);
      tookMs.push(performance.now() - beganAtMs);
    }
    assert.ok(Math.min(...tookMs) < 50, String(tookMs));
    assert.deepEqual(up.seen(), { a: 0, b: 0, c: 0 });
  },

  async "What is told"(up) {
    up.a.setFaults(DOWN);
    const { headers } = await up.ask("chat");
    assert.ok(Number(headers.get("x-headrace-cost-usd")) > 0);
    assert.equal(headers.get("x-headrace-attempts"), "2");
    const url = `${up.gateway.adminUrl}/admin/requests/${headers.get("x-request-id")}`;
    const { tries } = (await (await fetch(url)).json()) as { tries: readonly Record<string, unknown>[] };
    assert.deepEqual(
      tries.map(({ provider, reason, status }) => [provider, reason, status]),
      [
        ["a", "first", 503],
        ["b", "fallback", 200],
      ],
    );
  },
};

suite("docs/routing.md", { timeout: 120_000 }, () => {
  test("has a check for each of its configurations, and no check is left over", () => {
    const headings = DOCUMENTED_ROUTES.map(({ heading }) => heading);
    assert.deepEqual(headings, Object.keys(CHECKS));
    for (const { heading, commands } of DOCUMENTED_ROUTES) assert.notEqual(commands, "", heading);
  });

  for (const { heading, config, commands } of DOCUMENTED_ROUTES) {
    test(heading, async () => {
      const up = await startDocumented(config);
      try {
        const lines = await up.run(commands);
        for (const { command, printed, promised } of lines)
          if (promised !== null) assert.equal(printed, promised, command);
        up.clear();
        await CHECKS[heading]?.(up);
      } finally {
        await up.close();
      }
    });
  }
});
