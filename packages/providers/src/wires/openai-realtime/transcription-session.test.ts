import assert from "node:assert/strict";
import { test } from "node:test";
import { readRealtimeEvent, readTranscriptionEvent } from "./events.ts";
import { withTranscriptionModel } from "./transcription-session.ts";

const MODEL = "upstream-transcribe";
const change = (event: unknown): unknown => {
  const text = typeof event === "string" ? event : JSON.stringify(event);
  const changed = withTranscriptionModel(Buffer.from(text), MODEL);
  return changed === null ? null : JSON.parse(changed);
};
const session = (model: string, more: object = {}): object => ({
  type: "transcription",
  ...more,
  audio: {
    input: { format: { type: "audio/pcm" }, transcription: { model, language: "en" } },
    output: null,
  },
});

test("the model of a transcription is the one that was let through", () => {
  const update = {
    type: "session.update",
    event_id: "e1",
    session: session("whisper-1", { include: ["x"] }),
  };
  assert.deepEqual(change(update), { ...update, session: session(MODEL, { include: ["x"] }) });
  const beta = (input_audio_transcription: object): object => ({
    type: "transcription_session.update",
    session: { input_audio_format: "pcm16", input_audio_transcription },
  });
  assert.deepEqual(change(beta({ model: "a", prompt: "b" })), beta({ model: MODEL, prompt: "b" }));
  assert.deepEqual(change(beta({ language: "de" })), beta({ language: "de", model: MODEL }));
});

test("no other spelling of an event hides the model", () => {
  const hidden = JSON.stringify({ type: "session.update", session: session("other") });
  assert.deepEqual(
    change(hidden.replace("session.update", String.raw`session\u002eupdate`)),
    JSON.parse(hidden.replace("other", MODEL)),
  );
  const twice = `{"type":"session.update","session":{"input_audio_transcription":{"model":"other"},"input_audio_transcription":null}}`;
  assert.deepEqual(change(twice), { type: "session.update", session: { input_audio_transcription: null } });
});

test("what names no model goes on as it is", () => {
  for (const event of [
    { type: "input_audio_buffer.append", audio: "AAAA" },
    { type: "conversation.item.create", item: { text: "session.update" } },
    { type: "input_audio_buffer.append", note: '"session.update"' },
    { type: "session.update" },
    '{"type":"session.update"',
    "",
  ])
    assert.equal(change(event), null);
});

test("reads what a transcription used, and only in a session of its own", () => {
  const usage = {
    type: "tokens",
    total_tokens: 22,
    input_tokens: 13,
    input_token_details: { text_tokens: 0, audio_tokens: 13 },
    output_tokens: 9,
  };
  const type = "conversation.item.input_audio_transcription.completed";
  const event = Buffer.from(JSON.stringify({ type, transcript: "Hey.", usage }));
  const reading = readTranscriptionEvent(event);
  assert.equal(reading?.kind, "transcribed");
  assert.deepEqual([reading?.usage?.uncachedInput, reading?.usage?.visibleOutput], [13, 9]);
  assert.equal(readRealtimeEvent(event), null);
  const timed = JSON.stringify({ type, transcript: "Hey.", usage: { type: "duration", seconds: 3 } });
  assert.deepEqual(readTranscriptionEvent(Buffer.from(timed)), { kind: "transcribed", usage: null });
  assert.equal(
    readTranscriptionEvent(Buffer.from(JSON.stringify({ type: "error", note: `"${type}"` }))),
    null,
  );
});
