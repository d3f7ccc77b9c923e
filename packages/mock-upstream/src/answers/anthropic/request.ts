import type { Call } from "../contract.ts";
import { BARE_REQUEST, type GenerationRequest, type OfferedTool } from "../generation.ts";
import { isJsonObject, type JsonObject, numberOf, objectOf, objectsOf, stringOf, textOf } from "../json.ts";
import type { Refusal } from "../refusal.ts";
import { messagesProblem } from "./validation.ts";

/** Where a request for Claude came in: each place says model, stream and version in its own way. */
export interface ClaudeDoor {
  readonly model: string;
  readonly stream: boolean;
}

/** Reads a request to `/v1/messages`. */
export function readMessages(call: Call): GenerationRequest | Refusal {
  const { body } = call;
  return (
    messagesProblem(call, "direct") ??
    readClaude(body, { model: stringOf(body.model), stream: body.stream === true })
  );
}

/** Reads a request whose model and stream are said by its URL, as on Vertex and Bedrock. */
export function readHostedMessages(call: Call, door: ClaudeDoor): GenerationRequest | Refusal {
  return messagesProblem(call, "hosted") ?? readClaude(call.body, door);
}

function readClaude(body: JsonObject, { model, stream }: ClaudeDoor): GenerationRequest {
  const messages = objectsOf(body.messages);
  const choice = objectOf(body.tool_choice);
  return {
    ...BARE_REQUEST,
    model,
    stream,
    maxTokens: numberOf(body.max_tokens),
    tools: readTools(body, choice),
    parallelTools: choice.disable_parallel_tool_use !== true,
    toolRounds: toolRoundsOf(messages),
    jsonSchema: readJsonSchema(body),
    userText: textOf(messages.findLast((message) => message.role === "user")?.content),
  };
}

function readTools(body: JsonObject, choice: JsonObject): OfferedTool[] {
  if (choice.type === "none") return [];
  return objectsOf(body.tools)
    .filter((tool) => isJsonObject(tool.input_schema))
    .filter((tool) => choice.type !== "tool" || choice.name === tool.name)
    .map((tool) => ({ name: stringOf(tool.name), parameters: tool.input_schema }));
}

/** The user's last messages that bring results of tools. */
function toolRoundsOf(messages: readonly JsonObject[]): number {
  let rounds = 0;
  for (const message of messages.toReversed()) {
    if (message.role !== "user") continue;
    if (!objectsOf(message.content).some((block) => block.type === "tool_result")) break;
    rounds += 1;
  }
  return rounds;
}

function readJsonSchema(body: JsonObject): unknown {
  const format = objectOf(objectOf(body.output_config).format ?? body.output_format);
  return format.type === "json_schema" ? format.schema : undefined;
}
