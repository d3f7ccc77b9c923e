import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { describe, it } from "node:test";
import { usageFromOpenAi } from "@headrace/core/canonical/usage";
import type { StreamDialect } from "@headrace/core/wire/stream-dialect";
import { openAiChatStream } from "@headrace/providers/wires/openai-chat/stream-dialect";
import { StreamTap } from "./stream-tap.ts";

const FIXTURES = new URL("./fixtures/", import.meta.url);
const SENTENCE = "the water ran down the headrace to the wheel and turned it all day long".split(" ");
const DONE = "data: [DONE]\n\n";

interface EventOptions {
  readonly padding?: number;
  readonly usage?: object;
  readonly finished?: boolean;
}

function event(content: string, { padding = 0, usage, finished = false }: EventOptions = {}): string {
  const choices = [{ index: 0, delta: { content }, finish_reason: finished ? "stop" : null }];
  const obfuscation = padding === 0 ? {} : { obfuscation: "x".repeat(padding) };
  return `data: ${JSON.stringify({ id: "chatcmpl-1", choices, usage: usage ?? null, ...obfuscation })}\n\n`;
}

function word(i: number): string {
  return ` ${SENTENCE[i % SENTENCE.length] ?? ""}`;
}

/** A tap that has seen these events, so many of them at a time. */
function tapOf(events: readonly string[], perRead = 1, dialect: StreamDialect = openAiChatStream): StreamTap {
  const tap = new StreamTap(dialect, { dropUsageEvent: true, tokenUsage: usageFromOpenAi });
  for (let i = 0; i < events.length; i += perRead)
    tap.push(Buffer.from(events.slice(i, i + perRead).join("")));
  return tap;
}

/** Asserts that the estimate is near the truth wherever the stream is cut from its third event on. */
function assertNear(
  events: readonly string[],
  tokensOf: (events: number) => number,
  tolerance: number,
): void {
  for (const perRead of [1, 7]) {
    for (let count = 3; count <= events.length; count++) {
      const estimate = tapOf(events.slice(0, count), perRead).estimateOutputTokens();
      const tokens = tokensOf(count);
      const off = Math.abs(estimate - tokens) / tokens;
      assert.ok(off <= tolerance, `${estimate} estimated for ${tokens} after ${count} events`);
    }
  }
}

describe("the estimate of a cut stream's output", () => {
  it("is a token an event where events are short", () => {
    const events = Array.from({ length: 200 }, (_, i) => event(word(i)));
    assertNear(events, (count) => count, 0.05);
  });

  it("is not misled by padding", () => {
    const events = Array.from({ length: 200 }, (_, i) => event(word(i), { padding: 1 + ((i * 7) % 32) }));
    assertNear(events, (count) => count, 0.05);
  });

  it("is the text's share where events are long, whatever its script", () => {
    for (const text of ["x".repeat(40), "ж".repeat(20)]) {
      assertNear(Array(60).fill(event(text)), (count) => count * 10, 0.01);
    }
  });

  it("sees reasoning and arguments of calls", () => {
    const call = { tool_calls: [{ index: 0, function: { arguments: "x".repeat(40) } }] };
    for (const delta of [{ reasoning_content: "x".repeat(40) }, call]) {
      const data = `data: ${JSON.stringify({ choices: [{ index: 0, delta }] })}\n\n`;
      assertNear(Array(20).fill(data), (count) => count * 10, 0.01);
    }
  });

  for (const name of ["openai-text", "xai-text", "deepseek-tool-call"]) {
    it(`is within 40 % of a token an event for ${name}`, () => {
      const text = readFileSync(new URL(`${name}.sse`, FIXTURES), "utf8");
      const events = text.split("\n\n").flatMap((data) => (data === "" ? [] : [`${data}\n\n`]));
      const untilUsage = events.slice(
        0,
        events.findIndex((data) => data.includes('"prompt_tokens"')),
      );
      assert.ok(untilUsage.length >= 5);
      assertNear(untilUsage, (count) => count, 0.4);
    });
  }

  it("is nothing for a stream without events", () => {
    assert.equal(tapOf([": comment\n\n"]).estimateOutputTokens(), 0);
  });

  it("takes no more than a handful of events out of a thousand to decode", () => {
    let decoded = 0;
    const counting: StreamDialect = {
      ...openAiChatStream,
      readEvent(data) {
        decoded++;
        return openAiChatStream.readEvent(data);
      },
    };
    const tap = tapOf(
      Array.from({ length: 1000 }, (_, i) => event(word(i))),
      1,
      counting,
    );
    assert.equal(decoded, 5);
    tap.estimateOutputTokens();
    assert.equal(decoded, 7);
  });

  it("leaves an event that is huge alone", () => {
    const huge = event("x".repeat(1 << 20));
    const dialect: StreamDialect = { ...openAiChatStream, readEvent: () => assert.fail("it was decoded") };
    assert.equal(tapOf([huge, huge, huge, huge, huge], 1, dialect).estimateOutputTokens(), 5);
  });
});

describe("a stream's usage is the last word", () => {
  const USAGE = { prompt_tokens: 9, completion_tokens: 4 };
  const growing = [1, 2, 3].map((n) => event("x", { usage: { ...USAGE, completion_tokens: n } }));
  const usageEvent = `data: ${JSON.stringify({ choices: [], usage: USAGE })}\n\n`;
  const failure = `data: ${JSON.stringify({ error: { message: "no" } })}\n\n`;

  for (const [name, events, final] of [
    ["when it has an event of its own", [event("x"), usageEvent], true],
    ["when it comes with the finish", [event("x"), event("", { usage: USAGE, finished: true })], true],
    ["not while it grows", growing, false],
    ["when it grew until the end", [...growing, DONE], true],
    ["not when it grew until an error", [...growing, failure, DONE], false],
    ["not when there is none", [event("x"), event("", { finished: true }), DONE], false],
  ] as const) {
    it(name, () => assert.equal(tapOf(events).usageIsFinal, final));
  }

  it("when it grew until a finish without [DONE]", () => {
    const tap = tapOf([...growing, event("", { finished: true })]);
    assert.equal(tap.end().whole, true);
    assert.equal(tap.usageIsFinal, true);
  });
});
