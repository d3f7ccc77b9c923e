import type { ChatProviderCodec } from "@headrace/core/wire/chat-codec";
import { decodeConverseAnswer } from "./answer-decoder.ts";
import { encodeConverseRequest } from "./request-encoder.ts";
import { ConverseStreamDecoder } from "./stream-decoder.ts";

/** Amazon Bedrock's Converse and ConverseStream: one form for the models of many vendors. */
export const converseProvider: ChatProviderCodec = {
  wire: "bedrock-converse",
  framing: "aws-event-stream",
  encodeRequest: encodeConverseRequest,
  decodeAnswer: decodeConverseAnswer,
  createStreamDecoder: (emit) => new ConverseStreamDecoder(emit),
};
