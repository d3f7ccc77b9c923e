import type { ChatRequest } from "@headrace/core/canonical/chat";
import type { ChatClientCodec } from "@headrace/core/wire/chat-codec";
import { BETAS_HEADER, readBetasHeader } from "../../claude/betas.ts";
import { encodeAnthropicAnswer } from "./answer-encoder.ts";
import { decodeAnthropicRequest } from "./request-decoder.ts";
import { AnthropicStreamEncoder } from "./stream-encoder.ts";

/** Anthropic Messages as its clients speak it: Anthropic's SDKs, Claude Code and other agents. */
export const anthropicClient: ChatClientCodec = {
  wire: "anthropic-messages",
  requestHeaders: [BETAS_HEADER],
  decodeRequest: (body, { headers = {} }) =>
    withBetas(decodeAnthropicRequest(body), readBetasHeader(headers[BETAS_HEADER])),
  encodeAnswer: encodeAnthropicAnswer,
  createStreamEncoder: (call) => new AnthropicStreamEncoder(call),
};

function withBetas(request: ChatRequest, betas: readonly string[]): ChatRequest {
  return betas.length === 0 ? request : { ...request, extra: { ...request.extra, [BETAS_HEADER]: betas } };
}
