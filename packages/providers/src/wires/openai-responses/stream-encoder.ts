import type { FinishReason } from "@headrace/core/canonical/chat";
import type { MediaSource } from "@headrace/core/canonical/chat-parts";
import type { ChatStreamEvent } from "@headrace/core/canonical/chat-stream";
import type { TokenUsage } from "@headrace/core/canonical/usage";
import type { ChatCallFacts, ChatStreamEncoder } from "@headrace/core/wire/chat-codec";
import { EventWriter } from "./event-writer.ts";
import { ENDING_BY_FINISH } from "./finish-reasons.ts";
import {
  CallWriter,
  type ItemPlace,
  MessageWriter,
  ReasoningWriter,
  WholeItemWriter,
} from "./item-writers.ts";
import {
  callItemKind,
  imageAsText,
  imageItem,
  reasoningItem,
  ThinkingForCalls,
  toolNaming,
} from "./output-items.ts";
import { encryptSignature, encryptThinking } from "./reasoning-state.ts";
import {
  IN_PROGRESS,
  type ResponseHead,
  type ResponseState,
  responseHead,
  responseMembers,
} from "./response-object.ts";
import { emulatedItemId } from "./stored-id.ts";

type Encodable = Exclude<ChatStreamEvent, { type: "error" }>;
type Delta<T extends Encodable["type"]> = Extract<Encodable, { type: T }>;
type Writer = MessageWriter | ReasoningWriter | CallWriter | WholeItemWriter;

/**
 * Writes a Responses stream from any provider's events (OpenAI API reference, "Streaming events"). A message or reasoning
 * is closed when something else begins. Pieces of parallel tool calls may alternate, and no event says that a call is
 * complete: its item stays open until the arguments are whole JSON and something else begins, or until the end.
 *
 * The last event goes out in `end`, since usage may still follow the finish.
 */
export class OpenAiResponsesStreamEncoder implements ChatStreamEncoder {
  readonly #call: ChatCallFacts;
  readonly #out = new EventWriter();
  /** In the order of the output. */
  readonly #items: Writer[] = [];
  readonly #calls = new Map<number, CallWriter>();
  readonly #carried = new ThinkingForCalls();
  #state: "new" | "open" | "finished" | "ended" = "new";
  #head: ResponseHead | null = null;
  /** JSON text of what the response repeats of the request, which may be long and goes out three times. */
  #echoMembers = "";
  #finish: FinishReason = "other";
  #usage: TokenUsage | null = null;

  constructor(call: ChatCallFacts) {
    this.#call = call;
  }

  encode(event: Encodable): string {
    if (event.type === "start") this.#start(event);
    else if (event.type === "usage") this.#usage = event.usage;
    else if (event.choice === 0) this.#content(event); // this wire has a single choice
    return this.#out.take();
  }

