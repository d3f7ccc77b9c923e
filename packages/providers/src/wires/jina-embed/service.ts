import type { ProviderService } from "@headrace/core/provider-adapter";

/** `POST /v1/embeddings` of Jina and of Voyage. */
export function jinaEmbedService(): ProviderService {
  return {
    path: () => "/embeddings",
    // OpenAI's SDKs ask for base64 by a field that Jina does not have, and for a length by one that Voyage does not.
    onlyTranslated: true,
    stream: null,
    edits: { model: "replace", askUsage: false, refused: [], added: "" },
    readUsage: () => null,
    tokenUsage: () => null,
  };
}
