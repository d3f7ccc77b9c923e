/**
 * The calls of OpenAI's API that are only passed on, to those who take them as they are. Source: OpenAI API reference,
 * "Moderations", "Images", "Audio", "Files", "Batch", "Realtime".
 */
import { type TokenUsage, usageFromOpenAi } from "@headrace/core/canonical/usage";
import type { ProviderService } from "@headrace/core/provider-adapter";
import type { PlainWireId } from "@headrace/core/wire/wire-id";
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
/** Transcripts are counted so by OpenAI, unless by the second, and as chats are by Mistral ("Audio Transcriptions"). */
const TRANSCRIPT_USAGE: Pick<ProviderService, "readUsage" | "tokenUsage"> = {
  readUsage: (body) => readUsageAtEnd(body, transcriptUsage),
  tokenUsage: transcriptUsage,
};

function transcriptUsage(raw: unknown): TokenUsage | null {
  return tokenUsage(raw) ?? usageFromOpenAi(raw);
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
