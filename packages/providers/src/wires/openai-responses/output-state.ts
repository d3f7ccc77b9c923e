/** The items of a streamed response, as its decoder knows them. */
import type { JsonObject } from "@headrace/core/json-object";
import { textOf } from "../../json/read.ts";

/** Far more than any answer has; a provider that sends more is out of order. */
const MAX_ITEMS = 4096;
const MAX_TOOL_CALLS = 1024;

/** An item of the output that has begun. */
export interface OutputItem {
  readonly kind: "message" | "reasoning" | "function" | "custom" | "other";
  readonly id: string;
  /** Our own index of a call; null for anything else. */
  readonly call: number | null;
  /** Its content has come in deltas, so that the whole item brings nothing new. */
  wrote: boolean;
  done: boolean;
}

const KINDS: ReadonlyMap<unknown, OutputItem["kind"]> = new Map<unknown, OutputItem["kind"]>([
  ["message", "message"],
  ["reasoning", "reasoning"],
  ["function_call", "function"],
  ["custom_tool_call", "custom"],
]);

export class OutputItems {
  /** By `output_index`, which counts items of every kind. */
  readonly #items = new Map<unknown, OutputItem>();
  #calls = 0;

  get size(): number {
    return this.#items.size;
  }

  get calls(): number {
    return this.#calls;
  }

  get(index: unknown): OutputItem | undefined {
    return this.#items.get(index);
  }

  values(): Iterable<OutputItem> {
    return this.#items.values();
  }

  /** @returns what is wrong with it when it cannot be, as the end of a sentence about the provider */
  open(index: unknown, raw: JsonObject): OutputItem | string {
    const kind = KINDS.get(raw.type) ?? "other";
    const isCall = kind === "function" || kind === "custom";
    if (this.#items.size >= MAX_ITEMS || (isCall && this.#calls >= MAX_TOOL_CALLS))
      return "sent more items than the gateway takes";
    if (isCall && (textOf(raw, "name") ?? "") === "") return "called a tool without its name";
    const item: OutputItem = {
      kind,
      id: textOf(raw, "id") ?? "",
      call: isCall ? this.#calls++ : null,
      wrote: false,
      done: false,
    };
    this.#items.set(index, item);
    return item;
  }
}
