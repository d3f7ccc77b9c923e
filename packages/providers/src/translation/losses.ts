import type { SamplingParams } from "@headrace/core/canonical/chat";
import type { CacheMark, ExtraFields } from "@headrace/core/canonical/chat-parts";
import type { ChatWireId } from "@headrace/core/wire/wire-id";
import { BETAS_HEADER } from "../claude/betas.ts";

/** What a canonical request says for all of it, by the names of its fields. */
export type RequestField = keyof SamplingParams | "toolChoice" | "responseFormat" | "reasoning";

/** Where in a request a field stands. */
export type Place = "message" | "part" | "tool";

type Spelling = { readonly [F in RequestField | Place | "cacheMark"]?: string };

const OPENAI_SAMPLING: Spelling = {
  temperature: "temperature",
  topP: "top_p",
  topK: "top_k",
  frequencyPenalty: "frequency_penalty",
  presencePenalty: "presence_penalty",
  seed: "seed",
  choices: "n",
  stop: "stop",
  parallelToolCalls: "parallel_tool_calls",
  logprobs: "logprobs",
  topLogprobs: "top_logprobs",
  toolChoice: "tool_choice",
};

const OPENAI_CHAT: Spelling = {
  ...OPENAI_SAMPLING,
  maxOutputTokens: "max_completion_tokens",
  responseFormat: "response_format",
  reasoning: "reasoning_effort",
  message: "messages[]",
  part: "messages[].content[]",
  tool: "tools[]",
};

const GEMINI: Spelling = {
  maxOutputTokens: "generationConfig.maxOutputTokens",
  temperature: "generationConfig.temperature",
  topP: "generationConfig.topP",
  topK: "generationConfig.topK",
  frequencyPenalty: "generationConfig.frequencyPenalty",
  presencePenalty: "generationConfig.presencePenalty",
  seed: "generationConfig.seed",
  choices: "generationConfig.candidateCount",
  stop: "generationConfig.stopSequences",
  logprobs: "generationConfig.responseLogprobs",
  topLogprobs: "generationConfig.logprobs",
  toolChoice: "toolConfig",
  responseFormat: "generationConfig.responseSchema",
  reasoning: "generationConfig.thinkingConfig",
  message: "contents[]",
  part: "contents[].parts[]",
  tool: "tools[]",
};

const ANTHROPIC: Spelling = {
  maxOutputTokens: "max_tokens",
  temperature: "temperature",
  topP: "top_p",
  topK: "top_k",
  stop: "stop_sequences",
  parallelToolCalls: "tool_choice.disable_parallel_tool_use",
  toolChoice: "tool_choice",
  responseFormat: "output_config.format",
  reasoning: "thinking",
  message: "messages[]",
  part: "messages[].content[]",
  tool: "tools[]",
};

const CONVERSE: Spelling = {
  maxOutputTokens: "inferenceConfig.maxTokens",
  temperature: "inferenceConfig.temperature",
  topP: "inferenceConfig.topP",
  topK: "additionalModelRequestFields.top_k",
  frequencyPenalty: "additionalModelRequestFields.frequency_penalty",
  presencePenalty: "additionalModelRequestFields.presence_penalty",
  seed: "additionalModelRequestFields.seed",
  stop: "inferenceConfig.stopSequences",
  toolChoice: "toolConfig.toolChoice",
  responseFormat: "outputConfig.textFormat",
  reasoning: "additionalModelRequestFields.thinking",
  message: "messages[]",
  part: "messages[].content[]",
  tool: "toolConfig.tools[]",
  cacheMark: "cachePoint",
};

const COHERE: Spelling = {
  maxOutputTokens: "max_tokens",
  temperature: "temperature",
  topP: "p",
  topK: "k",
  frequencyPenalty: "frequency_penalty",
  presencePenalty: "presence_penalty",
  seed: "seed",
  stop: "stop_sequences",
  logprobs: "logprobs",
  toolChoice: "tool_choice",
  responseFormat: "response_format",
  reasoning: "thinking",
  message: "messages[]",
  part: "messages[].content[]",
  tool: "tools[]",
};

/** As the references of the wires spell them; a wire that no client speaks is here so that its codec can be tested. */
const SPELLINGS: Readonly<Record<ChatWireId, Spelling>> = {
  "openai-chat": OPENAI_CHAT,
  "openai-completions": { ...OPENAI_SAMPLING, maxOutputTokens: "max_tokens" },
  "openai-responses": {
    ...OPENAI_SAMPLING,
    maxOutputTokens: "max_output_tokens",
    responseFormat: "text.format",
    reasoning: "reasoning",
    message: "input[]",
    part: "input[].content[]",
    tool: "tools[]",
    cacheMark: "prompt_cache_breakpoint",
  },
  "anthropic-messages": ANTHROPIC,
  "gemini-generate": GEMINI,
  "bedrock-converse": CONVERSE,
  "bedrock-invoke": ANTHROPIC,
  "cohere-chat": COHERE,
  "ollama-chat": OPENAI_CHAT,
  "replicate-predict": OPENAI_CHAT,
};

/**
 * Losses that are named and are no reason to refuse a request. A header of betas tells what its client can do or would try;
 * what of the answer depends on it is asked for by a field of the body, which is named for itself.
 */
const HINTS: ReadonlySet<string> = new Set([BETAS_HEADER]);

/** What a provider that wants everything to be taken refuses, of what an encoder left out. */
export function demandsAmong(lost: readonly string[]): readonly string[] {
  return lost.filter((path) => !HINTS.has(path));
}

/** Collects what an encoder could not say, in the words of the client's wire, each path once. */
export class Losses {
  readonly #paths = new Set<string>();
  readonly #spelling: Spelling;

  constructor(wire: ChatWireId) {
    this.#spelling = SPELLINGS[wire];
  }

  get paths(): readonly string[] {
    return [...this.#paths];
  }

  field(field: RequestField): void {
    this.#paths.add(this.#spelling[field] ?? field);
  }

  /** A top-level field that is known by the client's own name. */
  named(name: string): void {
    this.#paths.add(name);
  }

  /** A field, or a kind of part or tool, that stands at a place. */
  at(place: Place, name: string): void {
    this.#paths.add(this.pathOf(place, name));
  }

  /** A mark for the prompt cache, where there is one. */
  cacheMark(place: "part" | "tool", mark: CacheMark | undefined): void {
    if (mark !== undefined) this.at(place, this.#spelling.cacheMark ?? "cache_control");
  }

  /** How the client's wire spells it; for a refusal. */
  pathOf(place: Place, name: string): string {
    return `${this.#spelling[place] ?? place}.${name}`;
  }

  /** All of what only the client's own wire knows at a place. */
  extra(place: Place, extra: ExtraFields): void {
    for (const name of Object.keys(extra)) this.at(place, name);
  }
}
