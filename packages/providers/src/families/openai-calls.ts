/**
 * The calls of OpenAI's API that are only passed on, to those who take them as they are. Source: OpenAI API reference,
 * "Moderations", "Images", "Audio", "Files", "Batch", "Realtime".
 */
import { type BilledUnits, NO_USAGE, type TokenUsage, usageFromOpenAi } from "@headrace/core/canonical/usage";
import { isJsonObject } from "@headrace/core/json-object";
import type { ProviderService } from "@headrace/core/provider-adapter";
import type { PlainWireId } from "@headrace/core/wire/wire-id";
import { numberOf, objectOf } from "../json/read.ts";
import { openAiResponsesService } from "../wires/openai-responses/service.ts";
import { readUsageAtEnd } from "./openai-services.ts";

export type OpenAiCall = Extract<PlainWireId, `openai-${string}`>;

const JSON_CALL: Omit<ProviderService, "path"> = {
  stream: null,
  edits: { model: "replace", askUsage: false, refused: [], added: "" },
  readUsage: () => null,
  tokenUsage: () => null,
};

/** Bodies that are no JSON, or that name no model. */
const OTHER_CALL: Omit<ProviderService, "path"> = {
  ...JSON_CALL,
  edits: { ...JSON_CALL.edits, model: "none" },
};

/** Images are counted as responses are. */
const { readUsage, tokenUsage } = openAiResponsesService();
const IMAGE_USAGE = { readUsage, tokenUsage };
/**
 * Transcripts are counted so by OpenAI, unless by the second, and by Mistral as chats are, and by the second ("Audio
 * Transcriptions").
 */
const TRANSCRIPT_USAGE: Pick<ProviderService, "readUsage" | "tokenUsage"> = {
  readUsage: (body) => readUsageAtEnd(body, transcriptUsage),
  tokenUsage: transcriptUsage,
};

function transcriptUsage(raw: unknown): TokenUsage | null {
  const tokens = tokenUsage(raw) ?? usageFromOpenAi(raw);
  const units = transcriptUnits(raw);
  return units === null ? tokens : { ...(tokens ?? NO_USAGE), units };
}

function transcriptUnits(raw: unknown): BilledUnits | null {
  if (!isJsonObject(raw)) return null;
  const seconds = raw.type === "duration" ? numberOf(raw, "seconds") : numberOf(raw, "prompt_audio_seconds");
  if (seconds !== undefined && seconds >= 0) return { seconds };
  const audioInputTokens = numberOf(objectOf(raw, "input_token_details") ?? {}, "audio_tokens");
  return audioInputTokens === undefined ? null : { audioInputTokens };
}

const CALLS: Readonly<Record<OpenAiCall, ProviderService>> = {
  "openai-moderations": { ...JSON_CALL, path: () => "/moderations" },
  "openai-images": { ...JSON_CALL, ...IMAGE_USAGE, path: () => "/images/generations" },
  "openai-image-edits": { ...OTHER_CALL, ...IMAGE_USAGE, path: () => "/images/edits" },
  "openai-image-variations": { ...OTHER_CALL, path: () => "/images/variations" },
  "openai-speech": { ...JSON_CALL, answersBytes: true, path: () => "/audio/speech" },
  "openai-transcriptions": { ...OTHER_CALL, ...TRANSCRIPT_USAGE, path: () => "/audio/transcriptions" },
  "openai-translations": { ...OTHER_CALL, path: () => "/audio/translations" },
  "openai-files": { ...OTHER_CALL, path: () => "/files" },
  "openai-batches": { ...OTHER_CALL, path: () => "/batches" },
  "openai-realtime": { ...OTHER_CALL, path: () => "/realtime" },
};

/** The services of these calls, at OpenAI's own paths. */
export function openAiCalls(names: readonly OpenAiCall[]): Partial<Record<OpenAiCall, ProviderService>> {
  return Object.fromEntries(names.map((name) => [name, CALLS[name]]));
}
