import type { ChatAnswer, ChatRequest } from "@headrace/core/canonical/chat";
import { NO_EXTRA } from "@headrace/core/canonical/chat-parts";
import { GatewayError } from "@headrace/core/errors/gateway-error";
import type { JsonObject } from "@headrace/core/json-object";
import type { ChatCallFacts, ChatClientCodec } from "@headrace/core/wire/chat-codec";
import {
  demandFlag,
  demandList,
  demandNumber,
  demandObject,
  demandText,
  optional,
} from "../../json/demand.ts";
import { defined, extraOf, flagOf } from "../../json/read.ts";
import { FINISH_TO_COMPLETION, usageToCompletion } from "./ending.ts";
import { CompletionStreamEncoder } from "./stream-encoder.ts";

/**
 * The legacy completion of a text, asked of models that chat: the prompt is what a user says (OpenAI API reference,
 * "Completions"). What only a model of bare text can do is refused.
 */
export const openAiCompletionsClient: ChatClientCodec = {
  wire: "openai-completions",
  decodeRequest,
  encodeAnswer,
  createStreamEncoder: (call) => new CompletionStreamEncoder(call),
};

const KNOWN = new Set([
  "model",
  "prompt",
  "stream",
  "stream_options",
  "max_tokens",
  "temperature",
  "top_p",
  "frequency_penalty",
  "presence_penalty",
  "seed",
  "n",
  "stop",
  "suffix",
  "echo",
  "best_of",
  "logprobs",
]);
/** With the values that ask for nothing. */
const ONLY_BARE_TEXT: readonly (readonly [field: string, harmless: readonly unknown[]])[] = [
  ["suffix", [null, ""]],
  ["echo", [null, false]],
  ["best_of", [null, 1]],
  ["logprobs", [null]],
];

function decodeRequest(body: JsonObject): ChatRequest {
  for (const [field, harmless] of ONLY_BARE_TEXT)
    if (body[field] !== undefined && !harmless.includes(body[field])) throw notForChats(field);
  const number = (name: string): number | undefined => optional(body[name], name, demandNumber);
  const streamOptions = optional(body.stream_options, "stream_options", demandObject) ?? {};
  const text = readPrompt(body.prompt);
  return {
    wire: "openai-completions",
    model: demandText(body.model, "model"),
    messages: [{ role: "user", parts: [{ type: "text", text, extra: NO_EXTRA }], extra: NO_EXTRA }],
    tools: [],
    sampling: defined({
      maxOutputTokens: number("max_tokens"),
      temperature: number("temperature"),
      topP: number("top_p"),
      frequencyPenalty: number("frequency_penalty"),
      presencePenalty: number("presence_penalty"),
      seed: number("seed"),
      choices: number("n"),
      stop: readStop(body.stop),
    }),
    stream: optional(body.stream, "stream", demandFlag) ?? false,
    includeUsage: flagOf(streamOptions, "include_usage") ?? false,
    extra: extraOf(body, KNOWN),
  };
}

function readPrompt(prompt: unknown): string {
  if (typeof prompt === "string") return prompt;
  const list = demandList(prompt, "prompt");
  const [only] = list;
  if (list.length === 1 && typeof only === "string") return only;
  const message =
    "The model's provider only chats: it takes one prompt of text, neither several nor the ids of tokens.";
  throw new GatewayError("invalid_field", { param: "prompt", message });
}

function readStop(value: unknown): readonly string[] | undefined {
  if (value === undefined || value === null) return undefined;
  if (typeof value === "string") return [value];
  return demandList(value, "stop").map((text, i) => demandText(text, `stop[${i}]`));
}

function notForChats(field: string): GatewayError {
  const message = `The model's provider only chats, so that the field "${field}" has no meaning to it.`;
  return new GatewayError("invalid_field", { param: field, message });
}

function encodeAnswer(answer: ChatAnswer, call: ChatCallFacts): JsonObject {
  return {
    id: answer.id === "" ? `cmpl-${call.requestId}` : answer.id,
    object: "text_completion",
    created: answer.createdAtSeconds ?? call.createdAtSeconds,
    model: answer.model === "" ? call.model : answer.model,
    choices: answer.choices.map(({ index, parts, finish }) => ({
      index,
      text: parts.map((part) => (part.type === "text" ? part.text : "")).join(""),
      logprobs: null,
      finish_reason: FINISH_TO_COMPLETION[finish],
    })),
    usage: usageToCompletion(answer.usage),
  };
}
