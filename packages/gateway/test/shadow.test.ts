/** Copies of calls at another target: nothing that becomes of them reaches a client, and the report says how they differ. */
import assert from "node:assert/strict";
import { readFile, writeFile } from "node:fs/promises";
import { after, afterEach, before, describe, it } from "node:test";
import { parsePrometheus } from "../src/testing/prometheus-text.ts";
import { copiedModel, MANY, reportOf, shadowLogOf } from "./support/copied-calls.ts";
import { AUTHORIZED, askAlone } from "./support/good-call.ts";
import type { RawAnswer } from "./support/http-connection.ts";
import { openStream } from "./support/live-stream.ts";
import type { LogLine } from "./support/log-tail.ts";
import { closeWithNothingLeft } from "./support/nothing-left.ts";
import { type RoutedGateway, startRoutedGateway } from "./support/routed-gateway.ts";

const PATIENCE_MS = 5_000;
function price(outputUsdPerMillion: number): object {
  return { inputUsdPerMillion: 1, outputUsdPerMillion };
}

const MODELS = {
  bare: copiedModel(),
  copied: copiedModel(MANY),
  streamed: copiedModel(MANY),
  words: copiedModel(MANY),
  tools: copiedModel(MANY),
  failing: copiedModel(MANY),
  broken: copiedModel(MANY),
  left: copiedModel(MANY),
  never: copiedModel({ sample: 0 }),
  capped: copiedModel({ sample: 1, perMinute: 3 }),
  tiny: copiedModel({ ...MANY, maxBytes: 600 }),
  hung: copiedModel(MANY),
  impatient: copiedModel(MANY, { timeouts: { firstByteMs: 200, plainFirstByteMs: 200 } }),
  translated: copiedModel({ ...MANY, target: { provider: "claude", model: "claude-sonnet-4-5" } }),
  unserved: copiedModel({ ...MANY, target: { provider: "claude", model: "claude-sonnet-4-5" } }),
  embedder: copiedModel(MANY),
  large: copiedModel({ ...MANY, maxBytes: 8_000_000 }),
};

let up: RoutedGateway;
before(async () => {
  up = await startRoutedGateway({
    providers: ["first", "second", "claude"],
    adapters: { claude: { adapter: "anthropic", path: "/v1" } },
    models: MODELS,
    config: { prices: { "first/asked": price(2), "second/clone": price(8) } },
  });
});
afterEach(() => up.clear());
after(() => closeWithNothingLeft(up));

function post(path: string, body: object): Promise<RawAnswer> {
  return askAlone(up.gateway.port, { path, body: JSON.stringify(body), headers: AUTHORIZED });
}

/** What a client could tell two answers apart by, but for what is every call's own. */
function seenBy({ status, headers, body }: RawAnswer): unknown {
  const own = new Set(["date", "x-request-id", "x-headrace-overhead-ms"]);
  return { status, body, headers: [...headers].filter(([name]) => !own.has(name)) };
}

