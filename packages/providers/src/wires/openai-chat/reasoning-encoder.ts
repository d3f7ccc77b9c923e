import type { ReasoningEffort, ReasoningParams } from "@headrace/core/canonical/chat";
import type { JsonObject } from "@headrace/core/json-object";
import { defined } from "../../json/read.ts";
import { openAiModelTraits } from "../../openai/models.ts";
import type { OpenAiChatDialect, ReasoningRule, ReasoningStyle } from "./dialect.ts";
import type { EncodeScope } from "./request-encoder.ts";

/** How much the model shall think, in the words that the provider has for it with that model. */
export function encodeReasoning({ request, dialect, losses, model }: EncodeScope): JsonObject {
  const { reasoning } = request;
  if (reasoning === undefined) return {};
  const rule = ruleFor(dialect, model);
  const written = rule === undefined ? null : WRITERS[rule.style](reasoning, rule);
  if (written === null && !asksForNothing(reasoning)) losses.field("reasoning");
  return written ?? {};
}

function ruleFor({ reasoning, openAiModels }: OpenAiChatDialect, model: string): ReasoningRule | undefined {
  const rule = reasoning.find(({ models }) => models.test(model));
  return rule === undefined || !openAiModels ? rule : { ...rule, efforts: openAiModelTraits(model).efforts };
}

/** A model that cannot think does not think, and thoughts that it may show are shown or not. */
function asksForNothing({ effort, budgetTokens }: ReasoningParams): boolean {
  return effort === undefined ? (budgetTokens ?? 0) === 0 : effort === "none";
}

type Writer = (reasoning: ReasoningParams, rule: ReasoningRule) => JsonObject | null;

const WRITERS: Readonly<Record<ReasoningStyle, Writer>> = {
  effort(reasoning, { efforts }) {
    const effort = effortOf(reasoning);
    if (effort === undefined) return {};
    const word = efforts[effort];
    return word === null ? null : { reasoning_effort: word };
  },
  /** OpenRouter takes the one or the other. */
  object({ effort, budgetTokens, show }) {
    const amount = effort === undefined ? { max_tokens: budgetTokens } : { effort };
    const reasoning = defined({ ...amount, exclude: show === false ? true : undefined });
    return Object.keys(reasoning).length === 0 ? {} : { reasoning };
  },
  thinking(reasoning) {
    const effort = effortOf(reasoning);
    return effort === undefined ? {} : { thinking: { type: effort === "none" ? "disabled" : "enabled" } };
  },
  "enable-thinking"(reasoning) {
    const effort = effortOf(reasoning);
    if (effort === undefined) return {};
    const { budgetTokens } = reasoning;
    const thinks = effort !== "none";
    return {
      enable_thinking: thinks,
      ...(thinks && budgetTokens !== undefined ? { thinking_budget: budgetTokens } : {}),
    };
  },
};

/** Up to which budget an effort stands for it. */
const EFFORT_BY_BUDGET: readonly (readonly [number, ReasoningEffort])[] = [
  [0, "none"],
  [2048, "low"],
  [8192, "medium"],
  [Number.POSITIVE_INFINITY, "high"],
];

function effortOf({ effort, budgetTokens }: ReasoningParams): ReasoningEffort | undefined {
  if (effort !== undefined || budgetTokens === undefined) return effort;
  return EFFORT_BY_BUDGET.find(([most]) => budgetTokens <= most)?.[1];
}
