import type { Segments } from "../../schema/json-schema.ts";
import type { StrategyConfig, TargetConfig, TargetList } from "../types-routing.ts";
import { isWildcard } from "../wildcard.ts";
import { checkModelName, checkProviderName, type RoutingScope } from "./scope.ts";
import { checkStrategy } from "./strategies.ts";

/** A target as the schema lets it through: a mix of the three kinds. */
type WrittenTarget = {
  readonly provider?: string;
  readonly model?: string;
  readonly concurrency?: unknown;
  readonly strategy?: StrategyConfig;
  readonly targets?: TargetList;
};

/** A target, and the model that it belongs to. */
type TargetUse = { readonly at: Segments; readonly target: TargetConfig; readonly from: string };

/** Reports what is wrong with the targets of a model or of a group, and with the groups among them. */
export function checkTargets(
  list: { readonly at: Segments; readonly targets: TargetList; readonly from: string },
  scope: RoutingScope,
): void {
  for (const [index, target] of list.targets.entries()) {
    checkTarget({ at: [...list.at, "targets", String(index)], target, from: list.from }, scope);
  }
}

function checkTarget(use: TargetUse, scope: RoutingScope): void {
  const written: WrittenTarget = use.target;
  if (written.strategy !== undefined || written.targets !== undefined) checkGroup(use, scope);
  else if (written.provider !== undefined) checkProviderTarget(use, scope);
  else checkModelTarget(use, scope);
}

function checkGroup({ at, target, from }: TargetUse, scope: RoutingScope): void {
  const written: WrittenTarget = target;
  const { problems } = scope;
  for (const name of ["provider", "model", "concurrency"] as const) {
    if (written[name] === undefined) continue;
    problems.add([...at, name], `a target with targets of its own takes no ${name}`, {
      hint: "give it to one of them",
      atKey: true,
    });
  }
  const { strategy, targets } = written;
  if (strategy === undefined) {
    problems.add([...at, "strategy"], "targets need a strategy", {
      hint: "for example strategy: { type: weighted }",
    });
  }
  if (targets === undefined) {
    problems.add([...at, "targets"], "a strategy needs targets to choose among");
    return;
  }
  if (strategy !== undefined) checkStrategy({ at, strategy, targets }, scope);
  checkTargets({ at, targets, from }, scope);
}

function checkProviderTarget({ at, target, from }: TargetUse, scope: RoutingScope): void {
  const { provider, model }: WrittenTarget = target;
  const { problems } = scope;
  if (provider !== undefined) checkProviderName([...at, "provider"], provider, scope);
  if (model === undefined) {
    const hint = "The model's name at that provider.";
    problems.add([...at, "model"], 'the key "model" is missing', { hint });
  }
  if (model === "*" && !isWildcard(from)) {
    problems.add([...at, "model"], "* is the name that was asked for, and here that is always the same", {
      hint: "write the model's name at the provider",
    });
  }
}

function checkModelTarget({ at, target, from }: TargetUse, scope: RoutingScope): void {
  const { model, concurrency }: WrittenTarget = target;
  const { config, problems } = scope;
  if (model === undefined) {
    problems.add(at, "a target needs a provider and a model", {
      hint: `known providers: ${Object.keys(config.providers).join(", ")}`,
    });
    return;
  }
  if (scope.notBuilt.has("models.<name>.targets[] without provider")) {
    const hint = "One of the names under providers.";
    problems.add([...at, "provider"], 'the key "provider" is missing', { hint });
    return;
  }
  checkModelName({ at: [...at, "model"], model, from, isTarget: true }, scope);
  if (concurrency === undefined) return;
  problems.add([...at, "concurrency"], "belongs to the targets of that model", {
    hint: "write it there, or as concurrency of the model",
    atKey: true,
  });
}
