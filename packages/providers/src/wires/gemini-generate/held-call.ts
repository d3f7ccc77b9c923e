import type { Signature } from "@headrace/core/canonical/chat-parts";
import type { JsonObject } from "@headrace/core/json-object";
import { callPart } from "./answer-encoder.ts";

/** A call whose arguments are on their way: on this wire they go out whole. */
export class HeldCall {
  readonly #id: string;
  readonly #name: string;
  readonly #signature: Signature | undefined;
  #argumentsJson = "";
  #looked = false;

  constructor(call: { readonly id: string; readonly name: string; readonly signature?: Signature }) {
    this.#id = call.id;
    this.#name = call.name;
    this.#signature = call.signature;
  }

  add(argumentsJson: string): void {
    this.#argumentsJson += argumentsJson;
  }

  /** The part, or null for arguments that are no JSON object. */
  part(): JsonObject | null {
    const signature = this.#signature === undefined ? {} : { signature: this.#signature };
    return callPart({ id: this.#id, name: this.#name, ...signature }, this.#argumentsJson);
  }

  /**
   * The same before the last of it has come, when something else follows, which mostly means that it is whole. Looking
   * once is enough: a provider that mixes its pieces could make every look cost all of them.
   */
  earlyPart(): JsonObject | null {
    if (this.#looked) return null;
    this.#looked = true;
    return this.part();
  }
}