  end(): string {
    if (this.#state !== "finished") throw new Error("OpenAiResponsesStreamEncoder: end without a finish");
    this.#state = "ended";
    const ending = ENDING_BY_FINISH[this.#finish];
    this.#writeResponse(`response.${ending.status}`, { ...ending, usage: this.#usage });
    return this.#out.take();
  }

  #start(event: Delta<"start">): void {
    if (this.#state !== "new") throw new Error("OpenAiResponsesStreamEncoder: a second start");
    this.#state = "open";
    this.#head = responseHead(event, this.#call);
    this.#echoMembers = JSON.stringify(this.#head.echo.fields).slice(1, -1);
    this.#writeResponse("response.created", IN_PROGRESS);
    this.#writeResponse("response.in_progress", IN_PROGRESS);
  }

  #writeResponse(type: string, state: ResponseState): void {
    const members = JSON.stringify(responseMembers(this.#opened(), state)).slice(1, -1);
    const output = this.#items.map(({ closedJson }) => closedJson).join(",");
    const echo = this.#echoMembers === "" ? "" : `,${this.#echoMembers}`;
    this.#out.write(type, `"response":{${members},"output":[${output}]${echo}}`);
  }

  #content(event: Exclude<Encodable, { type: "start" | "usage" }>): void {
    if (this.#state !== "open") throw new Error(`OpenAiResponsesStreamEncoder: ${event.type} out of order`);
    switch (event.type) {
      case "text-delta":
        this.#text(event);
        return;
      case "refusal-delta":
        if (event.text !== "") this.#message().refusal(event.text);
        return;
      case "thinking-delta":
        this.#thinking(event);
        return;
      case "tool-call-start":
        this.#startCall(event);
        return;
      case "tool-call-delta":
        this.#continueCall(event);
        return;
      case "citation":
        this.#message().cite(event.citation);
        return;
      case "image":
        this.#image(event.source);
        return;
      case "finish":
        this.#close(event.reason);
        return;
    }
  }

  #text({ text, logprobs, signature }: Delta<"text-delta">): void {
    if (text !== "") this.#message().text(text, logprobs);
    const current = this.#current();
    if (signature !== undefined && current instanceof MessageWriter) current.signature = signature;
  }

  #thinking({ text, signature, redacted }: Delta<"thinking-delta">): void {
    if (text !== "") this.#reasoning().text(text);
    if (signature === undefined && redacted === undefined) return;
    if (redacted !== undefined) this.#closeCurrent(); // a block of its own
    const block = this.#reasoning();
    const thinking = {
      text: block.words,
      ...(signature === undefined ? {} : { signature }),
      ...(redacted === undefined ? {} : { redacted }),
    };
    if (this.#opened().echo.encrypted) block.encrypted = encryptThinking(thinking);
    else this.#carried.add(thinking);
    block.close("completed");
  }

  #startCall({ index, id, name, signature }: Delta<"tool-call-start">): void {
    this.#closeCurrent();
    const naming = toolNaming(name, this.#opened().echo);
    const callId = this.#carried.packInto(id, signature);
    const writer = new CallWriter(this.#nextPlace(callItemKind(naming)), { callId, naming });
    this.#items.push(writer);
    this.#calls.set(index, writer);
  }

  #continueCall({ index, argumentsJson }: Delta<"tool-call-delta">): void {
    const call = this.#calls.get(index);
    if (call === undefined) throw new Error("OpenAiResponsesStreamEncoder: a tool call that never began");
    // One that was closed had whole arguments, so this can only be blanks.
    if (call.closedJson === null) call.push(argumentsJson);
  }

  #image(source: MediaSource): void {
    if (source.kind === "url") {
      this.#message().text(imageAsText(source.url), undefined);
      return;
    }
    if (source.kind === "file-id") return; // which only its provider can open
    this.#closeCurrent();
    const place = this.#nextPlace("ig");
    this.#items.push(new WholeItemWriter(place, imageItem(place.id, source.data)));
  }

  #close(reason: FinishReason): void {
    const isCut = ENDING_BY_FINISH[reason].status !== "completed";
    const current = this.#current();
    for (const item of this.#items) {
      if (item.closedJson !== null) continue;
      const isWhole = item instanceof CallWriter ? item.isWhole : item !== current;
      item.close(isCut && !isWhole ? "incomplete" : "completed");
    }
    this.#sign(current);
    this.#state = "finished";
    this.#finish = reason;
  }

  /** The item that deltas without a place of their own go on with. */
  #current(): Writer | null {
    const last = this.#items.at(-1);
    return last === undefined || last.closedJson !== null ? null : last;
  }

  #message(): MessageWriter {
    const current = this.#current();
    if (current instanceof MessageWriter) return current;
    this.#closeCurrent();
    const writer = new MessageWriter(this.#nextPlace("msg"));
    this.#items.push(writer);
    return writer;
  }

  #reasoning(): ReasoningWriter {
    const current = this.#current();
    if (current instanceof ReasoningWriter) return current;
    this.#closeCurrent();
    const writer = new ReasoningWriter(this.#nextPlace("rs"));
    this.#items.push(writer);
    return writer;
  }

  /** Something else begins. */
  #closeCurrent(): void {
    const current = this.#current();
    if (current === null || (current instanceof CallWriter && !current.isWhole)) return;
    current.close("completed");
    this.#sign(current);
  }

  /** What thinking without a proof was belongs to the calls behind it all the same; a text's proof follows the text. */
  #sign(closed: Writer | null): void {
    if (closed instanceof ReasoningWriter && !this.#opened().echo.encrypted)
      this.#carried.add({ text: closed.words });
    if (!(closed instanceof MessageWriter) || closed.signature === undefined) return;
    if (!this.#opened().echo.encrypted) return;
    const place = this.#nextPlace("rs");
    const item = reasoningItem(place.id, "", encryptSignature(closed.signature));
    this.#items.push(new WholeItemWriter(place, item));
  }

  #nextPlace(kind: string): ItemPlace {
    const index = this.#items.length;
    return { out: this.#out, index, id: emulatedItemId(kind, this.#opened().id, index) };
  }

  #opened(): ResponseHead {
    if (this.#head === null) throw new Error("OpenAiResponsesStreamEncoder: content before the start");
    return this.#head;
  }
}
