import type { WebSocket } from "uWebSockets.js";
import type { Script } from "../wire/script.ts";
import type { Timed, TimerHeap } from "../wire/timer-heap.ts";

/** Plays a script on a WebSocket, a message for each step: start, then step*, then its ending or a cancel. */
export class MessagePlayer implements Timed {
  dueAtMs = 0;
  cancelled = false;
  /** The script itself closed the socket. */
  closedSocket = false;
  readonly #ws: Pick<WebSocket<unknown>, "send" | "close" | "end">;
  readonly #script: Script;
  readonly #heap: TimerHeap;
  readonly #endsSocket: boolean;
  #startMs = 0;
  #next = 0;
  #done = false;

  /** `endsSocket` closes it in good form when all was sent. */
  constructor(
    ws: Pick<WebSocket<unknown>, "send" | "close" | "end">,
    script: Script,
    options: { readonly heap: TimerHeap; readonly endsSocket: boolean },
  ) {
    this.#ws = ws;
    this.#script = script;
    this.#heap = options.heap;
    this.#endsSocket = options.endsSocket;
  }

  /** Begins after so many milliseconds. */
  start(delayMs: number): void {
    this.#startMs = performance.now() + delayMs;
    this.dueAtMs = this.#startMs;
    this.#heap.at(this);
  }

  /** Sends no more; whether there was more to send. */
  cancel(): boolean {
    const wasRunning = !this.#done && !this.cancelled;
    this.cancelled = true;
    return wasRunning;
  }

  run(nowMs: number): void {
    const { steps, ending } = this.#script;
    for (let step = steps[this.#next]; step !== undefined; step = steps[this.#next]) {
      if (this.#startMs + step.atMs > nowMs) {
        this.dueAtMs = this.#startMs + step.atMs;
        this.#heap.at(this);
        return;
      }
      this.#next += 1;
      this.#ws.send(Buffer.from(step.bytes).toString("utf8"));
      if (this.cancelled) return;
    }
    this.#done = ending !== "stall";
    if (ending === "cut") this.#close(() => this.#ws.close());
    else if (ending === "end" && this.#endsSocket) this.#close(() => this.#ws.end(1_000, ""));
  }

  #close(close: () => void): void {
    // Said before the close, whose handler runs within it.
    this.closedSocket = true;
    close();
  }
}
