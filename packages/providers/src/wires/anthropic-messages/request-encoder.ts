import type { ChatRequest, SamplingParams } from "@headrace/core/canonical/chat";
import type { ExtraFields } from "@headrace/core/canonical/chat-parts";
import type { JsonObject } from "@headrace/core/json-object";
import type { EncodedRequest, EncodeTarget } from "@headrace/core/wire/chat-codec";
import {
  BETAS_FIELD,
  BETAS_HEADER,
  type Betas,
  betasForBedrock,
  betasForHeader,
  takeBetas,
} from "../../claude/betas.ts";
import { type ClaudeTraits, claudeTraits } from "../../claude/models.ts";
import { planThinking } from "../../claude/thinking.ts";
import { objectOf, textOf } from "../../json/read.ts";
import { Losses } from "../../translation/losses.ts";
import type { AnthropicDialect } from "./dialect.ts";
import { demandInlineMedia } from "./inline-media.ts";
import { encodeConversation } from "./message-encoder.ts";
import { planTools } from "./tool-encoder.ts";

/** Files by id are still behind this beta on some platforms (Anthropic, "Files API"). */
const FILES_BETA = "files-api-2025-04-14";
/** API reference, `metadata.user_id`. */
const MAX_USER_ID_CHARS = 256;

export function encodeAnthropicRequest(
  request: ChatRequest,
  target: EncodeTarget,
  dialect: AnthropicDialect,
): EncodedRequest {
  const losses = new Losses(request.wire);
  const traits = claudeTraits(target.model);
  if (!dialect.fetchesMedia) demandInlineMedia(request, losses);
  const { system, messages, usesFiles } = encodeConversation(request, losses);
  const { tools, toolChoice, format, forced } = planTools(request, { traits, losses });
  const { thinking, effort, maxTokens } = planThinking(request, { traits, forced, losses });
  const sameWire = request.wire === "anthropic-messages";
  const betas = takeBetas(request.extra);
  const { inBody, inHeader } = placeBetas(betas, { dialect, usesFiles, losses });
  const outputConfig = {
    ...(sameWire ? objectOf(request.extra, "output_config") : {}),
    ...(effort === null ? {} : { effort }),
    ...(format === null ? {} : { format }),
  };
  const body: JsonObject = {
    ...dialect.body,
    ...(dialect.namesModel ? { model: target.model } : {}),
    ...(sameWire ? betas.extra : encodeForeignExtra(betas.extra, losses)),
    ...(inBody.length === 0 ? {} : { [BETAS_FIELD]: inBody }),
    max_tokens: maxTokens,
    ...(system.length === 0 ? {} : { system }),
    messages,
    ...(tools.length === 0 ? {} : { tools }),
    ...(toolChoice === null ? {} : { tool_choice: toolChoice }),
    ...(thinking === null ? {} : { thinking }),
    ...(Object.keys(outputConfig).length === 0 ? {} : { output_config: outputConfig }),
    ...encodeSampling(request.sampling, { traits, thinks: isThinking(thinking), losses }),
    ...(target.stream && dialect.saysStream ? { stream: true } : {}),
  };
  const headers = inHeader.length === 0 ? [] : [BETAS_HEADER, inHeader.join(",")];
  return { body, headers, lost: losses.paths };
}

interface BetaScope {
  readonly dialect: AnthropicDialect;
  readonly usesFiles: boolean;
  readonly losses: Losses;
}

/** Where the platform wants them. */
function placeBetas(betas: Betas, { dialect, usesFiles, losses }: BetaScope): PlacedBetas {
  if (dialect.betasInBody) return { inBody: betasForBedrock(betas, losses), inHeader: [] };
  const asked = betasForHeader(betas);
  return { inBody: [], inHeader: usesFiles && !asked.includes(FILES_BETA) ? [...asked, FILES_BETA] : asked };
}

interface PlacedBetas {
  readonly inBody: readonly unknown[];
  readonly inHeader: readonly string[];
}

function isThinking(thinking: JsonObject | null): boolean {
  return thinking !== null && thinking.type !== "disabled";
}

interface SamplingContext {
  readonly traits: ClaudeTraits;
  readonly thinks: boolean;
  readonly losses: Losses;
}

/**
 * Beside thinking, and on newer models always, sampling has to be the default; elsewhere `temperature` ends at 1, where
 * other wires go to 2, and only one of it and `top_p` may be given (API reference, "Messages").
 */
function encodeSampling(sampling: SamplingParams, { traits, thinks, losses }: SamplingContext): JsonObject {
  const { temperature, topP, topK } = sampling;
  const free = traits.sampling && !thinks;
  const keepsTopP = free && topP !== undefined && temperature === undefined;
  if (temperature !== undefined && temperature !== 1 && (!free || temperature > 1))
    losses.field("temperature");
  if (topP !== undefined && topP !== 1 && !keepsTopP) losses.field("topP");
  if (topK !== undefined && !free) losses.field("topK");
  for (const [field, isDefault] of NOT_ON_THIS_WIRE) {
    const value = sampling[field];
    if (value !== undefined && value !== isDefault) losses.field(field);
  }
  const stop = (sampling.stop ?? []).filter((text) => text.trim() !== "");
  if (stop.length < (sampling.stop?.length ?? 0)) losses.field("stop");
  return {
    ...(free && temperature !== undefined ? { temperature: Math.min(1, temperature) } : {}),
    ...(keepsTopP ? { top_p: topP } : {}),
    ...(free && topK !== undefined ? { top_k: topK } : {}),
    ...(stop.length === 0 ? {} : { stop_sequences: stop }),
  };
}

/** With the values that mean the same as saying nothing. */
const NOT_ON_THIS_WIRE: readonly (readonly [keyof SamplingParams, unknown])[] = [
  ["frequencyPenalty", 0],
  ["presencePenalty", 0],
  ["seed", undefined],
  ["choices", 1],
  ["logprobs", false],
  ["topLogprobs", 0],
];

/** Fields of other wires that mean nothing here, with the values for which that is so; null for all. */
const MEANINGLESS: ReadonlyMap<string, readonly unknown[] | null> = new Map<
  string,
  readonly unknown[] | null
>([
  ["metadata", null],
  ["store", [false]],
  ["stream_options", null],
  ["service_tier", ["auto", "default"]],
  ["prompt_cache_key", null],
  ["prompt_cache_retention", null],
]);

/** Who the user is, by the names that other wires have for it; the first one counts. */
const USER_FIELDS = ["safety_identifier", "user"] as const;

function encodeForeignExtra(extra: ExtraFields, losses: Losses): JsonObject {
  const userField = USER_FIELDS.find((name) => textOf(extra, name) !== undefined);
  const userId = userField === undefined ? undefined : textOf(extra, userField);
  const fits = userId !== undefined && userId.length <= MAX_USER_ID_CHARS;
  for (const [name, value] of Object.entries(extra)) {
    const meaningless = MEANINGLESS.get(name);
    const isUser = USER_FIELDS.some((field) => field === name);
    if (isUser ? !fits : meaningless === undefined || meaningless?.includes(value) === false)
      losses.named(name);
  }
  return fits ? { metadata: { user_id: userId } } : {};
}
