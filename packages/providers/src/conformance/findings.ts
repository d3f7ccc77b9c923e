/** Brings what a codec has read of an answer into the form in which a fixture's expectation is written. */
import type { ChatAnswer } from "@headrace/core/canonical/chat";
import type { ChatStreamEvent } from "@headrace/core/canonical/chat-stream";
import { type TokenUsage, totalInputTokens, totalOutputTokens } from "@headrace/core/canonical/usage";
import type { StreamFrame, StreamFraming } from "@headrace/core/wire/chat-codec";
import { createFramer } from "../framing/framer.ts";
import type { Decoded } from "../testing/chat-streams.ts";
import type { Expectation, ExpectedUsage } from "./expectation.ts";

/** The data of a stream's frames, in order. */
export function framesOf(framing: StreamFraming, bytes: Buffer): StreamFrame[] {
  const frames: StreamFrame[] = [];
  const framer = createFramer(framing, (frame) => frames.push(frame));
  framer.push(bytes);
  framer.end();
  return frames;
}

export function foundInStream({ events, whole }: Decoded): Expectation {
  const errors = events.filter((event) => event.type === "error");
  const error = errors[0];
  return {
    text: textOf(events, "text-delta"),
    thinking: textOf(events, "thinking-delta"),
    calls: events
      .filter((event) => event.type === "tool-call-start")
      .map(({ index, name }) => ({ name, arguments: argumentsOf(events, index) })),
    finish: events.findLast((event) => event.type === "finish")?.reason ?? null,
    usage: usageOf(events.findLast((event) => event.type === "usage")?.usage ?? null),
    error: error === undefined ? null : { message: error.message, status: error.status },
    cut: !whole && error === undefined,
  };
}

export function foundInAnswer({ choices, usage }: ChatAnswer): Expectation {
  const [choice] = choices;
  const parts = choice?.parts ?? [];
  const texts = parts.map((part) => (part.type === "text" ? part.text : ""));
  const thoughts = parts.map((part) => (part.type === "thinking" ? part.text : ""));
  return {
    text: texts.join(""),
    thinking: thoughts.join(""),
    calls: parts
      .filter((part) => part.type === "tool-call")
      .map(({ name, argumentsJson }) => ({ name, arguments: parseArguments(argumentsJson) })),
    finish: choice?.finish ?? null,
    usage: usageOf(usage),
    error: null,
    cut: false,
  };
}

/** The two identities: what the provider sums up, out of the parts that the gateway counts and prices by. */
export function usageOf(usage: TokenUsage | null): ExpectedUsage | null {
  if (usage === null) return null;
  return {
    input: totalInputTokens(usage),
    cacheRead: usage.cacheReadInput,
    cacheWrite: usage.cacheWrite5mInput + usage.cacheWrite1hInput,
    output: totalOutputTokens(usage),
    reasoning: usage.reasoningOutput,
  };
}

function textOf(events: readonly ChatStreamEvent[], type: "text-delta" | "thinking-delta"): string {
  return events.map((event) => (event.type === type ? event.text : "")).join("");
}

function argumentsOf(events: readonly ChatStreamEvent[], index: number): unknown {
  const pieces = events.map((event) =>
    event.type === "tool-call-delta" && event.index === index ? event.argumentsJson : "",
  );
  return parseArguments(pieces.join(""));
}

function parseArguments(json: string): unknown {
  try {
    return JSON.parse(json === "" ? "{}" : json);
  } catch {
    return json;
  }
}
