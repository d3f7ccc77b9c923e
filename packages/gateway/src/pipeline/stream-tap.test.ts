import assert from "node:assert/strict";
import { readdirSync, readFileSync } from "node:fs";
import { describe, it } from "node:test";
import { type TokenUsage, usageFromOpenAi } from "@headrace/core/canonical/usage";
import { GatewayError } from "@headrace/core/errors/gateway-error";
import { openAiChatStream } from "@headrace/providers/wires/openai-chat/stream-dialect";
import fc from "fast-check";
import { MALFORMED } from "./malformed-event.ts";
import { StreamTap } from "./stream-tap.ts";

// The same cases in every run; another seed tries others.
fc.configureGlobal({ seed: Number(process.env.FAST_CHECK_SEED ?? 20_260_101) });

const FIXTURES = new URL("./fixtures/", import.meta.url);

/** Shows the provider's usage object as the tap has gathered it. */
const asItIs = (raw: unknown): TokenUsage | null => raw as TokenUsage | null;

/** Everything that can be seen of a tap. */
interface Seen {
  readonly out: string;
  readonly events: number;
  readonly usage: object | null;
  readonly error: object | null;
  readonly whole: boolean;
}

function watch(pieces: Iterable<Buffer>, dropUsageEvent = true): Seen {
  const tap = new StreamTap(openAiChatStream, { tokenUsage: asItIs, dropUsageEvent });
  const out: Buffer[] = [];
  for (const piece of pieces) {
    const bytes = tap.push(piece);
    // A copy, because the next push may reuse what this one gave.
    if (bytes !== null) out.push(Buffer.from(bytes));
  }
  const { whole, bytes } = tap.end();
  if (bytes !== null) out.push(bytes);
  const { events, usage, error } = tap;
  return { out: Buffer.concat(out).toString(), events, usage, error, whole };
}

const whole = (text: string, dropUsageEvent = true): Seen => watch([Buffer.from(text)], dropUsageEvent);

function byteByByte(text: string, dropUsageEvent = true): Seen {
  const bytes = Buffer.from(text);
  return watch(
    Array.from(bytes, (_, i) => bytes.subarray(i, i + 1)),
    dropUsageEvent,
  );
}

function cutAt(bytes: Buffer, cuts: readonly number[]): Buffer[] {
  const points = [0, ...[...new Set(cuts)].sort((one, other) => one - other), bytes.length];
  return points.slice(1).map((end, i) => bytes.subarray(points[i], end));
}

const event = (data: unknown): string => `data: ${JSON.stringify(data)}\n\n`;
const DONE = "data: [DONE]\n\n";
const says = (content: string, index = 0): string =>
  event({ choices: [{ index, delta: { content }, finish_reason: null }] });
const stops = (index = 0, more: object = {}): string =>
  event({ choices: [{ index, delta: {}, finish_reason: "stop" }], ...more });
const USAGE = { prompt_tokens: 9, completion_tokens: 4 };
const usageEvent = (usage: object = USAGE): string => event({ choices: [], usage });
const fails = (error: unknown): string => event({ error });

const HELLO = says("Hel") + says("lo");

describe("StreamTap passes on", () => {
  it("a whole chunk as the very same object", () => {
    const tap = new StreamTap(openAiChatStream, { tokenUsage: asItIs, dropUsageEvent: true });
    const chunk = Buffer.from(HELLO);
    assert.equal(tap.push(chunk), chunk);
  });

  it("usage to a client that asked, in the very same bytes", () => {
    const tap = new StreamTap(openAiChatStream, { tokenUsage: asItIs, dropUsageEvent: false });
    const chunk = Buffer.from(HELLO + stops() + usageEvent() + DONE);
    assert.equal(tap.push(chunk), chunk);
    assert.deepEqual(tap.usage, USAGE);
  });

  it("what it does not understand", () => {
    const odd =
      'event: odd\nid: 7\nretry: 10\ndata: ["words",\ndata: "more"]\n\ndata:\n\ndata: {"a": {}}\nid: 8\n\ndata: [DONE] \n\n';
    const text = HELLO + odd + stops() + DONE;
    assert.equal(whole(text).out, text);
    assert.equal(whole(text).events, 8);
    assert.deepEqual(byteByByte(text), whole(text));
  });

  it("comments between events, uncounted", () => {
    const text = `${says("a")}: keep-alive\n\n${says("b")}: keep-alive\n\n${stops()}${DONE}`;
    assert.deepEqual(whole(text), { out: text, events: 4, usage: null, error: null, whole: true });
    assert.deepEqual(byteByByte(text), whole(text));
  });

  it("an event of a megabyte, and one after it", () => {
    const text = says("x".repeat(1 << 20)) + HELLO + stops() + DONE;
    const bytes = Buffer.from(text);
    assert.equal(watch(cutAt(bytes, [10, 70_000, 900_000])).out, text);
  });
});

