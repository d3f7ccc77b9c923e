import assert from "node:assert/strict";
import { usageFromOpenAi } from "@headrace/core/canonical/usage";
import { type MicroBench, type MicroSubject, microBench } from "@headrace/core/testing/micro-bench";
import { chatStreamEvents, cutEvery } from "@headrace/core/testing/sample-stream";
import type { StreamDialect } from "@headrace/core/wire/stream-dialect";
import { messagesStreamEvents } from "@headrace/providers/testing/sample-streams";
import { anthropicService } from "@headrace/providers/wires/anthropic-messages/service";
import { openAiChatStream } from "@headrace/providers/wires/openai-chat/stream-dialect";
import { StreamTap, type StreamTapOptions } from "./stream-tap.ts";

const CHUNKS = 100;
const CHAT = chatStreamEvents(CHUNKS);
const MESSAGES = messagesStreamEvents(CHUNKS);
const CHAT_OPTIONS: StreamTapOptions = { dropUsageEvent: true, tokenUsage: usageFromOpenAi };

interface Passed {
  readonly tap: StreamTap;
  readonly bytes: number;
}

function tapping(
  pieces: readonly Buffer[],
  { dialect, options, bytes }: { dialect: StreamDialect; options: StreamTapOptions; bytes: number },
): MicroSubject<Passed> {
  return {
    run: () => {
      const tap = new StreamTap(dialect, options);
      let passed = 0;
      for (const piece of pieces) passed += tap.push(piece)?.length ?? 0;
      const ending = tap.end();
      return { tap, bytes: ending.whole ? passed + (ending.bytes?.length ?? 0) : 0 };
    },
    check: (passed) => {
      assert.equal(passed.bytes, bytes);
      assert.equal(passed.tap.usage?.visibleOutput, 3 * CHUNKS);
    },
  };
}

function chat(pieces: readonly Buffer[]): MicroSubject<Passed> {
  // The usage was asked for by the gateway, so its event is left out.
  const bytes = Buffer.concat(CHAT.toSpliced(-2, 1)).length;
  return tapping(pieces, { dialect: openAiChatStream, options: CHAT_OPTIONS, bytes });
}

function messages(pieces: readonly Buffer[]): MicroSubject<Passed> {
  const { stream, tokenUsage } = anthropicService({});
  assert.ok(stream !== null);
  const options = { dropUsageEvent: false, tokenUsage };
  return tapping(pieces, { dialect: stream, options, bytes: Buffer.concat(MESSAGES).length });
}

export const benches: readonly MicroBench[] = [
  microBench("100 chat chunks, each a piece", () => chat(CHAT), CHUNKS),
  microBench("100 chat chunks in one piece", () => chat([Buffer.concat(CHAT)]), CHUNKS),
  microBench(
    "100 chat chunks in pieces of 100 bytes",
    () => chat(cutEvery(Buffer.concat(CHAT), 100)),
    CHUNKS,
  ),
  microBench("100 events of Anthropic's, each a piece", () => messages(MESSAGES), CHUNKS),
];
