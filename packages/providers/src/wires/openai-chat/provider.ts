import type { ChatProviderCodec } from "@headrace/core/wire/chat-codec";
import { decodeOpenAiAnswer } from "./answer-decoder.ts";
import { type OpenAiChatDialect, PLAIN } from "./dialect.ts";
import { encodeOpenAiRequest } from "./request-encoder.ts";
import { OpenAiStreamDecoder } from "./stream-decoder.ts";

/**
 * OpenAI's chat completions as a provider speaks them.
 *
 * @param deviations - from what any server on this wire takes
 */
export function openAiChatProvider(deviations: Partial<OpenAiChatDialect> = {}): ChatProviderCodec {
  const dialect: OpenAiChatDialect = { ...PLAIN, ...deviations };
  return {
    wire: "openai-chat",
    framing: "sse",
    encodeRequest: (request, target) => encodeOpenAiRequest(request, target, dialect),
    decodeAnswer: decodeOpenAiAnswer,
    createStreamDecoder: (emit) => new OpenAiStreamDecoder(emit),
  };
}
