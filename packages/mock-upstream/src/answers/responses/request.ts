import { createHash } from "node:crypto";
import type { Call } from "../contract.ts";
import { BARE_REQUEST, type GenerationRequest, type OfferedTool } from "../generation.ts";
import { isJsonObject, type JsonObject, numberOf, objectOf, objectsOf, stringOf, textOf } from "../json.ts";
import type { Refusal } from "../refusal.ts";
import type { StoredResponses } from "./stored.ts";
import { responsesProblem } from "./validation.ts";

/** Reads a request to `/v1/responses`; the form of its answer is its id, so that each body has one of its own. */
export function readResponses(
  { body, behaviour }: Call,
  stored: StoredResponses,
): GenerationRequest | Refusal {
  const problem = responsesProblem(body, behaviour, stored);
  if (problem !== undefined) return problem;
  const previous =
    typeof body.previous_response_id === "string" ? stored.get(body.previous_response_id) : undefined;
  const items = inputItems(body.input);
  const spoken = items.some((item) => item.role === "user");
  return {
    ...BARE_REQUEST,
    model: stringOf(body.model),
    stream: body.stream === true,
    maxTokens: numberOf(body.max_output_tokens),
    tools: readTools(body),
    parallelTools: body.parallel_tool_calls !== false,
    toolRounds: roundsOf(items) + (spoken ? 0 : (previous?.toolRounds ?? 0)),
    jsonSchema: readJsonSchema(objectOf(objectOf(body.text).format)),
    userText: textOf(items.findLast((item) => item.role === "user")?.content),
    variant: responseId(body),
    body,
  };
}

/** The items of an input, of which a mere text is one. */
function inputItems(input: unknown): JsonObject[] {
  return typeof input === "string" ? [{ type: "message", role: "user", content: input }] : objectsOf(input);
}

/** The same id for the same request, another one for any other. */
function responseId(body: JsonObject): string {
  const hash = createHash("sha256").update(JSON.stringify(body)).digest("hex");
  return `resp_mock${hash.slice(0, 40)}`;
}

function readTools(body: JsonObject): OfferedTool[] {
  const choice = body.tool_choice;
  if (choice === "none") return [];
  const tools = objectsOf(body.tools).filter(({ type }) => type === "function" || type === "custom");
  const named = isJsonObject(choice) && typeof choice.name === "string" ? choice.name : undefined;
  return tools
    .filter((tool) => named === undefined || tool.name === named)
    .map((tool) => ({ name: stringOf(tool.name), parameters: tool.parameters }));
}

/** Runs of call outputs after the user's last message. */
function roundsOf(items: readonly JsonObject[]): number {
  let rounds = 0;
  let later = false;
  for (const item of items.toReversed()) {
    if (item.role === "user") break;
    const output = item.type === "function_call_output" || item.type === "custom_tool_call_output";
    if (output && !later) rounds += 1;
    later = output;
  }
  return rounds;
}

function readJsonSchema(format: JsonObject): unknown {
  if (format.type === "json_object") return true;
  return format.type === "json_schema" ? format.schema : undefined;
}
