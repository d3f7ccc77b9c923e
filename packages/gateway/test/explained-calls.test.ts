/** Where a call went and why: in its answer's header, in the log, in the metrics, and when the admin port is asked. */
import assert from "node:assert/strict";
import { after, before, beforeEach, describe, it, test } from "node:test";
import type { ExplainedCall, ExplainedTry } from "../src/explain/explained-call.ts";
import { parsePrometheus } from "../src/testing/prometheus-text.ts";
import { AUTHORIZED, askChat, chatRequest } from "./support/good-call.ts";
import { HttpConnection, type RawAnswer } from "./support/http-connection.ts";
import { startMockGateway } from "./support/mock-gateway.ts";
import { closeWithNothingLeft } from "./support/nothing-left.ts";
import { startTwoProviderGateway, type TwoProviderGateway } from "./support/two-provider-gateway.ts";

let up: TwoProviderGateway;
before(async () => {
  up = await startTwoProviderGateway({
    plain: { providers: ["first"] },
    both: { providers: ["first", "second"] },
    either: { providers: ["first", "second"], retry: { attempts: 1 } },
    gone: { providers: ["gone", "second"], retry: { attempts: 1 } },
  });
});
beforeEach(() => {
  up.first.clear();
  up.second.clear();
});
after(() => closeWithNothingLeft(up));

function ask(model: string, fields: object = {}, headers = {}): Promise<RawAnswer> {
  return askChat(up.gateway.port, { model, ...fields }, headers);
}

async function getJson(url: string): Promise<unknown> {
  const response = await fetch(url);
  assert.equal(response.status, 200);
  assert.equal(response.headers.get("content-type"), "application/json");
  return await response.json();
}

/** A call is on record when its line is in the log. */
async function explained(answer: RawAnswer): Promise<ExplainedCall> {
  const id = answer.headers.get("x-request-id") ?? "";
  await up.logOf(id);
  return (await getJson(`${up.gateway.adminUrl}/admin/requests/${id}`)) as ExplainedCall;
}

async function listed(query: string): Promise<readonly ExplainedCall[]> {
  const list = (await getJson(`${up.gateway.adminUrl}/admin/requests?${query}`)) as {
    requests: readonly ExplainedCall[];
  };
  return list.requests;
}

function outline(tries: readonly ExplainedTry[]): readonly unknown[] {
  return tries.map(({ provider, model, reason, outcome, status, error }) => {
    return [provider, model, reason, outcome, status, error];
  });
}

function assertInOrder({ durationMs, tries }: ExplainedCall): void {
  let atMs = 0;
  for (const { startedMs, firstByteMs, endedMs } of tries) {
    const times = [atMs, startedMs, firstByteMs ?? startedMs, endedMs, durationMs];
    assert.deepEqual(
      times,
      times.toSorted((one, other) => one - other),
    );
    atMs = endedMs;
  }
}

for (const stream of [false, true]) {
  test(`a call that went well, ${stream ? "streamed" : "plain"}`, async () => {
    const answer = await ask("plain", { stream });
    assert.equal(answer.headers.get("x-headrace-tried"), null);
    const call = await explained(answer);
    const { startedAt, durationMs, firstTokenMs, overheadMs, usage, tries, ...rest } = call;
    const body = { model: "plain", messages: [{ role: "user", content: "Hello" }], stream };
    assert.deepEqual(rest, {
      id: answer.headers.get("x-request-id"),
      endpoint: "chat",
      model: "plain",
      key: "client",
      status: 200,
      error: null,
      stream,
      costUsd: null, // nobody has told the price
      requestBytes: JSON.stringify(body).length,
      answerBytes: Buffer.byteLength(answer.body),
    });
    assert.ok(Math.abs(Date.parse(startedAt) - Date.now()) < 10_000, startedAt);
    assert.ok(overheadMs > 0 && overheadMs < durationMs);
    assert.equal(firstTokenMs !== null, stream);
    assert.equal(usage?.source, "reported");
    assert.deepEqual(outline(tries), [["first", "first-plain", "first", "served", 200, null]]);
    assert.deepEqual(tries[0]?.usage, usage);
    assertInOrder(call);
  });
}

test("a retry and a fallback, with what each of them was for", async () => {
  up.first.setFaults({ status: 503 });
  const answer = await ask("both", { stream: true });
  const tried = "first/first-both;left=503";
  assert.equal(answer.headers.get("x-headrace-tried"), `${tried}, ${tried}`);
  const call = await explained(answer);
  assert.deepEqual(outline(call.tries), [
    ["first", "first-both", "first", "failed", 503, null],
    ["first", "first-both", "retry", "failed", 503, null],
    ["second", "second-model", "fallback", "served", 200, null],
  ]);
  assert.deepEqual([call.tries[0]?.usage, call.tries[2]?.usage], [null, call.usage]);
  assertInOrder(call);
  const { attempts, triedTargets } = await up.logOf(call.id);
  assert.deepEqual([attempts, triedTargets], [3, [tried, tried]]);
});

