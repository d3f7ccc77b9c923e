/** Limits of keys, models and targets over sockets: who runs, who waits and in which order, and who is refused. */
import assert from "node:assert/strict";
import { writeFile } from "node:fs/promises";
import { after, before, beforeEach, describe, test } from "node:test";
import { chatRequest } from "./support/good-call.ts";
import { HttpConnection, type RawAnswer, requestBytes } from "./support/http-connection.ts";
import { KEY, PROVIDER_KEY } from "./support/mock-gateway.ts";
import { closeWithNothingLeft, metricOf } from "./support/nothing-left.ts";
import { assertRefusal } from "./support/refusals.ts";
import { type RoutedGateway, startRoutedGateway } from "./support/routed-gateway.ts";

const LOW_KEY = "hr-test-key-of-what-is-not-urgent";
const NARROW_KEY = "hr-test-key-with-a-limit-of-one";
const DEADLINE_MS = 30_000;

const MODELS = {
  two: {
    targets: [{ provider: "a", model: "two" }],
    concurrency: { limit: 2, queue: { max: 100, deadlineMs: DEADLINE_MS } },
  },
  one: {
    targets: [{ provider: "a", model: "one" }],
    concurrency: { limit: 1, queue: { max: 4, deadlineMs: DEADLINE_MS } },
  },
  hasty: {
    targets: [{ provider: "a", model: "hasty" }],
    concurrency: { limit: 1, queue: { max: 10, deadlineMs: 100 } },
  },
  crowd: {
    targets: [{ provider: "a", model: "crowd" }],
    concurrency: { limit: 20, queue: { max: 300, deadlineMs: DEADLINE_MS } },
  },
  pair: {
    strategy: { type: "fallback" },
    targets: [
      { provider: "a", model: "pair", concurrency: { limit: 1, queue: { max: 5, deadlineMs: DEADLINE_MS } } },
      { provider: "b", model: "pair", concurrency: { limit: 1, queue: { max: 0 } } },
    ],
  },
  free: { targets: [{ provider: "a", model: "free" }] },
  // Its own targets first, for as long as they let it wait; then another model.
  backed: {
    targets: [
      { provider: "a", model: "backed", concurrency: { limit: 1, queue: { max: 1, deadlineMs: 1_500 } } },
    ],
    fallbacks: { other: ["free"] },
  },
};

const config = {
  keys: [
    { name: "client", key: KEY, overrides: ["priority"] },
    { name: "batch", key: LOW_KEY, priority: "low" },
    {
      name: "narrow",
      key: NARROW_KEY,
      concurrency: { limit: 1, queue: { max: 1, deadlineMs: DEADLINE_MS } },
    },
  ],
};

let up: RoutedGateway;

before(async () => {
  up = await startRoutedGateway({ providers: ["a", "b"], models: MODELS, config });
});
beforeEach(() => up.clear());
after(() => closeWithNothingLeft(up));

/** A call whose client can leave. */
class Call {
  readonly answer: Promise<RawAnswer>;
  readonly #connection: HttpConnection;

  private constructor(connection: HttpConnection, answer: Promise<RawAnswer>) {
    this.#connection = connection;
    this.answer = answer;
  }

  static async begin(
    model: string,
    { fields = {}, headers = {} }: { fields?: object; headers?: Record<string, string> } = {},
  ): Promise<Call> {
    const connection = await HttpConnection.open(up.gateway.port);
    const body = JSON.stringify({ model, messages: [{ role: "user", content: "Hello" }], ...fields });
    connection.write(requestBytes(chatRequest({ body, headers })));
    return new Call(connection, connection.answer());
  }

  async leave(): Promise<void> {
    this.answer.catch(() => {}); // it ends without one
    await this.#connection.close();
  }
}

/** Resolves when so many calls wait in the queues. */
async function waiting(count: number): Promise<void> {
  while ((await metricOf(up.gateway, "headrace_concurrency_waiting")) !== count);
}

/** Resolves when so many slots are taken: the gateway hears a moment later that a client has left. */
async function running(count: number): Promise<void> {
  while ((await metricOf(up.gateway, "headrace_concurrency_running")) !== count);
}

/** Takes a slot until its client leaves. */
async function holdSlot(
  model: string,
  { headers = {}, at = "a" }: { headers?: Record<string, string>; at?: string } = {},
): Promise<Call> {
  const { requests } = up.mock(at).counts;
  up.mock(at).setFaults({ fault: "never-answer" }, { times: 1 });
  const call = await Call.begin(model, { headers });
  await up.mock(at).waitFor(() => up.mock(at).counts.requests > requests, 5_000);
  return call;
}

function userOf(bodyBytes: Buffer): string | undefined {
  const body = JSON.parse(bodyBytes.toString()) as { readonly user?: string };
  return body.user;
}

const bearer = (key: string): Record<string, string> => ({ authorization: `Bearer ${key}` });

