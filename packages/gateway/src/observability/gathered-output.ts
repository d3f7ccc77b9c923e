import { fstatSync, write } from "node:fs";

const FLUSH_INTERVAL_MS = 200;
/** Gathered before a write: every write is a hand-over to another thread. */
const GATHER_BYTES = 64 * 1024;
/** What a pipe takes whole (PIPE_BUF): longer writes of processes that share one could mix their lines. */
const PIPE_BUF_BYTES = 4096;
/** Full buffers held for a reader that is slow or stuck; beyond them lines are dropped and counted. */
const MAX_WAITING = 256;
/** A pipe that is full is tried again soon, for it may hold no more than one buffer, and then ever less often. */
const FIRST_RETRY_AFTER_MS = 1;
const MAX_RETRY_AFTER_MS = 64;
/** UTF-8 bytes that a UTF-16 unit can take at most. */
const MAX_BYTES_PER_CHAR = 3;

interface Piece {
  readonly buffer: Buffer;
  bytes: number;
}

/**
 * Log lines on a file descriptor, written in large pieces by another thread. A reader that does not keep up costs lines,
 * never memory without bound and never the event loop. The shape is that of a pino destination.
 *
 * Lines become bytes at once, in buffers that are used again: strings that wait for their flush would each be a tree of
 * their parts, spread over a heap that has to be collected.
 */
export class GatheredOutput {
  /** Lines lost because the reader was too slow. */
  dropped = 0;
  readonly #fd: number;
  readonly #maxWriteBytes: number;
  readonly #timer: NodeJS.Timeout;
  #gathering: Piece = newPiece(GATHER_BYTES);
  /** In the order of their lines; the first one is being written. */
  readonly #waiting: Piece[] = [];
  #spare: Piece | null = null;
  #writtenBytes = 0;
  #isWriting = false;
  #retryAfterMs = FIRST_RETRY_AFTER_MS;
  #onWritten: (() => void) | null = null;

  /**
   * @param fd - one that does not block, where it is a pipe or a socket: a write that waits for a stuck reader would
   *   hold its thread, and a process cannot end before its threads do
   * @param shared - true when other processes write to the same descriptor
   */
  constructor(fd: number, shared: boolean) {
    this.#fd = fd;
    this.#maxWriteBytes = shared && mixesLongWrites(fd) ? PIPE_BUF_BYTES : Number.POSITIVE_INFINITY;
    // What would have to wait in any case goes on gathering, rather than take a whole buffer for a few lines.
    this.#timer = setInterval(() => {
      if (this.#waiting.length === 0) this.#flush();
    }, FLUSH_INTERVAL_MS);
    this.#timer.unref();
  }

  write(line: string): void {
    const neededBytes = line.length * MAX_BYTES_PER_CHAR;
    if (this.#gathering.bytes + neededBytes > this.#gathering.buffer.length) {
      if (this.#waiting.length >= MAX_WAITING) {
        this.dropped++;
        return;
      }
      this.#flush();
      if (neededBytes > this.#gathering.buffer.length) this.#gathering = newPiece(neededBytes);
    }
    const { buffer, bytes } = this.#gathering;
    this.#gathering.bytes = bytes + buffer.write(line, bytes);
  }

  /**
   * For the end of the process: resolves when all lines are written, or after `timeoutMs`, when the rest is lost. What is
   * logged afterwards may be lost too. Call once.
   */
  close(timeoutMs: number): Promise<void> {
    clearInterval(this.#timer);
    this.#flush();
    if (this.#waiting.length === 0) return Promise.resolve();
    return new Promise((resolve) => {
      const timer = setTimeout(resolve, timeoutMs);
      this.#onWritten = () => {
        clearTimeout(timer);
        resolve();
      };
    });
  }

  #flush(): void {
    if (this.#gathering.bytes === 0) return;
    this.#waiting.push(this.#gathering);
    this.#gathering = this.#spare ?? newPiece(GATHER_BYTES);
    this.#spare = null;
    this.#writeNext();
  }

  #writeNext(): void {
    const piece = this.#waiting[0];
    if (piece === undefined) {
      this.#onWritten?.();
      return;
    }
    if (this.#isWriting) return;
    this.#isWriting = true;
    const lengthBytes = this.#lengthBytes(piece);
    write(this.#fd, piece.buffer, this.#writtenBytes, lengthBytes, null, (error, writtenBytes) => {
      if (isFull(error)) {
        this.#retryLater();
        return;
      }
      this.#isWriting = false;
      this.#retryAfterMs = FIRST_RETRY_AFTER_MS;
      this.#writtenBytes += writtenBytes;
      // A descriptor that cannot be written to loses its lines; there is nowhere to say so.
      if (error !== null || this.#writtenBytes === piece.bytes) this.#retire(piece);
      this.#writeNext();
    });
  }

  #retryLater(): void {
    setTimeout(() => {
      this.#isWriting = false;
      this.#writeNext();
    }, this.#retryAfterMs).unref();
    this.#retryAfterMs = Math.min(MAX_RETRY_AFTER_MS, this.#retryAfterMs * 2);
  }

  #retire(piece: Piece): void {
    this.#waiting.shift();
    this.#writtenBytes = 0;
    piece.bytes = 0;
    if (piece.buffer.length === GATHER_BYTES) this.#spare = piece;
  }

  /** Bytes that go out at once: whole lines, as many as the descriptor takes without mixing. */
  #lengthBytes({ buffer, bytes }: Piece): number {
    const start = this.#writtenBytes;
    if (bytes - start <= this.#maxWriteBytes) return bytes - start;
    const lineEnd = buffer.lastIndexOf("\n", start + this.#maxWriteBytes - 1);
    return lineEnd < start ? this.#maxWriteBytes : lineEnd + 1 - start;
  }
}

function newPiece(sizeBytes: number): Piece {
  return { buffer: Buffer.allocUnsafeSlow(sizeBytes), bytes: 0 };
}

/** Pipes do, and so do the sockets that a service manager puts in their place. */
function mixesLongWrites(fd: number): boolean {
  const kind = fstatSync(fd);
  return kind.isFIFO() || kind.isSocket();
}

function isFull(error: unknown): boolean {
  return error instanceof Error && "code" in error && error.code === "EAGAIN";
}
