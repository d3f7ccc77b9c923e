import assert from "node:assert/strict";
import { Buffer } from "node:buffer";
import { test } from "node:test";
import fc from "fast-check";
import { GatewayError } from "../errors/gateway-error.ts";
import { type SseEnd, type SseEvent, SseParser } from "./parser.ts";

const MAX_EVENT_BYTES = 10_000;

type Reading = { events: SseEvent[]; comments: string[]; end: SseEnd };

function read(chunks: readonly Uint8Array[], maxEventBytes: number = MAX_EVENT_BYTES): Reading {
  const events: SseEvent[] = [];
  const comments: string[] = [];
  const parser = new SseParser({
    maxEventBytes,
    onEvent: (event) => events.push(event),
    onComment: (text) => comments.push(text),
  });
  for (const chunk of chunks) {
    // A copy that is wiped after push: the parser must not hold on to the caller's memory.
    const copy = Uint8Array.from(chunk);
    parser.push(copy);
    copy.fill(0x58);
  }
  return { events, comments, end: parser.end() };
}

function cut(bytes: Buffer, places: readonly number[]): Buffer[] {
  const borders = [0, ...[...places].sort((a, b) => a - b), bytes.length];
  return borders.slice(1).map((border, index) => bytes.subarray(borders[index], border));
}

const WHOLE: SseEnd = { truncated: false, unfinished: null };

const CASES: readonly {
  name: string;
  text: string;
  events: SseEvent[];
  end?: SseEnd;
  comments?: string[];
}[] = [
  { name: "one event", text: "data: a\n\n", events: [{ event: "", data: "a" }] },
  { name: "no space after the colon", text: "data:a\n\n", events: [{ event: "", data: "a" }] },
  { name: "only one space is not data", text: "data:  a \n\n", events: [{ event: "", data: " a " }] },
  { name: "CRLF", text: "event: x\r\ndata: a\r\n\r\n", events: [{ event: "x", data: "a" }] },
  { name: "CR", text: "data: a\rdata: b\r\r", events: [{ event: "", data: "a\nb" }] },
  {
    name: "mixed line ends",
    text: "data: a\r\n\ndata: b\n\r\ndata: c\r\r\n",
    events: ["a", "b", "c"].map((data) => ({ event: "", data })),
  },
  { name: "BOM", text: "\uFEFFdata: a\n\n", events: [{ event: "", data: "a" }] },
  { name: "BOM before a blank line", text: "\uFEFF\ndata: a\n\n", events: [{ event: "", data: "a" }] },
  { name: "BOM only at the start", text: "data: a\n\n\uFEFFdata: b\n\n", events: [{ event: "", data: "a" }] },
  { name: "field without colon", text: "data\ndata\n\n", events: [{ event: "", data: "\n" }] },
  { name: "empty data", text: "data:\n\n", events: [{ event: "", data: "" }] },
  { name: "an event needs data", text: "event: x\nid: 1\n\ndata: a\n\n", events: [{ event: "", data: "a" }] },
  {
    name: "unknown fields",
    text: "datum: 1\ndat: 2\ndata2: 3\n data: 4\ndata: a\n\n",
    events: [{ event: "", data: "a" }],
  },
  {
    name: "id and retry",
    text: "id: 7\nretry: 250\ndata: a\n\ndata: b\n\n",
    events: [
      { event: "", data: "a", id: "7", retry: 250 },
      { event: "", data: "b" },
    ],
  },
  { name: "bad id and retry", text: "id: a\0b\nretry: 1s\ndata: a\n\n", events: [{ event: "", data: "a" }] },
  {
    name: "comments",
    text: ": keep-alive\n\n:\n:x\ndata: a\n: in between\ndata: b\n\n",
    events: [{ event: "", data: "a\nb" }],
    comments: ["keep-alive", "", "x", "in between"],
  },
  { name: "nothing", text: "", events: [] },
  {
    name: "no final blank line",
    text: "data: a\n\ndata: [DONE]\n",
    events: [{ event: "", data: "a" }],
    end: { truncated: true, unfinished: { event: "", data: "[DONE]" } },
  },
  {
    name: "no final line end",
    text: "event: e\ndata: [DONE]",
    events: [],
    end: { truncated: true, unfinished: { event: "e", data: "[DONE]" } },
  },
  {
    name: "cut inside a field name",
    text: "data: a\n\nda",
    events: [{ event: "", data: "a" }],
    end: { truncated: true, unfinished: null },
  },
  {
    name: "cut after the event name",
    text: "event: x\n",
    events: [],
    end: { truncated: true, unfinished: null },
  },
  {
    name: "ends in a comment",
    text: "data: a\n\n: bye",
    events: [{ event: "", data: "a" }],
    comments: ["bye"],
  },
];

