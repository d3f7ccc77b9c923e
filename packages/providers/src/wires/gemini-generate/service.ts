import { isJsonObject } from "@headrace/core/json-object";
import type { BodyEdits, ProviderService } from "@headrace/core/provider-adapter";
import { GEMINI_MODELS, modelPath } from "../../google/model-path.ts";
import { objectOf, parseJsonObject } from "../../json/read.ts";
import { geminiStream } from "./stream-dialect.ts";
import { usageFromGemini } from "./usage.ts";

export interface GeminiServiceOptions {
  /** {@link GEMINI_MODELS} when absent. */
  readonly modelsPath?: string;
}

/** The path alone names the model. */
const EDITS: BodyEdits = { model: "remove", askUsage: false, refused: [], added: "" };

/** `:generateContent` and `:streamGenerateContent`, of which only events are asked for. */
export function geminiService(options: GeminiServiceOptions = {}): ProviderService {
  return {
    path: (call) =>
      modelPath(call, options.modelsPath ?? GEMINI_MODELS) +
      (call.stream ? ":streamGenerateContent?alt=sse" : ":generateContent"),
    stream: geminiStream,
    edits: EDITS,
    readUsage,
    tokenUsage: usageFromGemini,
  };
}

/** `:countTokens`: an answer of some numbers, nothing to pay. */
export function geminiCountTokensService(options: GeminiServiceOptions = {}): ProviderService {
  return {
    path: (call) => `${modelPath(call, options.modelsPath ?? GEMINI_MODELS)}:countTokens`,
    stream: null,
    edits: EDITS,
    readUsage: () => null,
    tokenUsage: () => null,
  };
}

const USAGE_KEY = Buffer.from('"usageMetadata"');
const OPEN_BRACE = 0x7b;
const CLOSE_BRACE = 0x7d;

/**
 * Found from the end, near which it stands, so that a long answer need not be parsed for it; a call's arguments may have
 * a member of that name too, and then the answer is parsed after all.
 */
function readUsage(body: Buffer): unknown {
  const key = body.lastIndexOf(USAGE_KEY);
  if (key === -1) return null;
  const open = body.indexOf(OPEN_BRACE, key);
  const close = endOfObject(body, open);
  const found = close === -1 ? null : parseJsonObject(body.toString("utf8", open, close));
  if (usageFromGemini(found) !== null) return found;
  const answer = parseJsonObject(body.toString());
  return isJsonObject(answer) ? (objectOf(answer, "usageMetadata") ?? null) : null;
}

/** Index past the brace that closes the one at `open`, or -1. Usage objects hold no braces inside strings. */
function endOfObject(body: Buffer, open: number): number {
  let depth = 0;
  for (let at = open; at !== -1 && at < body.length; at++) {
    if (body[at] === OPEN_BRACE) depth++;
    else if (body[at] === CLOSE_BRACE && --depth === 0) return at + 1;
  }
  return -1;
}
