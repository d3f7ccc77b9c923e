import { targetOf } from "@headrace/routing/health/registry";
import type { HealthReport, UnavailableReason } from "@headrace/routing/health/target-health";
import type { MetricJson, Sample } from "./metric-table.ts";

type TargetState = UnavailableReason | "available" | "paced";

const STATES: readonly TargetState[] = [
  "available",
  "paced",
  "failing",
  "probing",
  "rate-limited",
  "ejected",
];

interface TargetMetric extends Omit<MetricJson, "values" | "aggregator"> {
  read(report: HealthReport): readonly (readonly [Record<string, string>, number])[];
}

/** The metrics of targets. A metric is one row. */
const TARGET_METRICS: readonly TargetMetric[] = [
  {
    name: "headrace_target_state",
    help: "Gateway processes that see the target in this state.",
    type: "gauge",
    read: (report) => STATES.map((state) => [{ state }, state === stateOf(report) ? 1 : 0]),
  },
  {
    name: "headrace_circuit_opened_total",
    help: "How often a target's circuit was opened by failures.",
    type: "counter",
    read: ({ openings }) => [[{}, openings]],
  },
];

/** @param targets - those that the config names, so that no request can add a series */
export function targetMetrics(targets: readonly HealthReport[]): MetricJson[] {
  return TARGET_METRICS.map(({ read, ...metric }) => ({
    ...metric,
    aggregator: "sum",
    values: targets.flatMap((report): Sample[] => {
      const { provider, model } = targetOf(report.key);
      return read(report).map(([labels, value]) => ({ value, labels: { provider, model, ...labels } }));
    }),
  }));
}

function stateOf({ reason, pacedForMs }: HealthReport): TargetState {
  return reason ?? (pacedForMs > 0 ? "paced" : "available");
}
