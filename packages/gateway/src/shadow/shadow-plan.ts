import type { ShadowConfig } from "@headrace/core/config/types-routing";
import type { Target } from "../snapshot/snapshot.ts";

/** Which calls of a model are copied, and where the copies go. */
export interface ShadowPlan {
  /** The model's name in the config. */
  readonly model: string;
  readonly config: ShadowConfig;
  readonly target: Target;
}

/** What the copies of one model are told under, whichever names a wildcard stands for. */
export interface ShadowName {
  readonly model: string;
  readonly provider: string;
  /** The target's model, as the config has it. */
  readonly targetModel: string;
}

export function nameOf({ model, config: { target } }: ShadowPlan): ShadowName {
  return { model, provider: target.provider, targetModel: target.model };
}

export function keyOf({ model, provider, targetModel }: ShadowName): string {
  return JSON.stringify([model, provider, targetModel]);
}
