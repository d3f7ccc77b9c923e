import type { ModelConfig } from "@headrace/core/config/types";
import type { TargetConfig } from "@headrace/core/config/types-routing";
import type { RouteConfig } from "@headrace/routing/compile-route";

type Models = Readonly<Record<string, ModelConfig>>;

/**
 * What stands behind a target that is a group or another model; undefined for a provider's. The config has been checked:
 * models that name each other end somewhere.
 */
export function treeOf(target: TargetConfig, models: Models): RouteConfig | undefined {
  if (target.targets !== undefined) return target;
  return target.provider === undefined ? models[target.model] : undefined;
}

/** Whether a route may end at a provider. */
export function leadsTo(provider: string, { targets }: RouteConfig, models: Models): boolean {
  return targets.some((target) => {
    const below = treeOf(target, models);
    return below === undefined ? target.provider === provider : leadsTo(provider, below, models);
  });
}
