/** Failures made on purpose: what a call meets is what it would meet in earnest, and the answer owns up to it. */
import assert from "node:assert/strict";
import { after, before, beforeEach, describe, it, test } from "node:test";
import { type Mock, startMock } from "@headrace/mock-upstream/server";
import type { ExplainedCall } from "../src/explain/explained-call.ts";
import { AUTHORIZED, askChat } from "./support/good-call.ts";
import type { RawAnswer } from "./support/http-connection.ts";
import { KEY, PROVIDER_KEY } from "./support/mock-gateway.ts";
import { closeWithNothingLeft, openRequests } from "./support/nothing-left.ts";
import { type StartedGateway, startGateway } from "./support/started-gateway.ts";

const LIMITED_KEY = "hr-a-key-without-overrides";
const FAULT_HEADER = "x-headrace-fault";
const TIMEOUTS = { firstByteMs: 300, plainFirstByteMs: 300, idleMs: 300 };

interface Rehearsal {
  readonly first: Mock;
  readonly second: Mock;
  readonly gateway: StartedGateway;
  close(): Promise<void>;
}

async function startRehearsal(faults: object, more: object = {}): Promise<Rehearsal> {
  const [first, second] = await Promise.all([
    startMock({ requireKey: PROVIDER_KEY, behaviour: { chunks: 6 } }),
    startMock({ requireKey: PROVIDER_KEY, behaviour: { chunks: 6 } }),
  ]);
  const provider = ({ url }: Mock): object => {
    return { adapter: "openai-compatible", baseUrl: url, apiKey: PROVIDER_KEY };
  };
  // Each of its own, so that what one does to its target's health is not the others' business.
  const place = (provider: string, model: string): object => ({ provider, model });
  const config = {
    listen: { host: "127.0.0.1" },
    providers: { first: provider(first), second: provider(second) },
    models: {
      one: { targets: [place("first", "alone")], retry: { attempts: 1 }, timeouts: TIMEOUTS },
      both: {
        strategy: { type: "fallback" },
        targets: [place("first", "leading"), place("second", "following")],
        retry: { attempts: 1 },
        timeouts: TIMEOUTS,
      },
      hedged: {
        strategy: { type: "fallback" },
        targets: [place("first", "slow"), place("second", "quick")],
        hedge: { afterMs: 20, share: 1 },
      },
      patient: { targets: [place("first", "patient")], retry: { attempts: 1 } },
    },
    keys: [
      { name: "rehearser", key: KEY, overrides: ["faults"] },
      { name: "limited", key: LIMITED_KEY },
    ],
    faults,
    ...more,
  };
  const gateway = await startGateway({ config });
  return {
    first,
    second,
    gateway,
    async close() {
      await gateway.stop();
      await Promise.all([first.close(), second.close()]);
    },
  };
}

interface Asked {
  readonly model?: string;
  readonly stream?: boolean;
  readonly fault?: string;
  readonly key?: string;
}

function ask(
  { gateway }: Rehearsal,
  { model = "one", stream = false, fault, key = KEY }: Asked,
): Promise<RawAnswer> {
  const fields = { model, stream };
  const made = fault === undefined ? {} : { [FAULT_HEADER]: fault };
  return askChat(gateway.port, fields, { authorization: `Bearer ${key}`, ...made });
}

interface ErrorBody {
  readonly code: string;
  readonly message: string;
  readonly param: string | null;
}

function errorOf(answer: RawAnswer): ErrorBody {
  return (JSON.parse(answer.body) as { error: ErrorBody }).error;
}

function deltas(body: string): number {
  return body.split("\n").filter((line) => line.includes('"content":"')).length;
}