describe("a model's limit", () => {
  test("is never exceeded at the provider, and everybody is served", async () => {
    const answers = await Promise.all(
      Array.from({ length: 20 }, (_, i) => up.ask("two", { stream: i % 2 === 0, x_mock: { latencyMs: 15 } })),
    );
    for (const answer of answers) assert.equal(answer.status, 200, answer.body);
    const { requests, maxOpen } = up.mock("a").counts;
    assert.deepEqual({ requests, maxOpen }, { requests: 20, maxOpen: 2 });
  });

  test("lets 300 concurrent streams through, 20 at a time", { timeout: 60_000 }, async () => {
    const fields = { stream: true, x_mock: { latencyMs: 20, chunks: 5 } };
    const answers = await Promise.all(Array.from({ length: 300 }, () => up.ask("crowd", fields)));
    for (const answer of answers) {
      assert.equal(answer.status, 200, answer.body);
      assert.ok(answer.body.includes("[DONE]"));
    }
    const { requests, maxOpen } = up.mock("a").counts;
    assert.deepEqual({ requests, maxOpen }, { requests: 300, maxOpen: 20 });
  });

  test("tells the time in the queue apart from the gateway's own", async () => {
    const held = await holdSlot("one");
    const call = await Call.begin("one");
    await waiting(1);
    const sinceMs = performance.now();
    while (performance.now() - sinceMs < 120) await waiting(1);
    await held.leave();
    const answer = await call.answer;
    assert.equal(answer.status, 200, answer.body);
    const line = await up.logOf(answer.headers.get("x-request-id"));
    assert.ok(Number(line.queuedMs) >= 120, `${line.queuedMs}`);
    assert.ok(Number(line.overheadMs) < 100, `${line.overheadMs}`);
    assert.ok((await metricOf(up.gateway, "headrace_queue_seconds_count")) > 0);
  });

  test("serves those that wait by priority, of the key or the call", async () => {
    const held = await holdSlot("one");
    const order = ["low", "normal", "high"];
    const calls: Call[] = [];
    for (const [i, priority] of order.entries()) {
      const fields = { user: priority };
      const headers = priority === "low" ? bearer(LOW_KEY) : { "x-headrace-priority": priority };
      calls.push(await Call.begin("one", { fields, headers }));
      await waiting(i + 1);
    }
    up.clear();
    await held.leave();
    for (const { answer } of calls) assert.equal((await answer).status, 200);
    const served = up.mock("a").received.map(({ bodyBytes }) => userOf(bodyBytes));
    assert.deepEqual(served, ["high", "normal", "low"]);
  });

  test("refuses when the queue is full, whoever is of the lowest class first", async () => {
    const held = await holdSlot("one");
    const low = await Call.begin("one", { headers: bearer(LOW_KEY) });
    const others = await Promise.all(Array.from({ length: 3 }, () => Call.begin("one")));
    await waiting(4);
    const high = await Call.begin("one", { headers: { "x-headrace-priority": "high" } });
    const displaced = await low.answer;
    assertRefusal(displaced, { code: "queue_full" });
    const seconds = Number(displaced.headers.get("retry-after"));
    assert.ok(seconds >= 1 && seconds <= 60, `${seconds}`);
    assertRefusal(await up.ask("one"), { code: "queue_full" });
    await held.leave();
    for (const { answer } of [...others, high]) assert.equal((await answer).status, 200);
    assert.equal(up.mock("a").counts.requests, 5); // the held one and those that were let in
  });

  test("refuses who has waited until the deadline, and asks no provider for it", async () => {
    const held = await holdSlot("hasty");
    const answer = await up.ask("hasty");
    assertRefusal(answer, { code: "queue_timeout" });
    assert.ok(answer.headers.has("retry-after"));
    assert.equal(answer.headers.get("x-headrace-attempts"), "0");
    assert.equal(up.mock("a").counts.requests, 1);
    await held.leave();
    assert.equal((await up.ask("hasty")).status, 200);
  });

  test("forgets a client that leaves the queue, within 100 ms", async () => {
    const held = await holdSlot("one");
    const leaver = await Call.begin("one", { fields: { user: "gone" } });
    await waiting(1);
    const sinceMs = performance.now();
    await leaver.leave();
    await waiting(0);
    const tookMs = performance.now() - sinceMs;
    assert.ok(tookMs < 100, `${tookMs} ms`);
    await held.leave();
    assert.equal((await up.ask("one", { user: "next" })).status, 200);
    const users = up.mock("a").received.map(({ bodyBytes }) => userOf(bodyBytes));
    assert.deepEqual(users, [undefined, "next"]);
  });
});

