import type { PathCall, ProviderService } from "@headrace/core/provider-adapter";
import { objectAt } from "../../json/object-at.ts";
import { countOf, objectOf, parseJsonObject } from "../../json/read.ts";
import { openAiResponsesStream } from "./stream-dialect.ts";
import { usageFromOpenAiResponses } from "./usage.ts";

export interface OpenAiResponsesServiceOptions {
  /** Below the API root; OpenAI's own path when absent. */
  readonly path?: (call: PathCall) => string;
  /** Top-level fields that the provider refuses. */
  readonly refused?: readonly string[];
}

/** `POST /v1/responses` of OpenAI, or the same wire at another provider. */
export function openAiResponsesService(options: OpenAiResponsesServiceOptions = {}): ProviderService {
  return {
    path: options.path ?? (() => "/responses"),
    stream: openAiResponsesStream,
    edits: { model: "replace", askUsage: false, refused: options.refused ?? [], added: "" },
    readUsage,
    tokenUsage: usageFromOpenAiResponses,
  };
}

const USAGE_KEY = Buffer.from('"usage"');
const OBJECT_FOLLOWS = /^\s*:\s*\{/;
/** Behind the usage come only the user's own metadata, which may have texts of that name. */
const MAX_CANDIDATES = 4;

/**
 * Found from the end, near which it stands, so that a long answer need not be parsed for it; where something else of
 * that name is found, such as a member of a tool's schema, the answer is parsed after all.
 */
function readUsage(body: Buffer): unknown {
  let end = body.length;
  for (let candidate = 0; candidate < MAX_CANDIDATES && end > 0; candidate++) {
    end = body.lastIndexOf(USAGE_KEY, end - 1);
    if (end === -1) return null;
    const after = end + USAGE_KEY.length;
    if (!OBJECT_FOLLOWS.test(body.toString("latin1", after, after + 8))) continue;
    const found = objectAt(body, after);
    if (found !== null && countOf(found, "input_tokens") !== undefined) return found;
    break;
  }
  const answer = parseJsonObject(body.toString());
  return answer === null ? null : (objectOf(answer, "usage") ?? null);
}
