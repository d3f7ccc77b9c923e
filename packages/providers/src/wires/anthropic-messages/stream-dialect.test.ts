import assert from "node:assert/strict";
import { test } from "node:test";
import type { StreamEventReading } from "@headrace/core/wire/stream-dialect";
import { frame } from "../../framing/testing.ts";
import { anthropicStream } from "./stream-dialect.ts";
import { readStreamFixture } from "./testing.ts";
import { mergeReports, usageFromAnthropic } from "./usage.ts";

function holds(data: string, mark: Uint8Array | null): boolean {
  return mark !== null && Buffer.from(data).indexOf(mark) !== -1;
}

function readings(fixture: string): { data: string; reading: StreamEventReading }[] {
  const { frames } = frame("sse", [readStreamFixture(fixture)]);
  return frames.map(({ data }) => ({ data, reading: anthropicStream.readEvent(data) }));
}

const STREAMS = ["text", "tools", "parallel-tools", "thinking", "search", "refusal", "length", "json-answer"];

for (const fixture of STREAMS) {
  test(`Anthropic dialect: ${fixture}: usage, the finish and the end are found behind their marks`, () => {
    const read = readings(fixture);
    const kinds = read.map(({ reading }) => reading.kind);
    assert.equal(kinds.at(-1), "done");
    assert.equal(kinds.indexOf("done"), kinds.length - 1);
    const finished = read.filter(({ reading }) => reading.kind === "chunk" && reading.finished);
    assert.equal(finished.length, 1);
    let usage = {};
    for (const { data, reading } of read) {
      assert.equal(holds(data, anthropicStream.doneMark), reading.kind === "done");
      if (reading.kind !== "chunk" || reading.usage === null) continue;
      assert.ok(holds(data, anthropicStream.usageMark));
      assert.ok(typeof reading.usage === "object");
      usage = mergeReports(usage, { ...reading.usage });
    }
    assert.notEqual(usageFromAnthropic(usage), null);
  });
}

test("Anthropic dialect: an error event, with the status that its name says", () => {
  const { data, reading } = readings("error").at(-1) ?? { data: "", reading: { kind: "other" } };
  assert.ok(holds(data, anthropicStream.errorMark));
  assert.deepEqual(reading, { kind: "error", message: "Overloaded", status: 529 });
});

test("Anthropic dialect: the model's own words are counted in bytes, whatever they are", () => {
  const delta = (delta: object) => JSON.stringify({ type: "content_block_delta", index: 0, delta });
  for (const [event, textBytes] of [
    [delta({ type: "text_delta", text: "Mühle" }), 6],
    [delta({ type: "thinking_delta", thinking: "abc" }), 3],
    [delta({ type: "input_json_delta", partial_json: '{"a"' }), 4],
    [delta({ type: "signature_delta", signature: "c2lnbmVk" }), 0],
  ] as const) {
    const reading = anthropicStream.readEvent(event);
    assert.deepEqual(reading, { kind: "chunk", usage: null, usageOnly: false, finished: false, textBytes });
  }
});

test("Anthropic dialect: nulls of a report do not wipe out what an earlier one counted", () => {
  const reading = anthropicStream.readEvent(
    '{"type":"message_delta","delta":{"stop_reason":null},"usage":{"input_tokens":null,"output_tokens":4}}',
  );
  assert.deepEqual(reading, {
    kind: "chunk",
    usage: { output_tokens: 4 },
    usageOnly: false,
    finished: false,
    textBytes: 0,
  });
});

for (const data of ['{"type":"ping"}', '{"type":"new_event"}', "{", "[]", "null", "", "[DONE]"])
  test(`Anthropic dialect: nothing is read into ${JSON.stringify(data)}`, () =>
    assert.deepEqual(anthropicStream.readEvent(data), { kind: "other" }));

test("Anthropic dialect: the end that a provider left out is one", () => {
  const { frames } = frame("sse", [Buffer.from(anthropicStream.doneEvent)]);
  assert.deepEqual(frames, [{ event: "message_stop", data: '{"type":"message_stop"}' }]);
});
