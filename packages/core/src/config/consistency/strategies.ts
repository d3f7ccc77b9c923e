import type { Segments } from "../../schema/json-schema.ts";
import { nameHint } from "../nearest-name.ts";
import type { ProblemList } from "../problem.ts";
import type { StrategyConfig, TargetList, TargetReference } from "../types-routing.ts";
import type { RoutingScope } from "./scope.ts";

/** A strategy as the schema lets it through: any option beside any type, and none of them there for sure. */
type WrittenStrategy = {
  readonly type: StrategyConfig["type"];
  readonly rules?: readonly { readonly when: string; readonly use: TargetReference }[];
  readonly otherwise?: TargetReference;
  readonly by?: string;
  readonly header?: string;
  readonly salt?: string;
};

type OptionName = Exclude<keyof WrittenStrategy, "type">;

/** What each strategy takes besides its type. */
const OPTIONS: Readonly<Partial<Record<StrategyConfig["type"], readonly OptionName[]>>> = {
  rules: ["rules", "otherwise"],
  sticky: ["by", "header"],
  ab: ["by", "header", "salt"],
};
/** What cannot be left out where it is taken, and what to write. */
const NEEDED: Readonly<Partial<Record<OptionName, string>>> = {
  rules: 'a list such as [{ when: "tokens > 8000", use: 0 }]',
  otherwise: "the index or name of the target for calls that no rule takes",
  by: "what stays with one target: key, conversation or header",
};
const ALL_OPTIONS: readonly OptionName[] = ["rules", "otherwise", "by", "header", "salt"];

/** A strategy over its targets: that of a model, or of a group inside of one. */
export type StrategyUse = {
  /** The place of what holds `strategy` and `targets`. */
  readonly at: Segments;
  readonly strategy: StrategyConfig;
  readonly targets: TargetList;
};

/** Reports options that a strategy does not take or lacks, and targets that it could not choose among. */
export function checkStrategy(use: StrategyUse, scope: RoutingScope): void {
  checkNumber(use, scope);
  checkOptions(use, scope);
  checkNames(use, scope);
  checkWeights(use, scope);
  checkRules(use, scope);
}

function checkNumber({ at, strategy, targets }: StrategyUse, { problems }: RoutingScope): void {
  if (strategy.type !== "single" || targets.length === 1) return;
  problems.add([...at, "targets"], `the strategy "single" takes one target, and here are ${targets.length}`, {
    hint: "remove the others, or set strategy: { type: fallback }",
    atKey: true,
  });
}

function checkOptions(use: StrategyUse, { problems }: RoutingScope): void {
  const at = [...use.at, "strategy"];
  const written: WrittenStrategy = use.strategy;
  const taken = OPTIONS[written.type] ?? [];
  for (const name of ALL_OPTIONS) {
    const isGiven = written[name] !== undefined;
    if (isGiven && !taken.includes(name)) {
      problems.add([...at, name], `the strategy "${written.type}" takes no ${name}`, {
        hint: "remove it",
        atKey: true,
      });
    }
    const hint = NEEDED[name];
    if (!isGiven && taken.includes(name) && hint !== undefined) {
      problems.add([...at, name], `the strategy "${written.type}" needs ${name}`, { hint });
    }
  }
  if (taken.includes("by")) checkAffinity(at, written, problems);
}

function checkAffinity(at: Segments, { type, by, header }: WrittenStrategy, problems: ProblemList): void {
  if (by === undefined) return;
  if (type === "ab" && by === "prefix") {
    problems.add([...at, "by"], 'the strategy "ab" takes key, conversation or header, not "prefix"');
  }
  if (by === "header" && header === undefined) {
    problems.add([...at, "header"], "by: header needs the header's name", { hint: "header: x-session-id" });
  }
  if (by !== "header" && header !== undefined) {
    problems.add([...at, "header"], `has no use with by: ${by}`, {
      hint: "remove it, or set by: header",
      atKey: true,
    });
  }
}

function checkNames({ at, targets }: StrategyUse, { problems }: RoutingScope): void {
  const firstByName = new Map<string, number>();
  for (const [index, { name }] of targets.entries()) {
    if (name === undefined) continue;
    const first = firstByName.get(name);
    if (first === undefined) firstByName.set(name, index);
    else problems.add([...at, "targets", String(index), "name"], `targets[${first}] has the same name`);
  }
}

function checkWeights({ at, targets }: StrategyUse, { problems }: RoutingScope): void {
  if (targets.some(({ weight }) => weight > 0)) return;
  const message = targets.length === 1 ? "the only target has the weight 0" : "all targets have the weight 0";
  problems.add([...at, "targets"], `${message}, so none could be chosen`, {
    hint: "give at least one of them more",
    atKey: true,
  });
}

function checkRules(use: StrategyUse, scope: RoutingScope): void {
  const { rules, otherwise }: WrittenStrategy = use.strategy;
  const at = [...use.at, "strategy"];
  for (const [index, rule] of (rules ?? []).entries()) {
    const ruleAt = [...at, "rules", String(index)];
    checkExpression([...ruleAt, "when"], rule.when, scope);
    checkReference([...ruleAt, "use"], { reference: rule.use, targets: use.targets }, scope);
  }
  if (otherwise === undefined) return;
  checkReference([...at, "otherwise"], { reference: otherwise, targets: use.targets }, scope);
}

function checkExpression(at: Segments, expression: string, { checkRule, problems }: RoutingScope): void {
  const fault = checkRule?.(expression) ?? null;
  if (fault === null) return;
  // What is wrong with it may quote it, and its text may be anything that was in the environment.
  const words = problems.isReference(at) ? "" : `: ${fault}`;
  problems.add(at, `is not a rule that can be read${words}`);
}

type Choice = { readonly reference: TargetReference; readonly targets: TargetList };

function checkReference(at: Segments, { reference, targets }: Choice, { problems }: RoutingScope): void {
  if (typeof reference === "number") {
    if (reference < targets.length) return;
    const hint = targets.length === 1 ? "the only one is 0" : `they are 0 to ${targets.length - 1}`;
    problems.add(at, `there is no target ${problems.show(at, reference)}`, { hint });
    return;
  }
  const names = targets.flatMap(({ name }) => (name === undefined ? [] : [name]));
  if (names.includes(reference)) return;
  const hint =
    names.length === 0 ? "none of these targets has a name" : nameHint(reference, names, "names of targets");
  problems.add(at, `there is no target named ${problems.show(at, reference)}`, { hint });
}
