import type { Endpoint } from "../contract.ts";
import { GENERATE_CONTENT, STREAM_GENERATE_CONTENT } from "./generate-content.ts";
import { BATCH_EMBED_CONTENTS, EMBED_CONTENT, GEMINI_COUNT_TOKENS } from "./other-methods.ts";

/** What a URL of Google's models asks for, by the method behind its last colon. */
const METHODS: ReadonlyMap<string, Endpoint> = new Map<string, Endpoint>([
  ["generateContent", GENERATE_CONTENT],
  ["streamGenerateContent", STREAM_GENERATE_CONTENT],
  ["countTokens", GEMINI_COUNT_TOKENS],
  ["embedContent", EMBED_CONTENT],
  ["batchEmbedContents", BATCH_EMBED_CONTENTS],
]);

/** The endpoint behind a URL such as `/v1beta/models/gemini-pro:generateContent`. */
export function geminiMethod(path: string): Endpoint | undefined {
  return METHODS.get(path.slice(path.lastIndexOf(":") + 1));
}
