import assert from "node:assert/strict";
import { test } from "node:test";
import { GatewayError } from "@headrace/core/errors/gateway-error";
import type { PathCall } from "@headrace/core/provider-adapter";
import { byteByByte } from "../../framing/testing.ts";
import { GEMINI_MODELS, VERTEX_MODELS } from "../../google/model-path.ts";
import { geminiClientWire } from "./client-wire.ts";
import { GeminiListFraming } from "./list-framing.ts";
import { geminiCountTokensService, geminiService } from "./service.ts";
import { geminiStream } from "./stream-dialect.ts";
import { readJsonFixture, readStreamFixture } from "./testing.ts";

function pathCall(model: string, stream: boolean): PathCall {
  return { model, stream, settings: {} };
}

test("Gemini service: the path names the model and the method", () => {
  const paths: readonly (readonly [string, boolean, string])[] = [
    ["gemini-3-pro", false, "/models/gemini-3-pro:generateContent"],
    ["gemini-3-pro", true, "/models/gemini-3-pro:streamGenerateContent?alt=sse"],
    ["models/gemini-3-pro", false, "/models/gemini-3-pro:generateContent"],
    ["tunedModels/my model", false, "/tunedModels/my%20model:generateContent"],
    ["a?b#c", false, "/models/a%3Fb%23c:generateContent"],
  ];
  const service = geminiService();
  for (const [model, stream, path] of paths) assert.equal(service.path(pathCall(model, stream)), path);
  const vertex = geminiService({ modelsPath: VERTEX_MODELS });
  assert.equal(
    vertex.path(pathCall("gemini-3-pro", true)),
    "/publishers/google/models/gemini-3-pro:streamGenerateContent?alt=sse",
  );
  const count = geminiCountTokensService({ modelsPath: GEMINI_MODELS });
  assert.equal(count.path(pathCall("gemini-3-pro", false)), "/models/gemini-3-pro:countTokens");
  assert.equal(count.readUsage(Buffer.from('{"totalTokens":5}')), null);
});

test("Gemini service: the usage of a whole answer is found without reading it all", () => {
  const service = geminiService();
  const body = readJsonFixture("text");
  const pretty = Buffer.from(JSON.stringify(body, null, 2));
  assert.deepEqual(service.readUsage(pretty), body.usageMetadata);
  // A call's arguments may have a member of that name.
  const disguised = { usageMetadata: { promptTokenCount: 1 }, candidates: [{ usageMetadata: { a: 1 } }] };
  assert.deepEqual(service.readUsage(Buffer.from(JSON.stringify(disguised))), { promptTokenCount: 1 });
  for (const none of ["", "{}", '{"usageMetadata":', '{"usageMetadata":5}', '["usageMetadata"]'])
    assert.equal(service.readUsage(Buffer.from(none)), null, none);
});

function readings(name: string): ReturnType<typeof geminiStream.readEvent>[] {
  const events = readStreamFixture(name).toString().split("\r\n\r\n").slice(0, -1);
  return events.map((event) => geminiStream.readEvent(event.slice("data: ".length)));
}

test("Gemini stream dialect: usage in every event, the end by the reason", () => {
  const [first, , , last] = readings("text");
  assert.ok(first?.kind === "chunk" && last?.kind === "chunk");
  assert.deepEqual([first.finished, first.usageOnly, first.textBytes], [false, false, 8]);
  assert.deepEqual([last.finished, last.usageOnly, last.textBytes], [true, false, 0]);
  assert.ok(readings("tools").some((reading) => reading.kind === "chunk" && (reading.textBytes ?? 0) > 40));
  const [blocked] = readings("blocked");
  assert.ok(blocked?.kind === "chunk");
  assert.deepEqual([blocked.finished, blocked.usageOnly], [true, false]);
  assert.deepEqual(geminiStream.readEvent('{"usageMetadata":{"promptTokenCount":1}}'), {
    kind: "chunk",
    usage: { promptTokenCount: 1 },
    usageOnly: true,
    finished: false,
    textBytes: 0,
  });
});

test("Gemini stream dialect: errors bear the mark and are told", () => {
  const bytes = readStreamFixture("error");
  assert.ok(bytes.includes(Buffer.from(geminiStream.errorMark)));
  assert.ok(!readStreamFixture("text").includes(Buffer.from(geminiStream.errorMark)));
  assert.deepEqual(readings("error")[1], {
    kind: "error",
    message: "The model is overloaded. Please try again later.",
    status: 503,
  });
  for (const other of ["", "{", "[]", "{}", '{"choices":[]}', "5"])
    assert.deepEqual(geminiStream.readEvent(other), { kind: "other" });
});

for (const name of ["text", "tools", "candidates"]) {
  test(`Gemini stream without alt=sse: ${name} as one array`, () => {
    const bytes = readStreamFixture(name);
    const whole = new GeminiListFraming();
    const array = whole.push(bytes) + whole.end();
    const events = bytes.toString().split("\r\n\r\n").slice(0, -1);
    assert.deepEqual(
      JSON.parse(array),
      events.map((event) => JSON.parse(event.slice("data: ".length))),
    );
    const pieces = new GeminiListFraming();
    const pieced = byteByByte(bytes).map((piece) => pieces.push(piece));
    assert.equal(pieced.join("") + pieces.end(), array);
  });
}

test("Gemini stream without alt=sse: an error is an element, signs of life are nothing", () => {
  const framing = new GeminiListFraming();
  const error = geminiClientWire.encodeStreamError(new GatewayError("upstream_cut"), "req-1");
  const written = [
    framing.push(Buffer.from(geminiClientWire.keepAlive)),
    framing.push(Buffer.from('data: {"a":1}\r\n\r\n')),
    framing.push(Buffer.from(`${geminiClientWire.keepAlive}: hello\n\n`)),
    framing.push(Buffer.from(error)),
    framing.end(),
  ];
  assert.deepEqual([written[0], written[1], written[2]], ["", '[{"a":1}', ""]);
  const [, second] = JSON.parse(written.join(""));
  assert.equal(second.error.status, "UNAVAILABLE");
  assert.equal(new GeminiListFraming().end(), "[]");
});
