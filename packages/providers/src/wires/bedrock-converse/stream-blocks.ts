/** The blocks of a ConverseStream on their way to the client. */
import type { JsonObject } from "@headrace/core/json-object";
import type { BlockEvents } from "../../streaming/block-order.ts";

export type BlockKind = "text" | "thinking" | "call" | "image" | "redacted";

/** A delta of the kind up to the JSON string of its text, and what follows that. */
const DELTAS: Readonly<Record<BlockKind, readonly [head: string, tail: string]>> = {
  text: ['{"text":', "}}\n\n"],
  thinking: ['{"reasoningContent":{"text":', "}}}\n\n"],
  call: ['{"toolUse":{"input":', "}}}\n\n"],
  image: ['{"image":{"source":{"bytes":', "}}}}\n\n"],
  redacted: ['{"reasoningContent":{"redactedContent":', "}}}\n\n"],
};

/** @param start - what the first event says; null for text and thinking, which have none */
export function blockEvents(
  kind: BlockKind,
  index: number,
  start: JsonObject | null,
): BlockEvents<BlockKind> {
  return {
    kind,
    index,
    start: start === null ? "" : event("contentBlockStart", { contentBlockIndex: index, start }),
    deltaHead: deltaHead(index) + DELTAS[kind][0],
    stop: `event: contentBlockStop\ndata: {"contentBlockIndex":${index}}\n\n`,
  };
}

/** The usual delta of a block. */
export function delta({ kind, deltaHead }: BlockEvents<BlockKind>, text: string): string {
  return deltaHead + JSON.stringify(text) + DELTAS[kind][1];
}

/** A delta of another kind than the block's own. */
export function otherDelta({ index }: BlockEvents<BlockKind>, content: JsonObject): string {
  return `${deltaHead(index)}${JSON.stringify(content)}}\n\n`;
}

export function event(type: string, payload: JsonObject): string {
  return `event: ${type}\ndata: ${JSON.stringify(payload)}\n\n`;
}

function deltaHead(index: number): string {
  return `event: contentBlockDelta\ndata: {"contentBlockIndex":${index},"delta":`;
}
