import type { ChatClientCodec } from "@headrace/core/wire/chat-codec";
import { encodeAnthropicAnswer } from "./answer-encoder.ts";
import { decodeAnthropicRequest } from "./request-decoder.ts";
import { AnthropicStreamEncoder } from "./stream-encoder.ts";

/** Anthropic Messages as its clients speak it: Anthropic's SDKs, Claude Code and other agents. */
export const anthropicClient: ChatClientCodec = {
  wire: "anthropic-messages",
  decodeRequest: (body) => decodeAnthropicRequest(body),
  encodeAnswer: encodeAnthropicAnswer,
  createStreamEncoder: (call) => new AnthropicStreamEncoder(call),
};
