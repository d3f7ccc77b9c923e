import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { AggregatorRegistry } from "prom-client";
import { type PrometheusSample, parsePrometheus } from "../testing/prometheus-text.ts";
import { IDLE_READINGS } from "./metric-table.ts";
import { Metrics } from "./metrics.ts";

const LABELS = { endpoint: "chat", model: "m", provider: "p" };

/** The text of several processes together, as the admin port gives it. */
async function scrape(...processes: readonly Metrics[]): Promise<PrometheusSample[]> {
  const json = processes.map((metrics) => metrics.toJson());
  return parsePrometheus(await AggregatorRegistry.aggregate(json).metrics());
}

function processWith(index: number, record: (metrics: Metrics) => void): Metrics {
  const metrics = new Metrics(index, () => ({ ...IDLE_READINGS, openExchanges: index + 1 }));
  record(metrics);
  return metrics;
}

function sampleValue(
  samples: readonly PrometheusSample[],
  name: string,
  labels: Readonly<Record<string, string>> = {},
): number {
  const found = samples.filter((sample) => {
    return (
      sample.name === name && Object.entries(labels).every(([label, value]) => sample.labels[label] === value)
    );
  });
  assert.equal(found.length, 1, `${found.length} samples of ${name} ${JSON.stringify(labels)}`);
  return found[0]?.value ?? Number.NaN;
}

describe("Metrics", () => {
  it("of two processes add up to one series", async () => {
    const first = processWith(0, (metrics) => {
      const series = metrics.open(LABELS);
      series.countRequest(200, null);
      series.countRequest(502, "upstream_cut");
      series.retries = 2;
      series.duration.observeMs(7);
      series.duration.observeMs(400_000);
    });
    const second = processWith(1, (metrics) => {
      const series = metrics.open(LABELS);
      series.countRequest(200, null);
      series.duration.observeMs(20);
    });
    const samples = await scrape(first, second);
    assert.equal(sampleValue(samples, "headrace_requests_total", { ...LABELS, status: "200" }), 2);
    assert.equal(sampleValue(samples, "headrace_requests_total", { ...LABELS, status: "502" }), 1);
    assert.equal(sampleValue(samples, "headrace_errors_total", { ...LABELS, code: "upstream_cut" }), 1);
    assert.equal(sampleValue(samples, "headrace_upstream_retries_total", LABELS), 2);
    const name = "headrace_request_duration_seconds";
    const bucket = (le: string): number => sampleValue(samples, `${name}_bucket`, { ...LABELS, le });
    assert.deepEqual(["0.005", "0.01", "0.025", "300", "+Inf"].map(bucket), [0, 1, 2, 2, 3]);
    assert.equal(sampleValue(samples, `${name}_count`, LABELS), 3);
    assert.ok(Math.abs(sampleValue(samples, `${name}_sum`, LABELS) - 400.027) < 1e-9);
  });

  it("tell reported tokens from estimated ones", async () => {
    const usage = {
      uncachedInput: 10,
      cacheReadInput: 1,
      cacheWrite5mInput: 0,
      cacheWrite1hInput: 0,
      visibleOutput: 5,
      reasoningOutput: 0,
    };
    const metrics = processWith(0, (process) => {
      const series = process.open(LABELS);
      series.countRequest(200, null);
      series.countTokens(usage, "reported");
      series.countTokens({ ...usage, visibleOutput: 3 }, "estimated");
    });
    const samples = await scrape(metrics);
    for (const [source, output] of [
      ["reported", 5],
      ["estimated", 3],
    ] as const) {
      const value = (kind: string): number => sampleValue(samples, "headrace_tokens_total", { kind, source });
      assert.deepEqual(["uncachedInput", "cacheReadInput", "visibleOutput"].map(value), [10, 1, output]);
    }
  });

  it("of each process stay apart where a sum would say nothing", async () => {
    const samples = await scrape(...[0, 1].map((index) => processWith(index, () => {})));
    for (const process of ["0", "1"]) {
      assert.equal(sampleValue(samples, "headrace_open_requests", { process }), Number(process) + 1);
      assert.ok(sampleValue(samples, "headrace_process_resident_memory_bytes", { process }) > 1e6);
      const heap = ["heap_used", "heap_total", "external", "array_buffers"].map((kind) =>
        sampleValue(samples, "headrace_process_memory_bytes", { process, kind }),
      );
      assert.ok(heap.every((bytes) => bytes > 0));
      assert.equal(sampleValue(samples, "headrace_worker_tasks_total", { process, outcome: "refused" }), 0);
      assert.ok(sampleValue(samples, "headrace_process_cpu_seconds_total", { process }) > 0);
    }
  });

  it("leave out what nobody asked for, and keep one series for the same labels", async () => {
    const metrics = processWith(0, (process) => {
      process.open(LABELS);
      assert.equal(process.open({ ...LABELS }), process.open(LABELS));
    });
    const samples = await scrape(metrics);
    assert.deepEqual(
      samples.filter((sample) => sample.name === "headrace_requests_total"),
      [],
    );
  });

  it("escape whatever a config may name a model", async () => {
    const model = 'a"b\\c\nd{e="f"} 1';
    const metrics = processWith(0, (process) => {
      process.open({ ...LABELS, model }).countRequest(200, null);
    });
    assert.equal(sampleValue(await scrape(metrics), "headrace_requests_total", { model, status: "200" }), 1);
  });

  it("come with help and type, and every histogram is cumulative and complete", async () => {
    const metrics = processWith(0, (process) => {
      const series = process.open(LABELS);
      series.countRequest(200, null);
      for (const valueMs of [0.01, 0.2, 3, 40, 500, 6000]) {
        series.duration.observeMs(valueMs);
        series.firstToken.observeMs(valueMs);
        series.overhead.observeMs(valueMs);
        series.queue.observeMs(valueMs);
      }
    });
    const text = await AggregatorRegistry.aggregate([metrics.toJson()]).metrics();
    const samples = parsePrometheus(text);
    const histograms = [...text.matchAll(/^# TYPE (\S+) histogram$/gm)].map(([, name]) => name ?? "");
    assert.equal(histograms.length, 4);
    for (const name of histograms) {
      const buckets = samples.filter((sample) => sample.name === `${name}_bucket`);
      const values = buckets.map((sample) => sample.value);
      assert.deepEqual(
        values,
        [...values].sort((one, other) => one - other),
      );
      assert.equal(buckets.at(-1)?.labels.le, "+Inf");
      assert.equal(values.at(-1), 6);
    }
    for (const { name } of samples) {
      const family = name.replace(/_(bucket|sum|count)$/, "");
      assert.match(text, new RegExp(`^# HELP (${name}|${family}) \\S`, "m"));
      assert.match(text, new RegExp(`^# TYPE (${name}|${family}) (counter|gauge|histogram)$`, "m"));
    }
  });
});
