/** The contents and calls of a chat's stream on their way to the client. */
import type { JsonObject } from "@headrace/core/json-object";
import type { BlockEvents } from "../../streaming/block-order.ts";

export type BlockKind = "text" | "thinking" | "call";

/** What stands around the JSON string of a delta's text. */
const DELTAS: Readonly<Record<BlockKind, readonly [type: string, head: string, tail: string]>> = {
  text: ["content", '{"content":{"text":', "}}}}\n\n"],
  thinking: ["content", '{"content":{"thinking":', "}}}}\n\n"],
  call: ["tool-call", '{"tool_calls":{"function":{"arguments":', "}}}}}\n\n"],
};

/** @param message - what the first event says */
export function blockEvents(kind: BlockKind, index: number, message: JsonObject): BlockEvents<BlockKind> {
  const [type, head] = DELTAS[kind];
  return {
    kind,
    index,
    start: event({ type: `${type}-start`, index, delta: { message } }),
    deltaHead: `event: ${type}-delta\ndata: {"type":"${type}-delta","index":${index},"delta":{"message":${head}`,
    stop: `event: ${type}-end\ndata: {"type":"${type}-end","index":${index}}\n\n`,
  };
}

/** @param more - further members of the event, as JSON text that begins with a comma */
export function delta({ kind, deltaHead }: BlockEvents<BlockKind>, text: string, more = ""): string {
  const tail = DELTAS[kind][2];
  const written = deltaHead + JSON.stringify(text);
  return more === "" ? written + tail : `${written}${tail.trimEnd().slice(0, -1)}${more}}\n\n`;
}

export function event(content: JsonObject & { readonly type: string }): string {
  return `event: ${content.type}\ndata: ${JSON.stringify(content)}\n\n`;
}
