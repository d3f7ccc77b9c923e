import type { AnswerController, AnswerHandler } from "../upstream/asker.ts";

/**
 * The controller of a request that may never be sent, or sent later: what its owner wants of it holds for the real one
 * when that comes.
 */
export class StandIn implements AnswerController {
  aborted = false;
  paused = false;
  reason: Error | null = null;
  /** Called once. */
  onAbort: (() => void) | null = null;
  readonly #handler: AnswerHandler;
  #real: AnswerController | null = null;
  #silenced = false;

  constructor(handler: AnswerHandler) {
    this.#handler = handler;
  }

  /** @returns false for a request that nobody waits for any more */
  start(): boolean {
    try {
      this.#handler.onRequestStart?.(this, null);
    } catch (error) {
      this.abort(error instanceof Error ? error : new Error("not started"));
    }
    return !this.aborted;
  }

  /** The request is on its way now. */
  lead(real: AnswerController): void {
    if (this.reason !== null) throw this.reason; // drops the request and keeps the connection
    this.#real = real;
    if (this.paused) real.pause();
  }

  /** Nothing more is read, whatever its owner wants, but the connection stays. */
  silence(): void {
    this.#silenced = true;
    this.#real?.pause();
  }

  abort(reason: Error): void {
    if (this.aborted) return;
    this.aborted = true;
    this.reason = reason;
    this.onAbort?.();
    if (this.#real === null) this.#handler.onResponseError?.(this, reason);
    else this.#real.abort(reason);
  }

  pause(): void {
    this.paused = true;
    this.#real?.pause();
  }

  resume(): void {
    this.paused = false;
    if (!this.#silenced) this.#real?.resume();
  }
}