describe("a copied call", () => {
  for (const stream of [false, true]) {
    const fields = { stream, x_mock: { chunks: 40, text: "utf8" } };

    it(`${stream ? "streamed" : "plain"}: its client gets the bytes of one that is not copied`, async () => {
      const bare = await up.ask("bare", fields);
      const copied = await up.ask("streamed", fields);
      assert.deepEqual(seenBy(copied), seenBy(bare));
      const log = await shadowLogOf(up, copied);
      assert.equal(log.outcome, "compared");
      const [sent] = up.mock("second").received;
      assert.ok(sent);
      const asked = JSON.parse(up.mock("first").received[0]?.bodyBytes.toString() ?? "") as object;
      assert.deepEqual(JSON.parse(sent.bodyBytes.toString()), { ...asked, model: "clone" });
    });
  }

  it("is compared, logged with the call's id, and counted by itself", async () => {
    up.mock("second").setFaults({ content: "the quick brown dog", latencyMs: 60 });
    up.mock("first").setFaults({ content: "the quick brown fox" });
    const log = await shadowLogOf(up, await up.ask("copied"));
    const { provider, target, outcome, similarity, identical, sameFinish, primaryProvider } = log;
    assert.deepEqual(
      { provider, target, outcome, similarity, identical, sameFinish, primaryProvider },
      {
        provider: "second",
        target: "clone",
        outcome: "compared",
        // 3 of 5 pairs, ends included
        similarity: 0.6,
        identical: false,
        sameFinish: true,
        primaryProvider: "first",
      },
    );
    assert.ok(Number(log.durationMs) > Number(log.primaryDurationMs));
    const report = await reportOf(up, "copied");
    assert.deepEqual(report.target, { provider: "second", model: "clone" });
    assert.deepEqual(report.outcomes, { compared: 1 });
    assert.equal(report.similarity?.mean, 0.6);
    assert.equal(report.similarity?.histogram[6]?.calls, 1);
    assert.ok((report.latencyDifferenceMs.total?.p50 ?? 0) > 0);
    assert.deepEqual(report.finish, { same: 1, different: 0 });
    const { costUsd, outputTokens } = report;
    assert.equal(outputTokens?.meanDifference, 0);
    assert.equal(costUsd?.calls, 1);
    const tokens = outputTokens?.primaryMean ?? 0;
    assert.equal(costUsd?.meanDifference.toFixed(9), ((tokens * (8 - 2)) / 1e6).toFixed(9));
    assert.equal(report.worst[0]?.requestId, log.requestId);
    assert.ok(!JSON.stringify(report).includes("quick"), "no text may be kept");
  });

  it("counts in metrics of its own, and in none of the requests'", async () => {
    const before = await scrape();
    await shadowLogOf(up, await up.ask("words"));
    const later = await scrape();
    assert.equal(summed(later, "headrace_shadow_total", "words", "second"), 1);
    assert.ok(summed(later, "headrace_shadow_tokens_total", "words", "second") > 0);
    assert.ok(summed(later, "headrace_shadow_cost_usd_total", "words", "second") > 0);
    for (const name of ["headrace_requests_total", "headrace_tokens_total", "headrace_upstream_tries_total"])
      assert.equal(summed(later, name, "words", "second"), 0, name);
    assert.equal(
      summed(later, "headrace_requests_total", "words") - summed(before, "headrace_requests_total", "words"),
      1,
    );
  });

  it("tells other calls of tools from the same ones", async () => {
    const tools = [{ type: "function", function: { name: "look_up", parameters: { type: "object" } } }];
    const same = await shadowLogOf(up, await up.ask("tools", { tools }));
    assert.equal(same.sameToolCalls, true);
    up.mock("second").setFaults({ toolCalls: 2 });
    const other = await shadowLogOf(up, await up.ask("tools", { tools, stream: true }));
    assert.equal(other.sameToolCalls, false);
    assert.deepEqual((await reportOf(up, "tools")).toolCalls, { same: 1, different: 1 });
  });

  for (const stream of [false, true]) {
    it(`is compared across wires, ${stream ? "streamed" : "plain"}`, async () => {
      const log = await shadowLogOf(up, await up.ask("translated", { stream, max_tokens: 50 }));
      assert.deepEqual([log.outcome, log.provider, log.similarity], ["compared", "claude", 1]);
      assert.equal(up.mock("claude").received[0]?.path, "/v1/messages");
    });
  }

  it("of embeddings is compared by the vectors' directions", async () => {
    const log = await shadowLogOf(
      up,
      await post("/v1/embeddings", { model: "embedder", input: ["one", "two"] }),
    );
    assert.equal(log.outcome, "compared");
    assert.ok(Math.abs(Number(log.similarity) - 1) < 1e-6);
  });

  it("of a large body goes over a thread, and back", async () => {
    const content = "word ".repeat(400_000);
    const answer = await up.ask("large", {
      messages: [{ role: "user", content }],
      x_mock: { chunks: 20_000 },
    });
    assert.equal(answer.status, 200);
    const log = await shadowLogOf(up, answer);
    assert.deepEqual([log.outcome, log.similarity], ["compared", 1]);
    assert.equal(
      up.mock("second").received[0]?.bodyBytes.length,
      up.mock("first").received[0]?.bodyBytes.length,
    );
  });
});

