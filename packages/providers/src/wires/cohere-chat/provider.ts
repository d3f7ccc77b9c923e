import type { ChatProviderCodec } from "@headrace/core/wire/chat-codec";
import { decodeCohereAnswer } from "./answer-decoder.ts";
import { encodeCohereRequest } from "./request-encoder.ts";
import { CohereStreamDecoder } from "./stream-decoder.ts";

/** Cohere's chat, version 2 of its API. */
export const cohereProvider: ChatProviderCodec = {
  wire: "cohere-chat",
  framing: "sse",
  encodeRequest: encodeCohereRequest,
  decodeAnswer: decodeCohereAnswer,
  createStreamDecoder: (emit) => new CohereStreamDecoder(emit),
};
