import { loadConfig } from "@headrace/core/config/load";
import { formatConfigProblem } from "@headrace/core/config/problem";
import type { Config } from "@headrace/core/config/types";
import { HealthRegistry } from "@headrace/routing/health/registry";
import { ruleFault } from "@headrace/routing/rules/rule-expression";
import { pino } from "pino";
import { Gates } from "../admission/gates.ts";
import { KeptCalls } from "../explain/kept-calls.ts";
import { IDLE_READINGS } from "../observability/metric-table.ts";
import { Metrics } from "../observability/metrics.ts";
import { compileSnapshot } from "../snapshot/compile.ts";
import type { Snapshot } from "../snapshot/snapshot.ts";

/** A config as the gateway would load it; JSON is YAML. */
export function configOf(content: object): Config {
  const result = loadConfig(JSON.stringify(content), { file: "test.yaml", env: {}, checkRule: ruleFault });
  if (result.ok) return result.config;
  throw new Error(result.problems.map(formatConfigProblem).join("\n"));
}

/** A snapshot of a config, with counters of its own. It connects to nothing until it is used. */
export function snapshotOf(content: object): Snapshot {
  const metrics = new Metrics(0, () => IDLE_READINGS);
  return compileSnapshot(configOf(content), {
    metrics,
    access: pino({ level: "silent" }),
    logger: pino({ level: "silent" }),
    calls: new KeptCalls(0),
    health: new HealthRegistry({ random: Math.random, onNotice: () => {} }),
    gates: new Gates({
      nowMs: () => 0,
      deadlines: { add: () => {}, delete: () => {} },
      defer: queueMicrotask,
      onBug: () => {},
    }),
  });
}