describe("StreamTap holds back", () => {
  it("comments before the first event, so that nothing begins before it", () => {
    const comment = ": OPENROUTER PROCESSING\n\n";
    for (const seen of [whole, byteByByte]) {
      assert.equal(seen(comment + comment + HELLO + stops() + DONE).out, HELLO + stops() + DONE);
      assert.deepEqual(seen(comment), { out: "", events: 0, usage: null, error: null, whole: false });
    }
  });

  it("the usage event that the client did not ask for", () => {
    const text = HELLO + stops() + usageEvent() + DONE;
    assert.deepEqual(whole(text), {
      out: HELLO + stops() + DONE,
      events: 5,
      usage: USAGE,
      error: null,
      whole: true,
    });
  });

  it("no usage that comes with the end of a choice", () => {
    const text = HELLO + stops(0, { usage: USAGE }) + DONE;
    const seen = whole(text);
    assert.equal(seen.out, text);
    assert.deepEqual(seen.usage, USAGE);
  });

  it("an event that is too large", () => {
    const tap = new StreamTap(openAiChatStream, { tokenUsage: asItIs, dropUsageEvent: true });
    const piece = Buffer.alloc(4 << 20, "x");
    assert.throws(
      () => {
        for (let i = 0; i < 5; i++) assert.equal(tap.push(piece), null);
      },
      (error) => error instanceof GatewayError && error.code === "upstream_event_too_large",
    );
  });
});

describe("StreamTap reads usage", () => {
  it("merged over several reports, the last one of each field", () => {
    const text =
      says("a") +
      stops(0, { usage: { prompt_tokens: 3, completion_tokens: 1, prompt_cache_hit_tokens: 2 } }) +
      usageEvent({ prompt_tokens: 3, completion_tokens: 5 }) +
      DONE;
    for (const seen of [whole(text), byteByByte(text)]) {
      assert.deepEqual(seen.usage, { prompt_tokens: 3, completion_tokens: 5, prompt_cache_hit_tokens: 2 });
    }
  });

  it("never from a model's own words", () => {
    const words = says('{"usage":{"prompt_tokens":1000000},"error":{"message":"no"}}');
    const text = words + stops() + DONE;
    assert.deepEqual(whole(text), { out: text, events: 3, usage: null, error: null, whole: true });
  });
});

describe("StreamTap sees errors", () => {
  const error = { message: "out of capacity", code: 503 };
  const reading = { kind: "error", message: "out of capacity", status: 503 };

  it("passes one on and suppresses the [DONE] behind it", () => {
    const text = HELLO + fails(error) + DONE;
    for (const seen of [whole(text), byteByByte(text)]) {
      assert.deepEqual(seen, {
        out: HELLO + fails(error),
        events: 4,
        usage: null,
        error: reading,
        whole: true,
      });
    }
  });

  it("suppresses the [DONE] of a later chunk, and one without its blank line", () => {
    for (const done of [DONE, "data: [DONE]", "data: [DONE]\n"]) {
      const seen = watch([Buffer.from(HELLO + fails(error)), Buffer.from(done)]);
      assert.deepEqual([seen.out.trimEnd(), seen.whole], [(HELLO + fails(error)).trimEnd(), true]);
    }
  });

  it("adds no [DONE] of its own", () => {
    assert.equal(whole(HELLO + stops() + fails("oops")).out, HELLO + stops() + fails("oops"));
  });

  it("reads one that is a string", () => {
    assert.deepEqual(whole(fails("oops") + DONE).error, { kind: "error", message: "oops", status: null });
  });
});

