/**
 * OpenAI's call for a transcription as one of ElevenLabs: a form of several parts, of which only the file's bytes are the
 * same on both sides and are not looked at here.
 */
import { GatewayError } from "@headrace/core/errors/gateway-error";
import type {
  EncodedTranscription,
  FormField,
  TranscriptionProviderCodec,
} from "@headrace/core/wire/audio-codec";
import { demandOneOf } from "../../json/demand.ts";
import { decodeTranscription, TRANSCRIPT_FORMATS } from "./transcript.ts";

/** By their names on both sides (ElevenLabs API reference, "Create transcript"). */
const RENAMED: ReadonlyMap<string, string> = new Map([
  ["language", "language_code"],
  ["temperature", "temperature"],
]);

/** What only ElevenLabs has, as far as its answer stays one transcript that comes at once. */
const OWN_FIELDS: ReadonlySet<string> = new Set([
  "language_code",
  "tag_audio_events",
  "num_speakers",
  "diarize",
  "diarization_threshold",
  "file_format",
  "keyterms",
  "seed",
]);

const GRANULARITIES: ReadonlySet<string> = new Set(["timestamp_granularities[]", "timestamp_granularities"]);
const READ_HERE: ReadonlySet<string> = new Set(["model", "response_format", "stream", ...GRANULARITIES]);

export const elevenLabsTranscription: TranscriptionProviderCodec = {
  wire: "elevenlabs-transcribe",
  encodeForm,
};

function encodeForm(fields: readonly FormField[], model: string): EncodedTranscription {
  const written: FormField[] = [["model_id", model]];
  const lost = new Set<string>();
  for (const [name, value] of fields) {
    const renamed = RENAMED.get(name) ?? (OWN_FIELDS.has(name) ? name : undefined);
    if (renamed !== undefined) written.push([renamed, value]);
    else if (!READ_HERE.has(name)) lost.add(name);
  }
  refuseStream(fields);
  const format = demandOneOf(
    fieldValue(fields, "response_format") ?? "json",
    "response_format",
    TRANSCRIPT_FORMATS,
  );
  const showsWords = fields.some(([name, value]) => GRANULARITIES.has(name) && value === "word");
  // OpenAI's models write down what is said, and no sounds beside it.
  if (fieldValue(written, "tag_audio_events") === undefined) written.push(["tag_audio_events", "false"]);
  written.push(...formatFields(format));
  return {
    fields: written,
    lost: [...lost],
    decodeAnswer: (answer) => decodeTranscription(answer, { format, showsWords }),
  };
}

function refuseStream(fields: readonly FormField[]): void {
  if ((fieldValue(fields, "stream") ?? "false") === "false") return;
  throw new GatewayError("invalid_field", {
    param: "stream",
    message: "The model's provider gives transcripts whole; leave out the field stream.",
  });
}

/** Subtitles are written by ElevenLabs; where no times are needed they are not worked out. */
function formatFields(format: (typeof TRANSCRIPT_FORMATS)[number]): readonly FormField[] {
  if (format === "srt" || format === "vtt") return [["additional_formats", '[{"format":"srt"}]']];
  return format === "verbose_json" ? [] : [["timestamps_granularity", "none"]];
}

function fieldValue(fields: readonly FormField[], name: string): string | undefined {
  return fields.find(([known]) => known === name)?.[1];
}
