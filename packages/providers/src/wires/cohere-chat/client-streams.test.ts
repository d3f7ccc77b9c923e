/** Streams for clients: every order of events, and the streams of every provider, read as Cohere's SDKs read them. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { unpackToolCallId } from "@headrace/core/canonical/carried-state";
import type { ChatStreamEvent } from "@headrace/core/canonical/chat-stream";
import fc from "fast-check";
import { foundInStream, framesOf } from "../../conformance/findings.ts";
import { readExpected, readStreamFixture } from "../../conformance/fixture-files.ts";
import { chatSubjects } from "../../conformance/subjects.ts";
import { parseJsonObject } from "../../json/read.ts";
import { saidBy, streamedAnswer } from "../../testing/answer-arbitraries.ts";
import { decodeStream } from "../../testing/chat-streams.ts";
import { cohereClient } from "./client.ts";
import { cohereProvider } from "./provider.ts";

const seed = Number(process.env.FAST_CHECK_SEED ?? 20_260_101);
const CALL = { requestId: "r1", model: "m", createdAtSeconds: 0, includeUsage: true, echo: undefined };
const START = { type: "start", id: "", model: "", createdAtSeconds: null } as const;

function write(events: readonly ChatStreamEvent[], whole = true): Buffer {
  const encoder = cohereClient.createStreamEncoder(CALL);
  let text = "";
  for (const event of events) if (event.type !== "error") text += encoder.encode(event);
  return Buffer.from(whole ? text + encoder.end() : text);
}

/** Input from a cache is told, but not what was written to one. */
function summed(said: ReturnType<typeof saidBy>): object {
  const { usage } = said;
  const written = (usage?.cacheWrite5mInput ?? 0) + (usage?.cacheWrite1hInput ?? 0);
  return {
    text: said.text,
    thinking: said.thinking.map(({ text }) => text).join(""),
    calls: said.calls.map((call) => ({ ...call, id: unpackToolCallId(call.id).id })),
    finish: said.finish,
    usage: usage && {
      ...usage,
      uncachedInput: usage.uncachedInput + written,
      cacheWrite5mInput: 0,
      cacheWrite1hInput: 0,
    },
  };
}

test("cohere stream: whatever the order of events, a client reads what they say", (context) => {
  context.diagnostic(`fast-check seed ${seed}`);
  fc.assert(
    fc.property(streamedAnswer, ({ events }) => {
      const { events: read, whole } = decodeStream(cohereProvider, [write(events)]);
      assert.equal(whole, true);
      assert.deepEqual(summed(saidBy(read)), summed(saidBy(events)));
    }),
    { seed, numRuns: 300 },
  );
});

test("cohere stream: signed thinking is in the id of the call behind it, each block once", () => {
  fc.assert(
    fc.property(streamedAnswer, ({ events }) => {
      const { events: read } = decodeStream(cohereProvider, [write(events)]);
      const carried = read.flatMap((event) =>
        event.type === "tool-call-start" ? (unpackToolCallId(event.id).state.thinking ?? []) : [],
      );
      const lastCall = events.findLastIndex(({ type }) => type === "tool-call-start");
      const before = events.slice(0, lastCall + 1).filter(({ type }) => type === "thinking-delta");
      const signed = saidBy(before).thinking.filter(({ proof }) => proof !== undefined);
      assert.deepEqual(
        carried.flatMap(({ signature, redacted }) => signature ?? redacted ?? []),
        signed.map(({ proof }) => proof),
      );
    }),
    { seed, numRuns: 200 },
  );
});

test("cohere stream: one content or call is closed before the next begins", () => {
  fc.assert(
    fc.property(streamedAnswer, ({ events }) => {
      let open: string | null = null;
      const next: Record<string, number> = { content: 0, "tool-call": 0 };
      for (const { event, data } of framesOf("sse", write(events)).slice(1, -1)) {
        const [, kind = "", step] = /^(.*)-(start|delta|end)$/.exec(event) ?? [];
        const index = parseJsonObject(data)?.index;
        if (step === "start") {
          assert.equal(open, null);
          assert.equal(index, next[kind]);
          next[kind] = (next[kind] ?? 0) + 1;
          open = kind;
        } else {
          assert.equal(open, kind);
          assert.equal(index, (next[kind] ?? 0) - 1);
          if (step === "end") open = null;
        }
      }
      assert.equal(open, null);
    }),
    { seed, numRuns: 200 },
  );
});

