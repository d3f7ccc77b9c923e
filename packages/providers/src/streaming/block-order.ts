import { GatewayError } from "@headrace/core/errors/gateway-error";
import { JsonObjectTracker } from "./json-object-tracker.ts";

/** What blocks that wait for their turn may hold together. */
const MAX_HELD_CHARS = 16 * 1024 * 1024;

/** A block of a stream as its wire writes it. */
export interface BlockEvents<Kind extends string> {
  readonly kind: Kind;
  readonly index: number;
  /** The event that begins it; "" where the wire has none. */
  readonly start: string;
  /** A delta event of the kind's own, up to the JSON string of its text. */
  readonly deltaHead: string;
  /** The event that ends it; "" where the wire has none. */
  readonly stop: string;
}

/** A block on its way to the client. */
export interface Block<Kind extends string> extends BlockEvents<Kind> {
  /** Of a tool call; null for other kinds. */
  readonly arguments: JsonObjectTracker | null;
  /** Nothing more will belong to it. */
  sealed: boolean;
  /** It has been closed at the client. */
  closed: boolean;
  /** Its events so far, while another block is open. */
  held: string;
}

/**
 * Puts the blocks of a stream behind each other, for wires where one is closed before the next begins. Other wires let
 * pieces of parallel tool calls alternate, and no event says that a call is complete; so the block of a call stays open
 * until its arguments are whole JSON, and what comes for others in the meantime waits.
 */
export class BlockOrder<Kind extends string> {
  /** The first one is open at the client; the others wait. */
  readonly #blocks: Block<Kind>[] = [];
  #heldChars = 0;
  #out = "";

  /** Begins a block; the one before is sealed, unless it is a call, which another may be mixed with. */
  open(events: BlockEvents<Kind>, isCall: boolean): Block<Kind> {
    const last = this.#blocks.at(-1);
    if (last !== undefined && last.arguments === null) last.sealed = true;
    const block: Block<Kind> = {
      ...events,
      arguments: isCall ? new JsonObjectTracker() : null,
      sealed: false,
      closed: false,
      held: "",
    };
    this.#blocks.push(block);
    this.write(block, block.start);
    this.#advance();
    return block;
  }

  /** The block that a delta of this kind goes on with; null when there is none. */
  last(kind: Kind): Block<Kind> | null {
    const block = this.#blocks.at(-1);
    return block !== undefined && block.kind === kind && !block.sealed ? block : null;
  }

  write(block: Block<Kind>, events: string): void {
    if (block === this.#blocks[0]) {
      this.#out += events;
      return;
    }
    this.#heldChars += events.length;
    if (this.#heldChars > MAX_HELD_CHARS)
      throw new GatewayError("upstream_invalid_response", {
        message: "The model provider mixed the pieces of more tool calls than the gateway can put in order.",
      });
    block.held += events;
  }

  /** @param events - the delta for this piece of a call's arguments */
  writeArguments(block: Block<Kind>, piece: string, events: string): void {
    if (block.closed) return; // its arguments were whole, so this can only be blanks
    block.arguments?.push(piece);
    this.write(block, events);
    this.#advance();
  }

  /** Nothing more will belong to this block. */
  seal(block: Block<Kind>): void {
    block.sealed = true;
    this.#advance();
  }

  sealAll(): void {
    for (const block of this.#blocks) block.sealed = true;
    this.#advance();
  }

  /** The events that may go out now. */
  take(): string {
    const out = this.#out;
    this.#out = "";
    return out;
  }

  /** Closes the first block when it is complete, and lets the next one out. */
  #advance(): void {
    for (let block = this.#blocks[0]; block !== undefined; block = this.#blocks[0]) {
      const complete = block.sealed || (this.#blocks.length > 1 && block.arguments?.isWhole === true);
      if (!complete) return;
      block.closed = true;
      this.#out += block.stop;
      this.#blocks.shift();
      const next = this.#blocks[0];
      if (next === undefined) return;
      this.#out += next.held;
      this.#heldChars -= next.held.length;
      next.held = "";
    }
  }
}
