/** A stream that shows nothing yet can still be somebody else's, and one that comes too slowly is ended. */
import assert from "node:assert/strict";
import { after, before, beforeEach, describe, test } from "node:test";
import { sseOf } from "@headrace/mock-upstream/testing/raw-client";
import { chatRequest } from "./support/good-call.ts";
import { HttpConnection } from "./support/http-connection.ts";
import { closeWithNothingLeft } from "./support/nothing-left.ts";
import { type RoutedGateway, startRoutedGateway } from "./support/routed-gateway.ts";

const STALL = { minTokensPerSecond: 20, afterMs: 400 };

let up: RoutedGateway;

before(async () => {
  const model = (name: string, more: object = {}): object => ({
    strategy: { type: "fallback" },
    targets: [
      { provider: "a", model: name },
      { provider: "b", model: name },
    ],
    retry: { attempts: 1 },
    ...more,
  });
  up = await startRoutedGateway({
    providers: ["a", "b", "claude"],
    // One test's failures are no other's business.
    provider: { breaker: { enabled: false } },
    models: {
      chat: model("chat"),
      quiet: model("quiet", { timeouts: { idleMs: 300 } }),
      slow: model("slow", { stall: STALL }),
      "slow-claude": {
        ...model("slow-claude", { stall: STALL }),
        targets: [{ provider: "claude", model: "claude" }],
      },
    },
    adapters: { claude: { adapter: "anthropic", path: "/v1" } },
  });
});
beforeEach(() => up.clear());
after(() => closeWithNothingLeft(up));

function textOf(body: string): string {
  const words = sseOf(Buffer.from(body)).data.flatMap((data) => {
    if (data === "[DONE]") return [];
    const event = JSON.parse(data) as { choices?: { delta: { content?: string } }[] };
    return (event.choices ?? []).map(({ delta }) => delta.content ?? "");
  });
  return words.join("");
}

describe("a stream that has shown nothing", () => {
  for (const fault of [{ cutAfterEvents: 1 }, { endAfterEvents: 1 }, { errorAfterEvents: 1 }]) {
    test(`is begun anew by another target after ${JSON.stringify(fault)}`, async () => {
      up.mock("a").setFaults({ ...fault, content: "from a", chunks: 2 });
      up.mock("b").setFaults({ content: "from b", chunks: 2 });
      const answer = await up.ask("chat", { stream: true });
      assert.equal(answer.status, 200, answer.body);
      assert.equal(answer.headers.get("x-headrace-provider"), "b");
      assert.equal(textOf(answer.body), "from b");
      assert.equal(sseOf(Buffer.from(answer.body)).data.at(-1), "[DONE]");
      assert.equal(
        answer.body.match(/"role":"assistant"/g)?.length,
        1,
        "the first target's role is told too",
      );
    });
  }

  test("is begun anew after an idle time-out", async () => {
    up.mock("a").setFaults({ stallAfterEvents: 1 });
    const answer = await up.ask("quiet", { stream: true });
    assert.equal(answer.headers.get("x-headrace-provider"), "b", answer.body);
  });

  test("is not another's once a word of it was shown", async () => {
    up.mock("a").setFaults({ cutAfterEvents: 2 });
    const answer = await up.ask("chat", { stream: true });
    assert.equal(answer.headers.get("x-headrace-provider"), "a");
    assert.match(answer.body, /upstream_cut/);
    assert.equal(up.mock("b").counts.requests, 0);
  });
});

describe("a stream that is too slow", () => {
  test("ends with an error of its own", async () => {
    up.mock("a").setFaults({ tokensPerSecond: 4, chunks: 40 });
    const answer = await up.ask("slow", { stream: true });
    assert.equal(answer.status, 200);
    assert.match(answer.body, /"code":"upstream_stalled"/);
    const line = await up.logOf(answer.headers.get("x-request-id"));
    assert.equal(line.errorCode, "upstream_stalled");
  });

  test("is left alone at the pace that is asked for", async () => {
    up.mock("a").setFaults({ tokensPerSecond: 60, chunks: 50 });
    const answer = await up.ask("slow", { stream: true });
    assert.equal(sseOf(Buffer.from(answer.body)).data.at(-1), "[DONE]", answer.body);
  });

  test("is noticed where it is translated", async () => {
    up.mock("claude").setFaults({ tokensPerSecond: 4, chunks: 40 });
    const answer = await up.ask("slow-claude", { stream: true });
    assert.match(answer.body, /"code":"upstream_stalled"/);
  });

  test("is told on the client's own wire", async () => {
    up.mock("claude").setFaults({ tokensPerSecond: 4, chunks: 40 });
    const connection = await HttpConnection.open(up.gateway.port);
    const body = JSON.stringify({
      model: "slow-claude",
      max_tokens: 100,
      stream: true,
      messages: [{ role: "user", content: "Hello" }],
    });
    const answer = await connection.ask(chatRequest({ path: "/v1/messages", body }));
    await connection.close();
    assert.match(answer.body, /event: error/);
    assert.doesNotMatch(answer.body, /message_stop/);
  });
});
