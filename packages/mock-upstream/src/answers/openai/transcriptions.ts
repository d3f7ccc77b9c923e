import type { MockBehaviour } from "../../behaviour/fields.ts";
import { DATA_EVENTS } from "../../wire/stream-format.ts";
import type { BytesEndpoint, DirectAnswer, StreamedAnswer } from "../contract.ts";
import { type FileReceipt, type FormCall, fileOf, formEndpoint, receiptOf } from "../form-endpoint.ts";
import { type JsonObject, stringOf } from "../json.ts";
import { jsonAnswer } from "../json-answer.ts";
import { type Refusal, refuse } from "../refusal.ts";
import { EventList } from "../stream-event.ts";
import { divide } from "../text.ts";
import { missing } from "./request.ts";
import { openAiWire } from "./wire.ts";

const SECONDS = 1.5;

/** `POST /v1/audio/transcriptions`. The text names the file that arrived, so that its way here can be proven. */
export const TRANSCRIPTIONS: BytesEndpoint = transcribing("transcriptions");

/** `POST /v1/audio/translations`. */
export const TRANSLATIONS: BytesEndpoint = transcribing("translations");

function transcribing(name: string): BytesEndpoint {
  return formEndpoint(name, openAiWire({ flavour: "openai" }), transcribe);
}

function transcribe({ parts, fields, behaviour }: FormCall): DirectAnswer | Refusal {
  const file = fileOf(parts, "file");
  if (file === undefined) return missing("file");
  if (stringOf(fields.model) === "") return missing("model");
  const receipt = receiptOf(file);
  const text = transcriptOf(receipt, behaviour);
  if (fields.stream === "true") return streamed(text, behaviour);
  const format = stringOf(fields.response_format) || "json";
  const encode = FORMATS[format];
  if (encode === undefined) {
    return refuse(`Invalid value: '${format}'.`, { param: "response_format", code: "invalid_value" });
  }
  return encode({ text, receipt, fields, behaviour });
}

/** What the mock hears in a file: what it is told to, or what the file is. */
export function transcriptOf(receipt: FileReceipt, behaviour: MockBehaviour): string {
  return behaviour.content || `${receipt.name} has ${receipt.bytes} bytes with the hash ${receipt.sha256}`;
}

interface Transcript {
  readonly text: string;
  readonly receipt: FileReceipt;
  readonly fields: JsonObject;
  readonly behaviour: MockBehaviour;
}

const FORMATS: Readonly<Record<string, (transcript: Transcript) => DirectAnswer>> = {
  json: ({ text, receipt, fields, behaviour }) =>
    jsonAnswer({ text, usage: usageOf(behaviour), x_mock_received: { file: receipt, fields } }),
  verbose_json: ({ text, receipt, fields }) =>
    jsonAnswer({
      task: "transcribe",
      language: "english",
      duration: SECONDS,
      text,
      segments: [{ id: 0, start: 0, end: SECONDS, text }],
      x_mock_received: { file: receipt, fields },
    }),
  text: ({ text }) => plainText(`${text}\n`),
  srt: ({ text }) => plainText(`1\n00:00:00,000 --> 00:00:01,500\n${text}\n\n`),
  vtt: ({ text }) => plainText(`WEBVTT\n\n00:00:00.000 --> 00:00:01.500\n${text}\n\n`),
};

function plainText(text: string): DirectAnswer {
  return { bytes: Buffer.from(text), contentType: "text/plain; charset=utf-8" };
}

function streamed(text: string, behaviour: MockBehaviour): StreamedAnswer {
  const list = new EventList();
  for (const delta of divide(text, behaviour.chunks)) {
    list.addToken("", { type: "transcript.text.delta", delta });
  }
  list.add("", { type: "transcript.text.done", text, usage: usageOf(behaviour) });
  return { events: list.events, format: DATA_EVENTS };
}

function usageOf({ promptTokens, chunks }: MockBehaviour): object {
  return {
    type: "tokens",
    input_tokens: promptTokens,
    input_token_details: { text_tokens: 0, audio_tokens: promptTokens },
    output_tokens: chunks,
    total_tokens: promptTokens + chunks,
  };
}
