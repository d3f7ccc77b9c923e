import type { ChatProviderCodec } from "@headrace/core/wire/chat-codec";
import { decodeAnswer } from "./answer-decoder.ts";
import { GEMINI_API, type GeminiDialect } from "./dialect.ts";
import { encodeRequest } from "./request-encoder.ts";
import { GeminiStreamDecoder } from "./stream-decoder.ts";

/** generateContent as the Gemini API speaks it, or Vertex AI. */
export function geminiProvider(dialect: GeminiDialect = GEMINI_API): ChatProviderCodec {
  return {
    wire: "gemini-generate",
    framing: "sse",
    encodeRequest: (request, target) => encodeRequest(request, target, dialect),
    decodeAnswer,
    createStreamDecoder: (emit) => new GeminiStreamDecoder(emit),
  };
}
