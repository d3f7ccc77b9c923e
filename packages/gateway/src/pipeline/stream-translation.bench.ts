import assert from "node:assert/strict";
import { type MicroBench, type MicroSubject, microBench } from "@headrace/core/testing/micro-bench";
import type { ChatCallFacts } from "@headrace/core/wire/chat-codec";
import { adapterById } from "@headrace/providers/registry";
import { messagesStreamEvents } from "@headrace/providers/testing/sample-streams";
import { translationFor } from "@headrace/providers/translation/translation-for";
import { StreamTranslation } from "./stream-translation.ts";

const CHUNKS = 100;
const CALL: ChatCallFacts = {
  requestId: "req_0123456789abcdef",
  model: "claude",
  createdAtSeconds: 1_790_000_000,
  includeUsage: true,
  echo: null,
};

/** Anthropic's stream for a client of OpenAI's chat; the translations of other pairs are measured in providers. */
function translating(pieces: readonly Buffer[]): MicroSubject<StreamTranslation> {
  const stream = translationFor("chat", adapterById("anthropic"))?.stream;
  assert.ok(stream !== undefined && stream !== null);
  return {
    run: () => {
      const relay = new StreamTranslation(stream.provider, stream.client.createStreamEncoder(CALL));
      for (const piece of pieces) relay.push(piece);
      relay.end();
      return relay;
    },
    check: (relay) => {
      assert.ok(relay.usageIsFinal);
      assert.equal(relay.usage?.visibleOutput, 3 * CHUNKS);
    },
  };
}

export const benches: readonly MicroBench[] = [
  microBench(
    "100 events of Anthropic's, each a piece",
    () => translating(messagesStreamEvents(CHUNKS)),
    CHUNKS,
  ),
  microBench(
    "100 events of Anthropic's in one piece",
    () => translating([Buffer.concat(messagesStreamEvents(CHUNKS))]),
    CHUNKS,
  ),
];
