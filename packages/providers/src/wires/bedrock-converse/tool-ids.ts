import { createHash } from "node:crypto";

/** Bedrock API reference, "ToolUseBlock", `toolUseId`. */
const TAKEN = /^[a-zA-Z0-9_-]{1,64}$/;
const KEPT_CHARS = 40;
const HASH_CHARS = 16;

/**
 * The id of a tool call as Bedrock takes it. Another provider's may be longer or have other characters; what it becomes
 * depends on it alone, so that a call and its result still fit together and no two become one.
 */
export function toolUseId(id: string): string {
  if (TAKEN.test(id)) return id;
  const hash = createHash("sha256").update(id).digest("hex").slice(0, HASH_CHARS);
  return `${id.replace(/[^a-zA-Z0-9_-]/g, "_").slice(0, KEPT_CHARS)}_${hash}`;
}
