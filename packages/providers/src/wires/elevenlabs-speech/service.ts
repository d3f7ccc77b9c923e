import type { ProviderService } from "@headrace/core/provider-adapter";

/** `POST /v1/text-to-speech/{voice}` below `https://api.elevenlabs.io/v1`; the voice is a matter of each call. */
export function elevenLabsSpeechService(): ProviderService {
  return {
    path: () => "/text-to-speech",
    answersBytes: true,
    onlyTranslated: true,
    stream: null,
    edits: { model: "remove", askUsage: false, refused: [], added: "" },
    readUsage: () => null,
    tokenUsage: () => null,
  };
}
