/** A block of a Messages stream on its way to the client. */
import type { JsonObject } from "@headrace/core/json-object";
import { JsonObjectTracker } from "./json-object-tracker.ts";

export interface ContentBlock {
  readonly kind: "text" | "thinking" | "call" | "whole";
  readonly index: number;
  /** A delta event of the kind's own up to the JSON string of its text; `}}` and a blank line follow that. */
  readonly deltaHead: string;
  /** Of a tool call. */
  readonly arguments: JsonObjectTracker;
  /** Nothing more will belong to it. */
  sealed: boolean;
  /** It has been closed at the client. */
  closed: boolean;
  /** Its events so far, while another block is open. */
  held: string;
}

const DELTA_STARTS: Readonly<Record<ContentBlock["kind"], string>> = {
  text: '{"type":"text_delta","text":',
  thinking: '{"type":"thinking_delta","thinking":',
  call: '{"type":"input_json_delta","partial_json":',
  whole: "",
};

export function openBlock(kind: ContentBlock["kind"], index: number): ContentBlock {
  return {
    kind,
    index,
    deltaHead: deltaHead(index) + DELTA_STARTS[kind],
    arguments: new JsonObjectTracker(),
    sealed: false,
    closed: false,
    held: "",
  };
}

/** A delta event of another kind than the block's own. */
export function otherDelta({ index }: ContentBlock, delta: JsonObject): string {
  return `${deltaHead(index)}${JSON.stringify(delta)}}\n\n`;
}

function deltaHead(index: number): string {
  return `event: content_block_delta\ndata: {"type":"content_block_delta","index":${index},"delta":`;
}

export function stopBlock({ index }: ContentBlock): string {
  return `event: content_block_stop\ndata: {"type":"content_block_stop","index":${index}}\n\n`;
}