test("a provider that is not there, and a stream that is cut before its first event", async () => {
  const unreachable = await ask("gone");
  assert.equal(unreachable.headers.get("x-headrace-tried"), "gone/first-gone;left=upstream_unreachable");
  up.first.setFaults({ fault: "cut-before-headers" });
  const cut = await explained(await ask("either", { stream: true }));
  assert.deepEqual(outline(cut.tries), [
    ["first", "first-either", "first", "failed", 502, "upstream_cut"],
    ["second", "second-model", "fallback", "served", 200, null],
  ]);
  assert.equal(cut.tries[0]?.firstByteMs, null);
});

test("a call that failed everywhere, and one that never came to a target", async () => {
  up.first.setFaults({ status: 500 });
  up.second.setFaults({ status: 502 });
  const failed = await explained(await ask("either"));
  assert.deepEqual([failed.status, failed.error], [502, "upstream_error"]);
  assert.deepEqual(outline(failed.tries), [
    ["first", "first-either", "first", "failed", 500, null],
    ["second", "second-model", "fallback", "failed", 502, null],
  ]);
  const lost = await explained(await ask("nobody-has-heard-of-this"));
  assert.deepEqual([lost.model, lost.error, lost.tries], [null, "model_not_found", []]);
});

test("a stream that its provider cuts: the client has its beginning, and the record its end", async () => {
  up.first.setFaults({ fault: "cut" });
  const cut = await explained(await ask("plain", { stream: true }));
  assert.deepEqual([cut.status, cut.error, cut.usage?.source], [200, "upstream_cut", "estimated"]);
  const [only] = cut.tries;
  assert.deepEqual(
    [only?.outcome, only?.error, only?.firstByteMs !== null],
    ["failed", "upstream_cut", true],
  );
});

test("a call about what a provider keeps, which names no model", async () => {
  const connection = await HttpConnection.open(up.gateway.port);
  const list = { method: "GET", path: "/v1/files", headers: AUTHORIZED };
  const good = await explained(await connection.ask(list));
  assert.deepEqual([good.endpoint, good.model], ["files", null]);
  assert.deepEqual(outline(good.tries), [["first", null, "first", "served", 200, null]]);
  up.first.setFaults({ status: 500 });
  const failed = await explained(await connection.ask(list));
  assert.deepEqual(outline(failed.tries), [["first", null, "first", "failed", 500, null]]);
  await connection.close();
});

test("the list is newest first, and can be narrowed", async () => {
  up.first.setFaults({ status: 404 }, { times: 1 });
  const asked = [await ask("plain"), await ask("plain"), await ask("either")];
  const ids = asked.map(({ headers }) => headers.get("x-request-id"));
  await Promise.all(ids.map((id) => up.logOf(id)));
  const idsOf = async (query: string): Promise<readonly string[]> =>
    (await listed(query)).map(({ id }) => id);
  assert.deepEqual(await idsOf("limit=3"), ids.toReversed());
  assert.deepEqual(await idsOf("limit=2&model=plain"), [ids[1], ids[0]]);
  assert.deepEqual(await idsOf("limit=1&status=404"), [ids[0]]);
  assert.deepEqual(await idsOf("limit=1&error=upstream_error&model=plain"), [ids[0]]);
  assert.deepEqual(await idsOf("model=nobody-has-heard-of-this"), []);
});

test("of a client's own id the newest call counts, and nothing of its text is kept", async () => {
  const id = "x".repeat(128);
  await ask("plain", { user: "a-word-that-nobody-needs" }, { "x-request-id": id });
  await ask("either", {}, { "x-request-id": id });
  await up.gateway.waitForLog(({ requestId, model }) => requestId === id && model === "either");
  const response = await fetch(`${up.gateway.adminUrl}/admin/requests/${id}`);
  const text = await response.text();
  assert.equal((JSON.parse(text) as ExplainedCall).model, "either");
  const all = await (await fetch(`${up.gateway.adminUrl}/admin/requests`)).text();
  assert.doesNotMatch(all, /a-word-that-nobody-needs|provider-key|hr-test-key/);
});

