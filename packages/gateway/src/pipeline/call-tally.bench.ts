import assert from "node:assert/strict";
import { type MicroBench, type MicroSubject, microBench } from "@headrace/core/testing/micro-bench";
import { SAMPLE_USAGE } from "@headrace/core/testing/sample-usage";
import type { Plan } from "@headrace/workers/tasks/plan";
import { planRequest } from "@headrace/workers/tasks/plan";
import { openSampleSnapshot } from "../testing/sample-snapshot.ts";
import { SilentExchange } from "../testing/silent-exchange.ts";
import { CallTally } from "./call-tally.ts";
import type { MeteredUsage } from "./metered-usage.ts";
import type { TalliedTry } from "./try-record.ts";

const USAGE: MeteredUsage = { tokens: SAMPLE_USAGE, source: "reported" };
const SENT: TalliedTry = { events: 0, waitedMs: () => 12.5, meteredUsage: () => USAGE };

function planOf(stream: boolean): Plan {
  const request = { model: "gpt-4o", stream, messages: [{ role: "user", content: "Hello" }] };
  const body = Buffer.from(JSON.stringify(request));
  return planRequest({ endpoint: "chat", body, path: { model: null, stream: false }, maxDepth: 10 });
}

/** What one request costs in counting, pricing and telling of it: from the choice of its target to its line in the log. */
function calling(stream: boolean): MicroSubject<string> {
  const { snapshot, lines, targetOf } = openSampleSnapshot();
  const target = targetOf("gpt-4o");
  const unrouted = snapshot.unroutedRecorders.for("chat");
  const plan = planOf(stream);
  return {
    run: () => {
      const tally = new CallTally(new SilentExchange("/v1/chat/completions"), unrouted);
      tally.keyName = "app";
      tally.requestBytes = 200;
      tally.plan = plan;
      const begun = tally.aim(target, "chat");
      tally.beginTry(SENT);
      begun.begin();
      if (stream) tally.firstToken();
      const head = tally.routeLines();
      tally.answerBytes = 400;
      tally.conclude(200, null);
      tally.sent();
      return head;
    },
    check: (head) => {
      const line: { status?: unknown; costUsd?: unknown; stream?: unknown } = JSON.parse(lines.text);
      assert.equal(line.status, 200);
      assert.equal(line.stream, stream);
      assert.ok(typeof line.costUsd === "number" && line.costUsd > 0);
      assert.match(head, /x-headrace-attempts: 1/);
      assert.equal(/x-headrace-cost-usd: 0\.00/.test(head), !stream);
    },
  };
}

export const benches: readonly MicroBench[] = [
  microBench("a plain call", () => calling(false)),
  microBench("a streamed call", () => calling(true)),
];
