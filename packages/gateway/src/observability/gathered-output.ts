import { fstatSync, write, writeSync } from "node:fs";

const FLUSH_INTERVAL_MS = 200;
/** Gathered before a write: every write is a hand-over to another thread. */
const GATHER_BYTES = 64 * 1024;
/** What a pipe takes whole (PIPE_BUF): longer writes of processes that share one could mix their lines. */
const PIPE_BUF_BYTES = 4096;
/** Full buffers held for a reader that is slow or stuck; beyond them lines are dropped and counted. */
const MAX_WAITING = 256;
const RETRY_AFTER_MS = 20;
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

  /** @param shared - true when other processes write to the same descriptor */
  constructor(fd: number, shared: boolean) {
    this.#fd = fd;
    this.#maxWriteBytes = shared && fstatSync(fd).isFIFO() ? PIPE_BUF_BYTES : Number.POSITIVE_INFINITY;
    this.#timer = setInterval(() => this.#flush(), FLUSH_INTERVAL_MS);
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

  /** Writes what is held before it returns, for the end of the process. */
  flushSync(): void {
    const pieces = [...this.#waiting, this.#gathering].map(({ buffer, bytes }) => buffer.subarray(0, bytes));
    const rest = Buffer.concat(pieces).subarray(this.#writtenBytes);
    this.#waiting.length = 0;
    this.#writtenBytes = 0;
    this.#gathering = newPiece(GATHER_BYTES);
    for (let written = 0; written < rest.length; ) {
      try {
        written += writeSync(this.#fd, rest, written, this.#pieceBytes(rest, written, rest.length));
      } catch (error) {
        if (!isFull(error)) return; // the reader has gone: nobody is left to tell
      }
    }
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
    if (piece === undefined || this.#isWriting) return;
    this.#isWriting = true;
    const lengthBytes = this.#pieceBytes(piece.buffer, this.#writtenBytes, piece.bytes);
    write(this.#fd, piece.buffer, this.#writtenBytes, lengthBytes, null, (error, writtenBytes) => {
      this.#isWriting = false;
      if (this.#waiting[0] !== piece) return; // flushSync was faster
      if (isFull(error)) {
        setTimeout(() => this.#writeNext(), RETRY_AFTER_MS).unref();
        return;
      }
      this.#writtenBytes += writtenBytes;
      // A descriptor that cannot be written to loses its lines; there is nowhere to say so.
      if (error !== null || this.#writtenBytes === piece.bytes) this.#retire(piece);
      this.#writeNext();
    });
  }

  #retire(piece: Piece): void {
    this.#waiting.shift();
    this.#writtenBytes = 0;
    piece.bytes = 0;
    if (piece.buffer.length === GATHER_BYTES) this.#spare = piece;
  }

  /** Bytes of `[start, end)` that go out at once: whole lines, as many as the descriptor takes without mixing. */
  #pieceBytes(buffer: Buffer, start: number, end: number): number {
    if (end - start <= this.#maxWriteBytes) return end - start;
    const lineEnd = buffer.lastIndexOf("\n", start + this.#maxWriteBytes - 1);
    return lineEnd < start ? this.#maxWriteBytes : lineEnd + 1 - start;
  }
}

function newPiece(sizeBytes: number): Piece {
  return { buffer: Buffer.allocUnsafeSlow(sizeBytes), bytes: 0 };
}

function isFull(error: unknown): boolean {
  return error instanceof Error && "code" in error && error.code === "EAGAIN";
}