describe("StreamTap holds back an event that is no JSON, and all behind it", () => {
  const broken = [
    ["half an object", 'data: {"choices":[{"index":0,"delta":{"con\n\n'],
    ["half an object with a mark", 'data: {"prompt_tokens":1,\n\n'],
    ["the other half", 'data: tent":"lo"}}]}\n\n'],
    ["words", "event: error\ndata: Internal Server Error\n\n"],
    ["two lines of an object that is never closed", 'data: {"choices":\ndata: [\n\n'],
  ] as const;
  for (const [name, text] of broken) {
    it(name, () => {
      for (const lineEnd of ["\n", "\r\n", "\r"]) {
        const stream = (HELLO + text + says("more") + stops() + DONE).replaceAll("\n", lineEnd);
        for (const seen of [whole(stream), byteByByte(stream)]) {
          assert.deepEqual([seen.out, seen.events], [HELLO.replaceAll("\n", lineEnd), 2]);
          assert.deepEqual([seen.error, seen.whole], [MALFORMED, false]);
        }
      }
    });
  }

  it("which the client has not heard of, other than of an error of the provider", () => {
    const tap = new StreamTap(openAiChatStream, { tokenUsage: asItIs, dropUsageEvent: true });
    tap.push(Buffer.from(HELLO));
    assert.equal(tap.passesErrors, true);
    assert.equal(tap.push(Buffer.from('data: {"hal\n\n')), null);
    assert.equal(tap.passesErrors, false);
    assert.equal(tap.push(Buffer.from(says("more"))), null);
  });

  it("and is silent on what follows an error", () => {
    const text = `${HELLO}${fails("oops")}data: {"hal\n\n${DONE}`;
    const { out, error, whole: isWhole } = whole(text);
    assert.deepEqual(
      [out, error, isWhole],
      [HELLO + fails("oops"), { kind: "error", message: "oops", status: null }, true],
    );
  });
});

describe("StreamTap tells a whole stream from a cut one", () => {
  const untouched = [
    ["[DONE]", HELLO + stops() + DONE],
    ["[DONE] and comments", `${HELLO + stops() + DONE}: bye\n\n: bye\n\n`],
    ["[DONE] without a finish reason", HELLO + DONE],
    ["[DONE] alone", DONE],
  ] as const;
  for (const [name, text] of untouched) {
    it(`whole: ${name}`, () => {
      for (const seen of [whole(text), byteByByte(text)])
        assert.deepEqual([seen.out, seen.whole], [text, true]);
    });
  }

  const completed = [
    ["[DONE] without a blank line", `${HELLO + stops()}data: [DONE]`, HELLO + stops() + DONE],
    [
      "[DONE] with half a blank line",
      `${HELLO + stops()}data: [DONE]\n`,
      `${HELLO + stops()}data: [DONE]\n\n\n`,
    ],
    ["a finish reason and no [DONE]", HELLO + stops(), HELLO + stops() + DONE],
    ["a last event without a blank line", (HELLO + stops()).trimEnd(), HELLO + stops() + DONE],
    ["usage behind the finish reason", HELLO + stops() + usageEvent(), HELLO + stops() + DONE],
    ["a comment behind the finish reason", `${HELLO + stops()}: x\n\n`, `${HELLO + stops()}: x\n\n${DONE}`],
    ["half an event behind the finish reason", `${HELLO + stops()}data: {"cho`, HELLO + stops() + DONE],
  ] as const;
  for (const [name, text, out] of completed) {
    it(`whole, and completed: ${name}`, () => {
      for (const seen of [whole(text), byteByByte(text)])
        assert.deepEqual([seen.out, seen.whole], [out, true]);
    });
  }

  const cut = [
    ["nothing", ""],
    ["no finish reason", HELLO],
    ["half an event", `${HELLO}data: {"choices":[{"del`],
    ["half an event that says it ends", `${HELLO}data: {"choices":[{"index":0,"finish_reason":"stop"`],
    ["half of [DONE]", `${HELLO}data: [DO`],
    ["usage and no finish reason", HELLO + usageEvent()],
    ["one of two choices ended", HELLO + stops(0) + says("more", 1)],
    ["[DONE] as a comment", `${HELLO}: data: [DONE]\n\n`],
    ["[DONE] behind other words", `${HELLO}data: not [DONE]\n\n`],
    ["an older finish reason", HELLO + stops(0) + says("more", 1) + usageEvent()],
  ] as const;
  for (const [name, text] of cut) {
    it(`cut: ${name}`, () => {
      for (const seen of [whole(text), byteByByte(text)]) {
        assert.equal(seen.whole, false);
        assert.ok(!seen.out.includes(`\n${DONE}`), "a cut stream must not end like a whole one");
      }
    });
  }
});

