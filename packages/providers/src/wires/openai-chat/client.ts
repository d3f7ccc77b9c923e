import type { ChatClientCodec } from "@headrace/core/wire/chat-codec";
import { encodeAnswer } from "./answer-encoder.ts";
import { decodeRequest } from "./request-decoder.ts";
import { OpenAiChatStreamEncoder } from "./stream-encoder.ts";

/** Chat completions as OpenAI's SDKs and those of its kind speak them. */
export const openAiChatClient: ChatClientCodec = {
  wire: "openai-chat",
  decodeRequest,
  encodeAnswer,
  createStreamEncoder: (call) => new OpenAiChatStreamEncoder(call),
};
