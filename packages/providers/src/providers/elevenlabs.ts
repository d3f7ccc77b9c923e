import type { ProviderAdapter } from "@headrace/core/provider-adapter";
import { readElevenLabsError } from "../elevenlabs/provider-errors.ts";
import { elevenLabsSpeechService } from "../wires/elevenlabs-speech/service.ts";
import { elevenLabsSpeech } from "../wires/elevenlabs-speech/speech-call.ts";
import { elevenLabsTranscribeService } from "../wires/elevenlabs-transcribe/service.ts";
import { elevenLabsTranscription } from "../wires/elevenlabs-transcribe/transcription-call.ts";

/** Speech and transcripts, asked for in OpenAI's words. Source: ElevenLabs API reference. */
export const elevenLabs: ProviderAdapter = {
  id: "elevenlabs",
  title: "ElevenLabs",
  baseUrl: () => "https://api.elevenlabs.io/v1",
  requiredSettings: [],
  optionalSettings: [],
  probePath: "/models",
  auth: { kind: "key-header", name: "xi-api-key", prefix: "", optional: false },
  services: {
    "elevenlabs-speech": elevenLabsSpeechService(),
    "elevenlabs-transcribe": elevenLabsTranscribeService(),
  },
  chat: null,
  embedding: null,
  rerank: null,
  speech: elevenLabsSpeech,
  transcription: elevenLabsTranscription,
  readError: readElevenLabsError,
};
