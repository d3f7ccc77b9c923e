import type { BodyEdits, PathCall, ProviderService } from "@headrace/core/provider-adapter";
import { objectAt } from "../../json/object-at.ts";
import { countOf, objectOf, parseJsonObject } from "../../json/read.ts";
import { ANTHROPIC_API, type AnthropicDialect } from "./dialect.ts";
import { anthropicStream } from "./stream-dialect.ts";
import { usageFromAnthropic } from "./usage.ts";

/** API reference, "Versions": the only one since 2023. Clouds have it in the body instead. */
const VERSION_HEADERS = ["anthropic-version", "2023-06-01"] as const;

export interface AnthropicServiceOptions {
  /** Below the API root; Anthropic's own path when absent. */
  readonly path?: (call: PathCall) => string;
  readonly dialect?: AnthropicDialect;
}

/** `POST /v1/messages` of Anthropic, or the same wire on another platform. */
export function anthropicService(options: AnthropicServiceOptions = {}): ProviderService {
  const dialect = options.dialect ?? ANTHROPIC_API;
  return {
    path: options.path ?? (() => "/messages"),
    ...(dialect === ANTHROPIC_API ? { headers: VERSION_HEADERS } : {}),
    // What is in trial has fields that are refused without its name in this header (API reference, "Beta headers").
    clientHeaders: ["anthropic-beta"],
    // Binary frames can only be translated.
    stream: dialect.framing === "sse" ? anthropicStream : null,
    edits: editsFor(dialect),
    readUsage,
    tokenUsage: usageFromAnthropic,
  };
}

/** `POST /v1/messages/count_tokens`: the same body, an answer of one number, nothing to pay. */
export function anthropicCountTokensService(options: AnthropicServiceOptions = {}): ProviderService {
  return {
    ...anthropicService(options),
    path: options.path ?? (() => "/messages/count_tokens"),
    stream: null,
    readUsage: () => null,
    tokenUsage: () => null,
  };
}

function editsFor({ body, namesModel, saysStream }: AnthropicDialect): BodyEdits {
  return {
    model: namesModel ? "replace" : "remove",
    askUsage: false,
    refused: saysStream ? [] : ["stream"],
    added: JSON.stringify(body).slice(1, -1),
  };
}

const USAGE_KEY = Buffer.from('"usage"');

/**
 * Found from the end, where it stands, so that a long answer need not be parsed for it; a tool's input may have a member
 * of that name too, and then the answer is parsed after all.
 */
function readUsage(body: Buffer): unknown {
  const key = body.lastIndexOf(USAGE_KEY);
  if (key === -1) return null;
  const found = objectAt(body, key);
  if (found !== null && countOf(found, "output_tokens") !== undefined) return found;
  const answer = parseJsonObject(body.toString());
  return answer === null ? null : (objectOf(answer, "usage") ?? null);
}
