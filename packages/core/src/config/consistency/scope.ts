import type { Segments } from "../../schema/json-schema.ts";
import { nameHint } from "../nearest-name.ts";
import type { ProblemList } from "../problem.ts";
import type { Config } from "../types.ts";
import { isWildcard } from "../wildcard.ts";

/**
 * Reads one CEL expression of a rule. The words of what is wrong with it, its position among them, or null; core itself
 * has no CEL.
 */
export type CheckRule = (expression: string) => string | null;

/** What the checks share. */
export interface RoutingScope {
  readonly config: Config;
  readonly problems: ProblemList;
  /** Absent = rules are not read. */
  readonly checkRule: CheckRule | undefined;
  /** What is refused as not built yet: names as in `NOT_BUILT`. */
  readonly notBuilt: ReadonlySet<string>;
}

/** Reports a provider that is not there. */
export function checkProviderName(at: Segments, provider: string, { config, problems }: RoutingScope): void {
  if (Object.hasOwn(config.providers, provider)) return;
  problems.add(at, `there is no provider ${problems.show(at, provider)}`, {
    hint: nameHint(provider, Object.keys(config.providers), "providers"),
  });
}

export type ModelMention = {
  readonly at: Segments;
  readonly model: string;
  /** The model that it is written in; absent outside of models. */
  readonly from?: string;
  /** It is a target, whose provider may just have been left out. */
  readonly isTarget?: boolean;
};

/** Reports a model that is not there, or cannot be meant. */
export function checkModelName(mention: ModelMention, { config, problems }: RoutingScope): void {
  const { at, model, from, isTarget = false } = mention;
  if (!Object.hasOwn(config.models, model)) {
    const why = isTarget ? "without a provider this is another model of this file, and " : "";
    const hint = modelHint(model, config);
    problems.add(at, `${why}there is no model ${problems.show(at, model)}`, { hint });
    return;
  }
  if (!isWildcard(model) || (from !== undefined && isWildcard(from))) return;
  problems.add(at, `the name ${problems.show(at, model)} stands for many models`, {
    hint: "only a model whose own name has a * can pass on the name that the client asked for",
  });
}

function modelHint(model: string, { models, aliases }: Config): string {
  return Object.hasOwn(aliases, model)
    ? "that is an alias; name the model itself"
    : nameHint(model, Object.keys(models), "models");
}
