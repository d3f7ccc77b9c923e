import type { ChatStreamEvent } from "@headrace/core/canonical/chat-stream";
import { isJsonObject, type JsonObject } from "@headrace/core/json-object";
import type { ChatStreamDecoder, StreamFrame } from "@headrace/core/wire/chat-codec";
import { usageFromCohere } from "../../cohere/usage.ts";
import { objectOf, parseJsonObject, textOf } from "../../json/read.ts";
import { isJsonAnswerTool } from "../../translation/json-answer-tool.ts";
import { CitedText } from "./cited-text.ts";
import { finishFromCohere } from "./finish-reasons.ts";
import { readLogprobs } from "./logprobs.ts";
import { errorIn } from "./provider-errors.ts";

/** Far more than any answer has; a provider that sends more is out of order. */
const MAX_TOOL_CALLS = 1024;
/** What Cohere's own SDKs wait for, behind the last event. */
const DONE_DATA = "[DONE]";
const NULL_ARGUMENTS = "null";
const NO_ARGUMENTS = "{}";

type State = "before-start" | "open" | "closed";

/** A call that has begun and not ended. */
type OpenCall =
  | { readonly kind: "tool"; readonly index: number; empty: boolean }
  /** Of the tool that stands for structured output: its arguments are the answer's text. */
  | { readonly kind: "json"; empty: boolean }
  | { readonly kind: "ignored" };

/**
 * Reads a chat's stream (Cohere API reference, "Chat with Streaming"):
 *
 *     message-start, (tool-plan-delta*, content-start, content-delta*, content-end, citation-start, citation-end,
 *     tool-call-start, tool-call-delta*, tool-call-end)*, message-end
 *
 * Contents and citations are of an answer whatever came before them, a call's pieces only behind its start. Types that it
 * does not know are passed over.
 */
export class CohereStreamDecoder implements ChatStreamDecoder {
  readonly #emit: (event: ChatStreamEvent) => void;
  readonly #calls = new Map<unknown, OpenCall>();
  readonly #cited = new CitedText();
  #state: State = "before-start";
  #messageId = "";
  #toolCalls = 0;
  #answeredInJson = false;
  #finished = false;

  constructor(emit: (event: ChatStreamEvent) => void) {
    this.#emit = emit;
  }

  push({ data }: StreamFrame): void {
    if (this.#state === "closed") return;
    const event = parseJsonObject(data);
    if (event === null) this.#endOrFail(data);
    else if (this.#state === "before-start") this.#start(event);
    else if (event.type === "content-delta") this.#content(event);
    else this.#other(event);
  }

  end(): boolean {
    this.#state = "closed";
    return this.#finished;
  }

  #endOrFail(data: string): void {
    if (data === DONE_DATA) this.#state = "closed";
    else this.#fail("sent an event that is no JSON object");
  }

  #start(event: JsonObject): void {
    const words = errorIn(event);
    if (words !== null) this.#close(words);
    else if (event.type !== "message-start") this.#failOrder(event.type);
    else {
      this.#state = "open";
      this.#messageId = textOf(event, "id") ?? "";
      this.#emit({ type: "start", id: this.#messageId, model: "", createdAtSeconds: null });
    }
  }

