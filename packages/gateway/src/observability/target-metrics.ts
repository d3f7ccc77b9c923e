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

/** What metrics tell of under one name. */
export interface MeteredTarget {
  readonly provider: string;
  /** Of the config: a model at the provider, or a model with a wildcard in its name. */
  readonly model: string;
  /** One, or one for each name that a wildcard stands for. */
  readonly reports: readonly HealthReport[];
  /** Openings of circuits that are in no report any more. */
  readonly forgottenOpenings: number;
}

interface TargetMetric extends Omit<MetricJson, "values" | "aggregator"> {
  read(target: MeteredTarget): readonly (readonly [Record<string, string>, number])[];
}

/** The metrics of targets. A metric is one row. */
const TARGET_METRICS: readonly TargetMetric[] = [
  {
    name: "headrace_target_state",
    help: "Gateway processes that see the target in this state; of a wildcard, what they see of each name.",
    type: "gauge",
    read: ({ reports }) => {
      const states = reports.map(stateOf);
      return STATES.map((state) => [{ state }, states.filter((seen) => seen === state).length]);
    },
  },
  {
    name: "headrace_circuit_opened_total",
    help: "How often a target's circuit was opened by failures.",
    type: "counter",
    read: ({ reports, forgottenOpenings }) => {
      return [[{}, reports.reduce((sum, { openings }) => sum + openings, forgottenOpenings)]];
    },
  },
];

/** @param targets - those that the config names, so that no request can add a series */
export function targetMetrics(targets: readonly MeteredTarget[]): MetricJson[] {
  return TARGET_METRICS.map(({ read, ...metric }) => ({
    ...metric,
    aggregator: "sum",
    values: targets.flatMap((target): Sample[] => {
      const { provider, model } = target;
      return read(target).map(([labels, value]) => ({ value, labels: { provider, model, ...labels } }));
    }),
  }));
}

function stateOf({ reason, pacedForMs }: HealthReport): TargetState {
  return reason ?? (pacedForMs > 0 ? "paced" : "available");
}
