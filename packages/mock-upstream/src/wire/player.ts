import type { HttpResponse } from "uWebSockets.js";
import { writeHead, writeRawHead } from "./head.ts";
import type { Script } from "./script.ts";
import type { Timed, TimerHeap } from "./timer-heap.ts";

const NO_BYTES = new Uint8Array(0);
const ASCII_COLON = 0x3a;

/**
 * Plays a script on a response that is not answered in the socket's own callback: waits, writes the steps at their
 * times, pauses while the client does not read. Start, then step*, then exactly one of finish, stall or abort.
 */
export class Player implements Timed {
  dueAtMs = 0;
  cancelled = false;
  readonly #res: HttpResponse;
  readonly #script: Script;
  readonly #heap: TimerHeap;
  readonly #onFinished: () => void;
  #startMs = 0;
  #next = 0;
  #rest: Uint8Array = NO_BYTES;
  #started = false;
  #watchingDrain = false;
  #blocked = false;

  /** `onFinished` is called once when all was sent or the script closed the socket; not for a stall or an abort. */
  constructor(res: HttpResponse, script: Script, options: { heap: TimerHeap; onFinished: () => void }) {
    this.#res = res;
    this.#script = script;
    this.#heap = options.heap;
    this.#onFinished = options.onFinished;
  }

  /** Begins after so many milliseconds. */
  start(delayMs: number): void {
    if (delayMs > 0) {
      this.dueAtMs = performance.now() + delayMs;
      this.#heap.at(this);
    } else {
      this.#heap.soon(this);
    }
  }

  /** The client left: nothing more may touch the response. */
  abort(): void {
    this.cancelled = true;
  }

  run(nowMs: number): void {
    if (!this.#started) {
      this.#started = true;
      this.#startMs = nowMs;
      if (this.#playedWithoutSteps()) return;
    }
    const { steps } = this.#script;
    for (let step = steps[this.#next]; step !== undefined; step = steps[this.#next]) {
      if (this.#blocked || this.cancelled) return;
      if (this.#startMs + step.atMs > nowMs) {
        this.dueAtMs = this.#startMs + step.atMs;
        this.#heap.at(this);
        return;
      }
      this.#res.cork(this.#writeStep);
    }
    if (!this.#blocked && !this.cancelled) this.#conclude();
  }

  /** Answers of one write, and those that never get to a body. */
  #playedWithoutSteps(): boolean {
    const { status, steps, ending } = this.#script;
    if (status === undefined) {
      this.#conclude();
    } else if (isSingleEnd(this.#script)) {
      this.#res.cork(this.#answerAtOnce);
    } else if (steps.length === 0 && ending !== "end") {
      this.#res.cork(this.#writeRawHead);
      this.#conclude();
    } else {
      return false;
    }
    return true;
  }

  readonly #answerAtOnce = (): void => {
    this.cancelled = true;
    answerAtOnce(this.#res, this.#script);
    this.#onFinished();
  };

  readonly #writeRawHead = (): void => writeRawHead(this.#res, this.#script);

  readonly #writeStep = (): void => {
    const script = this.#script;
    const step = script.steps[this.#next];
    if (step === undefined) return;
    if (this.#next === 0 && this.#rest.byteLength === 0) writeHead(this.#res, script);
    if (script.framing === "length") {
      this.#writeSized(step.bytes);
      return;
    }
    this.#next += 1;
    if (script.framing === "close") {
      // With a single step the head already carried it.
      if (script.steps.length > 1) writeRawEvent(this.#res, step.bytes);
    } else if (!this.#res.write(step.bytes)) {
      this.#waitForDrain();
    }
  };

  /** Part of a body under content-length: what the socket did not take is offered again when it drains. */
  #writeSized(bytes: Uint8Array): void {
    const offered = this.#rest.byteLength > 0 ? this.#rest : bytes;
    const offsetBefore = this.#res.getWriteOffset();
    const [ok, complete] = this.#res.tryEnd(offered, this.#script.declaredBytes);
    if (complete) {
      this.cancelled = true;
      this.#onFinished();
      return;
    }
    if (!ok) {
      this.#rest = offered.subarray(this.#res.getWriteOffset() - offsetBefore);
      this.#waitForDrain();
    } else {
      this.#rest = NO_BYTES;
    }
    if (this.#rest.byteLength === 0) this.#next += 1;
  }

  #conclude(): void {
    const { ending, framing } = this.#script;
    if (ending === "stall") return;
    this.cancelled = true;
    if (ending === "end" && framing === "chunked") this.#res.cork(this.#endChunks);
    // Told before the close, so that a socket closed by the script does not count as an abort of the client.
    this.#onFinished();
    if (ending === "cut" || framing === "close") this.#res.close();
  }

  readonly #endChunks = (): void => {
    if (this.#script.steps.length === 0) writeHead(this.#res, this.#script);
    this.#res.end();
  };

  #waitForDrain(): void {
    this.#blocked = true;
    if (this.#watchingDrain) return;
    this.#watchingDrain = true;
    this.#res.onWritable(() => {
      if (this.cancelled) return true;
      this.#res.cork(pushServer);
      if (this.#blocked) {
        this.#blocked = false;
        // Outside of the callback, where every write is a segment of its own again.
        this.#heap.soon(this);
      }
      return true;
    });
  }
}

/** The server sends nothing of what it holds by itself while somebody listens for room; corking makes it. */
function pushServer(): void {}

/** Whether a script can be answered with a single `end`. */
export function isSingleEnd(script: Script): boolean {
  const { status, framing, ending, steps } = script;
  return status !== undefined && framing === "length" && ending === "end" && steps.length <= 1;
}

/** Answers a script of a single end; the caller has corked the response or is in its callback. */
export function answerAtOnce(res: HttpResponse, script: Script): void {
  writeHead(res, script);
  res.end(script.steps[0]?.bytes);
}

/**
 * Writes an event without chunk framing. The server library has no raw write, but a header line is written as
 * `name: value` and a line end wherever the response stands; `data: {…}` has that form, and the line end that
 * follows an event's empty line is one more empty line, which SSE ignores.
 */
function writeRawEvent(res: HttpResponse, bytes: Uint8Array): void {
  const colon = bytes.indexOf(ASCII_COLON);
  res.writeHeader(bytes.subarray(0, colon), bytes.subarray(colon + 2));
}