describe("StreamTap, however the bytes arrive, gives the same", () => {
  const names = readdirSync(FIXTURES).filter((name) => name.endsWith(".sse"));
  assert.ok(names.length >= 7);
  const recorded = names.map((name) => [name, readFileSync(new URL(name, FIXTURES), "utf8")] as const);

  for (const [name, text] of recorded) {
    it(`for ${name}, with each kind of line end`, () => {
      for (const lineEnd of ["\n", "\r\n", "\r"]) {
        const stream = text.replaceAll("\n", lineEnd);
        for (const drop of [true, false]) {
          const expected = whole(stream, drop);
          assert.deepEqual(byteByByte(stream, drop), expected);
          fc.assert(
            fc.property(fc.array(fc.nat(stream.length), { maxLength: 12 }), (cuts) => {
              assert.deepEqual(watch(cutAt(Buffer.from(stream), cuts), drop), expected);
            }),
            { numRuns: 30 },
          );
        }
      }
    });
  }

  it("for any mixture of events", () => {
    const part = fc.oneof(
      fc.string({ unit: "grapheme", maxLength: 6 }).map((text) => says(text)),
      fc.constantFrom(stops(), usageEvent(), stops(0, { usage: USAGE }), fails("x"), DONE),
      fc.constantFrom(": comment\n\n", "event: e\nid: 1\ndata: [1]\n\n", 'data: {"br\n\n'),
    );
    const ending = fc.constantFrom("", "data: [DONE]", "data: {", ": half", 'data: {"choices":[]}\n');
    const stream = fc
      .tuple(fc.array(part, { maxLength: 8 }), ending, fc.constantFrom("\n", "\r\n", "\r"))
      .map(([parts, end, lineEnd]) => (parts.join("") + end).replaceAll("\n", lineEnd));
    fc.assert(
      fc.property(stream, fc.array(fc.nat(600), { maxLength: 10 }), fc.boolean(), (text, cuts, drop) => {
        const bytes = Buffer.from(text);
        const fitting = cuts.filter((cut) => cut <= bytes.length);
        const expected = whole(text, drop);
        assert.deepEqual(byteByByte(text, drop), expected);
        assert.deepEqual(watch(cutAt(bytes, fitting), drop), expected);
      }),
      { numRuns: 500 },
    );
  });
});

describe("StreamTap reads the usage of real providers", () => {
  const usageOf = (name: string): object | null => {
    const { usage } = whole(readFileSync(new URL(`${name}.sse`, FIXTURES), "utf8"));
    return usageFromOpenAi(usage);
  };
  const tokens = (input: number, cached: number, output: number, reasoning = 0): object => ({
    uncachedInput: input,
    cacheReadInput: cached,
    cacheWrite5mInput: 0,
    cacheWrite1hInput: 0,
    visibleOutput: output,
    reasoningOutput: reasoning,
  });

  for (const [name, expected] of [
    ["openai-text", tokens(16, 0, 300)],
    ["deepseek-tool-call", tokens(19, 320, 44, 39)],
    ["groq-tool-call", tokens(210, 0, 15)],
    ["mistral-text", tokens(13, 0, 8)],
    ["mistral-tool-call", tokens(124, 0, 22)],
    ["perplexity-citations", tokens(10, 0, 336)],
  ] as const) {
    it(name, () => assert.deepEqual(usageOf(name), expected));
  }
});