for (const { name, text, events, end = WHOLE, comments = [] } of CASES) {
  test(`SSE parser: ${name}, whole, byte by byte and at every split`, () => {
    const bytes = Buffer.from(text);
    const expected = { events, comments, end };
    assert.deepEqual(read([bytes]), expected);
    assert.deepEqual(read([...bytes].map((byte) => Uint8Array.of(byte))), expected);
    for (let at = 0; at <= bytes.length; at++) assert.deepEqual(read(cut(bytes, [at])), expected);
  });
}

test("SSE parser: invalid UTF-8 is replaced, not refused", () => {
  const bytes = Buffer.concat([Buffer.from("data: a"), Buffer.from([0xff, 0xc3]), Buffer.from("b\n\n")]);
  assert.deepEqual(read([bytes]).events, [{ event: "", data: "a\uFFFD\uFFFDb" }]);
});

test("SSE parser: two bytes of a BOM at the very start are text", () => {
  const bytes = Buffer.concat([Buffer.from([0xef, 0xbb]), Buffer.from("\ndata: a\n\n")]);
  for (let at = 0; at <= 3; at++) assert.deepEqual(read(cut(bytes, [at])).events, [{ event: "", data: "a" }]);
});

type Block = {
  event: string | undefined;
  data: string[];
  id: string | undefined;
  retry: number | undefined;
  noise: string[];
};

const lineText = fc.string({
  unit: fc.constantFrom("a", "{", '"', ":", " ", "é", "€", "😀", "\t", "\u2028"),
  maxLength: 12,
});
const blockArbitrary: fc.Arbitrary<Block> = fc.record({
  event: fc.option(lineText, { nil: undefined }),
  data: fc.array(lineText, { maxLength: 3 }),
  id: fc.option(lineText, { nil: undefined }),
  retry: fc.option(fc.nat(), { nil: undefined }),
  noise: fc.array(fc.constantFrom(": note", ":", "unknown: 1", "unknown", "retry: soon"), { maxLength: 2 }),
});

const lineEnds = fc.array(fc.constantFrom("\n", "\r\n", "\r"), { minLength: 1, maxLength: 7 });

/** Writes blocks the way a careless server might: any line end, optional spaces, noise between the fields. */
function write(blocks: readonly Block[], options: { bom: boolean; ends: readonly string[] }): Buffer {
  let text = options.bom ? "\uFEFF" : "";
  let lineNumber = 0;
  const line = (content: string): void => {
    let end = options.ends[lineNumber++ % options.ends.length] ?? "\n";
    // A blank line ended by LF behind a CR would read as one CRLF.
    if (content === "" && end === "\n" && text.endsWith("\r")) end = "\r";
    text += content + end;
  };
  for (const block of blocks) {
    const [first, ...rest] = block.data;
    if (first !== undefined) line(`data: ${first}`);
    for (const note of block.noise) line(note);
    if (block.event !== undefined) line(`event: ${block.event}`);
    if (block.retry !== undefined) line(`retry:${block.retry}`);
    if (block.id !== undefined) line(`id: ${block.id}`);
    for (const data of rest) line(data.startsWith(" ") ? `data: ${data}` : `data:${data}`);
    line("");
  }
  return Buffer.from(text);
}

