import { type MetricJson, type ProcessReadings, processMetrics, seriesMetrics } from "./metric-table.ts";
import { Series, type SeriesLabels } from "./series.ts";

/**
 * The counters of one process. Series are opened when a snapshot is built and live as long as the process, so that a
 * reload loses no count. Labels come from the config alone: no request can add a series.
 */
export class Metrics {
  readonly #series = new Map<string, Series>();
  readonly #processIndex: number;
  readonly #readings: () => ProcessReadings;

  constructor(processIndex: number, readings: () => ProcessReadings) {
    this.#processIndex = processIndex;
    this.#readings = readings;
  }

  open(labels: SeriesLabels): Series {
    const key = JSON.stringify([labels.endpoint, labels.model, labels.provider]);
    const existing = this.#series.get(key);
    if (existing !== undefined) return existing;
    const series = new Series(labels);
    this.#series.set(key, series);
    return series;
  }

  /** Plain data, so that it can cross to the supervisor. */
  toJson(): MetricJson[] {
    return [
      ...seriesMetrics([...this.#series.values()]),
      ...processMetrics(this.#processIndex, this.#readings()),
    ];
  }
}
