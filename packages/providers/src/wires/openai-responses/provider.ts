import type { ChatProviderCodec } from "@headrace/core/wire/chat-codec";
import { decodeOpenAiResponsesAnswer } from "./answer-decoder.ts";
import { encodeOpenAiResponsesRequest } from "./request-encoder.ts";
import { OpenAiResponsesStreamDecoder } from "./stream-decoder.ts";

/** OpenAI Responses as a provider speaks it: for models that only it serves, and for thinking that can be given back. */
export const openAiResponsesProvider: ChatProviderCodec = {
  wire: "openai-responses",
  framing: "sse",
  encodeRequest: encodeOpenAiResponsesRequest,
  decodeAnswer: decodeOpenAiResponsesAnswer,
  createStreamDecoder: (emit) => new OpenAiResponsesStreamDecoder(emit),
};