for (const { title, codec, folder, cases } of chatSubjects()) {
  for (const name of cases) {
    const bytes = readStreamFixture(folder, name, codec.framing);
    if (bytes === null) continue;
    test(`cohere stream: ${title}'s ${name} says to a client what it says`, () => {
      const expected = readExpected(folder, name);
      const { events, whole } = decodeStream(codec, [bytes]);
      const found = foundInStream(decodeStream(cohereProvider, [write(events, whole)]));
      assert.equal(found.text, expected.text);
      if (expected.error !== null || expected.cut) return assert.equal(found.cut, true);
      assert.deepEqual(found.calls, expected.calls);
      assert.equal(found.thinking, expected.thinking);
      assert.equal(found.finish, expected.finish);
      if (expected.usage !== null)
        assert.deepEqual(found.usage, { ...expected.usage, cacheWrite: 0, reasoning: 0 });
    });
  }
}

test("cohere stream: a citation finds its words, in the content where they stand", () => {
  const { events } = decodeStream(cohereProvider, [
    write([
      START,
      { type: "text-delta", choice: 0, text: "🌊 Open gates. " },
      { type: "thinking-delta", choice: 0, text: "Hm." },
      { type: "text-delta", choice: 0, text: "The race 🌊 stays full." },
      {
        type: "citation",
        choice: 0,
        citation: { url: "https://mill.example", title: "Mill", startIndex: 27, endIndex: 37 },
      },
      {
        type: "citation",
        choice: 0,
        citation: { url: "https://gates.example", startIndex: 3, endIndex: 13 },
      },
      { type: "citation", choice: 0, citation: { url: "https://all.example" } },
      { type: "finish", choice: 0, reason: "stop" },
    ]),
  ]);
  assert.deepEqual(
    events.flatMap((event) => (event.type === "citation" ? [event.citation] : [])),
    [
      { url: "https://mill.example", title: "Mill", startIndex: 27, endIndex: 37 },
      { url: "https://gates.example", startIndex: 3, endIndex: 13 },
      { url: "https://all.example" },
    ],
  );
});

test("cohere stream: pictures and refusals are text, log probabilities go with theirs", () => {
  const frames = framesOf(
    "sse",
    write([
      START,
      {
        type: "text-delta",
        choice: 0,
        text: "ab",
        logprobs: [
          { token: "a", logprob: -1, top: [] },
          { token: "b", logprob: -2, top: [] },
        ],
      },
      { type: "image", choice: 0, source: { kind: "base64", mediaType: "image/png", data: "aGk=" } },
      { type: "refusal-delta", choice: 0, text: "No." },
      { type: "text-delta", choice: 1, text: "of another choice" },
      { type: "finish", choice: 0, reason: "stop", stopSequence: "END" },
    ]),
  );
  const deltas = frames.filter(({ event }) => event === "content-delta").map(({ data }) => JSON.parse(data));
  assert.deepEqual(
    deltas.map(({ delta }) => delta.message.content.text),
    ["ab", "![image](data:image/png;base64,aGk=)", "No."],
  );
  assert.deepEqual(deltas[0].logprobs, { text: "ab", token_ids: [], logprobs: [-1, -2] });
  assert.equal(JSON.parse(frames.at(-1)?.data ?? "").delta.finish_reason, "STOP_SEQUENCE");
});

test("cohere stream: a call out of order is a bug", () => {
  const text = { type: "text-delta", choice: 0, text: "a" } as const;
  const finish = { type: "finish", choice: 0, reason: "stop" } as const;
  for (const events of [[text], [START, START], [START, finish, text]])
    assert.throws(() => write(events, false), /CohereStreamEncoder/);
  assert.throws(() => write([START, text]), /CohereStreamEncoder/);
});
