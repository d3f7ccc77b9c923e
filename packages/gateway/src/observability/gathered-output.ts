import { fstatSync, write, writeSync } from "node:fs";

const FLUSH_INTERVAL_MS = 200;
/** Gathered before a write: every write is a hand-over to another thread. */
const GATHER_CHARS = 48 * 1024;
/** What a pipe takes whole (PIPE_BUF): longer writes of processes that share one could mix their lines. */
const PIPE_BUF_BYTES = 4096;
/** Held for a reader that is slow or stuck; beyond it lines are dropped and counted. */
const MAX_HELD_CHARS = 16 * 1024 * 1024;
const RETRY_AFTER_MS = 20;

/**
 * Log lines on a file descriptor, written in large pieces by another thread. A reader that does not keep up costs lines,
 * never memory without bound and never the event loop. The shape is that of a pino destination.
 */
export class GatheredOutput {
  /** Lines lost because the reader was too slow. */
  dropped = 0;
  readonly #fd: number;
  readonly #maxWriteBytes: number;
  readonly #timer: NodeJS.Timeout;
  #held = "";
  #writing: Buffer | null = null;

  /** @param shared - true when other processes write to the same descriptor */
  constructor(fd: number, shared: boolean) {
    this.#fd = fd;
    this.#maxWriteBytes = shared && fstatSync(fd).isFIFO() ? PIPE_BUF_BYTES : Number.POSITIVE_INFINITY;
    this.#timer = setInterval(() => this.#flush(), FLUSH_INTERVAL_MS);
    this.#timer.unref();
  }

  write(line: string): void {
    if (this.#held.length > MAX_HELD_CHARS) {
      this.dropped++;
      return;
    }
    this.#held += line;
    if (this.#held.length >= GATHER_CHARS) this.#flush();
  }

  /** Writes what is held before it returns; for the end of the process. */
  flushSync(): void {
    const rest = Buffer.concat([this.#writing ?? Buffer.alloc(0), Buffer.from(this.#held)]);
    this.#held = "";
    this.#writing = null;
    for (let written = 0; written < rest.length; ) {
      try {
        written += writeSync(this.#fd, rest.subarray(written, written + this.#pieceBytes(rest, written)));
      } catch (error) {
        if (!isFull(error)) return; // the reader has gone: nobody is left to tell
      }
    }
  }

  #flush(): void {
    if (this.#writing !== null || this.#held === "") return;
    this.#writing = Buffer.from(this.#held);
    this.#held = "";
    this.#writeNext();
  }

  #writeNext(): void {
    const bytes = this.#writing;
    if (bytes === null) return;
    write(this.#fd, bytes, 0, this.#pieceBytes(bytes, 0), null, (error, written) => {
      if (this.#writing === null) return; // flushSync was faster
      if (error !== null && !isFull(error)) {
        this.#writing = null;
      } else if (error !== null) {
        setTimeout(() => this.#writeNext(), RETRY_AFTER_MS).unref();
      } else {
        this.#writing = written === bytes.length ? null : bytes.subarray(written);
        if (this.#writing === null) this.#flushWhenFull();
        else this.#writeNext();
      }
    });
  }

  #flushWhenFull(): void {
    if (this.#held.length >= GATHER_CHARS) this.#flush();
  }

  /** Bytes from `start` that go out at once: whole lines, as many as the descriptor takes without mixing. */
  #pieceBytes(bytes: Buffer, start: number): number {
    const leftBytes = bytes.length - start;
    if (leftBytes <= this.#maxWriteBytes) return leftBytes;
    const lineEnd = bytes.lastIndexOf("\n", start + this.#maxWriteBytes - 1);
    return lineEnd < start ? this.#maxWriteBytes : lineEnd + 1 - start;
  }
}

function isFull(error: unknown): boolean {
  return error instanceof Error && "code" in error && error.code === "EAGAIN";
}
