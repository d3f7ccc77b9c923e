import type { ProviderService } from "@headrace/core/provider-adapter";

/** `POST /v1/speech-to-text` below `https://api.elevenlabs.io/v1`. */
export function elevenLabsTranscribeService(): ProviderService {
  return {
    path: () => "/speech-to-text",
    onlyTranslated: true,
    stream: null,
    edits: { model: "remove", askUsage: false, refused: [], added: "" },
    readUsage: () => null,
    tokenUsage: () => null,
  };
}
