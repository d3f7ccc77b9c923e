/**
 * OpenAI's call for speech as one of ElevenLabs. What differs is the address, which names voice and format, and the names of
 * the fields; the answer is bytes that are passed back.
 */
import { GatewayError } from "@headrace/core/errors/gateway-error";
import { isJsonObject, type JsonObject } from "@headrace/core/json-object";
import type { EncodedSpeech, SpeechProviderCodec } from "@headrace/core/wire/audio-codec";
import { demandNumber, demandOneOf, demandText, optional } from "../../json/demand.ts";
import { extraOf } from "../../json/read.ts";
import { takeOwnFields } from "../../translation/own-fields.ts";

interface AudioFormat {
  /** `output_format`: codec, sample rate in Hz, kbit/s. */
  readonly name: string;
  readonly contentType: string;
}

/**
 * OpenAI API reference, "Create speech", `response_format`; ElevenLabs API reference, "Create speech", `output_format`.
 * PCM is of 24 kHz and 16 bits on both sides.
 */
const FORMATS = {
  mp3: { name: "mp3_44100_128", contentType: "audio/mpeg" },
  opus: { name: "opus_48000_128", contentType: "audio/opus" },
  wav: { name: "wav_24000", contentType: "audio/wav" },
  pcm: { name: "pcm_24000", contentType: "audio/pcm" },
} as const satisfies Readonly<Record<string, AudioFormat>>;
const FORMAT_NAMES = ["mp3", "opus", "wav", "pcm"] as const;

const KNOWN: ReadonlySet<string> = new Set([
  "model",
  "input",
  "voice",
  "response_format",
  "speed",
  "stream_format",
]);

/** ElevenLabs API reference, "Create speech": what only ElevenLabs has. */
const OWN_FIELDS: ReadonlySet<string> = new Set([
  "voice_settings",
  "language_code",
  "seed",
  "previous_text",
  "next_text",
  "pronunciation_dictionary_locators",
  "apply_text_normalization",
  "apply_language_text_normalization",
]);

/** OpenAI API reference, "Create speech", `voice`. To speak in another voice that was not asked for is no answer. */
const OPENAI_VOICES: ReadonlySet<string> = new Set([
  "alloy",
  "ash",
  "ballad",
  "cedar",
  "coral",
  "echo",
  "fable",
  "marin",
  "nova",
  "onyx",
  "sage",
  "shimmer",
  "verse",
]);

const VOICE_ID = /^[A-Za-z0-9_-]{1,64}$/;
/** ElevenLabs API reference, "Create speech", `voice_settings.speed`; OpenAI's goes from 0.25 to 4. */
const SPEED = { min: 0.7, max: 1.2 } as const;

/** Takes requests whose `voice` is the id of one at ElevenLabs. */
export const elevenLabsSpeech: SpeechProviderCodec = { wire: "elevenlabs-speech", encodeRequest };

function encodeRequest(body: JsonObject, model: string): EncodedSpeech {
  const lost = new Set<string>();
  const own = takeOwnFields(extraOf(body, KNOWN), OWN_FIELDS, { named: (name) => lost.add(name) });
  // Events of base64 are of OpenAI alone, and bytes are not what their reader waits for.
  optional(body.stream_format, "stream_format", (value, path) => demandOneOf(value, path, ["audio"]));
  const format = FORMATS[optional(body.response_format, "response_format", demandFormat) ?? "mp3"];
  const settings = encodeSettings(own, optional(body.speed, "speed", demandNumber), lost);
  return {
    pathSuffix: `/${demandVoice(body.voice)}?output_format=${format.name}`,
    body: { ...own, ...settings, text: demandText(body.input, "input"), model_id: model },
    contentType: format.contentType,
    lost: [...lost],
  };
}

function demandFormat(value: unknown, path: string): (typeof FORMAT_NAMES)[number] {
  return demandOneOf(value, path, FORMAT_NAMES);
}

/** It becomes a part of the address, where nothing but an id may stand. */
function demandVoice(voice: unknown): string {
  const id = demandText(isJsonObject(voice) ? voice.id : voice, isJsonObject(voice) ? "voice.id" : "voice");
  if (VOICE_ID.test(id) && !OPENAI_VOICES.has(id)) return id;
  const which = OPENAI_VOICES.has(id) ? `, not OpenAI's "${id}"` : "";
  throw new GatewayError("invalid_field", {
    param: "voice",
    message: `The field "voice" must be the id of a voice at ElevenLabs${which}.`,
  });
}

function encodeSettings(own: JsonObject, speed: number | undefined, lost: Set<string>): JsonObject {
  if (speed === undefined) return {};
  const taken = Math.min(SPEED.max, Math.max(SPEED.min, speed));
  if (taken !== speed) lost.add("speed");
  const settings = isJsonObject(own.voice_settings) ? own.voice_settings : {};
  return { voice_settings: { speed: taken, ...settings } };
}
