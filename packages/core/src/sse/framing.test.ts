import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { GatewayError } from "../errors/gateway-error.ts";
import { endOfFirstEvent, endOfLastEvent, SseFramer } from "./framing.ts";

// The same cases in every run; another seed tries others.
fc.configureGlobal({ seed: Number(process.env.FAST_CHECK_SEED ?? 20_260_101) });

const MAX_EVENT_BYTES = 1 << 20;

function feed(framer: SseFramer, chunks: readonly Buffer[]): Buffer[] {
  const blocks: Buffer[] = [];
  for (const chunk of chunks) {
    const block = framer.push(chunk);
    if (block !== null) blocks.push(Buffer.from(block));
  }
  return blocks;
}

function cutAt(bytes: Buffer, cuts: readonly number[]): Buffer[] {
  const points = [0, ...[...new Set(cuts)].sort((a, b) => a - b), bytes.length];
  return points.slice(1).map((end, i) => bytes.subarray(points[i], end));
}

const boundaries = [
  ["nothing", "", 0],
  ["half an event", "data: a\n", 0],
  ["one event", "data: a\n\n", 9],
  ["an event and a half", "data: a\n\ndata: b", 9],
  ["CRLF", "data: a\r\n\r\n", 11],
  ["a CRLF line is no boundary", "data: a\r\n", 0],
  ["CR, the last left undecided", "data: a\r\r", 0],
  ["CR, decided by what follows", "data: a\r\rdata: b", 9],
  ["LF then CRLF", "data: a\n\r\n", 10],
  ["a CRLF cut in its middle", "data: a\r\n\r", 0],
] as const;

for (const [name, text, cut] of boundaries) {
  test(`finds the last boundary: ${name}`, () => {
    const bytes = Buffer.from(text);
    assert.equal(endOfLastEvent(bytes, 0, bytes.length), cut);
  });
}

for (const lineEnd of ["\n", "\r\n", "\r"]) {
  test(`finds the first boundary with ${JSON.stringify(lineEnd)}`, () => {
    const event = `data: a${lineEnd}${lineEnd}`;
    const bytes = Buffer.from(event + event + event);
    assert.equal(endOfFirstEvent(bytes, 0), event.length);
    assert.equal(endOfFirstEvent(bytes, event.length), event.length * 2);
    assert.equal(endOfFirstEvent(bytes, event.length * 2), bytes.length);
  });
}

test("finds the same boundaries in long bytes as in short ones, which are looked at one by one", () => {
  const padding = Buffer.alloc(1_000, "a");
  const text = fc
    .array(fc.constantFrom("a", "\n", "\r", "\n\n"), { maxLength: 24 })
    .map((parts) => parts.join(""));
  fc.assert(
    fc.property(text, fc.nat(24), (tail, at) => {
      const short = Buffer.from(tail);
      const long = Buffer.concat([padding, short]);
      const from = Math.min(at, short.length);
      const moved = (cut: number): number => (cut === 0 ? 0 : padding.length + cut);
      assert.equal(endOfLastEvent(long, 0, long.length), moved(endOfLastEvent(short, 0, short.length)));
      assert.equal(endOfFirstEvent(long, 0), moved(endOfFirstEvent(short, 0)) || padding.length);
      // The part that is searched may begin inside of a blank line.
      const behind = Buffer.concat([short, padding]);
      assert.equal(
        endOfLastEvent(behind, from, behind.length),
        lastByText(tail + padding.toString("latin1", 0, 1), from),
      );
    }),
    { numRuns: 2_000 },
  );
});

/** The same, as the standard says it. */
function lastByText(text: string, from: number): number {
  for (let cut = text.length; cut > from; cut--) {
    const head = text.slice(0, cut);
    const next = text[cut];
    const lineEnd =
      head.endsWith("\r") && (next === undefined || next === "\n") ? null : /(\r\n|\n|\r)$/.exec(head);
    if (lineEnd !== null && /[\r\n]$/.test(head.slice(0, lineEnd.index))) return cut;
  }
  return 0;
}

test("an aligned chunk goes out as the very same object", () => {
  const chunk = Buffer.from("data: a\n\ndata: b\n\n");
  assert.equal(new SseFramer(MAX_EVENT_BYTES).push(chunk), chunk);
});

test("every block ends at a boundary and no byte is lost, wherever the stream is cut", () => {
  const lineEnd = fc.constantFrom("\n", "\r\n", "\r");
  const line = fc.tuple(
    fc.constantFrom("data: ", ": ", "event: ", "id:"),
    fc.string({ unit: "grapheme", maxLength: 8 }),
  );
  const event = fc.tuple(fc.array(line, { minLength: 1, maxLength: 3 }), lineEnd).map(([lines, end]) => {
    return lines.map(([field, value]) => field + value.replace(/[\r\n]/g, "") + end).join("") + end;
  });
  const stream = fc
    .array(event, { minLength: 1, maxLength: 6 })
    .map((events) => Buffer.from(events.join("")));
  fc.assert(
    fc.property(stream, fc.array(fc.nat(400), { maxLength: 20 }), (bytes, cuts) => {
      const framer = new SseFramer(MAX_EVENT_BYTES);
      const inRange = cuts.filter((cut) => cut < bytes.length);
      const blocks = feed(framer, cutAt(bytes, inRange));
      for (const block of blocks) {
        assert.ok(/(\n|\r\n|\r)(\n|\r\n|\r)$/.test(block.toString()), "ends in a blank line");
      }
      const out = Buffer.concat(blocks);
      assert.deepEqual(out, bytes.subarray(0, out.length));
      assert.equal(out.length + framer.pendingBytes, bytes.length);
      // Only a CR that might be half of a CRLF may keep the last event waiting.
      if (bytes.at(-1) === 0x0a) assert.equal(framer.pendingBytes, 0);
    }),
  );
});

test("byte by byte gives each event once its blank line is there", () => {
  const bytes = Buffer.from("data: é\n\ndata: b\r\n\r\n");
  const blocks = feed(
    new SseFramer(MAX_EVENT_BYTES),
    [...bytes].map((byte) => Buffer.from([byte])),
  );
  assert.deepEqual(blocks.map(String), ["data: é\n\n", "data: b\r\n\r\n"]);
});

test("an event beyond the bound is refused, in pieces or whole", () => {
  const refused = (error: unknown) =>
    error instanceof GatewayError && error.code === "upstream_event_too_large";
  assert.throws(() => new SseFramer(16).push(Buffer.from("data: 0123456789abcdef")), refused);
  const framer = new SseFramer(16);
  framer.push(Buffer.from("data: 01234567"));
  assert.throws(() => framer.push(Buffer.from("89abcdef")), refused);
});
