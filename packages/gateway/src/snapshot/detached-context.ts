import { HealthRegistry } from "@headrace/routing/health/registry";
import { pino } from "pino";
import { Gates } from "../admission/gates.ts";
import { KeptCalls } from "../explain/kept-calls.ts";
import type { AccessLog } from "../observability/access-log.ts";
import { IDLE_READINGS } from "../observability/metric-table.ts";
import { Metrics } from "../observability/metrics.ts";
import { KeptPools } from "../upstream/kept-pools.ts";
import type { CompileContext } from "./compile.ts";

export interface DetachedOptions {
  readonly access: AccessLog;
  /** Calls that can be asked about. */
  readonly keptCalls: number;
}

/** For a snapshot beside the process's own: what it counts, learns and limits is nobody else's. */
export function detachedContext({ access, keptCalls }: DetachedOptions): CompileContext {
  return {
    metrics: new Metrics(0, () => IDLE_READINGS),
    access,
    logger: pino({ level: "silent" }),
    calls: new KeptCalls(keptCalls),
    health: new HealthRegistry({ random: Math.random, onNotice: () => {} }),
    gates: new Gates({
      nowMs: () => 0,
      deadlines: { add: () => {}, delete: () => {} },
      defer: queueMicrotask,
      onBug: () => {},
    }),
    pools: new KeptPools(),
  };
}
