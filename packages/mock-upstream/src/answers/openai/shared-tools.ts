import type { OfferedTool } from "../generation.ts";
import { isJsonObject, type JsonObject, objectsOf } from "../json.ts";

/** Tools in OpenAI's shape, `{type:"function",function:{…}}`, which other wires share. */
export function functionTools(tools: unknown): OfferedTool[] {
  const offered: OfferedTool[] = [];
  for (const tool of objectsOf(tools)) {
    const definition = tool.function;
    if (!isJsonObject(definition) || typeof definition.name !== "string") continue;
    offered.push({ name: definition.name, parameters: definition.parameters });
  }
  return offered;
}

/** Runs of tool messages after the last message of the user. */
export function toolMessageRounds(messages: readonly JsonObject[]): number {
  let rounds = 0;
  let later: unknown;
  for (const { role } of messages.toReversed()) {
    if (role === "user") break;
    if (role === "tool" && later !== "tool") rounds += 1;
    later = role;
  }
  return rounds;
}
