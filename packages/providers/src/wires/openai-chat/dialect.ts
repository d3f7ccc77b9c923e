/**
 * How providers on this wire differ in what they take. Each is a record of what its reference says; the plain one is for
 * servers of which nothing is known, and keeps to what has been on this wire from its beginning.
 */
import type { ReasoningEffort } from "@headrace/core/canonical/chat";
import type { CacheMark, Signer } from "@headrace/core/canonical/chat-parts";
import type { FieldRename } from "@headrace/core/provider-adapter";
import { ALL_EFFORTS } from "../../openai/models.ts";

export interface OpenAiChatDialect {
  /** Its models are OpenAI's, of which some refuse what others take (openai/models.ts). */
  readonly openAiModels: boolean;
  readonly maxTokensField: "max_tokens" | "max_completion_tokens";
  readonly seedField: "seed" | "random_seed";
  /** How much a model shall think, by its name; the first match counts, and without one it cannot be said. */
  readonly reasoning: readonly ReasoningRule[];
  /** Whether an assistant's thinking goes back to it: as text in turns with calls, or as blocks with their proofs. */
  readonly reasoningBack: "none" | "text" | "details";
  /** Whose proofs a model takes back, by its name, where thinking goes back as blocks. */
  readonly signers: readonly (readonly [RegExp, Signer])[];
  readonly developerRole: boolean;
  readonly toolCallIds: ToolCallIdRule;
  readonly strictTools: boolean;
  /** What `response_format` knows: a schema and any object, only any object, or only a schema. */
  readonly formats: "both" | "object" | "schema";
  readonly toolChoice: ToolChoiceWords;
  readonly files: FileForm;
  /** Marks for the prompt cache, `cache_control`, by the model's name; the first match counts, others take none. */
  readonly cacheMarks: readonly CacheMarkRule[];
  /** A stream has to be asked for its usage. */
  readonly asksUsage: boolean;
  readonly maxStops: number;
  readonly maxTemperature: number;
  /** Top-level fields that it knows by another name, and would refuse or take no notice of. */
  readonly renamed: readonly FieldRename[];
  /** Top-level fields that it refuses, and the most choices where more than one is refused. */
  readonly refused: readonly string[];
  readonly maxChoices: number;
  readonly refusedMessageFields: readonly string[];
  /** Fields beyond those of all, which a client on any wire may name. */
  readonly ownFields: readonly string[];
  /** Bytes that each of its error events contains. */
  readonly errorMark: string;
}

export interface CacheMarkRule {
  readonly models: RegExp;
  /** Longest life of what is marked. */
  readonly ttl: CacheMark["ttl"];
  /** Where the mark of a tool's result stands: on its message, or on the last part of its content. */
  readonly ofResults: "message" | "part";
}

export type ReasoningStyle = "effort" | "object" | "thinking" | "enable-thinking";

export interface ReasoningRule {
  readonly models: RegExp;
  readonly style: ReasoningStyle;
  /** Its own words, where it does not know all of them; null for what it cannot be told. */
  readonly efforts: Efforts;
}

export type Efforts = Readonly<Record<ReasoningEffort, string | null>>;

/** "openai" ends at 40 characters; "mistral" wants nine letters or digits. */
export type ToolCallIdRule = "any" | "openai" | "mistral";

/** How a choice of tools is said; null for what cannot be. */
export interface ToolChoiceWords {
  readonly none: string | null;
  readonly required: string | null;
  /** A certain tool can be named. */
  readonly named: boolean;
}

/** Files as OpenAI takes them, the same with URLs, as Mistral takes them, or only those that are text. */
export type FileForm = "openai" | "openai-or-url" | "mistral" | "text-only";

export const LOW_TO_HIGH: Efforts = { ...ALL_EFFORTS, none: null, minimal: "low", xhigh: "high" };
export const NONE_TO_HIGH: Efforts = { ...LOW_TO_HIGH, none: "none" };

/** For those that have no other field for the output's bound. */
export const ONLY_MAX_TOKENS: readonly FieldRename[] = [{ from: "max_completion_tokens", to: "max_tokens" }];

export const ANY_MODEL: RegExp = /^/;

export const PLAIN: OpenAiChatDialect = {
  openAiModels: false,
  maxTokensField: "max_tokens",
  seedField: "seed",
  reasoning: [{ models: ANY_MODEL, style: "effort", efforts: NONE_TO_HIGH }],
  reasoningBack: "none",
  signers: [],
  developerRole: false,
  toolCallIds: "any",
  strictTools: true,
  formats: "both",
  toolChoice: { none: "none", required: "required", named: true },
  files: "openai",
  cacheMarks: [],
  asksUsage: true,
  maxStops: Number.POSITIVE_INFINITY,
  maxTemperature: 2,
  renamed: [],
  refused: [],
  maxChoices: Number.POSITIVE_INFINITY,
  refusedMessageFields: [],
  ownFields: ["logit_bias", "min_p", "repetition_penalty"],
  errorMark: '"error"',
};
