import type { HttpResponse } from "uWebSockets.js";

/** What the server is given at once: as much as a socket that has room surely takes. */
const STEP_BYTES = 16 * 1024;
/** Where small pieces become one; the server has taken a copy when a write returns. */
const joined = Buffer.allocUnsafeSlow(STEP_BYTES);

/**
 * Writes a streamed answer. What is given within one turn of the event loop leaves together at its end: a provider's
 * events often come many in one read, and a system call for each would cost more than all else that is done for them.
 *
 * The server keeps what a slow client does not take yet, and once somebody asked to hear of room to write it sends
 * nothing of that by itself. So it is given large pieces in steps, the rest waits here, and when there is room the server
 * is pushed first.
 */
export class UwsBodyWriter {
  readonly #res: HttpResponse;
  readonly #onDrained: () => void;
  /** Writes the answer's head; null when it has been written. */
  #writeHead: (() => void) | null;
  readonly #held: Uint8Array[] = [];
  #flowing = true;
  #listens = false;
  #scheduled = false;
  #stopped = false;
  readonly #step = (): void => {
    this.#writeHead?.();
    this.#writeHead = null;
    if (this.#held.length > 0) this.#flowing = this.#res.write(this.#nextStep());
  };
  readonly #lastStep = (): void => {
    this.#step();
    // Never with the server's own "close" here: it would write a header into the middle of the chunked body.
    if (this.#flowing) this.#res.end();
  };
  readonly #flushScheduled = (): void => {
    this.#scheduled = false;
    if (!this.#stopped) this.flush();
  };

  /**
   * @param writeHead - called when the first bytes leave, corked
   * @param onDrained - called when everything has left after `flowing` was false
   */
  constructor(res: HttpResponse, writeHead: () => void, onDrained: () => void) {
    this.#res = res;
    this.#writeHead = writeHead;
    this.#onDrained = onDrained;
    this.#schedule();
  }

  /** False while bytes wait for a slow client. */
  get flowing(): boolean {
    return this.#flowing;
  }

  /** @param bytes - not to be changed before this turn of the event loop is over */
  write(bytes: Uint8Array | string): void {
    if (bytes.length === 0) return;
    this.#held.push(typeof bytes === "string" ? Buffer.from(bytes) : bytes);
    if (this.#flowing) this.#schedule();
  }

  /**
   * Gives what is left, and the end behind it.
   *
   * @returns false when a slow client has to take some of it first: to be called again when everything has left
   */
  end(): boolean {
    while (this.#flowing && this.#heldMoreThanAStep()) this.#res.cork(this.#step);
    if (this.#flowing) this.#res.cork(this.#lastStep);
    if (this.#flowing) this.stop();
    else this.#listen();
    return this.#flowing;
  }

  /** The server may have freed the response: it is never touched again. */
  stop(): void {
    this.#stopped = true;
  }

  #schedule(): void {
    if (this.#scheduled) return;
    this.#scheduled = true;
    process.nextTick(this.#flushScheduled);
  }

  /** Gives what it holds, as far as the client takes it. */
  flush(): void {
    while (this.#flowing && (this.#held.length > 0 || this.#writeHead !== null)) this.#res.cork(this.#step);
    if (!this.#flowing) this.#listen();
  }

  #heldMoreThanAStep(): boolean {
    let bytes = 0;
    for (const piece of this.#held) {
      bytes += piece.length;
      if (bytes > STEP_BYTES) return true;
    }
    return false;
  }

  /** As many pieces as fit, or a part of the first one. */
  #nextStep(): Uint8Array {
    const first = this.#held[0] ?? joined;
    if (first.length > STEP_BYTES) {
      this.#held[0] = first.subarray(STEP_BYTES);
      return first.subarray(0, STEP_BYTES);
    }
    if (this.#held.length === 1) {
      this.#held.length = 0;
      return first;
    }
    let bytes = 0;
    let taken = 0;
    for (const piece of this.#held) {
      if (bytes + piece.length > STEP_BYTES) break;
      joined.set(piece, bytes);
      bytes += piece.length;
      taken++;
    }
    this.#held.splice(0, taken);
    return joined.subarray(0, bytes);
  }

  #listen(): void {
    if (this.#listens) return;
    this.#listens = true;
    this.#res.onWritable(() => {
      this.#flowing = true;
      this.#res.cork(pushServer);
      this.flush();
      if (this.#flowing) this.#onDrained();
      return true;
    });
  }
}

/** Corking and uncorking makes the server send what it holds. */
function pushServer(): void {}