describe("by a header", { timeout: 60_000 }, () => {
  let up: Rehearsal;
  before(async () => {
    up = await startRehearsal({ enabled: true });
  });
  beforeEach(() => {
    up.first.clear();
    up.second.clear();
  });
  after(() => closeWithNothingLeft(up));

  for (const stream of [false, true]) {
    const kind = stream ? "streamed" : "plain";

    it(`a status, ${kind}: the provider is not asked, and its refusal is the client's`, async () => {
      const answer = await ask(up, { stream, fault: "status=503; retry-after-ms=1500" });
      assert.equal(answer.status, 503);
      assert.equal(answer.headers.get(FAULT_HEADER), "status=503; retry-after-ms=1500");
      assert.deepEqual(
        [answer.headers.get("retry-after"), answer.headers.get("retry-after-ms")],
        ["2", "1500"],
      );
      assert.match(errorOf(answer).message, /made on purpose/);
      assert.equal(up.first.counts.requests, 0);
    });

    it(`a status of one provider, ${kind}: the call goes on to the next`, async () => {
      const answer = await ask(up, { model: "both", stream, fault: "status=502; provider=first" });
      assert.equal(answer.status, 200);
      assert.equal(answer.headers.get(FAULT_HEADER), "status=502");
      assert.equal(answer.headers.get("x-headrace-tried"), "first/leading;left=502");
      assert.deepEqual([up.first.counts.requests, up.second.counts.requests], [0, 1]);
    });

    it(`latency beyond the first byte's clock, ${kind}`, async () => {
      const answer = await ask(up, { stream, fault: "latency=60000" });
      assert.deepEqual([answer.status, errorOf(answer).code], [504, "upstream_first_byte_timeout"]);
      assert.equal(up.first.counts.requests, 0);
    });

    it(`latency within it, ${kind}: only later`, async () => {
      const startedAtMs = performance.now();
      const answer = await ask(up, { stream, fault: "latency=100" });
      assert.ok(performance.now() - startedAtMs >= 99);
      assert.deepEqual([answer.status, answer.headers.get(FAULT_HEADER)], [200, "latency=100"]);
      assert.ok(Number(answer.headers.get("x-headrace-overhead-ms")) < 90);
      assert.equal(up.first.counts.requests, 1);
    });

    it(`a stall before the first byte, ${kind}`, async () => {
      const answer = await ask(up, { stream, fault: "stall" });
      assert.deepEqual([answer.status, errorOf(answer).code], [504, "upstream_first_byte_timeout"]);
    });

    it(`a cut before the first byte, ${kind}`, async () => {
      const answer = await ask(up, { stream, fault: "cut" });
      assert.deepEqual([answer.status, errorOf(answer).code], [502, "upstream_cut"]);
      const second = await ask(up, { model: "both", stream, fault: "cut; provider=first" });
      assert.deepEqual([second.status, second.headers.get("x-headrace-provider")], [200, "second"]);
    });

    it(`an error in a 200, ${kind}`, async () => {
      const answer = await ask(up, { stream, fault: "error-in-200" });
      assert.notEqual(answer.status, 200);
      assert.equal(answer.headers.get(FAULT_HEADER), "error-in-200");
      assert.match(errorOf(answer).message, /made on purpose/);
      assert.equal(up.first.counts.requests, 0);
    });
  }

  for (const [fault, code] of [
    ["cut; after-events=3", "upstream_cut"],
    ["stall; after-events=3", "upstream_idle_timeout"],
  ] as const) {
    it(`${fault}: the client has what came before, then an honest error`, async () => {
      const answer = await ask(up, { stream: true, fault });
      assert.deepEqual([answer.status, answer.headers.get(FAULT_HEADER)], [200, fault]);
      assert.match(answer.body, new RegExp(`"code":"${code}"`));
      assert.doesNotMatch(answer.body, /\[DONE\]/);
      const whole = await ask(up, { stream: true });
      assert.ok(deltas(answer.body) > 0 && deltas(answer.body) < deltas(whole.body));
    });
  }

  it("an event that is no event reaches nobody as the end of a whole answer", async () => {
    const answer = await ask(up, { stream: true, fault: "malformed; after-events=2" });
    assert.equal(answer.headers.get(FAULT_HEADER), "malformed; after-events=2");
    assert.match(answer.body, /an event that is no JSON/);
  });

  it("the log and the record of the call say so too", async () => {
    const answer = await ask(up, { model: "both", fault: "status=500; provider=first" });
    const id = answer.headers.get("x-request-id") ?? "";
    const line = await up.gateway.waitForLog(({ msg, requestId }) => msg === "request" && requestId === id);
    assert.deepEqual(line.faults, ["status=500"]);
    const told = (await (await fetch(`${up.gateway.adminUrl}/admin/requests/${id}`)).json()) as ExplainedCall;
    assert.deepEqual(
      told.tries.map(({ fault, status }) => [fault, status]),
      [
        ["status=500", 500],
        [null, 200],
      ],
    );
    const plain = await ask(up, {});
    assert.equal(plain.headers.get(FAULT_HEADER), null);
  });

  for (const fault of ["stall", "latency=60000", "stall; after-events=2"]) {
    it(`${fault}: a client that leaves ends it at once`, async () => {
      up.first.setFaults({ stallAfterEvents: 4 }); // or it would have said all before the client leaves
      const leaving = new AbortController();
      const id = `leaves-${fault.replaceAll(/\W/g, "-")}`;
      const asked = fetch(`${up.gateway.url}/v1/chat/completions`, {
        method: "POST",
        headers: { ...AUTHORIZED, "x-request-id": id, [FAULT_HEADER]: fault },
        body: JSON.stringify({
          model: "patient",
          stream: true,
          messages: [{ role: "user", content: "Hello" }],
        }),
        signal: leaving.signal,
      });
      if (fault.includes("after")) {
        const reader = (await asked).body?.getReader();
        await reader?.read();
        leaving.abort();
        await assert.rejects(async () => {
          while ((await reader?.read())?.done === false);
        });
        assert.ok((await up.first.waitFor(({ aborted }) => aborted, 1_000)).aborted);
      } else {
        await openRequests(up.gateway, 1);
        leaving.abort();
        await assert.rejects(asked);
      }
      const line = await up.gateway.waitForLog(({ requestId }) => requestId === id);
      assert.deepEqual([line.status, line.errorCode], [499, "client_closed"]);
    });
  }

  it("a slow target is helped by another, which the record calls a hedge", async () => {
    const answer = await ask(up, { model: "hedged", fault: "latency=60000; provider=first" });
    assert.deepEqual([answer.status, answer.headers.get("x-headrace-provider")], [200, "second"]);
    assert.equal(answer.headers.get("x-headrace-tried"), "first/slow;left=abandoned");
    const id = answer.headers.get("x-request-id") ?? "";
    await up.gateway.waitForLog(({ msg, requestId }) => msg === "request" && requestId === id);
    const told = (await (await fetch(`${up.gateway.adminUrl}/admin/requests/${id}`)).json()) as ExplainedCall;
    assert.deepEqual(
      told.tries.map(({ reason, outcome, status, fault }) => [reason, outcome, status, fault]),
      [
        ["first", "abandoned", null, "latency=60000"],
        ["hedge", "served", 200, null],
      ],
    );
    const [slow, quick] = told.tries;
    assert.ok(slow !== undefined && quick !== undefined && quick.startedMs - slow.startedMs >= 19);
  });

  for (const [fault, words] of [
    ["explode", /knows status, latency/],
    ["status", /status to be a whole number from 400 to 599/],
    ["status=200", /from 400 to 599/],
    ["latency=-1", /latency to be a whole number/],
    ["cut=3", /takes no value for cut/],
    ["cut; after-events=x", /after-events to be a whole number/],
    ["cut; retry-after-ms=1", /takes provider and after-events beside cut/],
    ["error-in-200; after-events=1", /takes provider beside error-in-200/],
    ["status=500; provider=nobody", /provider that is not there/],
    ["constructor", /knows status, latency/],
  ] as const) {
    it(`refuses ${fault}`, async () => {
      const answer = await ask(up, { fault });
      const { code, param, message } = errorOf(answer);
      assert.deepEqual([answer.status, code, param], [400, "invalid_override", FAULT_HEADER]);
      assert.match(message, words);
    });
  }

  it("refuses a key that may not", async () => {
    const answer = await ask(up, { key: LIMITED_KEY, fault: "cut" });
    assert.deepEqual([answer.status, errorOf(answer).code], [403, "override_not_allowed"]);
    assert.equal((await ask(up, { key: LIMITED_KEY })).status, 200);
  });
});

