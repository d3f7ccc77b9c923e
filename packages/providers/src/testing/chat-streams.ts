/** What the tests of chat codecs share. */
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import type { ChatRequest } from "@headrace/core/canonical/chat";
import { NO_EXTRA } from "@headrace/core/canonical/chat-parts";
import type { ChatStreamEvent } from "@headrace/core/canonical/chat-stream";
import type { JsonObject } from "@headrace/core/json-object";
import type { ChatProviderCodec } from "@headrace/core/wire/chat-codec";
import fc from "fast-check";
import { byteByByte, cutAt, frame } from "../framing/testing.ts";
import { parseJsonObject } from "../json/read.ts";

export const seed: number = Number(process.env.FAST_CHECK_SEED ?? 20_260_101);

const FIXTURES = new URL("../../fixtures/", import.meta.url);

/** @param path - below packages/providers/fixtures */
export function fixtureBytes(path: string): Buffer {
  return readFileSync(new URL(path, FIXTURES));
}

/** @param path - as for {@link fixtureBytes}; the file holds JSON */
export function fixtureJson(path: string): unknown {
  return JSON.parse(fixtureBytes(path).toString());
}

export function fixtureObject(path: string): JsonObject {
  const object = parseJsonObject(fixtureBytes(path).toString());
  assert.ok(object !== null, `${path} holds no JSON object`);
  return object;
}

export interface Decoded {
  readonly events: readonly ChatStreamEvent[];
  readonly whole: boolean;
}

/** Reads a stream that comes in these pieces. */
export function decodeStream(codec: ChatProviderCodec, chunks: readonly Buffer[]): Decoded {
  const events: ChatStreamEvent[] = [];
  const decoder = codec.createStreamDecoder((event) => events.push(event));
  const { frames, whole } = frame(codec.framing, chunks);
  for (const one of frames) decoder.push(one);
  return { events, whole: decoder.end() && whole };
}

/** Reads a stream of these objects. */
export function decodeData(codec: ChatProviderCodec, ...data: readonly unknown[]): Decoded {
  const events: ChatStreamEvent[] = [];
  const decoder = codec.createStreamDecoder((event) => events.push(event));
  for (const one of data) decoder.push({ event: "", data: JSON.stringify(one) });
  return { events, whole: decoder.end() };
}

/** Fed byte by byte and at random cuts, a stream says the same. */
export function assertSameHoweverCut(codec: ChatProviderCodec, bytes: Buffer): void {
  const expected = decodeStream(codec, [bytes]);
  assert.deepEqual(decodeStream(codec, byteByByte(bytes)), expected);
  fc.assert(
    fc.property(fc.array(fc.nat(bytes.length), { maxLength: 12 }), (places) => {
      assert.deepEqual(decodeStream(codec, cutAt(bytes, places)), expected);
    }),
    { seed, numRuns: 40 },
  );
}

/** However wrong its frames are, a stream has one start before all else and ends in exactly one of finish, error and cut. */
export function assertOrderly({ events, whole }: Decoded): void {
  const types = events.map(({ type }) => type);
  const errors = types.filter((type) => type === "error").length;
  const finishes = types.filter((type) => type === "finish").length;
  assert.ok(errors <= 1 && finishes <= 1);
  if (errors === 1) assert.equal(types.at(-1), "error");
  assert.equal(whole, finishes === 1 && errors === 0);
  if (types.some((type) => type !== "error")) assert.equal(types.indexOf("start"), 0);
  assert.ok(types.lastIndexOf("start") <= 0);
  if (finishes === 1)
    for (const type of types.slice(types.indexOf("finish") + 1))
      assert.ok(type === "usage" || type === "error");
  const calls = events.filter((event) => event.type === "tool-call-start");
  assert.deepEqual(
    calls.map(({ index }) => index),
    calls.map((_, at) => at),
  );
}

/** A request that says nothing but what a test is about. */
export function request(parts: Partial<ChatRequest>): ChatRequest {
  return {
    wire: "openai-chat",
    model: "weir",
    messages: [{ role: "user", parts: [{ type: "text", text: "Hi", extra: NO_EXTRA }], extra: NO_EXTRA }],
    tools: [],
    sampling: {},
    stream: false,
    includeUsage: false,
    extra: NO_EXTRA,
    ...parts,
  };
}