describe("a key's limit", () => {
  test("holds over all models, and for this key alone", async () => {
    const held = await holdSlot("free", { headers: bearer(NARROW_KEY) });
    const queued = await Call.begin("two", { headers: bearer(NARROW_KEY) });
    await waiting(1);
    assertRefusal(await up.ask("free", {}, bearer(NARROW_KEY)), { code: "queue_full" });
    assert.equal((await up.ask("free")).status, 200);
    await held.leave();
    assert.equal((await queued.answer).status, 200);
  });

  test("is kept by a call that waits for its model, and given back when its client leaves there", async () => {
    const held = await holdSlot("one");
    const inBoth = await Call.begin("one", { headers: bearer(NARROW_KEY) });
    await waiting(1);
    const behind = await Call.begin("free", { headers: bearer(NARROW_KEY) });
    await waiting(2);
    await inBoth.leave();
    assert.equal((await behind.answer).status, 200);
    await held.leave();
  });

  test("is given back by calls that fail in any way", async () => {
    up.mock("a").setFaults({ status: 400 }, { times: 1 });
    assert.equal((await up.ask("free", {}, bearer(NARROW_KEY))).status, 400);
    assertRefusal(await up.ask("absent", {}, bearer(NARROW_KEY)), {
      code: "model_not_found",
      param: "model",
    });
    up.mock("a").setFaults({ fault: "cut", cutAfterEvents: 2 }, { times: 1 });
    await up.ask("free", { stream: true }, bearer(NARROW_KEY));
    assert.equal((await up.ask("free", {}, bearer(NARROW_KEY))).status, 200);
    await running(0);
  });
});

describe("a target's limit", () => {
  test("leads to the next target, and into a queue only when all are taken", async () => {
    const first = await holdSlot("pair");
    const second = await holdSlot("pair", { at: "b" });
    const queued = await Call.begin("pair");
    await waiting(1);
    await first.leave();
    const answer = await queued.answer;
    assert.equal(answer.status, 200, answer.body);
    assert.equal(answer.headers.get("x-headrace-provider"), "a");
    assert.equal(answer.headers.get("x-headrace-attempts"), "1");
    await second.leave();
    await running(0);
  });

  test("is waited for at all targets at once, whichever has a slot first", async () => {
    const first = await holdSlot("pair");
    const second = await holdSlot("pair", { at: "b" });
    const queued = await Call.begin("pair");
    await waiting(1);
    await second.leave();
    const answer = await queued.answer;
    assert.equal(answer.status, 200, answer.body);
    assert.equal(answer.headers.get("x-headrace-provider"), "b");
    assert.equal(await metricOf(up.gateway, "headrace_concurrency_waiting"), 0);
    await first.leave();
    await running(0);
  });

  test("leads to another model when its queue is full, or has been in vain", async () => {
    const held = await holdSlot("backed");
    const queued = await Call.begin("backed");
    await waiting(1);
    assert.equal((await up.ask("backed")).headers.get("x-headrace-model"), "free");
    const answer = await queued.answer;
    assert.equal(answer.status, 200, answer.body);
    assert.equal(answer.headers.get("x-headrace-model"), "free");
    assert.equal(answer.headers.get("x-headrace-attempts"), "1");
    assert.ok(Number((await up.logOf(answer.headers.get("x-request-id"))).queuedMs) >= 1_400);
    await held.leave();
  });

  test("keeps a call from another model while it is soon to have a slot", async () => {
    const held = await holdSlot("backed");
    const queued = await Call.begin("backed");
    await waiting(1);
    await held.leave();
    assert.equal((await queued.answer).headers.get("x-headrace-model"), "backed");
  });

  test("is given back by a try that failed before the next one begins", async () => {
    up.mock("a").setFaults({ status: 503 }, { times: 1 });
    const answer = await up.ask("pair");
    assert.equal(answer.status, 200, answer.body);
    await running(0);
  });

  test("is forgotten by a client that leaves its queue", async () => {
    const first = await holdSlot("pair");
    const second = await holdSlot("pair", { at: "b" });
    const leaver = await Call.begin("pair");
    await waiting(1);
    await leaver.leave();
    await waiting(0);
    await first.leave();
    await second.leave();
    assert.equal(up.mock("a").counts.requests + up.mock("b").counts.requests, 2);
  });
});

describe("a reload", () => {
  test("changes the limits under those that run and wait", async () => {
    const held = await holdSlot("one");
    const queued = await Call.begin("one");
    await waiting(1);
    const providers = Object.fromEntries(
      ["a", "b"].map((name) => {
        const { url: baseUrl } = up.mock(name);
        return [name, { adapter: "openai-compatible", baseUrl, apiKey: PROVIDER_KEY }];
      }),
    );
    const one = { ...MODELS.one, concurrency: { limit: 2, queue: { max: 4 } } };
    const next = { listen: { host: "127.0.0.1" }, providers, models: { ...MODELS, one }, ...config };
    await writeFile(up.gateway.configFile, JSON.stringify(next));
    up.gateway.signal("SIGHUP");
    assert.equal((await queued.answer).status, 200);
    assert.equal(await metricOf(up.gateway, "headrace_concurrency_running"), 1);
    await held.leave();
  });
});