for (const [query, param] of [
  ["limit=ten", "limit"],
  ["status=-1", "status"],
  ["error=no_such_code", "error"],
] as const) {
  test(`the list refuses ${query}`, async () => {
    const response = await fetch(`${up.gateway.adminUrl}/admin/requests?${query}`);
    const { error } = (await response.json()) as { error: { code: string; param: string } };
    assert.deepEqual([response.status, error.code, error.param], [400, "invalid_field", param]);
  });
}

test("an id that nobody knows", async () => {
  const response = await fetch(`${up.gateway.adminUrl}/admin/requests/req_nothing`);
  const { error } = (await response.json()) as { error: { code: string } };
  assert.deepEqual([response.status, error.code], [404, "request_not_found"]);
});

test("tries are counted under their own target's provider", async () => {
  const count = async (provider: string, outcome: string): Promise<number> => {
    const samples = parsePrometheus(await (await fetch(`${up.gateway.adminUrl}/metrics`)).text());
    const found = samples.filter(({ name, labels }) => {
      return (
        name === "headrace_upstream_tries_total" && labels.provider === provider && labels.outcome === outcome
      );
    });
    return found.reduce((sum, { value }) => sum + value, 0);
  };
  const counts = (): Promise<number[]> =>
    Promise.all([count("first", "failed"), count("first", "refused"), count("second", "served")]);
  const [failed = 0, refused = 0, served = 0] = await counts();
  up.first.setFaults({ status: 503 });
  await explained(await ask("both"));
  up.first.setFaults({ status: 429 });
  await explained(await ask("either"));
  assert.deepEqual(await counts(), [failed + 2, refused + 1, served + 2]);
});

describe("two processes", { timeout: 60_000 }, () => {
  it("answer for each other's calls", async () => {
    const started = await startMockGateway({ processes: 2 });
    const ids = Array.from({ length: 40 }, (_, i) => `call-${i}`);
    for (const id of ids) {
      const connection = await HttpConnection.open(started.gateway.port);
      await connection.ask(chatRequest({ headers: { "x-request-id": id } }));
      await connection.close();
    }
    const pids = await Promise.all(ids.map(async (id) => (await started.logOf(id)).pid));
    assert.equal(new Set(pids).size, 2);
    const { adminUrl } = started.gateway;
    const { requests } = (await getJson(`${adminUrl}/admin/requests?limit=100`)) as {
      requests: readonly ExplainedCall[];
    };
    assert.deepEqual(requests.map(({ id }) => id).sort(), ids.toSorted());
    const starts = requests.map(({ startedAt }) => startedAt);
    assert.deepEqual(starts, starts.toSorted().toReversed());
    for (const id of ids.slice(0, 5))
      assert.equal(((await getJson(`${adminUrl}/admin/requests/${id}`)) as ExplainedCall).id, id);
    await started.close();
  });

  it("tell what a call cost, and each of its tries, where the price is known", async () => {
    const prices = { "upstream-model": { inputUsdPerMillion: 2, outputUsdPerMillion: 10 } };
    const started = await startMockGateway({ config: { prices } });
    const connection = await HttpConnection.open(started.gateway.port);
    const body = JSON.stringify({
      model: "chat-retried",
      messages: [{ role: "user", content: "Hello" }],
    });
    started.mock.setFaults({ fault: "overloaded" }, { times: 1 });
    for (const id of ["retried", "plain"])
      await connection.ask(chatRequest({ body, headers: { "x-request-id": id } }));
    await connection.close();
    for (const [id, attempts] of [
      ["retried", 2],
      ["plain", 1],
    ] as const) {
      await started.logOf(id);
      const url = `${started.gateway.adminUrl}/admin/requests/${id}`;
      const { usage, costUsd, tries } = (await getJson(url)) as ExplainedCall;
      assert.ok(usage !== null && costUsd !== null && costUsd > 0);
      const expected = (usage.uncachedInput * 2 + usage.visibleOutput * 10) / 1e6;
      assert.ok(Math.abs(costUsd - expected) < 1e-12, `${costUsd} is not ${expected}`);
      assert.deepEqual([tries.length, tries.at(-1)?.costUsd], [attempts, costUsd]);
    }
    await started.close();
  });

  it("keep nothing where nothing is to be kept", async () => {
    const started = await startMockGateway({ config: { routing: { explain: { keep: 0 } } } });
    const connection = await HttpConnection.open(started.gateway.port);
    await connection.ask(chatRequest({ headers: { "x-request-id": "unkept" } }));
    await connection.close();
    await started.logOf("unkept");
    assert.deepEqual(await getJson(`${started.gateway.adminUrl}/admin/requests`), { requests: [] });
    assert.equal((await fetch(`${started.gateway.adminUrl}/admin/requests/unkept`)).status, 404);
    await started.close();
  });
});
