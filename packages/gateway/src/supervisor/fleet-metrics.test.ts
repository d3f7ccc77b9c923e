import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { AggregatorRegistry } from "prom-client";
import { IDLE_READINGS, type MetricJson } from "../observability/metric-table.ts";
import { Metrics } from "../observability/metrics.ts";
import { parsePrometheus } from "../testing/prometheus-text.ts";
import { FleetMetrics } from "./fleet-metrics.ts";

/** What a process answers after so many requests of 7 ms. */
function answerAfter(requests: number, index = 0): MetricJson[] {
  const metrics = new Metrics(index, () => ({ ...IDLE_READINGS, openExchanges: 1 }));
  const series = metrics.open({ endpoint: "chat", model: "m", provider: "p" });
  for (let i = 0; i < requests; i++) {
    series.countRequest(200, null);
    series.duration.observeMs(7);
  }
  return metrics.toJson();
}

interface Scrape {
  readonly requests: number | undefined;
  readonly observed: number | undefined;
  readonly inBucket: number | undefined;
  /** Of each process by its index. */
  readonly open: Readonly<Record<string, number>>;
}

async function scrape(fleet: FleetMetrics): Promise<Scrape> {
  const samples = parsePrometheus(await AggregatorRegistry.aggregate(fleet.all()).metrics());
  const value = (name: string, le?: string): number | undefined => {
    const found = samples.filter((sample) => sample.name === name && sample.labels.le === le);
    assert.ok(found.length <= 1, `${name} is there ${found.length} times`);
    return found[0]?.value;
  };
  const open = samples.filter(({ name }) => name === "headrace_open_requests");
  return {
    requests: value("headrace_requests_total"),
    observed: value("headrace_request_duration_seconds_count"),
    inBucket: value("headrace_request_duration_seconds_bucket", "0.01"),
    open: Object.fromEntries(open.map(({ labels, value }) => [labels.process ?? "", value])),
  };
}

describe("FleetMetrics", () => {
  it("keep the last answer of a process until it gives a newer one", async () => {
    const fleet = new FleetMetrics();
    fleet.update(0, answerAfter(2, 0));
    fleet.update(1, answerAfter(3, 1));
    assert.equal((await scrape(fleet)).requests, 5);
    fleet.update(1, answerAfter(4, 1));
    assert.deepEqual(await scrape(fleet), { requests: 6, observed: 6, inBucket: 6, open: { 0: 1, 1: 1 } });
  });

  it("keep the counts of a process that ends, and not its gauges", async () => {
    const fleet = new FleetMetrics();
    fleet.update(0, answerAfter(2, 0));
    fleet.update(1, answerAfter(3, 1));
    fleet.end(1);
    assert.deepEqual(await scrape(fleet), { requests: 5, observed: 5, inBucket: 5, open: { 0: 1 } });
  });

  it("add up what the processes of one index have counted one after the other", async () => {
    const fleet = new FleetMetrics();
    for (const requests of [2, 3, 4]) {
      fleet.update(0, answerAfter(requests));
      fleet.end(0);
    }
    fleet.update(0, answerAfter(1));
    assert.deepEqual(await scrape(fleet), { requests: 10, observed: 10, inBucket: 10, open: { 0: 1 } });
  });

  it("forget nothing and count nothing twice when a process ends that was never asked", async () => {
    const fleet = new FleetMetrics();
    fleet.update(0, answerAfter(2));
    fleet.end(0);
    fleet.end(0);
    fleet.end(1);
    assert.equal((await scrape(fleet)).requests, 2);
  });

  it("are empty before anybody has answered", () => {
    assert.deepEqual(new FleetMetrics().all(), [[]]);
  });
});
