/** What a model's name tells of what it takes. Names are open-ended: one that is not known counts as the newest. */
import type { ReasoningEffort, ReasoningParams } from "@headrace/core/canonical/chat";
import type { JsonObject } from "@headrace/core/json-object";
import { defined } from "../../json/read.ts";

export interface GeminiModel {
  /** How one says how much it shall think: not at all, in tokens, or in words. The wrong one is refused. */
  readonly thinking: "none" | "budget" | "level";
  /** Words of `thinkingLevel` by effort. */
  readonly levels: EffortLevels;
  /** Bounds of the tokens that it may be told to think. */
  readonly budgetTokens: readonly [least: number, most: number];
  /** It may be told not to think at all. */
  readonly canRest: boolean;
  /** Its calls must come back signed, in the turn that is under way. */
  readonly signsCalls: boolean;
  /** It takes a system instruction. */
  readonly system: boolean;
  /** It can be bound to JSON while it has functions to call. */
  readonly jsonWithFunctions: boolean;
  /** Frequency and presence penalties are refused by the Gemini API, not by Vertex. */
  readonly refusesPenalties: boolean;
  /** Media may stand inside of a function's response. */
  readonly mediaInResponses: boolean;
}

type EffortLevels = Readonly<Record<ReasoningEffort, string>>;

/** Gemini API, "OpenAI compatibility", "Thinking": the same efforts in words and in tokens. */
const LEVELS: EffortLevels = {
  none: "LOW",
  minimal: "LOW",
  low: "LOW",
  medium: "MEDIUM",
  high: "HIGH",
  xhigh: "HIGH",
};
const BUDGET_TOKENS: Readonly<Record<ReasoningEffort, number>> = {
  none: 0,
  minimal: 1024,
  low: 1024,
  medium: 8192,
  high: 24_576,
  xhigh: 24_576,
};

const NEWEST: GeminiModel = {
  thinking: "level",
  levels: LEVELS,
  budgetTokens: [1, 24_576],
  canRest: true,
  signsCalls: true,
  system: true,
  jsonWithFunctions: true,
  refusesPenalties: false,
  mediaInResponses: true,
};
const GENERATION_2: GeminiModel = {
  ...NEWEST,
  thinking: "none",
  signsCalls: false,
  jsonWithFunctions: false,
  mediaInResponses: false,
};
const GENERATION_2_5: GeminiModel = { ...GENERATION_2, thinking: "budget", refusesPenalties: true };

/** The first row that fits counts. Sources: Gemini API, "Thinking", "Function calling", "Structured outputs". */
const MODELS: readonly (readonly [RegExp, GeminiModel])[] = [
  [/^gemma-[123]/, { ...GENERATION_2, system: false }],
  [/^gemma/, GENERATION_2],
  [/^gemini-(1[.-]|2\.0|2-|pro$|pro-vision)/, GENERATION_2],
  [/^gemini-2\.5.*-image/, GENERATION_2],
  [/^gemini-2\.5-pro/, { ...GENERATION_2_5, budgetTokens: [128, 32_768], canRest: false }],
  [/^gemini-2\.5-flash-lite/, { ...GENERATION_2_5, budgetTokens: [512, 24_576] }],
  [/^gemini-2/, GENERATION_2_5],
  [/^gemini-3-pro-image/, { ...NEWEST, thinking: "none", signsCalls: false }],
  [/^gemini-3-pro/, { ...NEWEST, levels: { ...LEVELS, medium: "HIGH" } }],
  [/^gemini-3(\.[0-6])?-flash/, { ...NEWEST, levels: { ...LEVELS, none: "MINIMAL", minimal: "MINIMAL" } }],
];

export function geminiModel(name: string): GeminiModel {
  const base = name.slice(name.lastIndexOf("/") + 1).toLowerCase();
  return MODELS.find(([pattern]) => pattern.test(base))?.[1] ?? NEWEST;
}

/** The field `thinkingConfig`; undefined for a model that does not think, which would refuse it. */
export function thinkingConfig(model: GeminiModel, reasoning: ReasoningParams): JsonObject | undefined {
  const { effort, budgetTokens, show } = reasoning;
  if (model.thinking === "none") return undefined;
  // Thoughts that are not asked for stay hidden, and whoever says how much to think mostly wants to see them.
  const wanted = effort === undefined ? (budgetTokens ?? 0) > 0 : effort !== "none";
  const includeThoughts = show ?? (wanted ? true : undefined);
  const amount = model.thinking === "level" ? levelOf(model, reasoning) : budgetOf(model, reasoning);
  return defined({ ...amount, includeThoughts });
}

function budgetOf(model: GeminiModel, { effort, budgetTokens }: ReasoningParams): JsonObject {
  const tokens = budgetTokens ?? (effort === undefined ? undefined : BUDGET_TOKENS[effort]);
  if (tokens === undefined) return {};
  const [least, most] = model.budgetTokens;
  const thinkingBudget = tokens <= 0 && model.canRest ? 0 : Math.min(Math.max(tokens, least), most);
  return { thinkingBudget };
}

/**
 * These models still take a budget, but answer worse with one than with a word, and never with both (Gemini API,
 * "Thinking"), so that a budget is told by the next larger word.
 */
function levelOf(model: GeminiModel, { effort, budgetTokens }: ReasoningParams): JsonObject {
  const word = effort ?? (budgetTokens === undefined ? undefined : effortOf(budgetTokens));
  return word === undefined ? {} : { thinkingLevel: model.levels[word] };
}

function effortOf(budgetTokens: number): ReasoningEffort {
  if (budgetTokens <= BUDGET_TOKENS.none) return "none";
  if (budgetTokens <= BUDGET_TOKENS.low) return "low";
  return budgetTokens <= BUDGET_TOKENS.medium ? "medium" : "high";
}
