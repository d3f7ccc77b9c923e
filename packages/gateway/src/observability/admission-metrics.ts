import type { GateReport } from "../admission/gates.ts";
import type { ShedCounts } from "../admission/load-shedder.ts";
import type { MetricJson } from "./metric-table.ts";

interface AdmissionReadings {
  readonly gates: readonly GateReport[];
  readonly shed: ShedCounts;
  readonly eventLoopDelayMs: number;
}

interface GateMetric {
  readonly name: string;
  readonly help: string;
  read(gate: GateReport): number;
}

const GATE_METRICS: readonly GateMetric[] = [
  {
    name: "headrace_concurrency_running",
    help: "Calls that have a slot of a key, model or target with a limit.",
    read: ({ inside }) => inside,
  },
  {
    name: "headrace_concurrency_waiting",
    help: "Calls that wait for a slot of a key, model or target.",
    read: ({ waiting }) => waiting,
  },
];

/** Who may run, who waits, and who was refused for lack of time. */
export function admissionMetrics(processIndex: number, readings: AdmissionReadings): MetricJson[] {
  const { gates, shed, eventLoopDelayMs } = readings;
  return [
    ...GATE_METRICS.map(({ name, help, read }): MetricJson => {
      const values = gates.map((gate) => {
        return { value: read(gate), labels: { process: processIndex, kind: gate.kind, name: gate.name } };
      });
      return { name, help, type: "gauge", aggregator: "sum", values };
    }),
    {
      name: "headrace_shed_requests_total",
      help: "Requests refused because the event loop was too late, by class.",
      type: "counter",
      aggregator: "sum",
      values: Object.entries(shed).map(([priority, value]) => {
        return { value, labels: { process: processIndex, priority } };
      }),
    },
    {
      name: "headrace_event_loop_delay_seconds",
      help: "How late the event loop is with its work, as shedding judges it.",
      type: "gauge",
      aggregator: "sum",
      values: [{ value: eventLoopDelayMs / 1000, labels: { process: processIndex } }],
    },
  ];
}