  #other(event: JsonObject): void {
    switch (event.type) {
      case "content-start":
        this.#cited.openBlock(event.index);
        this.#content(event);
        return;
      case "tool-plan-delta":
        this.#think(messageOf(event).tool_plan);
        return;
      case "tool-call-start":
        this.#startCall(event);
        return;
      case "tool-call-delta":
        this.#callPiece(event);
        return;
      case "tool-call-end":
        this.#endCall(event);
        return;
      case "citation-start":
        this.#cite(messageOf(event).citations);
        return;
      case "message-end":
        this.#endMessage(objectOf(event, "delta") ?? {});
        return;
      case "message-start":
        this.#failOrder(event.type);
        return;
      default:
        this.#unknown(event);
    }
  }

  #unknown(event: JsonObject): void {
    const words = errorIn(event);
    if (words !== null) this.#close(words);
    else if (typeof event.type !== "string") this.#fail("sent an event without a type");
  }

  #content(event: JsonObject): void {
    const content = messageOf(event).content;
    if (!isJsonObject(content)) this.#fail("sent a delta without its content");
    else if (content.thinking !== undefined) this.#think(content.thinking);
    else this.#say(content.text, event.logprobs);
  }

  #say(text: unknown, rawLogprobs: unknown): void {
    if (typeof text !== "string") {
      this.#fail("sent a delta without its text");
      return;
    }
    if (text === "") return;
    this.#cited.append(text);
    const logprobs = rawLogprobs === undefined ? undefined : readLogprobs(rawLogprobs);
    if (logprobs === undefined) this.#emit({ type: "text-delta", choice: 0, text });
    else this.#emit({ type: "text-delta", choice: 0, text, logprobs });
  }

  #think(text: unknown): void {
    if (typeof text !== "string") this.#fail("sent a delta without its text");
    else if (text !== "") this.#emit({ type: "thinking-delta", choice: 0, text });
  }

  #startCall(event: JsonObject): void {
    const raw = callOf(event);
    const name = textOf(objectOf(raw, "function") ?? {}, "name") ?? "";
    if (this.#calls.has(event.index)) this.#failOrder(event.type);
    else if (name === "") this.#fail("called a tool without its name");
    else if (this.#toolCalls >= MAX_TOOL_CALLS || this.#calls.size >= MAX_TOOL_CALLS)
      this.#fail("called more tools than the gateway takes");
    else {
      this.#calls.set(event.index, this.#openCall(name, textOf(raw, "id") ?? ""));
      this.#callPiece(event);
    }
  }

  #openCall(name: string, id: string): OpenCall {
    if (isJsonAnswerTool(name)) {
      // Only the first: two JSON texts behind each other are none.
      if (this.#answeredInJson) return { kind: "ignored" };
      this.#answeredInJson = true;
      return { kind: "json", empty: true };
    }
    const index = this.#toolCalls++;
    this.#emit({
      type: "tool-call-start",
      choice: 0,
      index,
      id: id === "" ? `call_${this.#messageId}_${index}` : id,
      name,
    });
    return { kind: "tool", index, empty: true };
  }

  #callPiece(event: JsonObject): void {
    const call = this.#calls.get(event.index);
    if (call === undefined) {
      this.#failOrder(event.type);
      return;
    }
    const piece = textOf(objectOf(callOf(event), "function") ?? {}, "arguments") ?? "";
    // For a tool without arguments some models write `null` in one piece.
    if (piece === "" || call.kind === "ignored" || (call.empty && piece === NULL_ARGUMENTS)) return;
    call.empty = false;
    if (call.kind === "json") this.#say(piece, undefined);
    else this.#emit({ type: "tool-call-delta", choice: 0, index: call.index, argumentsJson: piece });
  }

  #endCall(event: JsonObject): void {
    const call = this.#calls.get(event.index);
    if (call === undefined) this.#failOrder(event.type);
    else this.#closeCall(event.index, call);
  }

  #closeCall(key: unknown, call: OpenCall): void {
    this.#calls.delete(key);
    if (call.kind === "json" && call.empty) this.#say(NO_ARGUMENTS, undefined);
  }

  /** The reference has one object there, whole answers a list. */
  #cite(raw: unknown): void {
    for (const one of Array.isArray(raw) ? raw : [raw]) {
      const citations = this.#cited.cite(one);
      if (citations === null) {
        this.#fail("cited more than the gateway takes");
        return;
      }
      for (const citation of citations) this.#emit({ type: "citation", choice: 0, citation });
    }
  }

  #endMessage(delta: JsonObject): void {
    const error = textOf(delta, "error") ?? "";
    if (error !== "") {
      this.#close(error);
      return;
    }
    // A server that forgot to say so has still sent all of them.
    for (const [key, call] of this.#calls) this.#closeCall(key, call);
    this.#finished = true;
    const reason = finishFromCohere(textOf(delta, "finish_reason") ?? "", {
      calls: this.#toolCalls,
      answeredInJson: this.#answeredInJson,
    });
    this.#emit({ type: "finish", choice: 0, reason });
    const usage = usageFromCohere(delta.usage);
    if (usage !== null) this.#emit({ type: "usage", usage });
    this.#state = "closed";
  }

  #failOrder(type: unknown): void {
    this.#fail(typeof type === "string" ? `sent ${type} out of order` : "sent an event without a type");
  }

  #fail(what: string): void {
    this.#close(`The provider ${what}.`);
  }

  #close(message: string): void {
    if (this.#state === "closed") return;
    this.#state = "closed";
    this.#emit({ type: "error", message, status: null });
  }
}

function messageOf(event: JsonObject): JsonObject {
  return objectOf(objectOf(event, "delta") ?? {}, "message") ?? {};
}

/** An object in a stream, where whole answers have a list (seen of v2). */
function callOf(event: JsonObject): JsonObject {
  return objectOf(messageOf(event), "tool_calls") ?? {};
}
