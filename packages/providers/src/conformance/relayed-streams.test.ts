/** The relay passes streams of the client's own wire on and decodes few of their events: it must find the same. */
import assert from "node:assert/strict";
import { test } from "node:test";
import type { TokenUsage } from "@headrace/core/canonical/usage";
import type { StreamEventReading } from "@headrace/core/wire/stream-dialect";
import { framesOf, usageOf } from "./findings.ts";
import { readExpected, readStreamFixture } from "./fixture-files.ts";
import { chatSubjects } from "./subjects.ts";

for (const { title, adapter, codec, folder, cases } of chatSubjects()) {
  const service = adapter.services[codec.wire];
  const dialect = service?.stream ?? null;
  if (service === undefined || dialect === null) continue;
  for (const name of cases) {
    const bytes = readStreamFixture(folder, name, codec.framing);
    if (bytes === null) continue;
    const events = framesOf(codec.framing, bytes).map(({ event, data }) => ({
      data,
      reading: dialect.readEvent(data, event),
    }));

    test(`${title} relays ${name}: usage, end and error are the decoder's`, () => {
      const expected = readExpected(folder, name);
      const chunks = events.map(({ reading }) => reading).filter((reading) => reading.kind === "chunk");
      let usage: TokenUsage | null = null;
      let raw: unknown = null;
      for (const chunk of chunks) {
        if (chunk.usage === null) continue;
        raw = dialect.usageMark === null ? chunk.usage : merge(raw, chunk.usage);
        usage = service.tokenUsage(raw) ?? usage;
      }
      if (expected.usage !== null) assert.deepEqual(usageOf(usage), expected.usage);
      const error = events.find(({ reading }) => reading.kind === "error")?.reading;
      assert.deepEqual(error === undefined ? null : wordsOf(error), expected.error);
      if (expected.error === null)
        assert.equal(
          chunks.some(({ finished }) => finished),
          expected.finish !== null,
        );
    });

    test(`${title} relays ${name}: an event that matters bears its mark`, () => {
      for (const { data, reading } of events) {
        const raw = Buffer.from(data);
        if (reading.kind === "error") assert.ok(bears(raw, dialect.errorMark), data);
        if (reading.kind === "done" && dialect.doneMark !== null)
          assert.ok(bears(raw, dialect.doneMark), data);
        if (
          reading.kind === "chunk" &&
          service.tokenUsage(reading.usage) !== null &&
          dialect.usageMark !== null
        )
          assert.ok(bears(raw, dialect.usageMark), data);
      }
    });
  }
}

/** Reports of one stream add to each other: Anthropic counts input at the start and output at the end. */
function merge(earlier: unknown, later: unknown): unknown {
  return typeof earlier === "object" && typeof later === "object" ? { ...earlier, ...later } : later;
}

function bears(event: Buffer, mark: Uint8Array): boolean {
  return event.includes(Buffer.from(mark));
}

function wordsOf(reading: StreamEventReading): unknown {
  return reading.kind === "error" ? { message: reading.message, status: reading.status } : null;
}
