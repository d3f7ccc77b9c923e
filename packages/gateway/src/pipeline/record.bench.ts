import assert from "node:assert/strict";
import { type MicroBench, type MicroSubject, microBench } from "@headrace/core/testing/micro-bench";
import { SAMPLE_USAGE } from "@headrace/core/testing/sample-usage";
import { AccessLog } from "../observability/access-log.ts";
import { Series } from "../observability/series.ts";
import { LastLine } from "../testing/sample-snapshot.ts";
import { type CallRecord, type Recorder, record } from "./record.ts";
import { spendingOf } from "./spending.ts";

const LABELS = { endpoint: "chat", model: "gpt-4o", provider: "openai" };
const CALL: CallRecord = {
  requestId: "req_0123456789abcdef",
  keyName: "app",
  status: 200,
  errorCode: null,
  stream: true,
  tries: [
    {
      target: { provider: "openai", model: "gpt-4o-2024-08-06" },
      reason: "first",
      outcome: "served",
      status: 200,
      code: null,
      startedAtMs: 0.1,
      firstByteAtMs: 12,
      endedAtMs: 612.4,
      lost: [],
      fault: null,
      spending: () => spendingOf(null, null),
    },
  ],
  last: undefined,
  startedAtMs: 0,
  requestBytes: 200,
  answerBytes: 31_000,
  events: 103,
  usage: { source: "reported", tokens: SAMPLE_USAGE },
  costUsd: 0.00512,
  durationMs: 612.4567,
  firstTokenMs: 12.3456,
  overheadMs: 0.1234,
  queuedMs: 0,
  droppedParams: [],
};

function recording(output: LastLine | null): MicroSubject<Series> {
  const series = new Series(LABELS);
  const access = new AccessLog(output).labelled(LABELS);
  const recorder: Recorder = { series, access, labels: LABELS, calls: null };
  return {
    run: () => {
      record(recorder, CALL);
      return series;
    },
    check: ({ byStatus, costUsd, duration }) => {
      const calls = byStatus.get(200) ?? 0;
      assert.ok(Math.abs(costUsd / calls - 0.00512) < 1e-6);
      assert.equal(
        duration.counts.reduce((sum, count) => sum + count),
        calls,
      );
      if (output !== null) assert.equal(JSON.parse(output.text).durationMs, 612.457);
    },
  };
}

export const benches: readonly MicroBench[] = [
  microBench("metrics of a call", () => recording(null)),
  microBench("metrics of a call, and its line", () => recording(new LastLine())),
];
