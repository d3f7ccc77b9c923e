import type { HttpRequest, HttpResponse } from "uWebSockets.js";
import { answerAtOnce, isSingleEnd, Player } from "../wire/player.ts";
import type { Script } from "../wire/script.ts";
import type { TimerHeap } from "../wire/timer-heap.ts";
import type { ReceivedRequest, Recorder } from "./recorder.ts";

/** What every exchange of a mock shares. */
export interface ExchangeDeps {
  readonly recorder: Recorder;
  readonly heap: TimerHeap;
}

/** One request and its answer: opened, body read, then answered, stalled or aborted. */
export class Exchange {
  /** The kept record; undefined when recording is off. */
  readonly record: ReceivedRequest | undefined;
  readonly #res: HttpResponse;
  readonly #deps: ExchangeDeps;
  #player: Player | undefined;
  #over = false;

  constructor(res: HttpResponse, record: ReceivedRequest | undefined, deps: ExchangeDeps) {
    this.#res = res;
    this.record = record;
    this.#deps = deps;
    deps.recorder.opened();
    if (record !== undefined) deps.recorder.keep(record);
    res.onAborted(() => this.#abort());
  }

  /** Calls back with the whole body; never when the client leaves before it is complete. */
  readBody(onBody: (body: Buffer) => void): void {
    let pieces: Buffer[] | undefined;
    this.#res.onData((chunk, isLast) => {
      // The chunk is only lent: a complete body is used within this call, a piece is copied.
      const bytes = Buffer.from(chunk);
      if (!isLast) {
        pieces ??= [];
        pieces.push(Buffer.from(bytes));
        if (this.record !== undefined) this.#deps.recorder.bodyGrew(this.record, bytes.byteLength);
        return;
      }
      const body = pieces === undefined ? bytes : Buffer.concat([...pieces, bytes]);
      if (this.record !== undefined) this.#deps.recorder.bodyArrived(this.record, Buffer.from(body));
      onBody(body);
    });
  }

  /** Answers with a script after a delay in milliseconds. */
  answer(script: Script, delayMs: number = 0): void {
    if (this.#over) return;
    const totalDelayMs = delayMs + script.generationMs;
    if (totalDelayMs === 0 && isSingleEnd(script)) {
      answerAtOnce(this.#res, script);
      this.#finish();
      return;
    }
    this.#player = new Player(this.#res, script, { heap: this.#deps.heap, onFinished: () => this.#finish() });
    this.#player.start(totalDelayMs);
  }

  #finish(): void {
    this.#over = true;
    this.#deps.recorder.finished(this.record);
  }

  #abort(): void {
    if (this.#over) return;
    this.#over = true;
    this.#player?.abort();
    this.#deps.recorder.aborted(this.record);
  }
}

/** Copies what is worth keeping of a request; valid only inside the route's own callback. */
export function recordOf(req: HttpRequest): ReceivedRequest {
  const headers: Record<string, string> = {};
  req.forEach((name, value) => {
    headers[name] = Object.hasOwn(headers, name) ? `${headers[name]}, ${value}` : value;
  });
  // Undefined, against the package's types, when the URL has no question mark.
  const query: string | undefined = req.getQuery();
  return {
    method: req.getCaseSensitiveMethod(),
    path: query === undefined ? req.getUrl() : `${req.getUrl()}?${query}`,
    headers,
    bodyBytes: Buffer.alloc(0),
    bodyBytesReceived: 0,
    receivedAtMs: performance.now(),
    aborted: false,
    finished: false,
  };
}
