/** The items of a streamed response, each a small machine: begun, any number of deltas, closed once. */
import type { TokenLogprob } from "@headrace/core/canonical/chat";
import type { Citation, Signature } from "@headrace/core/canonical/chat-parts";
import type { JsonObject } from "@headrace/core/json-object";
import { parseJsonObject } from "../../json/read.ts";
import { writeAnnotation } from "./annotations.ts";
import type { ToolNaming } from "./call-facts.ts";
import type { EventWriter } from "./event-writer.ts";
import { FreeformReader, unwrapInput } from "./freeform.ts";
import {
  callItem,
  type ItemStatus,
  messageItem,
  reasoningItem,
  refusalContent,
  summaryPart,
  textContent,
  writeLogprob,
} from "./output-items.ts";

/** Where an item stands. */
export interface ItemPlace {
  readonly out: EventWriter;
  /** Its position in the output. */
  readonly index: number;
  readonly id: string;
}

abstract class ItemWriter {
  readonly index: number;
  protected readonly out: EventWriter;
  protected readonly id: string;
  /** Members of every event that belongs to it. */
  protected readonly place: string;
  /** JSON text of the item once it is closed. */
  closedJson: string | null = null;

  constructor({ out, index, id }: ItemPlace) {
    this.out = out;
    this.index = index;
    this.id = id;
    this.place = `"item_id":${JSON.stringify(id)},"output_index":${index}`;
  }

  protected begin(item: JsonObject): void {
    this.out.write(
      "response.output_item.added",
      `"output_index":${this.index},"item":${JSON.stringify(item)}`,
    );
  }

  protected finish(item: JsonObject): void {
    this.closedJson = JSON.stringify(item);
    this.out.write("response.output_item.done", `"output_index":${this.index},"item":${this.closedJson}`);
  }

  abstract close(status: ItemStatus): void;
}

/** A whole item at once. */
export class WholeItemWriter extends ItemWriter {
  constructor(place: ItemPlace, item: JsonObject) {
    super(place);
    this.begin(item);
    this.finish(item);
  }

  close(_status: ItemStatus): void {}
}

type PartType = "output_text" | "refusal";

export class MessageWriter extends ItemWriter {
  /** A proof of the text that closed it, for whom to write it is another's task. */
  signature: Signature | undefined;
  readonly #content: JsonObject[] = [];
  #part: PartType | null = null;
  #text = "";
  #annotations: JsonObject[] = [];
  #logprobs: JsonObject[] = [];
  #deltaHead = "";

  constructor(place: ItemPlace) {
    super(place);
    this.begin(messageItem(this.id, "in_progress", []));
  }

  text(delta: string, logprobs: readonly TokenLogprob[] | undefined): void {
    this.#open("output_text");
    this.#text += delta;
    if (logprobs === undefined) {
      this.out.write(
        "response.output_text.delta",
        `${this.#deltaHead}${JSON.stringify(delta)},"logprobs":[]`,
      );
      return;
    }
    const written = logprobs.map(writeLogprob);
    this.#logprobs.push(...written);
    this.out.write(
      "response.output_text.delta",
      `${this.#deltaHead}${JSON.stringify(delta)},"logprobs":${JSON.stringify(written)}`,
    );
  }

