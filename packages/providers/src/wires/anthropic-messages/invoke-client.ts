import type { ChatRequest } from "@headrace/core/canonical/chat";
import type { JsonObject } from "@headrace/core/json-object";
import type { ChatClientCodec, PathFacts } from "@headrace/core/wire/chat-codec";
import { anthropicClient } from "./client.ts";

/**
 * Anthropic Messages as clients of Bedrock's InvokeModel and InvokeModelWithResponseStream speak it (Bedrock user guide,
 * "Anthropic Claude Messages API"): the URL names the model and says whether to stream, the body has a version. What it
 * reads is a request of Messages like any other, so that what only Anthropic knows goes back to it. Its streams are
 * Anthropic's events, each wrapped in a binary message behind the codec.
 */
export const anthropicInvokeClient: ChatClientCodec = {
  ...anthropicClient,
  wire: "bedrock-invoke",
  decodeRequest,
};

function decodeRequest(body: JsonObject, path: PathFacts): ChatRequest {
  const { anthropic_version: _, ...messages } = body;
  return anthropicClient.decodeRequest({ ...messages, model: path.model ?? "", stream: path.stream }, path);
}
