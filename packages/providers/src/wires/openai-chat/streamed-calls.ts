import type { Signature } from "@headrace/core/canonical/chat-parts";
import type { ChatStreamEvent } from "@headrace/core/canonical/chat-stream";
import { isJsonObject, type JsonObject } from "@headrace/core/json-object";
import { countOf, objectOf, textOf } from "../../json/read.ts";
import { argumentsText } from "./content-reader.ts";

/** Far more than any answer has; a provider that sends more is out of order. */
const MAX_TOOL_CALLS = 1024;
const NULL_ARGUMENTS = "null";

interface OpenCall {
  readonly index: number;
  readonly name: string;
  empty: boolean;
}

export interface CallsScope {
  readonly choice: number;
  /** The answer's id, of which calls without any get theirs. */
  readonly answerId: string;
  readonly emit: (event: ChatStreamEvent) => void;
}

/**
 * The calls of one choice. OpenAI gives an index with every piece, and id and name with the first; others leave out the
 * index or give all calls the same, repeat the id or make up a new one for each piece.
 */
export class StreamedCalls {
  readonly #scope: CallsScope;
  readonly #byId = new Map<string, OpenCall>();
  readonly #byIndex = new Map<number, OpenCall>();
  readonly #signatures = new Map<string, Signature>();
  #last: OpenCall | null = null;
  #count = 0;

  constructor(scope: CallsScope) {
    this.#scope = scope;
  }

  get count(): number {
    return this.#count;
  }

  /** A provider's proof that stands apart from the call that it is of. */
  sign(signatures: ReadonlyMap<string, Signature>): void {
    for (const [id, signature] of signatures)
      if (this.#signatures.size < MAX_TOOL_CALLS) this.#signatures.set(id, signature);
  }

  /** @returns what is wrong with it, or null */
  read(pieces: unknown): string | null {
    if (!Array.isArray(pieces)) return "sent calls of tools that are no list";
    for (const piece of pieces) {
      const wrong = isJsonObject(piece) ? this.#readPiece(piece) : "sent a call of a tool that is no object";
      if (wrong !== null) return wrong;
    }
    return null;
  }

  #readPiece(piece: JsonObject): string | null {
    const called = objectOf(piece, "function") ?? {};
    const id = textOf(piece, "id") ?? "";
    const name = textOf(called, "name") ?? "";
    const index = countOf(piece, "index");
    const open = this.#find(id, name, index);
    if (open === null && name === "") return "sent a piece of a call without its name";
    if (open === null && this.#count >= MAX_TOOL_CALLS) return "called more tools than the gateway takes";
    const call = open ?? this.#start(id, name, index);
    this.#last = call;
    this.#append(call, argumentsText(called.arguments));
    return null;
  }

  /** The call that a piece goes on with; null for one that begins another. */
  #find(id: string, name: string, index: number | undefined): OpenCall | null {
    const byId = id === "" ? undefined : this.#byId.get(id);
    if (byId !== undefined && (index === undefined || this.#byIndex.get(index) === byId)) return byId;
    const byIndex = index === undefined ? undefined : this.#byIndex.get(index);
    if (byIndex === undefined) return index === undefined && name === "" ? this.#last : null;
    // The same index with an id and a name of its own is another call.
    return name === "" || (id === "" && name === byIndex.name) ? byIndex : null;
  }

  #start(id: string, name: string, index: number | undefined): OpenCall {
    const { choice, answerId, emit } = this.#scope;
    const call: OpenCall = { index: this.#count++, name, empty: true };
    const ownId = id === "" || this.#byId.has(id) ? `call_${answerId}_${choice}_${call.index}` : id;
    this.#byId.set(ownId, call);
    if (index !== undefined) this.#byIndex.set(index, call);
    const signature = this.#signatures.get(ownId);
    const start = { type: "tool-call-start", choice, index: call.index, id: ownId, name } as const;
    emit(signature === undefined ? start : { ...start, signature });
    return call;
  }

  #append(call: OpenCall, argumentsJson: string): void {
    // For a tool without arguments some models write `null` in one piece.
    if (argumentsJson === "" || (call.empty && argumentsJson === NULL_ARGUMENTS)) return;
    call.empty = false;
    this.#scope.emit({
      type: "tool-call-delta",
      choice: this.#scope.choice,
      index: call.index,
      argumentsJson,
    });
  }
}
