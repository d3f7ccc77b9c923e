/** One JSON line of the gateway's log. */
export type LogLine = Readonly<Record<string, unknown>>;

interface Waiter {
  readonly fits: (line: LogLine) => boolean;
  readonly resolve: (line: LogLine) => void;
  readonly reject: (error: Error) => void;
}

const SHOWN_CHARS = 2_000;

/** Reads what a process writes, keeps the JSON lines of it and wakes those who wait for one. */
export class LogTail {
  text = "";
  readonly lines: LogLine[] = [];
  readonly #waiters = new Set<Waiter>();
  #partial = "";
  #ended: string | null = null;

  push(text: string): void {
    this.text += text;
    const pieces = (this.#partial + text).split("\n");
    this.#partial = pieces.pop() ?? "";
    for (const piece of pieces) this.#take(piece);
  }

  /** No more will come, and why: whoever still waits is told. */
  end(reason: string): void {
    this.#ended = reason;
    for (const waiter of this.#waiters) waiter.reject(this.#failure(reason));
  }

  waitFor(fits: (line: LogLine) => boolean, timeoutMs: number): Promise<LogLine> {
    const found = this.lines.find(fits);
    if (found !== undefined) return Promise.resolve(found);
    if (this.#ended !== null) return Promise.reject(this.#failure(this.#ended));
    return new Promise((resolve, reject) => {
      const settle = (): void => {
        clearTimeout(timer);
        this.#waiters.delete(waiter);
      };
      const waiter: Waiter = {
        fits,
        resolve: (line) => {
          settle();
          resolve(line);
        },
        reject: (error) => {
          settle();
          reject(error);
        },
      };
      const timer = setTimeout(
        () => waiter.reject(this.#failure(`no log line fits after ${timeoutMs} ms`)),
        timeoutMs,
      );
      this.#waiters.add(waiter);
    });
  }

  /** What went wrong, with the end of what the process has written. */
  withLastOutput(reason: string): string {
    return `${reason}\nlast output:\n${this.text.slice(-SHOWN_CHARS)}`;
  }

  #take(piece: string): void {
    const line = parseLine(piece);
    if (line === null) return;
    this.lines.push(line);
    for (const waiter of this.#waiters) if (waiter.fits(line)) waiter.resolve(line);
  }

  #failure(reason: string): Error {
    return new Error(this.withLastOutput(reason));
  }
}

/** Null for the lines that are meant for people. */
function parseLine(text: string): LogLine | null {
  if (!text.startsWith("{")) return null;
  try {
    return JSON.parse(text) as LogLine;
  } catch {
    return null;
  }
}
