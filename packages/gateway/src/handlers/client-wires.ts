import { ENDPOINTS, type Endpoint } from "@headrace/core/endpoints";
import { openAiClientWire } from "@headrace/core/errors/openai-shape";
import type { ClientWire } from "@headrace/core/wire/client-wire";
import type { WireId } from "@headrace/core/wire/wire-id";
import { cohereClientWire } from "@headrace/providers/cohere/client-wire";
import { anthropicClientWire } from "@headrace/providers/wires/anthropic-messages/client-wire";
import { converseClientWire } from "@headrace/providers/wires/bedrock-converse/client-wire";
import { geminiClientWire } from "@headrace/providers/wires/gemini-generate/client-wire";
import { jinaRerankClientWire } from "@headrace/providers/wires/jina-rerank/client-wire";
import { openAiResponsesClientWire } from "@headrace/providers/wires/openai-responses/client-wire";

/** Wires whose errors and keep-alives are not OpenAI's. */
const CLIENT_WIRES: Readonly<Partial<Record<WireId, ClientWire>>> = {
  "anthropic-messages": anthropicClientWire,
  "anthropic-count-tokens": anthropicClientWire,
  "gemini-generate": geminiClientWire,
  "gemini-count-tokens": geminiClientWire,
  "gemini-embed": geminiClientWire,
  "openai-responses": openAiResponsesClientWire,
  "bedrock-converse": converseClientWire,
  "bedrock-invoke": converseClientWire,
  "cohere-chat": cohereClientWire,
  "cohere-embed": cohereClientWire,
  "cohere-rerank": cohereClientWire,
  "jina-rerank": jinaRerankClientWire,
};

/** How the gateway itself speaks to the clients of an endpoint. */
export function clientWireOf(endpoint: Endpoint): ClientWire {
  return clientWireFor(ENDPOINTS[endpoint].wire);
}

export function clientWireFor(wire: WireId): ClientWire {
  return CLIENT_WIRES[wire] ?? openAiClientWire;
}
