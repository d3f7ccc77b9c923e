import type { ChatClientCodec } from "@headrace/core/wire/chat-codec";
import { encodeOpenAiResponsesAnswer } from "./answer-encoder.ts";
import { decodeOpenAiResponsesRequest } from "./request-decoder.ts";
import { OpenAiResponsesStreamEncoder } from "./stream-encoder.ts";

/** OpenAI Responses as its clients speak it: OpenAI's SDKs, Codex and agents. */
export const openAiResponsesClient: ChatClientCodec = {
  wire: "openai-responses",
  decodeRequest: (body) => decodeOpenAiResponsesRequest(body),
  encodeAnswer: encodeOpenAiResponsesAnswer,
  createStreamEncoder: (call) => new OpenAiResponsesStreamEncoder(call),
};
