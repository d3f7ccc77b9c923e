/** What is read of, and said in, sessions that are only passed on. Source: OpenAI API reference, "Realtime" server events. */
import type { TokenUsage } from "@headrace/core/canonical/usage";
import type { GatewayError } from "@headrace/core/errors/gateway-error";
import { isJsonObject, type JsonObject } from "@headrace/core/json-object";
import { objectOf, parseJsonObject } from "../../json/read.ts";
import { usageFromOpenAiResponses } from "../openai-responses/usage.ts";

/** A quote inside of a JSON string is escaped, so these never match what somebody said. */
const BEGUN_MARK: Buffer = Buffer.from('"response.created"');
const DONE_MARK: Buffer = Buffer.from('"response.done"');

/** What an event of the provider says of the answer that the session waits for, or of what it wrote down. */
export type RealtimeReading =
  | { readonly kind: "begun" }
  | { readonly kind: "done"; readonly usage: TokenUsage | null }
  | { readonly kind: "transcribed"; readonly usage: TokenUsage | null };

/** Null for all other events, of which nothing is decoded. */
export function readRealtimeEvent(frame: Buffer): RealtimeReading | null {
  const isDone = frame.indexOf(DONE_MARK) !== -1;
  if (!isDone && frame.indexOf(BEGUN_MARK) === -1) return null;
  const event = parseJsonObject(frame.toString());
  if (event?.type === "response.created") return { kind: "begun" };
  if (event?.type !== "response.done") return null;
  return { kind: "done", usage: usageOf(objectOf(event, "response") ?? {}) };
}

const TRANSCRIBED = "conversation.item.input_audio_transcription.completed";
const TRANSCRIBED_MARK: Buffer = Buffer.from(`"${TRANSCRIBED}"`);

/**
 * The same for a session that only writes down what it hears. In others the usage of transcripts is another model's, with
 * other prices, and is not read.
 */
export function readTranscriptionEvent(frame: Buffer): RealtimeReading | null {
  if (frame.indexOf(TRANSCRIBED_MARK) === -1) return null;
  const event = parseJsonObject(frame.toString());
  return event?.type === TRANSCRIBED ? { kind: "transcribed", usage: usageOf(event) } : null;
}

/** As in responses, but for two names in the singular. */
function usageOf({ usage }: JsonObject): TokenUsage | null {
  if (!isJsonObject(usage)) return null;
  return usageFromOpenAiResponses({
    ...usage,
    input_tokens_details: usage.input_token_details,
    output_tokens_details: usage.output_token_details,
  });
}

/** An error of the gateway as an event. */
export function realtimeErrorEvent(error: GatewayError, requestId: string): string {
  return JSON.stringify({
    type: "error",
    event_id: `event_${requestId}`,
    error: { type: error.type, code: error.code, message: error.message, param: error.param, event_id: null },
  });
}

/** Where browsers, which can set no header, put the key: a sub-protocol of its own. */
export const KEY_PROTOCOL = "openai-insecure-api-key.";
/** What a client chooses to be answered in. */
export const REALTIME_PROTOCOL = "realtime";
const BETA_PROTOCOL = "openai-beta.realtime-v1";

/**
 * The header that says what a sub-protocol says to a provider: not all who take the one know the other.
 *
 * @param offered - the client's sub-protocols
 */
export function betaHeader(offered: readonly string[], header: string): readonly string[] {
  if (header !== "") return ["openai-beta", header];
  return offered.includes(BETA_PROTOCOL) ? ["openai-beta", "realtime=v1"] : [];
}
