import type { ChatWireId } from "../wire/wire-id.ts";
import type {
  AudioPart,
  CacheMark,
  ExtraFields,
  FilePart,
  ImagePart,
  OpaquePart,
  RefusalPart,
  TextPart,
  ThinkingPart,
  ToolCallPart,
  ToolResultPart,
} from "./chat-parts.ts";
import type { TokenUsage } from "./usage.ts";

/**
 * A chat call in the form that translation goes through: from any client's wire to any provider's. Where both speak the
 * same wire, bytes are passed on and none of this is used.
 */
export type ChatRequest = {
  /** The wire it was written on: the one to which `extra` and opaque parts may go back. */
  readonly wire: ChatWireId;
  readonly model: string;
  /** In order; system and developer messages stay where they stood. */
  readonly messages: readonly ChatMessage[];
  readonly tools: readonly ToolDefinition[];
  readonly toolChoice?: ToolChoice;
  readonly responseFormat?: ResponseFormat;
  readonly reasoning?: ReasoningParams;
  readonly sampling: SamplingParams;
  readonly stream: boolean;
  /** The client asked for usage in its stream, on a wire where one has to ask. */
  readonly includeUsage: boolean;
  /** What its answer's encoder wants to have of it; plain data. */
  readonly echo?: unknown;
  readonly extra: ExtraFields;
};

export type ChatMessage = SystemMessage | UserMessage | AssistantMessage | ToolMessage;

export type SystemMessage = {
  readonly role: "system" | "developer";
  readonly parts: readonly TextPart[];
  readonly extra: ExtraFields;
};

export type UserMessage = {
  readonly role: "user";
  readonly parts: readonly (TextPart | ImagePart | FilePart | AudioPart | OpaquePart)[];
  readonly extra: ExtraFields;
};

export type AssistantPart =
  | TextPart
  | ThinkingPart
  | ToolCallPart
  | ImagePart
  | AudioPart
  | RefusalPart
  | OpaquePart;

export type AssistantMessage = {
  readonly role: "assistant";
  readonly parts: readonly AssistantPart[];
  readonly extra: ExtraFields;
};

/**
 * Results of the tool calls of the assistant's turn before it. Decoders put consecutive results into one message;
 * encoders for wires that want one message a result take them apart again.
 */
export type ToolMessage = {
  readonly role: "tool";
  readonly parts: readonly ToolResultPart[];
  readonly extra: ExtraFields;
};

/** A function that the client runs, or a tool that the provider itself has. */
export type ToolDefinition = FunctionTool | ProviderTool;

export type FunctionTool = {
  readonly type: "function";
  readonly name: string;
  readonly description?: string;
  /** JSON Schema of the arguments, as the client wrote it; undefined when it wrote none. */
  readonly parameters: unknown;
  /** The provider shall hold to the schema exactly. */
  readonly strict?: boolean;
  /**
   * It takes plain text rather than JSON (OpenAI's custom tools). A wire without such tools gets a function with one
   * string, `input`, and the answer's encoder takes it out again.
   */
  readonly freeform?: boolean;
  readonly cache?: CacheMark;
  readonly extra: ExtraFields;
};

/** Runs at the provider, so only its own wire can name it: `raw` goes back to that wire and is lost on others. */
export type ProviderTool = { readonly type: "provider"; readonly wire: ChatWireId; readonly raw: unknown };

export type ToolChoice =
  | { readonly type: "auto" | "none" | "required" }
  | { readonly type: "tool"; readonly name: string };

export type ResponseFormat =
  | { readonly type: "text" | "json-object" }
  | {
      readonly type: "json-schema";
      readonly name: string;
      readonly description?: string;
      readonly schema: unknown;
      readonly strict?: boolean;
    };

/** How much the model shall think. A wire that counts tokens takes the budget, one that knows words the effort. */
export type ReasoningParams = {
  readonly effort?: ReasoningEffort;
  /** Tokens that thinking may take; 0 = none. */
  readonly budgetTokens?: number;
  /** The thoughts, or a summary of them, shall be shown. */
  readonly show?: boolean;
};

export type ReasoningEffort = "none" | "minimal" | "low" | "medium" | "high" | "xhigh";

export type SamplingParams = {
  readonly maxOutputTokens?: number;
  readonly temperature?: number;
  readonly topP?: number;
  readonly topK?: number;
  readonly frequencyPenalty?: number;
  readonly presencePenalty?: number;
  readonly seed?: number;
  /** Choices asked for; absent = 1. */
  readonly choices?: number;
  readonly stop?: readonly string[];
  readonly parallelToolCalls?: boolean;
  readonly logprobs?: boolean;
  /** Alternatives shown for each token. */
  readonly topLogprobs?: number;
};

export type FinishReason = "stop" | "length" | "tool-calls" | "content-filter" | "error" | "other";

/** A whole answer. */
export type ChatAnswer = {
  /** The wire it was written on: the one to which `extra` and opaque parts may go back. */
  readonly wire: ChatWireId;
  /** "" when the provider gave none. */
  readonly id: string;
  /** The model that answered, as the provider names it; "" when it does not. */
  readonly model: string;
  readonly createdAtSeconds: number | null;
  /** At least one. */
  readonly choices: readonly ChatChoice[];
  readonly usage: TokenUsage | null;
  readonly extra: ExtraFields;
};

export type ChatChoice = {
  readonly index: number;
  readonly parts: readonly AssistantPart[];
  readonly finish: FinishReason;
  /** The stop text that ended it, where the provider tells. */
  readonly stopSequence?: string;
  readonly logprobs?: readonly TokenLogprob[];
  readonly extra: ExtraFields;
};

export type TokenLogprob = {
  readonly token: string;
  /** Natural logarithm of its probability. */
  readonly logprob: number;
  readonly top: readonly { readonly token: string; readonly logprob: number }[];
};
