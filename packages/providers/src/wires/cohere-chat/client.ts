import type { ChatClientCodec } from "@headrace/core/wire/chat-codec";
import { encodeCohereAnswer } from "./answer-encoder.ts";
import { decodeCohereRequest } from "./request-decoder.ts";
import { CohereStreamEncoder } from "./stream-encoder.ts";

/** Chats as Cohere's SDKs speak them, version 2 of its API. */
export const cohereClient: ChatClientCodec = {
  wire: "cohere-chat",
  decodeRequest: (body) => decodeCohereRequest(body),
  encodeAnswer: encodeCohereAnswer,
  createStreamEncoder: (call) => new CohereStreamEncoder(call),
};
