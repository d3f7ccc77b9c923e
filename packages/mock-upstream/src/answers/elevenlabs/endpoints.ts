import { unnamed } from "../../wire/stream-format.ts";
import { audioAnswer, isAudioFormat } from "../audio-bytes.ts";
import type { BytesEndpoint, Call, JsonEndpoint, StreamedAnswer, Wire } from "../contract.ts";
import { fileOf, formEndpoint, receiptOf } from "../form-endpoint.ts";
import { stringOf } from "../json.ts";
import { jsonAnswer } from "../json-answer.ts";
import { transcriptOf } from "../openai/transcriptions.ts";
import { Refusal } from "../refusal.ts";

/** ElevenLabs' word and sentence for a status (docs "Errors"). */
const WORDS: Readonly<Record<number, readonly [status: string, message: string]>> = {
  401: ["invalid_api_key", "Invalid API key"],
  404: ["voice_not_found", "A voice with the given voice_id was not found."],
  422: ["value_error", "The request was malformed."],
  429: ["system_busy", "We are experiencing high traffic. Please retry later."],
};

/** Length of every recording. */
const SECONDS = 1.5;

/** What the endpoints of ElevenLabs have in common. */
const ELEVENLABS: Wire = {
  name: "elevenlabs",
  keyPlaces: [{ header: "xi-api-key", prefix: "" }],
  missingKey: {
    status: 401,
    type: "needs_authorization",
    message: "Neither authorization header nor xi-api-key received.",
  },
  wrongKey: { status: 401, message: "Invalid API key" },
  notJson: { status: 422, message: "The body is not valid JSON." },
  sentence: (status) => WORDS[status]?.[1] ?? `The mock answers with status ${status}.`,
  encodeError: ({ status, type, message }) =>
    JSON.stringify({ detail: { status: type ?? WORDS[status]?.[0] ?? "error", message } }),
  errorHeaders: () => [],
  streamError: ({ message }) => ({ error: [unnamed(message)], closing: [] }),
};

/** `POST /v1/text-to-speech/{voice}` and `/stream`. */
export const TEXT_TO_SPEECH: JsonEndpoint = {
  kind: "json",
  name: "text-to-speech",
  wire: () => ELEVENLABS,
  needsTarget: true,
  answer: speak,
};

/** `POST /v1/speech-to-text`. */
export const SPEECH_TO_TEXT: BytesEndpoint = formEndpoint("speech-to-text", ELEVENLABS, (call) => {
  const file = fileOf(call.parts, "file");
  if (file === undefined) return malformed("file: field required");
  const receipt = receiptOf(file);
  if (stringOf(call.fields.model_id) === "") return malformed("model_id: field required");
  const text = transcriptOf(receipt, call.behaviour);
  return jsonAnswer({
    language_code: "eng",
    language_probability: 1,
    text,
    words: call.fields.timestamps_granularity === "none" ? [] : wordsOf(text),
    audio_duration_secs: SECONDS,
    ...additional(text, stringOf(call.fields.additional_formats)),
    x_mock_received: { file: receipt, fields: call.fields },
  });
});

/** Words and what is between them, all equally long. */
function wordsOf(text: string): object[] {
  const pieces = text.split(/( )/).filter((piece) => piece !== "");
  return pieces.map((piece, index) => ({
    text: piece,
    type: piece === " " ? "spacing" : "word",
    start: (SECONDS * index) / pieces.length,
    end: (SECONDS * (index + 1)) / pieces.length,
  }));
}

/** Subtitles, of the one form that is asked for here (API reference, "Create transcript", `additional_formats`). */
function additional(text: string, wanted: string): object {
  if (!wanted.includes('"srt"')) return {};
  const content = `1\n00:00:00,000 --> 00:00:01,500\n${text}\n\n`;
  const head = { requested_format: "srt", file_extension: "srt", content_type: "text/srt" };
  return { additional_formats: [{ ...head, is_base64_encoded: false, content }] };
}

function speak({ body, behaviour, target }: Call): StreamedAnswer | Refusal {
  if (stringOf(body.text) === "") return malformed("text: field required");
  const [codec = "mp3"] = (new URLSearchParams(target.query).get("output_format") ?? "mp3").split("_");
  return isAudioFormat(codec)
    ? audioAnswer(codec, behaviour)
    : malformed(`output_format: ${codec} is not supported`);
}

function malformed(message: string): Refusal {
  return new Refusal({ status: 422, message });
}
