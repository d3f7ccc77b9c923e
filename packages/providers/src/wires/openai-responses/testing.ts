/** What the tests of this wire share. */
import assert from "node:assert/strict";
import type { ChatStreamEvent } from "@headrace/core/canonical/chat-stream";
import { isJsonObject, type JsonObject } from "@headrace/core/json-object";
import type { ChatCallFacts } from "@headrace/core/wire/chat-codec";
import { frame } from "../../framing/testing.ts";
import { objectOf, objectsOf, parseJsonObject, textOf } from "../../json/read.ts";
import { fixtureBytes, fixtureObject } from "../../testing/chat-streams.ts";
import { echoOfRequest, type ToolNaming } from "./call-facts.ts";
import { OpenAiResponsesStreamEncoder } from "./stream-encoder.ts";

export function streamFixture(name: string): Buffer {
  return fixtureBytes(`openai-responses/${name}.sse`);
}

export function answerFixture(name: string): JsonObject {
  return fixtureObject(`openai-responses/${name}.json`);
}

/** The data of a stream's events, in order. */
export function eventsOf(bytes: Buffer | string): JsonObject[] {
  return frame("sse", [Buffer.from(bytes)]).frames.map(({ event, data }) => {
    const parsed = parseJsonObject(data);
    assert.ok(parsed !== null, data);
    assert.equal(parsed.type, event);
    return parsed;
  });
}

/** A call whose client gives encrypted thinking back, unless the request says otherwise. */
export function call(body: JsonObject = { store: false }, tools: readonly ToolNaming[] = []): ChatCallFacts {
  return {
    requestId: "req-1",
    model: "asked-for",
    createdAtSeconds: 1_700_000_000,
    includeUsage: true,
    echo: structuredClone(echoOfRequest(body, tools)),
  };
}

/** A whole stream of these events, behind a start. */
export function encodeStream(
  events: readonly Exclude<ChatStreamEvent, { type: "error" | "start" }>[],
  facts: ChatCallFacts = call(),
): string {
  const encoder = new OpenAiResponsesStreamEncoder(facts);
  const start = encoder.encode({ type: "start", id: "answer-1", model: "weir-1", createdAtSeconds: 7 });
  return start + events.map((event) => encoder.encode(event)).join("") + encoder.end();
}

/** The response that a stream ends with. */
export function finalResponse(stream: string): JsonObject {
  const response = eventsOf(stream).at(-1)?.response;
  assert.ok(isJsonObject(response));
  return response;
}

/**
 * What OpenAI's reference promises of a stream, of whatever content: numbers without a gap, items that begin once, get
 * deltas only in between, end once and stand in the response as they ended, and deltas that add up to what is said whole.
 */
export function assertWellFormed(stream: string): void {
  const events = eventsOf(stream);
  assert.deepEqual(
    events.map((event) => event.sequence_number),
    events.map((_, at) => at),
  );
  assert.deepEqual(
    events.slice(0, 2).map(({ type }) => type),
    ["response.created", "response.in_progress"],
  );
  let begun = 0;
  const open = new Map<unknown, JsonObject>();
  const done: JsonObject[] = [];
  const texts = new Map<string, string>();
  for (const event of events.slice(2, -1)) {
    const item = objectOf(event, "item");
    if (event.type === "response.output_item.added") {
      assert.ok(item !== undefined && event.output_index === begun++);
      open.set(event.output_index, item);
    } else if (event.type === "response.output_item.done") {
      assert.ok(item !== undefined);
      assert.equal(open.get(event.output_index)?.id, item.id);
      assert.equal(open.get(event.output_index)?.call_id, item.call_id);
      open.delete(event.output_index);
      done[Number(event.output_index)] = item;
    } else {
      assert.equal(open.get(event.output_index)?.id, event.item_id, String(event.type));
      addUp(event, texts);
    }
  }
  assert.equal(open.size, 0);
  const last = events.at(-1) ?? {};
  const response = objectOf(last, "response") ?? {};
  assert.equal(last.type, `response.${String(response.status)}`);
  assert.deepEqual(objectsOf(response, "output"), done);
  for (const event of events.slice(0, 2))
    assert.equal(textOf(objectOf(event, "response") ?? {}, "id"), response.id);
}

/** Members that hold, in the event at its end, what the deltas of a part have said. */
const WHOLE_MEMBERS = ["text", "refusal", "arguments", "input"] as const;

function addUp(event: JsonObject, texts: Map<string, string>): void {
  const type = textOf(event, "type") ?? "";
  const part = `${String(event.output_index)}/${String(event.content_index ?? event.summary_index)}`;
  const delta = textOf(event, "delta");
  if (type.endsWith(".delta")) texts.set(part, (texts.get(part) ?? "") + (delta ?? ""));
  const whole = WHOLE_MEMBERS.find((name) => typeof event[name] === "string");
  if (type.endsWith(".done") && whole !== undefined) assert.equal(event[whole], texts.get(part) ?? "", type);
}
