import { GatewayError } from "@headrace/core/errors/gateway-error";
import type { JsonObject } from "@headrace/core/json-object";
import type { Transcript } from "@headrace/core/wire/audio-codec";
import { flagOf, numberOf, objectsOf, textOf } from "../../json/read.ts";

/** OpenAI API reference, "Create transcription", `response_format`, as far as ElevenLabs' answers tell enough. */
export const TRANSCRIPT_FORMATS = ["json", "text", "srt", "vtt", "verbose_json"] as const;

/** What the client wants to get. */
export interface TranscriptForm {
  readonly format: (typeof TRANSCRIPT_FORMATS)[number];
  /** The times of single words are wanted. */
  readonly showsWords: boolean;
}

const JSON_TYPE = "application/json";
const TEXT_TYPE = "text/plain; charset=utf-8";

/**
 * Reads ElevenLabs' answer (API reference, "Create transcript").
 *
 * @throws GatewayError `upstream_invalid_response`
 */
export function decodeTranscription(body: JsonObject, { format, showsWords }: TranscriptForm): Transcript {
  const text = textOf(body, "text");
  if (text === undefined) throw noTranscript();
  switch (format) {
    case "json":
      return { contentType: JSON_TYPE, text: JSON.stringify({ text }) };
    case "text":
      return { contentType: TEXT_TYPE, text: `${text}\n` };
    case "srt":
      return { contentType: TEXT_TYPE, text: demandSrt(body) };
    case "vtt":
      return { contentType: TEXT_TYPE, text: vttOf(demandSrt(body)) };
    case "verbose_json":
      return { contentType: JSON_TYPE, text: JSON.stringify(verbose(body, text, showsWords)) };
  }
}

/** OpenAI API reference, "The transcription object (Verbose JSON)". There are no segments here, so that all is one. */
function verbose(body: JsonObject, text: string, showsWords: boolean): JsonObject {
  const words = objectsOf(body, "words").flatMap((word) => {
    const start = numberOf(word, "start");
    const end = numberOf(word, "end");
    if (word.type !== "word" || start === undefined || end === undefined) return [];
    return [{ word: textOf(word, "text") ?? "", start, end }];
  });
  const lastEnd = words.at(-1)?.end ?? 0;
  return {
    task: "transcribe",
    language: textOf(body, "language_code") ?? "",
    duration: numberOf(body, "audio_duration_secs") ?? lastEnd,
    text,
    ...(showsWords ? { words } : { segments: [{ id: 0, start: words[0]?.start ?? 0, end: lastEnd, text }] }),
  };
}

function demandSrt(body: JsonObject): string {
  const file = objectsOf(body, "additional_formats").find((one) => one.requested_format === "srt");
  const content = file === undefined ? undefined : textOf(file, "content");
  if (file === undefined || content === undefined) throw noTranscript();
  return flagOf(file, "is_base64_encoded") === true ? Buffer.from(content, "base64").toString() : content;
}

const SRT_TIMES = /^(\d{2}:\d{2}:\d{2}),(\d{3}) --> (\d{2}:\d{2}:\d{2}),(\d{3})/gm;

/** WebVTT has a first line, and points where SubRip has commas (W3C, "WebVTT"). */
function vttOf(srt: string): string {
  return `WEBVTT\n\n${srt.replace(/\r\n/g, "\n").replace(SRT_TIMES, "$1.$2 --> $3.$4")}`;
}

function noTranscript(): GatewayError {
  return new GatewayError("upstream_invalid_response", {
    message: "The model provider's answer holds no transcript.",
  });
}
