import assert from "node:assert/strict";
import { test } from "node:test";
import { NO_USAGE } from "@headrace/core/canonical/usage";
import { openAiClientWire } from "@headrace/core/errors/openai-shape";
import { anthropicClientWire } from "@headrace/providers/wires/anthropic-messages/client-wire";
import { geminiClientWire } from "@headrace/providers/wires/gemini-generate/client-wire";
import type { Toll } from "../pipeline/spending.ts";
import { noteAskedFor, StreamNote } from "./stream-note.ts";

const TOLL: Toll = {
  usage: {
    tokens: { ...NO_USAGE, uncachedInput: 10, cacheReadInput: 2, visibleOutput: 5 },
    source: "reported",
  },
  costUsd: 1.25e-7,
  attempts: 2,
};
const SAID =
  ': headrace {"costUsd":0.000000125,"inputTokens":12,"outputTokens":5,"attempts":2,"usageSource":"reported"}\n\n';

/** What a client gets of these pieces. */
function given(note: StreamNote, ...pieces: readonly string[]): string {
  return Buffer.concat([...pieces.map((piece) => note.take(Buffer.from(piece))), note.end(TOLL)]).toString();
}

test("stream note: stands before the event that ends the stream, wherever that arrives", () => {
  const chunk = 'data: {"a":1}\n\n';
  for (const end of ["data: [DONE]\n\n", "data:[DONE]\r\n\r\n"]) {
    const expected = chunk + SAID + end;
    assert.equal(given(new StreamNote(openAiClientWire), chunk, end), expected);
    assert.equal(given(new StreamNote(openAiClientWire), chunk + end), expected);
    assert.equal(given(new StreamNote(openAiClientWire), chunk + end, ": late\n\n"), `${expected}: late\n\n`);
  }
  const stop = 'event: message_stop\r\ndata: {"type":"message_stop"}\r\n\r\n';
  const ping = 'event: ping\r\ndata: {"type":"ping"}\r\n\r\n';
  assert.equal(given(new StreamNote(anthropicClientWire), ping + stop), ping + SAID + stop);
});

test("stream note: is not misled by what the model says, nor splits an event", () => {
  for (const event of ['data: {"text":"data: [DONE]"}\n\n', "id: 1\ndata: [DONE]\n\n"]) {
    assert.equal(given(new StreamNote(openAiClientWire), event), event + SAID);
  }
});

test("stream note: stands in the last event where clients take nothing between events", () => {
  const json = SAID.slice(": headrace ".length).trim();
  const chunk = 'data: {"candidates":[{"content":{"parts":[{"text":"\\"finishReason\\":"}]}}]}\r\n\r\n';
  const last = 'data: {"candidates":[{"finishReason":"STOP"}]}\r\n\r\n';
  const usage = 'data: {"usageMetadata":{}}\r\n\r\n';
  const noted = (event: string): string => event.replace("{", `{"headrace":${json},`);
  const note = (): StreamNote => new StreamNote(geminiClientWire);
  assert.equal(note().take(Buffer.from(chunk)).toString(), chunk, "nothing is late before the end");
  assert.equal(given(note(), chunk, chunk + last), chunk + chunk + noted(last));
  assert.equal(given(note(), chunk, last, usage), chunk + last + noted(usage));
  assert.equal(given(note(), chunk), chunk);
  const failing = note();
  assert.equal(failing.take(Buffer.from(last)).length, 0);
  assert.equal(failing.endFailed(TOLL).toString(), noted(last));
});

test("stream note: of a stream that fails nothing says that it is whole", () => {
  const note = new StreamNote(openAiClientWire);
  assert.equal(note.take(Buffer.from("data: [DONE]\n\n")).length, 0);
  assert.equal(note.endFailed(TOLL).toString(), SAID);
});

test("stream note: tells what is known", () => {
  const said = (toll: Toll): string => new StreamNote(openAiClientWire).end(toll).toString();
  assert.equal(said({ ...TOLL, costUsd: null, usage: null }), ': headrace {"costUsd":null,"attempts":2}\n\n');
  assert.match(said({ ...TOLL, costUsd: 0 }), /"costUsd":0,/);
});

test("stream note: is made for who asks", () => {
  const asked = (value: string): boolean => {
    const bearer = { header: (name: string) => (name === "x-headrace-stream-cost" ? value : "") };
    return noteAskedFor(bearer, openAiClientWire) !== null;
  };
  assert.deepEqual(["true", "", "false"].map(asked), [true, false, false]);
});
