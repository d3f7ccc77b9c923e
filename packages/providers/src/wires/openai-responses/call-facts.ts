/** What an answer's encoder has to know of the request, {@link ChatRequest.echo}: plain data that may cross threads. */
import { isJsonObject, type JsonObject } from "@headrace/core/json-object";
import { listOf, objectOf, textOf } from "../../json/read.ts";
import { continuedFrom, isUnkept } from "./conversation.ts";

/** A tool's name as its provider saw it, and what the client calls it. */
export interface ToolNaming {
  readonly name: string;
  /** The client's own: tools of a namespace are flattened for other wires. */
  readonly clientName: string;
  readonly namespace: string | null;
  readonly freeform: boolean;
}

export interface ResponsesEcho {
  /** Members of the response that repeat the request. */
  readonly fields: JsonObject;
  /** Only tools that cannot be told from a plain function. */
  readonly tools: readonly ToolNaming[];
  /** The client gives reasoning items back with `encrypted_content`, so proofs may stand there. */
  readonly encrypted: boolean;
}

export const REASONING_INCLUDE = "reasoning.encrypted_content";

/** OpenAI API reference, "The response object": fields of the request, with the values that it has when they are absent. */
const ECHOED: readonly (readonly [name: string, absent: unknown])[] = [
  ["background", false],
  ["instructions", null],
  ["max_output_tokens", null],
  ["max_tool_calls", null],
  ["parallel_tool_calls", true],
  ["prompt_cache_key", null],
  ["safety_identifier", null],
  ["service_tier", "default"],
  ["store", true],
  ["temperature", null],
  ["tool_choice", "auto"],
  ["tools", []],
  ["top_logprobs", 0],
  ["top_p", null],
  ["truncation", "disabled"],
  ["user", null],
  ["metadata", {}],
];

export function echoOfRequest(body: JsonObject, tools: readonly ToolNaming[]): ResponsesEcho {
  const fields: Record<string, unknown> = {};
  for (const [name, absent] of ECHOED) fields[name] = body[name] ?? absent;
  fields.previous_response_id = continuedFrom(body);
  fields.reasoning = { effort: null, summary: null, ...objectOf(body, "reasoning") };
  fields.text = { format: { type: "text" }, ...objectOf(body, "text") };
  if (isUnkept(body)) fields.store = false;
  const include = listOf(body, "include") ?? [];
  return { fields, tools, encrypted: fields.store === false || include.includes(REASONING_INCLUDE) };
}

/** What an answer is like that knows nothing of its request. */
const NOTHING_KNOWN: ResponsesEcho = { ...echoOfRequest({}, []), encrypted: true };

export function readEcho(echo: unknown): ResponsesEcho {
  if (!isJsonObject(echo)) return NOTHING_KNOWN;
  return {
    fields: objectOf(echo, "fields") ?? {},
    tools: (listOf(echo, "tools") ?? []).filter(isToolNaming),
    encrypted: echo.encrypted === true,
  };
}

function isToolNaming(value: unknown): value is ToolNaming {
  return (
    isJsonObject(value) &&
    textOf(value, "name") !== undefined &&
    textOf(value, "clientName") !== undefined &&
    (value.namespace === null || typeof value.namespace === "string") &&
    typeof value.freeform === "boolean"
  );
}
