import type { ChatClientCodec } from "@headrace/core/wire/chat-codec";
import { encodeAnswer } from "./answer-encoder.ts";
import { decodeRequest } from "./request-decoder.ts";
import { GeminiStreamEncoder } from "./stream-encoder.ts";

/** generateContent and streamGenerateContent as Google's SDKs speak them. */
export const geminiClient: ChatClientCodec = {
  wire: "gemini-generate",
  decodeRequest,
  encodeAnswer,
  createStreamEncoder: (call) => new GeminiStreamEncoder(call),
};
