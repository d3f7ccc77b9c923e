import type { FaultRuleConfig } from "../types-traffic.ts";
import { checkModelName, checkProviderName, type RoutingScope } from "./scope.ts";

type OptionName = "status" | "latencyMs" | "afterEvents" | "retryAfterMs";

/** A rule as the schema lets it through: any option beside any fault. */
type WrittenRule = Pick<FaultRuleConfig, "fault" | "provider" | "model"> & {
  readonly [Name in OptionName]?: number;
};

/** What each fault takes, and whether it must be there. */
const OPTIONS: Readonly<
  Record<FaultRuleConfig["fault"], Readonly<Partial<Record<OptionName, "needed" | "taken">>>>
> = {
  status: { status: "needed", retryAfterMs: "taken" },
  latency: { latencyMs: "needed" },
  stall: { afterEvents: "taken" },
  cut: { afterEvents: "taken" },
  malformed: { afterEvents: "taken" },
  "error-in-200": {},
};
const OPTION_NAMES: readonly OptionName[] = ["status", "latencyMs", "afterEvents", "retryAfterMs"];

/** Reports rules for faults that name what is not there or mix the options of several. */
export function checkFaults(scope: RoutingScope): void {
  const { config, problems } = scope;
  for (const [index, written] of config.faults.rules.entries()) {
    const at = ["faults", "rules", String(index)];
    const rule: WrittenRule = written;
    if (rule.provider !== undefined) checkProviderName([...at, "provider"], rule.provider, scope);
    if (rule.model !== undefined && !Object.hasOwn(config.models, rule.model)) {
      checkModelName({ at: [...at, "model"], model: rule.model }, scope);
    }
    for (const name of OPTION_NAMES) {
      const use = OPTIONS[rule.fault][name];
      if (rule[name] === undefined && use === "needed") {
        problems.add([...at, name], `the fault "${rule.fault}" needs ${name}`);
      }
      if (rule[name] !== undefined && use === undefined) {
        problems.add([...at, name], `the fault "${rule.fault}" takes no ${name}`, {
          hint: "remove it",
          atKey: true,
        });
      }
    }
  }
}
