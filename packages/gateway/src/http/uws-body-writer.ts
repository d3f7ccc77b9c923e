import type { HttpResponse } from "uWebSockets.js";

/** What the server is given at once: as much as a socket that has room surely takes. */
const STEP_BYTES = 16 * 1024;

/**
 * Writes the body of a streamed answer. The server keeps what a slow client does not take yet, and once somebody asked
 * to hear of room to write it sends nothing of that by itself. So it is given large pieces in steps, the rest waits
 * here, and when there is room the server is pushed first.
 */
export class UwsBodyWriter {
  readonly #res: HttpResponse;
  readonly #onDrained: () => void;
  readonly #held: Uint8Array[] = [];
  #outgoing: Uint8Array | string = "";
  #flowing = true;
  #listens = false;
  readonly #writeOutgoing = (): void => {
    this.#flowing = this.#res.write(this.#outgoing);
  };

  /** @param onDrained - called when everything has left after `flowing` was false */
  constructor(res: HttpResponse, onDrained: () => void) {
    this.#res = res;
    this.#onDrained = onDrained;
  }

  /** False while bytes wait for a slow client. */
  get flowing(): boolean {
    return this.#flowing;
  }

  write(bytes: Uint8Array | string): void {
    if (this.#flowing && bytes.length <= STEP_BYTES) {
      this.#step(bytes);
      return;
    }
    this.#held.push(typeof bytes === "string" ? Buffer.from(bytes) : bytes);
    if (this.#flowing) this.#sendHeld();
  }

  #sendHeld(): void {
    for (let next = this.#held[0]; this.#flowing && next !== undefined; next = this.#held[0]) {
      if (next.length <= STEP_BYTES) this.#held.shift();
      else this.#held[0] = next.subarray(STEP_BYTES);
      this.#step(next.subarray(0, STEP_BYTES));
    }
  }

  #step(bytes: Uint8Array | string): void {
    this.#outgoing = bytes;
    this.#res.cork(this.#writeOutgoing);
    if (!this.#flowing && !this.#listens) this.#listen();
  }

  #listen(): void {
    this.#listens = true;
    this.#res.onWritable(() => {
      this.#flowing = true;
      this.#res.cork(pushServer);
      this.#sendHeld();
      if (this.#flowing) this.#onDrained();
      return true;
    });
  }
}

/** Corking and uncorking makes the server send what it holds. */
function pushServer(): void {}
