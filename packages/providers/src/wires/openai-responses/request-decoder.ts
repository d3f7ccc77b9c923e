import type {
  ChatRequest,
  ReasoningEffort,
  ReasoningParams,
  ResponseFormat,
  SamplingParams,
} from "@headrace/core/canonical/chat";
import type { ExtraFields } from "@headrace/core/canonical/chat-parts";
import { GatewayError } from "@headrace/core/errors/gateway-error";
import type { JsonObject } from "@headrace/core/json-object";
import {
  demandFlag,
  demandList,
  demandNumber,
  demandObject,
  demandOneOf,
  demandText,
  optional,
} from "../../json/demand.ts";
import { defined, extraOf, flagOf, textOf } from "../../json/read.ts";
import { echoOfRequest, REASONING_INCLUDE } from "./call-facts.ts";
import { decodeInput } from "./input-decoder.ts";
import { decodeToolChoice, decodeTools } from "./tools-decoder.ts";

const LOGPROBS_INCLUDE = "message.output_text.logprobs";
const REQUEST_FIELDS = new Set([
  "model",
  "input",
  "instructions",
  "tools",
  "tool_choice",
  "text",
  "reasoning",
  "max_output_tokens",
  "temperature",
  "top_p",
  "top_logprobs",
  "parallel_tool_calls",
  "include",
  "truncation",
  "stream",
  "stream_options",
  "previous_response_id",
  "background",
]);
const TEXT_FIELDS = new Set(["format"]);
const REASONING_FIELDS = new Set(["effort", "summary", "generate_summary"]);

/** What OpenAI keeps or does by itself, with what can be done about it elsewhere. */
const ONLY_AT_OPENAI: readonly (readonly [field: string, instead: string])[] = [
  ["background", "Ask without background, in a stream where it takes long."],
  ["conversation", "Send the conversation as input, or go on by previous_response_id."],
  ["prompt", "Send the text of the prompt template as instructions and input."],
];

/**
 * Reads a request (OpenAI API reference, "Create a model response").
 *
 * @throws GatewayError `missing_field`, `invalid_field`, `previous_response_not_found` for one that goes on from a response
 * and was not made whole by `continueConversation`
 */
export function decodeOpenAiResponsesRequest(body: JsonObject): ChatRequest {
  for (const [field, instead] of ONLY_AT_OPENAI) refuseField(body, field, instead);
  const read = decodeTools(body);
  const choice = decodeToolChoice(body.tool_choice, read);
  const text = optional(body.text, "text", demandObject) ?? {};
  const reasoning = optional(body.reasoning, "reasoning", demandObject);
  const responseFormat = readFormat(text.format);
  const include = optional(body.include, "include", demandList) ?? [];
  return {
    wire: "openai-responses",
    model: demandText(body.model, "model"),
    messages: decodeInput(body),
    tools: choice.tools,
    ...(choice.toolChoice === undefined ? {} : { toolChoice: choice.toolChoice }),
    ...(responseFormat === undefined ? {} : { responseFormat }),
    ...(reasoning === undefined ? {} : readReasoning(reasoning)),
    sampling: readSampling(body, include),
    stream: optional(body.stream, "stream", demandFlag) ?? false,
    includeUsage: true,
    echo: echoOfRequest(body, read.naming),
    extra: {
      ...extraOf(body, REQUEST_FIELDS),
      ...readFurther(body, include),
      ...nested("text", extraOf(text, TEXT_FIELDS)),
      ...nested("reasoning", extraOf(reasoning ?? {}, REASONING_FIELDS)),
      ...choice.extra,
    },
  };
}

function refuseField(body: JsonObject, field: string, instead: string): void {
  const value = body[field];
  if (value === undefined || value === null || value === false) return;
  throw new GatewayError("invalid_field", {
    param: field,
    message: `Only OpenAI itself knows "${field}", and another provider serves this model. ${instead}`,
  });
}

/** A member of a member has its path as name: `text.verbosity`. */
function nested(name: string, members: ExtraFields): ExtraFields {
  return Object.fromEntries(Object.entries(members).map(([member, value]) => [`${name}.${member}`, value]));
}

/** What is a default, or done by the answer's encoder, is not further. */
function readFurther(body: JsonObject, include: readonly unknown[]): ExtraFields {
  const others = include.filter((name) => name !== REASONING_INCLUDE && name !== LOGPROBS_INCLUDE);
  return {
    ...(body.truncation === "auto" ? { truncation: "auto" } : {}),
    ...(others.length === 0 ? {} : { include: others }),
  };
}

const FORMATS = ["text", "json_object", "json_schema"] as const;

function readFormat(value: unknown): ResponseFormat | undefined {
  const format = optional(value, "text.format", demandObject);
  if (format === undefined) return undefined;
  const type = demandOneOf(format.type, "text.format.type", FORMATS);
  if (type === "text") return { type };
  if (type === "json_object") return { type: "json-object" };
  return {
    type: "json-schema",
    name: demandText(format.name, "text.format.name"),
    ...defined({ description: textOf(format, "description"), strict: flagOf(format, "strict") }),
    schema: demandObject(format.schema, "text.format.schema"),
  };
}

const EFFORTS = ["none", "minimal", "low", "medium", "high", "xhigh", "max"] as const;

function readReasoning(reasoning: JsonObject): { readonly reasoning?: ReasoningParams } {
  const asked = optional(reasoning.effort, "reasoning.effort", (value, path) =>
    demandOneOf(value, path, EFFORTS),
  );
  const effort: ReasoningEffort | undefined = asked === "max" ? "xhigh" : asked;
  const summary = reasoning.summary ?? reasoning.generate_summary ?? undefined;
  const read = defined({ effort, show: summary === undefined ? undefined : summary !== "none" });
  return Object.keys(read).length === 0 ? {} : { reasoning: read };
}

function readSampling(body: JsonObject, include: readonly unknown[]): SamplingParams {
  const topLogprobs = optional(body.top_logprobs, "top_logprobs", demandNumber);
  return defined({
    maxOutputTokens: optional(body.max_output_tokens, "max_output_tokens", demandNumber),
    temperature: optional(body.temperature, "temperature", demandNumber),
    topP: optional(body.top_p, "top_p", demandNumber),
    parallelToolCalls: optional(body.parallel_tool_calls, "parallel_tool_calls", demandFlag),
    logprobs: include.includes(LOGPROBS_INCLUDE) ? true : undefined,
    topLogprobs: topLogprobs === 0 || !include.includes(LOGPROBS_INCLUDE) ? undefined : topLogprobs,
  });
}
