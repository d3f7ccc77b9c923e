import type { ChatProviderCodec } from "@headrace/core/wire/chat-codec";
import { decodeOllamaAnswer } from "./answer-decoder.ts";
import { encodeOllamaRequest } from "./request-encoder.ts";
import { OllamaStreamDecoder } from "./stream-decoder.ts";

/** Ollama's own chat, which can do more than its OpenAI-compatible one: `think`, `keep_alive`, the size of the context. */
export const ollamaProvider: ChatProviderCodec = {
  wire: "ollama-chat",
  framing: "ndjson",
  encodeRequest: encodeOllamaRequest,
  decodeAnswer: decodeOllamaAnswer,
  createStreamDecoder: (emit) => new OllamaStreamDecoder(emit),
};
