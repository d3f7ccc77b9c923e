import assert from "node:assert/strict";
import { Buffer } from "node:buffer";
import { test } from "node:test";
import fc from "fast-check";
import { encodeSseComment, encodeSseEvent } from "./encoder.ts";
import { type SseEvent, SseParser } from "./parser.ts";

function parse(text: string): { events: SseEvent[]; comments: string[] } {
  const events: SseEvent[] = [];
  const comments: string[] = [];
  const parser = new SseParser({
    maxEventBytes: 100_000,
    onEvent: (event) => events.push(event),
    onComment: (comment) => comments.push(comment),
  });
  parser.push(Buffer.from(text));
  assert.deepEqual(parser.end(), { truncated: false, unfinished: null });
  return { events, comments };
}

test("SSE encoder: the exact form of each kind", () => {
  assert.equal(encodeSseEvent({ data: "[DONE]" }), "data: [DONE]\n\n");
  assert.equal(encodeSseEvent({ event: "ping", id: "1", data: "{}" }), "event: ping\nid: 1\ndata: {}\n\n");
  assert.equal(encodeSseEvent({ data: "a\r\nb\rc\nd" }), "data: a\ndata: b\ndata: c\ndata: d\n\n");
  assert.equal(encodeSseComment("keep-alive"), ": keep-alive\n\n");
  assert.equal(encodeSseComment("a\n\ndata: forged"), ": a\n: \n: data: forged\n\n");
});

test("SSE encoder: a line end or NUL in an event name or id is refused", () => {
  assert.throws(() => encodeSseEvent({ event: "a\ndata: forged", data: "" }), TypeError);
  assert.throws(() => encodeSseEvent({ id: "a\rb", data: "" }), TypeError);
  assert.throws(() => encodeSseEvent({ id: "a\0b", data: "" }), TypeError);
});

test("SSE encoder: what it writes, the parser reads", (context) => {
  const seed = Number(process.env.FAST_CHECK_SEED ?? 20_260_101);
  context.diagnostic(`fast-check seed ${seed}`);
  const anyText = fc.string({
    unit: fc.constantFrom("a", " ", ":", "\n", "\r", "\r\n", "é", "😀", "\uFEFF"),
    maxLength: 20,
  });
  const name = anyText.map((text) => text.replaceAll(/[\r\n]/g, ""));
  fc.assert(
    fc.property(
      fc.array(fc.record({ event: name, data: anyText, id: name })),
      anyText,
      (outputs, comment) => {
        const text = encodeSseComment(comment) + outputs.map(encodeSseEvent).join("");
        const lines = (value: string): string => value.replaceAll(/\r\n|\r/g, "\n");
        const { events, comments } = parse(text);
        assert.deepEqual(
          events,
          outputs.map(({ event, data, id }) => ({ event, data: lines(data), id })),
        );
        assert.equal(comments.join("\n"), lines(comment));
      },
    ),
    { seed },
  );
});
