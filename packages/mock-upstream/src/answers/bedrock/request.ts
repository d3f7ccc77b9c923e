import type { Call, Target } from "../contract.ts";
import { BARE_REQUEST, type GenerationRequest, type OfferedTool } from "../generation.ts";
import { isJsonObject, type JsonObject, numberOf, objectOf, objectsOf, stringOf, textOf } from "../json.ts";
import type { Refusal } from "../refusal.ts";
import { converseProblem } from "./validation.ts";

const MODEL = /^\/model\/([^/]+)\//;

/** Reads a request to Converse; the URL names the model and says whether to stream. */
export function readConverse(call: Call, stream: boolean): GenerationRequest | Refusal {
  const { body, target } = call;
  const problem = converseProblem(call);
  if (problem !== undefined) return problem;
  const messages = objectsOf(body.messages);
  return {
    ...BARE_REQUEST,
    model: bedrockModel(target),
    stream,
    maxTokens: numberOf(objectOf(body.inferenceConfig).maxTokens),
    tools: readTools(objectOf(body.toolConfig)),
    toolRounds: toolRoundsOf(messages),
    jsonSchema: readJsonSchema(objectOf(body.outputConfig)),
    userText: textOf(messages.findLast((message) => message.role === "user")?.content),
  };
}

/** The model that a path such as `/model/anthropic.claude%3A0/converse` names. */
export function bedrockModel(target: Target): string {
  return decodeURIComponent(MODEL.exec(target.path)?.[1] ?? "");
}

/** The schema is JSON text there (Bedrock API reference, "OutputFormat"). */
function readJsonSchema({ textFormat }: JsonObject): unknown {
  const { schema } = objectOf(objectOf(objectOf(textFormat).structure).jsonSchema);
  if (typeof schema !== "string") return undefined;
  try {
    return JSON.parse(schema);
  } catch {
    return undefined;
  }
}

function readTools(config: JsonObject): OfferedTool[] {
  const forced = objectOf(objectOf(config.toolChoice).tool).name;
  return objectsOf(config.tools)
    .map((tool) => tool.toolSpec)
    .filter(isJsonObject)
    .filter((tool) => forced === undefined || tool.name === forced)
    .map((tool) => ({ name: stringOf(tool.name), parameters: objectOf(tool.inputSchema).json }));
}

function toolRoundsOf(messages: readonly JsonObject[]): number {
  let rounds = 0;
  for (const message of messages.toReversed()) {
    if (message.role !== "user") continue;
    if (!objectsOf(message.content).some((block) => block.toolResult !== undefined)) break;
    rounds += 1;
  }
  return rounds;
}
