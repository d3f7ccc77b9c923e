import type { ProviderTargetConfig, StrategyConfig, TargetList } from "@headrace/core/config/types-routing";
import type { RouteCall, RoutedTarget, RouteNeeds, RouteNode } from "./route.ts";
export function compileRoute<T extends RoutedTarget>(
  tree: { strategy: StrategyConfig; targets: TargetList },
  o: {
    models: Readonly<Record<string, { strategy: StrategyConfig; targets: TargetList }>>;
    leaf: (t: ProviderTargetConfig, index: number) => T;
  },
): { node: RouteNode<T>; needs: RouteNeeds } {
  const targets = tree.targets.map((t, i) => o.leaf(t as ProviderTargetConfig, i));
  return {
    node: { targets, pick: (call: RouteCall<T>) => targets.find((t) => call.mayAsk(t)) ?? null },
    needs: { headers: [], body: false },
  };
}
