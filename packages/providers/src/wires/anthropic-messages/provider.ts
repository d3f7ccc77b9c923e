import type { ChatProviderCodec } from "@headrace/core/wire/chat-codec";
import { decodeAnthropicAnswer } from "./answer-decoder.ts";
import { unwrapBedrockFrames } from "./bedrock-frames.ts";
import { ANTHROPIC_API, type AnthropicDialect } from "./dialect.ts";
import { encodeAnthropicRequest } from "./request-encoder.ts";
import { AnthropicStreamDecoder } from "./stream-decoder.ts";

/** Anthropic Messages as a provider speaks it. */
export function anthropicProvider(dialect: AnthropicDialect = ANTHROPIC_API): ChatProviderCodec {
  return {
    wire: "anthropic-messages",
    framing: dialect.framing,
    encodeRequest: (request, target) => encodeAnthropicRequest(request, target, dialect),
    decodeAnswer: decodeAnthropicAnswer,
    createStreamDecoder(emit) {
      const decoder = new AnthropicStreamDecoder(emit);
      return dialect.framing === "sse" ? decoder : unwrapBedrockFrames(decoder);
    },
  };
}
