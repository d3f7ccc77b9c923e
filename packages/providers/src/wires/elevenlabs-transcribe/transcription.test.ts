import assert from "node:assert/strict";
import { test } from "node:test";
import type { JsonObject } from "@headrace/core/json-object";
import type { EncodedTranscription, FormField, Transcript } from "@headrace/core/wire/audio-codec";
import { fixtureObject } from "../../testing/chat-streams.ts";
import { elevenLabsTranscribeService } from "./service.ts";
import { elevenLabsTranscription } from "./transcription-call.ts";

type WrittenForm = Omit<EncodedTranscription, "decodeAnswer">;

const PLAIN: WrittenForm = {
  fields: [
    ["model_id", "scribe_v2"],
    ["tag_audio_events", "false"],
    ["timestamps_granularity", "none"],
  ],
  lost: [],
};
const UNTAGGED: readonly FormField[] = [
  ["model_id", "scribe_v2"],
  ["tag_audio_events", "false"],
];

const CALLS: readonly (readonly [string, readonly FormField[], Partial<WrittenForm>])[] = [
  ["plain", [["model", "whisper-1"]], {}],
  [
    "renamed, its own, and lost",
    [
      ["language", "de"],
      ["temperature", "0.2"],
      ["tag_audio_events", "true"],
      ["keyterms", "weir"],
      ["keyterms", "race"],
      ["prompt", "Weirs."],
      ["prompt", "Again."],
      ["webhook", "true"],
      ["stream", "false"],
    ],
    {
      fields: [
        ["model_id", "scribe_v2"],
        ["language_code", "de"],
        ["temperature", "0.2"],
        ["tag_audio_events", "true"],
        ["keyterms", "weir"],
        ["keyterms", "race"],
        ["timestamps_granularity", "none"],
      ],
      lost: ["prompt", "webhook"],
    },
  ],
  [
    "words",
    [
      ["response_format", "verbose_json"],
      ["timestamp_granularities[]", "segment"],
      ["timestamp_granularities[]", "word"],
    ],
    { fields: UNTAGGED },
  ],
  [
    "subtitles",
    [["response_format", "vtt"]],
    { fields: [...UNTAGGED, ["additional_formats", '[{"format":"srt"}]']] },
  ],
];
for (const [name, fields, expected] of CALLS)
  test(`ElevenLabs transcription: a call ${name}`, () => {
    const { decodeAnswer, ...written } = elevenLabsTranscription.encodeForm(fields, "scribe_v2");
    assert.equal(typeof decodeAnswer, "function");
    assert.deepEqual(written, { ...PLAIN, ...expected });
  });

for (const [name, value] of [
  ["stream", "true"],
  ["response_format", "diarized_json"],
] as const)
  test(`ElevenLabs transcription: ${name}=${value} is refused`, () => {
    assert.throws(() => elevenLabsTranscription.encodeForm([[name, value]], "scribe_v2"), {
      code: "invalid_field",
      param: name,
    });
  });

const ANSWER = fixtureObject("elevenlabs/transcript.json");
const SRT = "1\n00:00:00,100 --> 00:00:01,480\nThe weir, 3,5 m — is open.\n";

function decode(answer: JsonObject, ...fields: readonly FormField[]): Transcript {
  return elevenLabsTranscription.encodeForm(fields, "scribe_v2").decodeAnswer(answer);
}

test("ElevenLabs transcription: as text, JSON and subtitles", () => {
  const as = (format: string) => decode(ANSWER, ["response_format", format]);
  assert.deepEqual(as("text"), { contentType: "text/plain; charset=utf-8", text: "The weir — is open.\n" });
  assert.deepEqual(as("json"), { contentType: "application/json", text: '{"text":"The weir — is open."}' });
  assert.equal(as("srt").text, SRT);
  assert.equal(as("vtt").text, "WEBVTT\n\n1\n00:00:00.100 --> 00:00:01.480\nThe weir, 3,5 m — is open.\n");
});

test("ElevenLabs transcription: with all details, by words or as one segment", () => {
  const verbose = (showsWords: boolean): unknown =>
    JSON.parse(
      decode(
        ANSWER,
        ["response_format", "verbose_json"],
        ["timestamp_granularities[]", showsWords ? "word" : "segment"],
      ).text,
    );
  const common = { task: "transcribe", language: "eng", duration: 1.6, text: "The weir — is open." };
  assert.deepEqual(verbose(true), {
    ...common,
    words: [
      { word: "The", start: 0.1, end: 0.25 },
      { word: "weir", start: 0.3, end: 0.62 },
      { word: "open.", start: 1.1, end: 1.48 },
    ],
  });
  assert.deepEqual(verbose(false), {
    ...common,
    segments: [{ id: 0, start: 0.1, end: 1.48, text: common.text }],
  });
});

test("ElevenLabs transcription: subtitles in base64, with another's line ends", () => {
  const content = Buffer.from(SRT.replaceAll("\n", "\r\n")).toString("base64");
  const additional_formats = [{ requested_format: "srt", is_base64_encoded: true, content }];
  const { text } = decode({ text: "a", additional_formats }, ["response_format", "vtt"]);
  assert.equal(text, "WEBVTT\n\n1\n00:00:00.100 --> 00:00:01.480\nThe weir, 3,5 m — is open.\n");
});

test("ElevenLabs transcription: no transcript, or no subtitles in it, is no answer", () => {
  for (const [body, format] of [
    [{}, "json"],
    [{ text: "a" }, "srt"],
    [{ text: "a", additional_formats: [{ requested_format: "srt" }] }, "vtt"],
  ] as const)
    assert.throws(() => decode(body, ["response_format", format]), {
      code: "upstream_invalid_response",
    });
});

test("ElevenLabs transcription: its path", () => {
  const { path } = elevenLabsTranscribeService();
  assert.equal(path({ model: "scribe_v2", stream: false, settings: {} }), "/speech-to-text");
});
