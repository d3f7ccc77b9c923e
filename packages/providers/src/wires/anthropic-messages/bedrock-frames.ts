import type { ChatStreamDecoder, StreamFrame } from "@headrace/core/wire/chat-codec";
import { parseJsonObject, textOf } from "../../json/read.ts";

/** Types of the messages by which AWS reports that a stream failed, such as `throttlingException`. */
const EXCEPTION = /exception$/i;

/**
 * Takes Anthropic's events out of the messages that `InvokeModelWithResponseStream` wraps them in,
 * `{"bytes":"<base64>"}` (Bedrock API reference, "PayloadPart").
 */
export function unwrapBedrockFrames(decoder: ChatStreamDecoder): ChatStreamDecoder {
  return {
    push: (frame) => decoder.push(unwrap(frame)),
    end: () => decoder.end(),
  };
}

function unwrap(frame: StreamFrame): StreamFrame {
  const message = parseJsonObject(frame.data) ?? {};
  if (EXCEPTION.test(frame.event)) return errorEvent(frame.event, textOf(message, "message"));
  const bytes = textOf(message, "bytes");
  // What is not wrapped is no event of Anthropic's; the decoder says so.
  return { event: "", data: bytes === undefined ? "" : Buffer.from(bytes, "base64").toString() };
}

/** Bedrock API reference, "InvokeModelWithResponseStream", "Errors". */
const ANTHROPIC_TYPES: ReadonlyMap<string, string> = new Map([
  ["throttlingexception", "rate_limit_error"],
  ["validationexception", "invalid_request_error"],
  ["accessdeniedexception", "permission_error"],
  ["resourcenotfoundexception", "not_found_error"],
  ["modeltimeoutexception", "timeout_error"],
  ["modelnotreadyexception", "overloaded_error"],
  ["serviceunavailableexception", "overloaded_error"],
]);

function errorEvent(exception: string, message: string | undefined): StreamFrame {
  const type = ANTHROPIC_TYPES.get(exception.toLowerCase()) ?? "api_error";
  return {
    event: "error",
    data: JSON.stringify({ type: "error", error: { type, message: message ?? exception } }),
  };
}
