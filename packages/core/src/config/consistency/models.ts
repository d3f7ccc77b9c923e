import type { Segments } from "../../schema/json-schema.ts";
import type { ModelConfig } from "../types.ts";
import { isWildcard } from "../wildcard.ts";
import { ModelGraph } from "./model-graph.ts";
import { checkModelName, checkProviderName, type RoutingScope } from "./scope.ts";
import { checkStrategy } from "./strategies.ts";
import { checkTargets } from "./targets.ts";

/** Reports what is wrong with models: their targets, what they say of each other, and numbers at odds. */
export function checkModels(scope: RoutingScope): void {
  const { config, problems } = scope;
  const graph = new ModelGraph(config.models, problems);
  for (const [name, model] of Object.entries(config.models)) {
    const at = ["models", name];
    if (isWildcard(name) && scope.notBuilt.has("models.<name with *>")) {
      problems.add(at, "names with a * are not built yet in this version", { atKey: true });
    }
    checkStrategy({ at, strategy: model.strategy, targets: model.targets }, scope);
    checkTargets({ at, targets: model.targets, from: name }, scope);
    checkFallbacks(name, model, scope);
    checkRetry([...at, "retry"], model, scope);
    if (model.shadow !== undefined) {
      checkProviderName([...at, "shadow", "target", "provider"], model.shadow.target.provider, scope);
    }
    if (graph.targetsOf(name) === 1 && model.hedge !== undefined) {
      problems.add([...at, "hedge"], "needs a second target to ask, and here is one", { atKey: true });
    }
  }
}

function checkFallbacks(name: string, { fallbacks }: ModelConfig, scope: RoutingScope): void {
  for (const reason of ["contextWindow", "contentPolicy", "other"] as const) {
    const list = fallbacks[reason];
    for (const [index, model] of list.entries()) {
      const at = ["models", name, "fallbacks", reason, String(index)];
      const first = list.indexOf(model);
      if (model === name) scope.problems.add(at, "a model cannot be its own fallback", { hint: "remove it" });
      else if (first < index)
        scope.problems.add(at, `${reason}[${first}] is the same`, { hint: "remove it" });
      else checkModelName({ at, model, from: name }, scope);
    }
  }
}

function checkRetry(at: Segments, { retry }: ModelConfig, { problems }: RoutingScope): void {
  const { attempts, maxTries, backoffMs, statuses, byStatus } = retry;
  const tooMany = `is more than maxTries, which is ${maxTries}`;
  if (attempts > maxTries) problems.add([...at, "attempts"], tooMany, { hint: "raise maxTries" });
  if (backoffMs.first > backoffMs.max) {
    problems.add([...at, "backoffMs", "first"], `is more than backoffMs.max, which is ${backoffMs.max}`);
  }
  for (const [status, rule] of Object.entries(byStatus)) {
    const ruleAt = [...at, "byStatus", status];
    if ((rule.attempts ?? 0) > maxTries) {
      problems.add([...ruleAt, "attempts"], tooMany, { hint: "raise maxTries" });
    }
    if (statuses.includes(Number(status))) continue;
    problems.add(ruleAt, `after ${status} there is no other try, as it is not one of retry.statuses`, {
      hint: "add it there",
      atKey: true,
    });
  }
}