function expectedEvents(blocks: readonly Block[]): SseEvent[] {
  return blocks
    .filter((block) => block.data.length > 0)
    .map((block) => ({
      event: block.event ?? "",
      data: block.data.join("\n"),
      ...(block.id === undefined ? {} : { id: block.id }),
      ...(block.retry === undefined ? {} : { retry: block.retry }),
    }));
}

test("SSE parser: any event stream reads the same however it is cut", (context) => {
  const seed = Number(process.env.FAST_CHECK_SEED ?? 20_260_101);
  context.diagnostic(`fast-check seed ${seed}`);
  fc.assert(
    fc.property(
      fc.array(blockArbitrary, { maxLength: 5 }),
      fc.record({ bom: fc.boolean(), ends: lineEnds }),
      fc.array(fc.nat(), { maxLength: 8 }),
      (blocks, style, places) => {
        const bytes = write(blocks, style);
        const events = expectedEvents(blocks);
        const whole = read([bytes]);
        assert.deepEqual(whole.events, events);
        assert.deepEqual(whole.end, WHOLE);
        assert.deepEqual(read([...bytes].map((byte) => Uint8Array.of(byte))), whole);
        assert.deepEqual(
          read(
            cut(
              bytes,
              places.map((place) => place % (bytes.length + 1)),
            ),
          ),
          whole,
        );
        for (let at = 1; at < bytes.length; at++) assert.deepEqual(read(cut(bytes, [at])), whole);
      },
    ),
    { seed, numRuns: 200 },
  );
});

function codeOf(run: () => unknown): string {
  try {
    run();
  } catch (error) {
    assert.ok(error instanceof GatewayError);
    return error.code;
  }
  return "none";
}

test("SSE parser: an event may have exactly maxEventBytes, at every split", () => {
  const bytes = Buffer.from("event: x\ndata: 0123456789\n\ndata: ok\n\n");
  const lineBytes = "event: xdata: 0123456789".length;
  for (let at = 0; at <= bytes.length; at++) {
    assert.equal(read(cut(bytes, [at]), lineBytes).events.length, 2);
    assert.equal(
      codeOf(() => read(cut(bytes, [at]), lineBytes - 1)),
      "upstream_event_too_large",
    );
  }
});

test("SSE parser: an endless line is refused before its end, and the parser stays closed", () => {
  const parser = new SseParser({ maxEventBytes: 1000, onEvent: () => assert.fail("no event is whole") });
  const piece = Buffer.alloc(300, 0x61);
  for (let count = 0; count < 3; count++) parser.push(piece);
  assert.equal(
    codeOf(() => parser.push(piece)),
    "upstream_event_too_large",
  );
  assert.throws(() => parser.push(piece), /after the stream has ended or failed/);
});

test("SSE parser: comments do not count towards the size of an event", () => {
  const text = `${": keep-alive\n".repeat(100)}data: a\n\n`;
  assert.deepEqual(read([Buffer.from(text)], 20).events, [{ event: "", data: "a" }]);
});

test("SSE parser: a 1 MB event that comes byte by byte takes linear time", () => {
  const data = "x".repeat(1_000_000);
  const bytes = Buffer.from(`data: ${data}\n\ndata: next\n\n`);
  const lengths: number[] = [];
  const parser = new SseParser({
    maxEventBytes: 2_000_000,
    onEvent: (event) => lengths.push(event.data.length),
  });
  for (let at = 0; at < bytes.length; at++) parser.push(bytes.subarray(at, at + 1));
  assert.deepEqual(lengths, [1_000_000, 4]);
});

test("SSE parser: nothing may follow end", () => {
  const parser = new SseParser({ maxEventBytes: 10, onEvent: () => undefined });
  parser.end();
  assert.throws(() => parser.end(), /after the stream has ended/);
  assert.throws(() => parser.push(new Uint8Array()), /after the stream has ended/);
});

test("SSE parser: works without a comment handler", () => {
  const events: SseEvent[] = [];
  const parser = new SseParser({ maxEventBytes: 100, onEvent: (event) => events.push(event) });
  parser.push(Buffer.from(": hello\ndata: a\n\n"));
  assert.deepEqual(events, [{ event: "", data: "a" }]);
});
