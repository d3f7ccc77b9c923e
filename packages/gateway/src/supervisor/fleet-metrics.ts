import type { MetricJson, Sample } from "../observability/metric-table.ts";

/** What the processes counted that have ended: one metric, its samples by their name and labels. */
interface EndedMetric {
  readonly metric: MetricJson;
  readonly samples: Map<string, Sample>;
}

/**
 * The metrics of a fleet whose processes come and go. Counters must never run backwards: a scraper takes that for a
 * restart and counts everything anew. So a process that is too busy to answer a scrape keeps its last answer in it, and
 * what one has counted by its end, as far as it was ever asked, stays in the sum.
 */
export class FleetMetrics {
  readonly #last = new Map<number, readonly MetricJson[]>();
  readonly #ended = new Map<string, EndedMetric>();

  /** Takes the answer of a process that runs. */
  update(index: number, answer: readonly MetricJson[]): void {
    this.#last.set(index, answer);
  }

  /** A process has ended: its counts stay, its gauges go. Another one may take its index. */
  end(index: number): void {
    for (const metric of this.#last.get(index) ?? []) if (metric.type !== "gauge") this.#keep(metric);
    this.#last.delete(index);
  }

  /** One answer a process, and one of those that have ended; their sum is the fleet's. */
  all(): MetricJson[][] {
    const ended = [...this.#ended.values()].map(({ metric, samples }) => {
      return { ...metric, values: [...samples.values()] };
    });
    return [...[...this.#last.values()].map((answer) => [...answer]), ended];
  }

  #keep(metric: MetricJson): void {
    const ended = this.#ended.get(metric.name) ?? { metric, samples: new Map<string, Sample>() };
    this.#ended.set(metric.name, ended);
    for (const sample of metric.values) {
      const key = JSON.stringify([sample.metricName, sample.labels]);
      const before = ended.samples.get(key)?.value ?? 0;
      ended.samples.set(key, { ...sample, value: before + sample.value });
    }
  }
}
