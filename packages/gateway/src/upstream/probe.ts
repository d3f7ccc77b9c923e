import type { FlatHeaders } from "@headrace/core/adapter";
import type { Dispatcher } from "undici";
import { PAUSE_MS } from "../time/deadlines.ts";
import type { Credential } from "./credentials/credential.ts";

export interface ProbeOptions {
  /** Opens what holds the connection, which has to be there in time. */
  readonly open: (timeoutMs: number) => Dispatcher;
  readonly path: string;
  /** The value of the `host` header. */
  readonly host: string;
  /** Those of every request to the provider. */
  readonly headers: FlatHeaders;
  readonly credential: Credential;
}

const NO_BODY = new Uint8Array();

/** Asks a provider whether it is there. Opens nothing before it is first used. */
export class Probe {
  readonly #options: ProbeOptions;
  #dispatcher: Dispatcher | null = null;
  #closed = false;

  constructor(options: ProbeOptions) {
    this.#options = options;
  }

  /** @returns false when there is no answer in time, or one with a status of 500 or more; never rejects */
  async ask(timeoutMs: number): Promise<boolean> {
    const { promise: over, resolve } = Promise.withResolvers<null>();
    const stop = afterOwnTime(timeoutMs, () => resolve(null));
    try {
      return await Promise.race([this.#ask(timeoutMs, over), over.then(() => false)]);
    } catch {
      return false;
    } finally {
      stop();
    }
  }

  async close(): Promise<void> {
    this.#closed = true;
    await this.#dispatcher?.destroy();
  }

  /** @param over - when nobody waits for the answer any more */
  async #ask(timeoutMs: number, over: Promise<null>): Promise<boolean> {
    const { path, host, headers, credential } = this.#options;
    const asked = { method: "GET", path, host, body: NO_BODY };
    const proof = credential.fixedHeaders === undefined ? await credential.headers(asked) : [];
    if (this.#closed) return false;
    this.#dispatcher ??= this.#options.open(timeoutMs);
    const request = { path, method: "GET" as const, headers: [...headers, ...proof] };
    return (await askUntil(this.#dispatcher, request, over)) < 500;
  }
}

/**
 * Calls back after so much time of the process's own: a pause of it is no silence of the provider, whose answer may have
 * arrived meanwhile, and timers come before sockets.
 *
 * @returns takes it back
 */
function afterOwnTime(ms: number, callback: () => void): () => void {
  let atMs = performance.now() + ms;
  const expire = (): void => {
    const nowMs = performance.now();
    const lateMs = nowMs - atMs;
    if (lateMs < PAUSE_MS) {
      callback();
      return;
    }
    atMs = nowMs + Math.min(lateMs, ms);
    timer = setTimeout(expire, atMs - nowMs);
  };
  let timer = setTimeout(expire, ms);
  return () => clearTimeout(timer);
}

/** Gives the status of an answer when its end is here. Not to be waited for beyond `over`, when it is given up. */
function askUntil(
  dispatcher: Dispatcher,
  request: Dispatcher.DispatchOptions,
  over: Promise<null>,
): Promise<number> {
  return new Promise((resolve, reject) => {
    const late = new Error("no answer in time");
    let status = 0;
    let isOver = false;
    let controller: Dispatcher.DispatchController | null = null;
    void over.then(() => {
      isOver = true;
      controller?.abort(late);
    });
    dispatcher.dispatch(request, {
      onRequestStart(started) {
        // Thrown: the connection came too late for this probe, and is the next one's.
        if (isOver) throw late;
        controller = started;
      },
      onResponseStart(_controller, answered) {
        status = answered;
      },
      onResponseData() {},
      onResponseEnd: () => resolve(status),
      onResponseError: (_controller, error) => reject(error),
    });
  });
}
