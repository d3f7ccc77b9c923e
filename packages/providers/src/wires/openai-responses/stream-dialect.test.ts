import assert from "node:assert/strict";
import { test } from "node:test";
import { usageOf } from "../../conformance/findings.ts";
import { readExpected } from "../../conformance/fixture-files.ts";
import { openAiResponsesStream } from "./stream-dialect.ts";
import { eventsOf, streamFixture } from "./testing.ts";
import { usageFromOpenAiResponses } from "./usage.ts";

const { usageMark, errorMark, readEvent } = openAiResponsesStream;

function readings(name: string) {
  return eventsOf(streamFixture(name)).map((event) => {
    const data = JSON.stringify(event);
    return { event, bytes: Buffer.from(data), reading: readEvent(data) };
  });
}

for (const name of [
  "text",
  "tools",
  "parallel-tools",
  "thinking",
  "custom-tool",
  "refusal",
  "incomplete",
  "search",
]) {
  test(`Responses dialect: ${name}: the last event finishes and has the usage, behind its mark`, () => {
    const read = readings(name);
    const finished = read.filter(({ reading }) => reading.kind === "chunk" && reading.finished);
    assert.deepEqual(finished, read.slice(-1));
    for (const { bytes, reading } of read) {
      assert.ok(reading.kind === "chunk" && !reading.usageOnly);
      if (reading.usage !== null) assert.ok(bytes.includes(Buffer.from(usageMark ?? [])));
    }
    const last = read.at(-1)?.reading;
    assert.ok(last?.kind === "chunk");
    assert.deepEqual(
      usageOf(usageFromOpenAiResponses(last.usage)),
      readExpected("openai-responses", name).usage,
    );
  });
}

test("Responses dialect: both events of a failure are errors, behind the mark", () => {
  const errors = readings("error").filter(({ reading }) => reading.kind === "error");
  assert.deepEqual(
    errors.map(({ event }) => event.type),
    ["error", "response.failed"],
  );
  for (const { bytes, reading } of errors) {
    assert.ok(bytes.includes(Buffer.from(errorMark)));
    assert.deepEqual(reading, {
      kind: "error",
      message: "The model has stumbled. Please try again.",
      status: 500,
    });
  }
});

test("Responses dialect: what the model writes is counted once, in bytes", () => {
  const bytesOf = (name: string) =>
    readings(name).reduce(
      (sum, { reading }) => sum + (reading.kind === "chunk" ? (reading.textBytes ?? 0) : 0),
      0,
    );
  assert.equal(bytesOf("text"), Buffer.byteLength("The weir at Oberau is open: 3 m³/s 🌊."));
  assert.equal(
    bytesOf("tools"),
    Buffer.byteLength('Let me look.read_gauge{"station":"Oberau","unit":"m³/s"}'),
  );
});

test("Responses dialect: what is no event of this wire is none, and an error without a type is one", () => {
  for (const data of ["", "[DONE]", "null", "{", "[]", '{"a":1}'])
    assert.equal(readEvent(data).kind, "other");
  assert.equal(readEvent('{"error":{"message":"No."}}').kind, "error");
});
