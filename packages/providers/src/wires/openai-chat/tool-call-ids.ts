import { createHash } from "node:crypto";
import type { ToolCallIdRule } from "./dialect.ts";

/** OpenAI refuses longer ones, of calls and of results. */
const MAX_OPENAI_CHARS = 40;
const MISTRAL_ID = /^[a-zA-Z0-9]{9}$/;

const RULES: Readonly<Record<ToolCallIdRule, (id: string) => string>> = {
  any: (id) => id,
  openai: (id) => (id.length <= MAX_OPENAI_CHARS ? id : `call_${digest(id).slice(0, 32)}`),
  mistral: (id) => (MISTRAL_ID.test(id) ? id : digest(id).slice(0, 9)),
};

/** An id that the provider takes: the same for a call and its result, and for both in every later turn. */
export function toolCallId(id: string, rule: ToolCallIdRule): string {
  return RULES[rule](id);
}

function digest(text: string): string {
  return createHash("sha256").update(text).digest("hex");
}
