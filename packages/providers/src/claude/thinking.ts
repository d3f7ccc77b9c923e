import type {
  ChatMessage,
  ChatRequest,
  ReasoningEffort,
  ReasoningParams,
} from "@headrace/core/canonical/chat";
import type { JsonObject } from "@headrace/core/json-object";
import type { Losses } from "../translation/losses.ts";
import type { ClaudeTraits } from "./models.ts";

/** The least that Anthropic takes (API reference, "Messages", `thinking.budget_tokens`). */
const MIN_BUDGET_TOKENS = 1024;
/** Share of the output that a budget worked out from an effort leaves for the answer itself. */
const ANSWER_SHARE = 0.25;
/**
 * Room for the answer when the client gives no `max_tokens`, which this wire demands: well above what answers take, and
 * within every current model's maximum. Thinking comes on top.
 */
const DEFAULT_ANSWER_TOKENS = 32_000;

type ActiveEffort = Exclude<ReasoningEffort, "none">;

/** Tokens that an effort is worth on a model that knows budgets only. */
const BUDGET_BY_EFFORT: Readonly<Record<ActiveEffort, number>> = {
  minimal: 1024,
  low: 2048,
  medium: 8192,
  high: 16_384,
  xhigh: 24_576,
};

/** Anthropic API reference, `output_config.effort`; `xhigh` only where a model knows it. */
const EFFORT_NAMES: Readonly<Record<ActiveEffort, string>> = {
  minimal: "low",
  low: "low",
  medium: "medium",
  high: "high",
  xhigh: "xhigh",
};

/** What a request says of thinking, and the `max_tokens` that go with it. */
export interface ThinkingPlan {
  readonly thinking: JsonObject | null;
  /** `output_config.effort`. */
  readonly effort: string | null;
  readonly maxTokens: number;
}

/** Whether a request wants its model to think; not wanting is saying so or saying nothing. */
export function wantsThinking({ reasoning }: ChatRequest, traits: ClaudeTraits): boolean {
  return reasoning !== undefined && !refusesThinking(reasoning) && traits.thinking !== "none";
}

/** @param forced - a tool call is forced, beside which the API takes no thinking */
export function planThinking(
  request: ChatRequest,
  { traits, forced, losses }: { traits: ClaudeTraits; forced: boolean; losses: Losses },
): ThinkingPlan {
  const { reasoning, sampling } = request;
  const asked = sampling.maxOutputTokens;
  const maxTokens = asked ?? Math.min(traits.maxOutputTokens, DEFAULT_ANSWER_TOKENS);
  if (reasoning === undefined) return { thinking: null, effort: null, maxTokens };
  if (refusesThinking(reasoning)) return { ...NO_THINKING[traits.noThinking], maxTokens };
  const plan = forced ? null : planActive(request, reasoning, traits);
  if (plan !== null) return plan;
  losses.field("reasoning");
  const effort = traits.thinking === "adaptive" ? effortName(reasoning, traits) : null;
  return { thinking: null, effort, maxTokens };
}

const NO_THINKING: Readonly<Record<ClaudeTraits["noThinking"], Omit<ThinkingPlan, "maxTokens">>> = {
  silence: { thinking: null, effort: null },
  disabled: { thinking: { type: "disabled" }, effort: null },
  between_tools: { thinking: { type: "between_tools" }, effort: null },
  "low-effort": { thinking: null, effort: "low" },
};

function refusesThinking({ effort, budgetTokens }: ReasoningParams): boolean {
  return effort === "none" || budgetTokens === 0;
}

/** Null when this request cannot have thinking. */
function planActive(
  request: ChatRequest,
  reasoning: ReasoningParams,
  traits: ClaudeTraits,
): ThinkingPlan | null {
  if (traits.thinking === "none") return null;
  const byEffort =
    traits.thinking === "adaptive" || (traits.thinking === "either" && reasoning.budgetTokens === undefined);
  if (!byEffort) return planBudget(request, reasoning, traits);
  return {
    // Newer models leave the thoughts out unless asked, and other wires' clients cannot ask.
    thinking: { type: "adaptive", display: reasoning.show === false ? "omitted" : "summarized" },
    effort: effortName(reasoning, traits),
    maxTokens: request.sampling.maxOutputTokens ?? defaultMaxTokens(0, traits),
  };
}

function planBudget(
  request: ChatRequest,
  reasoning: ReasoningParams,
  traits: ClaudeTraits,
): ThinkingPlan | null {
  if (!mayThink(request.messages)) return null;
  const wanted = Math.max(MIN_BUDGET_TOKENS, wantedBudget(reasoning));
  const maxTokens = request.sampling.maxOutputTokens ?? defaultMaxTokens(wanted, traits);
  const answerTokens = reasoning.budgetTokens === undefined ? Math.ceil(maxTokens * ANSWER_SHARE) : 1;
  const budget = Math.min(wanted, maxTokens - answerTokens);
  if (budget < MIN_BUDGET_TOKENS) return null;
  const display = reasoning.show === false ? { display: "omitted" } : {};
  return { thinking: { type: "enabled", budget_tokens: budget, ...display }, effort: null, maxTokens };
}

function wantedBudget({ budgetTokens, effort }: ReasoningParams): number {
  if (budgetTokens !== undefined) return budgetTokens;
  return BUDGET_BY_EFFORT[effort === undefined || effort === "none" ? "medium" : effort];
}

/** Null leaves it to the model. */
function effortName({ effort, budgetTokens }: ReasoningParams, traits: ClaudeTraits): string | null {
  const meant = effort === undefined || effort === "none" ? effortOf(budgetTokens) : effort;
  if (meant === null) return null;
  return meant === "xhigh" && !traits.xhigh ? EFFORT_NAMES.high : EFFORT_NAMES[meant];
}

function effortOf(budgetTokens: number | undefined): ActiveEffort | null {
  if (budgetTokens === undefined) return null;
  if (budgetTokens < BUDGET_BY_EFFORT.medium) return "low";
  return budgetTokens < BUDGET_BY_EFFORT.high ? "medium" : "high";
}

function defaultMaxTokens(budgetTokens: number, { maxOutputTokens }: ClaudeTraits): number {
  return Math.min(maxOutputTokens, DEFAULT_ANSWER_TOKENS + budgetTokens);
}

/**
 * With a budget the API refuses to go on with a turn that called tools and does not begin with signed thinking; a turn
 * that another provider began has none.
 */
function mayThink(messages: readonly ChatMessage[]): boolean {
  for (const message of messages.toReversed()) {
    if (message.role === "user") return true;
    if (message.role !== "assistant") continue;
    const first = message.parts[0];
    const signed = first?.type === "thinking" && (first.signature ?? first.redacted)?.signer === "anthropic";
    if (!signed && message.parts.some(({ type }) => type === "tool-call")) return false;
  }
  return true;
}
