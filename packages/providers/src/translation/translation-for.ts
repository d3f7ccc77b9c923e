import { ENDPOINTS, type Endpoint } from "@headrace/core/endpoints";
import type { ProviderAdapter } from "@headrace/core/provider-adapter";
import type { ChatClientCodec } from "@headrace/core/wire/chat-codec";
import type { EmbeddingClientCodec } from "@headrace/core/wire/embedding-codec";
import type { RerankClientCodec } from "@headrace/core/wire/rerank-codec";
import type { WireId } from "@headrace/core/wire/wire-id";
import { anthropicClient } from "../wires/anthropic-messages/client.ts";
import { anthropicInvokeClient } from "../wires/anthropic-messages/invoke-client.ts";
import { converseClient } from "../wires/bedrock-converse/client.ts";
import { cohereClient } from "../wires/cohere-chat/client.ts";
import { cohereEmbedClient } from "../wires/cohere-embed/client.ts";
import { cohereRerankClient } from "../wires/cohere-rerank/client.ts";
import { geminiEmbedClient } from "../wires/gemini-embed/client.ts";
import { geminiClient } from "../wires/gemini-generate/client.ts";
import { jinaRerankClient } from "../wires/jina-rerank/client.ts";
import { openAiChatClient } from "../wires/openai-chat/client.ts";
import { openAiCompletionsClient } from "../wires/openai-completions/client.ts";
import { openAiEmbeddingsClient } from "../wires/openai-embeddings/client.ts";
import { openAiResponsesClient } from "../wires/openai-responses/client.ts";
import {
  chatTranslation,
  embeddingTranslation,
  rerankTranslation,
  speechTranslation,
  type Translation,
} from "./translation.ts";

const CHAT_CLIENTS = byWire<ChatClientCodec>([
  openAiChatClient,
  openAiCompletionsClient,
  openAiResponsesClient,
  anthropicClient,
  geminiClient,
  converseClient,
  anthropicInvokeClient,
  cohereClient,
]);
const EMBEDDING_CLIENTS = byWire<EmbeddingClientCodec>([
  openAiEmbeddingsClient,
  geminiEmbedClient,
  cohereEmbedClient,
]);
const RERANK_CLIENTS = byWire<RerankClientCodec>([cohereRerankClient, jinaRerankClient]);

/** How calls of an endpoint reach a provider that does not speak its wire; null where they cannot. */
export function translationFor(endpoint: Endpoint, adapter: ProviderAdapter): Translation | null {
  const { wire, operation } = ENDPOINTS[endpoint];
  if (operation === "chat")
    return pair(CHAT_CLIENTS.get(wire), adapter.chat, (client, provider) =>
      chatTranslation(client, provider, adapter.prefill),
    );
  if (operation === "embedding")
    return pair(EMBEDDING_CLIENTS.get(wire), adapter.embedding, embeddingTranslation);
  if (operation === "rerank") return pair(RERANK_CLIENTS.get(wire), adapter.rerank, rerankTranslation);
  if (operation === "speech" && adapter.speech !== undefined) return speechTranslation(adapter.speech);
  return null;
}

function pair<Client, Provider>(
  client: Client | undefined,
  provider: Provider | null,
  translate: (client: Client, provider: Provider) => Translation,
): Translation | null {
  return client === undefined || provider === null ? null : translate(client, provider);
}

function byWire<Codec extends { readonly wire: WireId }>(
  codecs: readonly Codec[],
): ReadonlyMap<WireId, Codec> {
  return new Map(codecs.map((codec) => [codec.wire, codec]));
}
