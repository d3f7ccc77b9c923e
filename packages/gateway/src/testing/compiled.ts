import { loadConfig } from "@headrace/core/config/load";
import { formatConfigProblem } from "@headrace/core/config/problem";
import type { Config } from "@headrace/core/config/types";
import { ruleFault } from "@headrace/routing/rules/lazy-rules";
import { AccessLog } from "../observability/access-log.ts";
import { compileSnapshot } from "../snapshot/compile.ts";
import { detachedContext } from "../snapshot/detached-context.ts";
import type { Snapshot } from "../snapshot/snapshot.ts";

/** A config as the gateway would load it; JSON is YAML. */
export function configOf(content: object): Config {
  const result = loadConfig(JSON.stringify(content), { file: "test.yaml", env: {}, checkRule: ruleFault });
  if (result.ok) return result.config;
  throw new Error(result.problems.map(formatConfigProblem).join("\n"));
}

/** A snapshot of a config, with counters of its own. It connects to nothing until it is used. */
export function snapshotOf(content: object): Snapshot {
  const access = new AccessLog(null);
  return compileSnapshot(configOf(content), detachedContext({ access, keptCalls: 0 }));
}
