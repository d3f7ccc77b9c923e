import { isJsonObject } from "@headrace/core/json-object";
import type { BodyEdits, ProviderService } from "@headrace/core/provider-adapter";
import { GEMINI_MODELS, modelPath } from "../../google/model-path.ts";
import { objectAt } from "../../json/object-at.ts";
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

/**
 * Found from the end, near which it stands, so that a long answer need not be parsed for it; a call's arguments may have
 * a member of that name too, and then the answer is parsed after all.
 */
function readUsage(body: Buffer): unknown {
  const key = body.lastIndexOf(USAGE_KEY);
  if (key === -1) return null;
  const found = objectAt(body, key);
  if (usageFromGemini(found) !== null) return found;
  const answer = parseJsonObject(body.toString());
  return isJsonObject(answer) ? (objectOf(answer, "usageMetadata") ?? null) : null;
}
