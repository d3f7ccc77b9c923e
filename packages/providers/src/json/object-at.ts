import type { JsonObject } from "@headrace/core/json-object";
import { parseJsonObject } from "./read.ts";

const OPEN_BRACE = 0x7b;
const CLOSE_BRACE = 0x7d;

/**
 * The object that begins with the first brace at or behind `from`, so that a long answer need not be parsed for a small
 * part of it; null where there is none, or one that holds braces inside strings, as usage objects never do.
 */
export function objectAt(body: Buffer, from: number): JsonObject | null {
  const open = body.indexOf(OPEN_BRACE, from);
  const close = endOfObject(body, open);
  return close === -1 ? null : parseJsonObject(body.toString("utf8", open, close));
}

/** Index past the brace that closes the one at `open`, or -1. */
function endOfObject(body: Buffer, open: number): number {
  let depth = 0;
  for (let at = open; at !== -1 && at < body.length; at++) {
    if (body[at] === OPEN_BRACE) depth++;
    else if (body[at] === CLOSE_BRACE && --depth === 0) return at + 1;
  }
  return -1;
}
