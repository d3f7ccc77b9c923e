import assert from "node:assert/strict";
import { test } from "node:test";
import { summarise } from "../histogram.ts";
import type { LoadJob } from "../job.ts";
import { histogramFromPercentiles } from "./external.ts";
import { k6 } from "./k6.ts";
import { oha } from "./oha.ts";
import { vegeta } from "./vegeta.ts";
import { wrk } from "./wrk.ts";

const target = {
  host: "127.0.0.1",
  port: 8080,
  path: "/v1/chat/completions",
  headers: { authorization: "Bearer k" },
  body: '{"a":"b\\n"}',
};
const base = { target, durationMs: 5000, timeoutMs: 10_000, stream: false };
const open: LoadJob = { ...base, kind: "open", rps: 500 };
const closed: LoadJob = { ...base, kind: "closed", users: 64 };

test("a distribution is rebuilt from percentiles", () => {
  const summary = summarise(
    histogramFromPercentiles(
      [
        [50, 10],
        [99, 20],
        [100, 30],
      ],
      1000,
    ),
  );
  assert.equal(summary.count, 1000);
  assert.ok(Math.abs(summary.p50Ms - 10) < 0.05 && Math.abs(summary.p99Ms - 20) < 0.05);
  assert.ok(Math.abs(summary.p999Ms - 30) < 0.05);
});

test("wrk: the script escapes the body and its JSON line is read", () => {
  const command = wrk.build(closed, "/w");
  assert.match(command.files?.["wrk-chat.lua"] ?? "", /wrk\.body = "\{\\"a\\":\\"b\\\\n\\"\}"/);
  assert.deepEqual(command.args.slice(0, 6), ["-t", "1", "-c", "64", "-d", "5s"]);
  const report = wrk.parse(
    'Running 5s test\n\nJSON {"requests":1000,"durationUs":2000000,"connect":0,"read":2,"write":0,"status":10,"timeout":1,"points":[[50,900],[100,5000]]}\n',
    closed,
  );
  assert.deepEqual(report, {
    sent: 1001,
    succeeded: 990,
    errors: { read: 2, status: 10, timeout: 1 },
    achievedRps: 495,
    percentiles: [
      [50, 0.9],
      [100, 5],
    ],
  });
  assert.throws(() => wrk.parse("unable to connect", closed), /no result/);
});

test("vegeta: the target goes in as JSON and nanoseconds come out as milliseconds", () => {
  const command = vegeta.build(open, "/w");
  assert.match(command.args[1] ?? "", /-rate=500\/1s -duration=5000ms/);
  assert.equal(JSON.parse(command.stdin ?? "").body, Buffer.from(target.body).toString("base64"));
  const report = vegeta.parse(
    '{"latencies":{"min":1000000,"50th":2000000,"90th":3000000,"95th":4000000,"99th":5000000,"max":6000000},"requests":100,"throughput":49.5,"success":0.98,"status_codes":{"200":98,"0":1,"503":1}}',
    open,
  );
  assert.equal(report.succeeded, 98);
  assert.deepEqual(report.errors, { no_answer: 1, status_503: 1 });
  assert.deepEqual(report.percentiles.at(-2), [99, 5]);
});

test("oha: requests cut at the deadline are no errors", () => {
  assert.ok(oha.build(open, "/w").args.includes("--latency-correction"));
  assert.ok(!oha.build(closed, "/w").args.includes("-q"));
  const report = oha.parse(
    '{"summary":{"total":2,"slowest":0.03},"latencyPercentiles":{"p99":0.02,"p50":0.01,"p99.9":null},"statusCodeDistribution":{"200":90,"500":4},"errorDistribution":{"aborted due to deadline":6,"connection refused":1}}',
    closed,
  );
  assert.equal(report.sent, 95);
  assert.equal(report.achievedRps, 45);
  assert.deepEqual(report.errors, { status_500: 4, "connection refused": 1 });
  assert.deepEqual(report.percentiles[0], [50, 10]);
});

test("k6: load and target go by the environment", () => {
  assert.equal(k6.build(open, "/w").env?.RPS, "500");
  assert.equal(k6.build(open, "/w").env?.DURATION, "5000ms");
  assert.equal(k6.build(closed, "/w").env?.VUS, "64");
  const report = k6.parse(
    'noise\nJSON {"sent":10,"succeeded":9,"errors":{"failed":1},"neverSent":0,"rps":5,"percentiles":[[50,1]]}\n',
    open,
  );
  assert.deepEqual([report.sent, report.succeeded, report.achievedRps], [10, 9, 5]);
});
