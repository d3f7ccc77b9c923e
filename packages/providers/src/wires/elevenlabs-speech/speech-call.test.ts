import assert from "node:assert/strict";
import { test } from "node:test";
import type { JsonObject } from "@headrace/core/json-object";
import type { EncodedSpeech } from "@headrace/core/wire/audio-codec";
import { elevenLabsSpeechService } from "./service.ts";
import { elevenLabsSpeech } from "./speech-call.ts";

const CALL = { model: "speech", input: "The weir is open.", voice: "JBFqnCBsd6RMkjVDRZzb" };
const PLAIN: EncodedSpeech = {
  pathSuffix: "/JBFqnCBsd6RMkjVDRZzb?output_format=mp3_44100_128",
  body: { text: "The weir is open.", model_id: "eleven_v3" },
  contentType: "audio/mpeg",
  lost: [],
};

const CALLS: readonly (readonly [string, JsonObject, Partial<EncodedSpeech>])[] = [
  ["plain", {}, {}],
  ["a voice as an object", { voice: { id: "JBFqnCBsd6RMkjVDRZzb" } }, {}],
  [
    "PCM",
    { response_format: "pcm", stream_format: "audio" },
    { pathSuffix: "/JBFqnCBsd6RMkjVDRZzb?output_format=pcm_24000", contentType: "audio/pcm" },
  ],
  [
    "Opus",
    { response_format: "opus" },
    { pathSuffix: "/JBFqnCBsd6RMkjVDRZzb?output_format=opus_48000_128", contentType: "audio/opus" },
  ],
  ["a speed", { speed: 1.1 }, { body: { ...PLAIN.body, voice_settings: { speed: 1.1 } } }],
  [
    "a speed that it cannot speak at, beside settings of its own",
    { speed: 4, voice_settings: { stability: 0.5 } },
    { body: { ...PLAIN.body, voice_settings: { speed: 1.2, stability: 0.5 } }, lost: ["speed"] },
  ],
  [
    "fields of its own, and others",
    { language_code: "de", seed: 7, instructions: "Whisper.", user: "ada", null_field: null },
    { body: { ...PLAIN.body, language_code: "de", seed: 7 }, lost: ["instructions"] },
  ],
];
for (const [name, fields, expected] of CALLS)
  test(`ElevenLabs speech: ${name}`, () => {
    assert.deepEqual(elevenLabsSpeech.encodeRequest({ ...CALL, ...fields }, "eleven_v3"), {
      ...PLAIN,
      ...expected,
    });
  });

const REFUSED: readonly (readonly [JsonObject, string])[] = [
  [{ input: undefined }, "input"],
  [{ voice: undefined }, "voice"],
  [{ voice: 7 }, "voice"],
  [{ voice: {} }, "voice.id"],
  [{ voice: "alloy" }, "voice"],
  [{ voice: { id: "marin" } }, "voice"],
  [{ voice: ".." }, "voice"],
  [{ voice: "a/../b" }, "voice"],
  [{ voice: "a?b=c" }, "voice"],
  [{ response_format: "flac" }, "response_format"],
  [{ response_format: "__proto__" }, "response_format"],
  [{ stream_format: "sse" }, "stream_format"],
  [{ speed: "fast" }, "speed"],
];
for (const [fields, param] of REFUSED)
  test(`ElevenLabs speech: ${JSON.stringify(fields)} is refused for ${param}`, () => {
    assert.throws(() => elevenLabsSpeech.encodeRequest({ ...CALL, ...fields }, "eleven_v3"), {
      status: 400,
      param,
    });
  });

test("ElevenLabs speech: a voice of OpenAI's is told apart from an id that cannot be one", () => {
  const refusal = (voice: string) => (error: Error) => error.message.includes(voice);
  const encode = (voice: string) => () => elevenLabsSpeech.encodeRequest({ ...CALL, voice }, "eleven_v3");
  assert.throws(encode("nova"), refusal(`a voice at ElevenLabs, not OpenAI's "nova".`));
  assert.throws(encode("a b"), refusal("a voice at ElevenLabs."));
});

test("ElevenLabs speech: its answers are bytes", () => {
  const service = elevenLabsSpeechService();
  assert.equal(service.answersBytes, true);
  assert.equal(service.path({ model: "eleven_v3", stream: false, settings: {} }), "/text-to-speech");
});
