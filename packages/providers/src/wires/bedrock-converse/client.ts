import type { ChatClientCodec } from "@headrace/core/wire/chat-codec";
import { encodeConverseAnswer } from "./answer-encoder.ts";
import { decodeConverseRequest } from "./request-decoder.ts";
import { ConverseStreamEncoder } from "./stream-encoder.ts";

/** Converse and ConverseStream as AWS's SDKs speak them. */
export const converseClient: ChatClientCodec = {
  wire: "bedrock-converse",
  decodeRequest: decodeConverseRequest,
  encodeAnswer: (answer) => encodeConverseAnswer(answer),
  createStreamEncoder: () => new ConverseStreamEncoder(),
};
