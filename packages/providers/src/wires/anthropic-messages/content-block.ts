/** A block of a Messages stream on its way to the client. */
import type { JsonObject } from "@headrace/core/json-object";
import type { Block, BlockEvents } from "../../streaming/block-order.ts";

export type BlockKind = "text" | "thinking" | "call" | "whole";
export type ContentBlock = Block<BlockKind>;

/** The starts of deltas; `}}` and a blank line follow the JSON string of their text. */
const DELTA_STARTS: Readonly<Record<BlockKind, string>> = {
  text: '{"type":"text_delta","text":',
  thinking: '{"type":"thinking_delta","thinking":',
  call: '{"type":"input_json_delta","partial_json":',
  whole: "",
};

/** @param contentJson - the block as its first event shows it */
export function blockEvents(kind: BlockKind, index: number, contentJson: string): BlockEvents<BlockKind> {
  return {
    kind,
    index,
    start: `event: content_block_start\ndata: {"type":"content_block_start","index":${index},"content_block":${contentJson}}\n\n`,
    deltaHead: deltaHead(index) + DELTA_STARTS[kind],
    stop: `event: content_block_stop\ndata: {"type":"content_block_stop","index":${index}}\n\n`,
  };
}

/** A delta event of another kind than the block's own. */
export function otherDelta({ index }: ContentBlock, delta: JsonObject): string {
  return `${deltaHead(index)}${JSON.stringify(delta)}}\n\n`;
}

function deltaHead(index: number): string {
  return `event: content_block_delta\ndata: {"type":"content_block_delta","index":${index},"delta":`;
}