  refusal(delta: string): void {
    this.#open("refusal");
    this.#text += delta;
    this.out.write("response.refusal.delta", this.#deltaHead + JSON.stringify(delta));
  }

  cite(citation: Citation): void {
    this.#open("output_text");
    const annotation = writeAnnotation(citation, this.#text.length);
    this.out.write(
      "response.output_text.annotation.added",
      `${this.#partPlace()},"annotation_index":${this.#annotations.length},"annotation":${JSON.stringify(annotation)}`,
    );
    this.#annotations.push(annotation);
  }

  close(status: ItemStatus): void {
    this.#closePart();
    this.finish(messageItem(this.id, status, this.#content));
  }

  #open(type: PartType): void {
    if (this.#part === type) return;
    this.#closePart();
    this.#part = type;
    this.#deltaHead = `${this.#partPlace()},"delta":`;
    this.out.write(
      "response.content_part.added",
      `${this.#partPlace()},"part":${JSON.stringify(this.#body())}`,
    );
  }

  #closePart(): void {
    if (this.#part === null) return;
    const place = this.#partPlace();
    const text = JSON.stringify(this.#text);
    if (this.#part === "output_text")
      this.out.write(
        "response.output_text.done",
        `${place},"text":${text},"logprobs":${JSON.stringify(this.#logprobs)}`,
      );
    else this.out.write("response.refusal.done", `${place},"refusal":${text}`);
    const body = this.#body();
    this.out.write("response.content_part.done", `${place},"part":${JSON.stringify(body)}`);
    this.#content.push(body);
    this.#part = null;
    this.#text = "";
    this.#annotations = [];
    this.#logprobs = [];
  }

  #body(): JsonObject {
    return this.#part === "refusal"
      ? refusalContent(this.#text)
      : textContent({ text: this.#text, annotations: this.#annotations, logprobs: this.#logprobs });
  }

  #partPlace(): string {
    return `${this.place},"content_index":${this.#content.length}`;
  }
}

export class ReasoningWriter extends ItemWriter {
  /** What the client shall give back, known when it is closed. */
  encrypted: string | undefined;
  #text = "";
  readonly #deltaHead: string;

  constructor(place: ItemPlace) {
    super(place);
    this.#deltaHead = `${this.place},"summary_index":0,"delta":`;
    this.begin(reasoningItem(this.id, "", undefined));
  }

  get words(): string {
    return this.#text;
  }

  text(delta: string): void {
    if (this.#text === "")
      this.out.write(
        "response.reasoning_summary_part.added",
        `${this.place},"summary_index":0,"part":${JSON.stringify(summaryPart(""))}`,
      );
    this.#text += delta;
    this.out.write("response.reasoning_summary_text.delta", this.#deltaHead + JSON.stringify(delta));
  }

  close(_status: ItemStatus): void {
    if (this.#text !== "") {
      const place = `${this.place},"summary_index":0`;
      this.out.write("response.reasoning_summary_text.done", `${place},"text":${JSON.stringify(this.#text)}`);
      this.out.write(
        "response.reasoning_summary_part.done",
        `${place},"part":${JSON.stringify(summaryPart(this.#text))}`,
      );
    }
    this.finish(reasoningItem(this.id, this.#text, this.encrypted));
  }
}

export class CallWriter extends ItemWriter {
  readonly #callId: string;
  readonly #naming: ToolNaming;
  readonly #input: FreeformReader | null;
  readonly #deltaHead: string;
  #arguments = "";

  constructor(place: ItemPlace, { callId, naming }: { callId: string; naming: ToolNaming }) {
    super(place);
    this.#callId = callId;
    this.#naming = naming;
    this.#input = naming.freeform ? new FreeformReader() : null;
    this.#deltaHead = `${this.place},"delta":`;
    this.begin(this.#item("in_progress", naming.freeform ? '{"input":""}' : ""));
  }

  /** Nothing can follow any more but blanks. */
  get isWhole(): boolean {
    return this.#arguments !== "" && parseJsonObject(this.#arguments) !== null;
  }

  push(argumentsJson: string): void {
    this.#arguments += argumentsJson;
    const delta = this.#input === null ? argumentsJson : this.#input.push(argumentsJson);
    if (delta !== "") this.#delta(delta);
  }

  close(status: ItemStatus): void {
    if (this.#arguments.trim() === "") this.push("{}");
    const given = this.#arguments;
    if (this.#input === null) {
      this.out.write(
        "response.function_call_arguments.done",
        `${this.place},"arguments":${JSON.stringify(given)}`,
      );
    } else {
      const input = unwrapInput(given);
      if (!this.#input.isReading && input !== "") this.#delta(input);
      this.out.write(
        "response.custom_tool_call_input.done",
        `${this.place},"input":${JSON.stringify(input)}`,
      );
    }
    this.finish(this.#item(status, given));
  }

  #delta(delta: string): void {
    this.out.write(
      this.#input === null
        ? "response.function_call_arguments.delta"
        : "response.custom_tool_call_input.delta",
      this.#deltaHead + JSON.stringify(delta),
    );
  }

  #item(status: ItemStatus, argumentsJson: string): JsonObject {
    return callItem({
      id: this.id,
      status,
      callId: this.#callId,
      naming: this.#naming,
      argumentsJson,
    });
  }
}