describe("by rules", { timeout: 60_000 }, () => {
  it("the first that fits decides, for any key; a request's own comes before", async () => {
    const up = await startRehearsal({
      enabled: true,
      rules: [
        { provider: "first", model: "both", fault: "status", status: 500 },
        { provider: "first", model: "both", fault: "cut" },
        { model: "one", share: 0, fault: "cut" },
      ],
    });
    const both = await ask(up, { model: "both", key: LIMITED_KEY });
    assert.deepEqual([both.status, both.headers.get(FAULT_HEADER)], [200, "status=500"]);
    assert.equal((await ask(up, { model: "one" })).headers.get(FAULT_HEADER), null);
    const own = await ask(up, { model: "both", fault: "latency=1" });
    assert.equal(own.headers.get(FAULT_HEADER), "latency=1");
    await closeWithNothingLeft(up);
  });

  it("a share hits about so many of the tries, and a circuit opens as in earnest", async () => {
    const up = await startRehearsal({
      enabled: true,
      rules: [{ provider: "first", share: 0.5, fault: "cut" }],
    });
    const answers = [];
    for (let i = 0; i < 100; i++) answers.push(await ask(up, { model: "both" }));
    assert.ok(answers.every(({ status }) => status === 200));
    const hit = answers.filter(({ headers }) => headers.get(FAULT_HEADER) !== null).length;
    assert.ok(hit > 25 && hit < 75, `${hit} of 100`);
    await closeWithNothingLeft(up);
  });
});

test("where they are not enabled, rules make none, and a header is refused", async () => {
  const up = await startRehearsal({ rules: [{ fault: "cut" }] });
  assert.equal((await ask(up, {})).status, 200);
  const answer = await ask(up, { fault: "cut" });
  const { code, message } = errorOf(answer);
  assert.deepEqual([answer.status, code], [403, "override_not_allowed"]);
  assert.match(message, /faults\.enabled is false/);
  await closeWithNothingLeft(up);
});
