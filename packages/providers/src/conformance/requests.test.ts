/** What every provider's wire makes of chats that say much; the goldens are read by people. */
import { test } from "node:test";
import type { ChatRequest } from "@headrace/core/canonical/chat";
import { GatewayError } from "@headrace/core/errors/gateway-error";
import type { ChatProviderCodec } from "@headrace/core/wire/chat-codec";
import { adapterFor } from "../registry.ts";
import { assertGolden } from "./golden.ts";
import { REQUESTS } from "./requests.ts";

/** One for each wire, and for each dialect of requests: the golden's name, an adapter and a model. */
const TARGETS: readonly (readonly [name: string, adapterId: string, model: string])[] = [
  ["anthropic", "anthropic", "claude-sonnet-4-5"],
  ["bedrock-claude", "bedrock", "anthropic.claude-sonnet-4-5-20250929-v1:0"],
  ["bedrock-converse", "bedrock", "amazon.nova-pro-v1:0"],
  ["cohere", "cohere", "command-a-03-2025"],
  ["gemini", "gemini", "gemini-3-pro-preview"],
  ["ollama", "ollama", "qwen3"],
  ["openai-chat", "openai", "gpt-4.1"],
  ["openai-chat-deepseek", "deepseek", "deepseek-reasoner"],
  ["openai-chat-groq", "groq", "openai/gpt-oss-120b"],
  ["openai-chat-mistral", "mistral", "magistral-medium-2509"],
  ["openai-chat-openrouter", "openrouter", "anthropic/claude-sonnet-4.5"],
  ["openai-chat-perplexity", "perplexity", "sonar"],
  ["openai-chat-plain", "openai-compatible", "some-model"],
  ["openai-chat-zhipu", "zhipu", "glm-4.6"],
  ["openai-responses", "openai", "gpt-5.1"],
  ["replicate", "replicate", "meta/meta-llama-3-70b-instruct"],
  ["vertex-claude", "vertex", "claude-sonnet-4-5@20250929"],
  ["vertex-gemini", "vertex", "gemini-2.5-pro"],
];

for (const [target, adapterId, model] of TARGETS) {
  for (const [name, request] of Object.entries(REQUESTS)) {
    test(`${name} on the wire of ${target} is what was read and committed`, () => {
      const { chat } = adapterFor(adapterId, model);
      const written = chat === null ? null : write(chat, request, model);
      assertGolden(`requests/${name}/${target}.json`, `${JSON.stringify(written, null, 2)}\n`);
    });
  }
}

function write(chat: ChatProviderCodec, request: ChatRequest, model: string): unknown {
  try {
    return chat.encodeRequest(request, { model, stream: request.stream });
  } catch (error) {
    if (!(error instanceof GatewayError)) throw error;
    return { refused: error.code, param: error.param, message: error.message };
  }
}
