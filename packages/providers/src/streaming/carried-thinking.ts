import { type CarriedThinking, packToolCallId } from "@headrace/core/canonical/carried-state";
import type { Signature } from "@headrace/core/canonical/chat-parts";

/** Far above any block of thinking. */
const MAX_KEPT_CHARS = 16 * 1024 * 1024;
/** What has no proof is welcome, not needed, so that an id does not grow beyond measure for it. */
const MAX_UNSIGNED_CHARS = 64 * 1024;

/** A piece of thinking, streamed or whole. */
export interface Thought {
  readonly text: string;
  readonly signature?: Signature;
  readonly redacted?: Signature;
}

/**
 * Gathers thinking for the id of the call behind it, on wires that have no place for signatures and whose clients send
 * back no more of a turn than its calls. Some providers want back what they never signed (DeepSeek).
 */
export class ThinkingCarrier {
  #text = "";
  #blocks: CarriedThinking[] = [];

  /** A signature ends a block of thinking. */
  take({ text, signature, redacted }: Thought): void {
    if (this.#text.length < MAX_KEPT_CHARS) this.#text += text;
    if (signature === undefined && redacted === undefined) return;
    this.#blocks.push({
      text: this.#text,
      ...(signature === undefined ? {} : { signature }),
      ...(redacted === undefined ? {} : { redacted }),
    });
    this.#text = "";
  }

  /** The id of a call with all that was thought before it and not taken by another. */
  pack(id: string, signature: Signature | undefined): string {
    const thinking = [...this.#blocks];
    if (this.#text !== "" && this.#text.length <= MAX_UNSIGNED_CHARS) thinking.push({ text: this.#text });
    this.#blocks = [];
    this.#text = "";
    return packToolCallId(id, {
      ...(signature === undefined ? {} : { signature }),
      ...(thinking.length === 0 ? {} : { thinking }),
    });
  }
}
