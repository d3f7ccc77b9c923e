/**
 * What Claude models take, as far as a request has to be written differently for them. The API refuses what a model
 * does not know (400), so a gateway that speaks for other wires' clients has to know it.
 */

export interface ClaudeTraits {
  /** By a budget of tokens, by effort (`adaptive`), by either, or not at all. */
  readonly thinking: "none" | "budget" | "either" | "adaptive";
  /** How a request says that the model shall not think: by silence, in words, or, where it cannot be, what is nearest. */
  readonly noThinking: "silence" | "disabled" | "between_tools" | "low-effort";
  /** The effort above `high` is known as `xhigh`. */
  readonly xhigh: boolean;
  /** `temperature`, `top_p` and `top_k` are taken. */
  readonly sampling: boolean;
  /** `tool_choice` may force a call. */
  readonly forcedTools: boolean;
  /** Structured outputs: `output_config.format` and `strict` tools. */
  readonly nativeJson: boolean;
  /** A conversation may end with the beginning of the answer. */
  readonly prefill: boolean;
  /** Documented maximum of `max_tokens`. */
  readonly maxOutputTokens: number;
}

const BUDGET: ClaudeTraits = {
  thinking: "budget",
  noThinking: "disabled",
  xhigh: false,
  sampling: true,
  forcedTools: true,
  nativeJson: false,
  prefill: true,
  maxOutputTokens: 64_000,
};

const BUDGET_WITH_JSON: ClaudeTraits = { ...BUDGET, nativeJson: true };

const CLAUDE_4_6: ClaudeTraits = {
  ...BUDGET_WITH_JSON,
  thinking: "either",
  prefill: false,
  maxOutputTokens: 128_000,
};

const ADAPTIVE: ClaudeTraits = { ...CLAUDE_4_6, thinking: "adaptive", xhigh: true, sampling: false };

const ALWAYS_THINKING: ClaudeTraits = { ...ADAPTIVE, noThinking: "low-effort" };

const BEFORE_THINKING: ClaudeTraits = { ...BUDGET, thinking: "none", noThinking: "silence" };

/**
 * The first match counts. Names carry a platform's own marks: `anthropic.claude-opus-4-6-v1`,
 * `claude-sonnet-4-5@20250929`. Sources: Anthropic's model overview, "Adaptive thinking", "Structured outputs" and "What's
 * new" pages up to Claude 5.5; "What's new in Claude 4.6", "Prefill removal" (400 from there on).
 */
const TRAITS: readonly (readonly [RegExp, ClaudeTraits])[] = [
  [/claude-(instant|v?2|3-(opus|sonnet|haiku))/, { ...BEFORE_THINKING, maxOutputTokens: 4096 }],
  [/claude-3-5/, { ...BEFORE_THINKING, maxOutputTokens: 8192 }],
  [/claude-3-7/, BUDGET],
  [/claude-sonnet-5-5/, { ...ADAPTIVE, noThinking: "between_tools", forcedTools: false }],
  [/claude-opus-5-5/, { ...ALWAYS_THINKING, forcedTools: false }],
  [/claude-(fable|mythos)-5-\d\b/, { ...ALWAYS_THINKING, forcedTools: false }],
  [/claude-(fable|mythos)/, ALWAYS_THINKING],
  [/claude-opus-4-[78]\b/, { ...ADAPTIVE, noThinking: "silence" }],
  [/claude-(opus|sonnet)-4-6/, CLAUDE_4_6],
  [/claude-(opus|sonnet|haiku)-4-5/, BUDGET_WITH_JSON],
  [/claude-opus-4-1\b/, { ...BUDGET_WITH_JSON, maxOutputTokens: 32_000 }],
  [/claude-opus-4/, { ...BUDGET, maxOutputTokens: 32_000 }],
  [/claude-sonnet-4/, BUDGET],
  // Newer ones will rather be like the newest than like the oldest.
  [/claude-/, ADAPTIVE],
];

/** Other vendors' models behind this wire, and Bedrock profiles whose name does not tell the model. */
const UNKNOWN: ClaudeTraits = { ...BUDGET, prefill: false, maxOutputTokens: 8192 };

export function claudeTraits(model: string): ClaudeTraits {
  return TRAITS.find(([pattern]) => pattern.test(model))?.[1] ?? UNKNOWN;
}