describe("which calls are copied", () => {
  it("none at a share of 0", async () => {
    for (let i = 0; i < 20; i++) await up.ask("never");
    assert.equal(up.mock("second").received.length, 0);
  });

  it("no more a minute than the config says", async () => {
    const answers = await Promise.all(Array.from({ length: 8 }, () => up.ask("capped")));
    assert.ok(answers.every(({ status }) => status === 200));
    const copies = (line: LogLine): boolean => line.msg === "shadow" && line.model === "capped";
    await up.gateway.waitForLog(() => up.gateway.logs.filter(copies).length >= 3);
    assert.equal(up.mock("second").received.length, 3);
    assert.deepEqual((await reportOf(up, "capped")).outcomes, { compared: 3, over_rate: 5 });
  });

  it("none that is larger than the config allows; of longer answers only the length is told", async () => {
    await up.ask("tiny", { messages: [{ role: "user", content: "word ".repeat(200) }] });
    assert.equal(up.mock("second").received.length, 0);
    const log = await shadowLogOf(up, await up.ask("tiny", { x_mock: { chunks: 500 } }));
    assert.deepEqual([log.outcome, log.similarity], ["length_only", undefined]);
    const { outcomes, answerBytes, similarity } = await reportOf(up, "tiny");
    assert.deepEqual(outcomes, { length_only: 1, too_large: 1 });
    assert.ok((answerBytes?.shadowMean ?? 0) > 600);
    assert.equal(similarity, null);
  });

  it("none that the target does not serve", async () => {
    const answer = await post("/v1/embeddings", { model: "unserved", input: "one" });
    assert.equal(answer.status, 200);
    assert.deepEqual((await reportOf(up, "unserved")).outcomes, { unsupported: 1 });
  });
});

describe("a copy that goes wrong", () => {
  it("is no concern of the client's, and no retry's", async () => {
    up.mock("second").setFaults({ status: 503 });
    for (const stream of [false, true]) {
      const answer = await up.ask("failing", { stream });
      assert.equal(answer.status, 200);
      assert.equal(answer.headers.get("x-headrace-attempts"), "1");
      const log = await shadowLogOf(up, answer);
      assert.deepEqual([log.outcome, log.error], ["shadow_failed", "503"]);
    }
    assert.equal(up.mock("second").received.length, 2);
    const { outcomes, worst } = await reportOf(up, "failing");
    assert.deepEqual(outcomes, { shadow_failed: 2 });
    assert.deepEqual(
      worst.map(({ shadow }) => shadow.error),
      ["503", "503"],
    );
  });

  it("breaks off in the middle", async () => {
    up.mock("second").setFaults({ cutAfterEvents: 4 });
    const log = await shadowLogOf(up, await up.ask("broken", { stream: true }));
    assert.deepEqual([log.outcome, log.error], ["shadow_failed", "upstream_cut"]);
  });

  it("has the call itself fail beside it", async () => {
    up.mock("first").setFaults({ status: 400 });
    const answer = await up.ask("broken");
    assert.equal(answer.status, 400);
    assert.equal((await shadowLogOf(up, answer)).outcome, "primary_failed");
  });

  it("hangs: its client has the answer before", async () => {
    up.mock("second").setFaults({ neverAnswer: true });
    for (const stream of [false, true]) {
      const answer = await up.ask("hung", { stream });
      assert.equal(answer.status, 200);
    }
    assert.equal(up.gateway.logs.filter((line) => line.msg === "shadow" && line.model === "hung").length, 0);
    const { counts } = up.mock("second");
    await up.mock("second").waitFor(() => counts.open === 2, PATIENCE_MS);
  });

  it("hangs: it ends by its target's clocks", async () => {
    up.mock("second").setFaults({ neverAnswer: true });
    const log = await shadowLogOf(up, await up.ask("impatient"));
    assert.deepEqual([log.outcome, log.error], ["shadow_failed", "upstream_first_byte_timeout"]);
  });

  it("loses what it is compared with when the client leaves, and is cancelled", async () => {
    const stream = await openStream({ port: up.gateway.port, model: "left", mock: { stallAfterEvents: 3 } });
    await up.mock("second").waitFor(({ path }) => path === "/v1/chat/completions", PATIENCE_MS);
    stream.response.destroy();
    await stream.ended.catch(() => {});
    await up.mock("second").waitFor(({ aborted }) => aborted, PATIENCE_MS);
    const log = await up.gateway.waitForLog((line) => line.msg === "shadow" && line.model === "left");
    assert.equal(log.outcome, "cancelled");
  });
});

describe("what goes on beside it", () => {
  it("copies give way where all connections are in use", async () => {
    const narrow = await startRoutedGateway({
      providers: ["first", "second"],
      models: { hung: MODELS.hung },
      provider: { connections: 1 },
    });
    try {
      narrow.mock("second").setFaults({ neverAnswer: true });
      for (let i = 0; i < 3; i++) {
        assert.equal((await narrow.ask("hung")).status, 200);
        await narrow.mock("second").waitFor(({ path }) => path === "/v1/chat/completions", PATIENCE_MS);
      }
      assert.deepEqual((await reportOf(narrow, "hung")).outcomes, { busy: 2 });
      assert.equal(narrow.mock("second").received.length, 1);
    } finally {
      await narrow.close();
    }
  });

  it("a copy ends on the configuration that it began with", async () => {
    const reloaded = await startRoutedGateway({
      providers: ["first", "second"],
      models: { kept: MODELS.copied, gone: MODELS.copied },
    });
    try {
      reloaded.mock("second").setFaults({ latencyMs: 2_000 });
      const answers = [await reloaded.ask("kept"), await reloaded.ask("gone")];
      const config = JSON.parse(await readFile(reloaded.gateway.configFile, "utf8")) as object;
      const models = { kept: MODELS.copied, gone: MODELS.bare };
      await writeFile(reloaded.gateway.configFile, JSON.stringify({ ...config, models }));
      await reloaded.gateway.waitForLog(({ msg }) => msg === "configuration reloaded");
      const isShadow = ({ msg }: LogLine): boolean => msg === "shadow";
      assert.ok(!reloaded.gateway.logs.some(isShadow), "they must still run for this to prove anything");
      for (const answer of answers) assert.equal((await shadowLogOf(reloaded, answer)).outcome, "compared");
      assert.deepEqual((await reportOf(reloaded, "kept")).outcomes, { compared: 1 });
      await assert.rejects(reportOf(reloaded, "gone"), /nothing is told of gone/);
    } finally {
      await reloaded.close();
    }
  });
});

describe("with several processes, and at the end", () => {
  it("the report is of all of them, and a drain leaves no copy behind", async () => {
    const several = await startRoutedGateway({
      providers: ["first", "second"],
      models: MODELS_OF_TWO,
      processes: 2,
    });
    try {
      const answers = await Promise.all(Array.from({ length: 30 }, () => several.ask("copied")));
      for (const answer of answers) await shadowLogOf(several, answer);
      const { outcomes, similarity, latencyDifferenceMs } = await reportOf(several, "copied");
      assert.deepEqual(outcomes, { compared: 30 });
      assert.deepEqual([similarity?.calls, similarity?.identical, similarity?.mean], [30, 30, 1]);
      assert.equal(latencyDifferenceMs.total?.calls, 30);
      several.mock("second").setFaults({ neverAnswer: true });
      await Promise.all(Array.from({ length: 4 }, () => several.ask("copied")));
      const { counts } = several.mock("second");
      await several.mock("second").waitFor(() => counts.open === 4, PATIENCE_MS);
      await several.gateway.stop();
      await several.mock("second").waitFor(() => counts.open === 0, PATIENCE_MS);
      const cancelled = several.gateway.logs.filter((line) => line.outcome === "cancelled");
      assert.equal(cancelled.length, 4);
    } finally {
      await several.close();
    }
  });
});

const MODELS_OF_TWO = { copied: MODELS.copied };

async function scrape(): Promise<ReturnType<typeof parsePrometheus>> {
  return parsePrometheus(await (await fetch(`${up.gateway.adminUrl}/metrics`)).text());
}

function summed(
  samples: ReturnType<typeof parsePrometheus>,
  name: string,
  ...[wantedModel, provider]: [model: string, provider?: string]
): number {
  return samples
    .filter(({ labels }) => labels.model === wantedModel && (provider ?? labels.provider) === labels.provider)
    .filter((sample) => sample.name === name)
    .reduce((sum, { value }) => sum + value, 0);
}
