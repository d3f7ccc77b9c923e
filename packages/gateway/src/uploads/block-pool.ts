const BLOCK_BYTES = 64 * 1024;

/**
 * The memory of one upload, used again and again: what 100 MiB leave behind in buffers is only freed when the collector
 * gets to it, and until then takes some 60 MB. Uploads share none, so that no mistake could show one to another.
 */
export class BlockPool {
  readonly #free: ArrayBufferLike[] = [];
  readonly #doneBytes = new WeakMap<ArrayBufferLike, number>();
  /** What is left of the block that is being filled. */
  #room: Buffer = Buffer.alloc(0);

  /** A block to be filled by somebody else. */
  take(): Buffer {
    const free = this.#free.pop();
    if (free !== undefined) return Buffer.from(free);
    const block = Buffer.allocUnsafeSlow(BLOCK_BYTES);
    this.#doneBytes.set(block.buffer, 0);
    return block;
  }

  /** A copy of the first bytes, as many as the present block has room for; behind the copy before, where it can. */
  copyOf(lent: Uint8Array): Buffer {
    if (this.#room.length === 0) this.#room = this.take();
    const copied = this.#room.subarray(0, lent.length);
    copied.set(lent.subarray(0, copied.length));
    this.#room = this.#room.subarray(copied.length);
    return copied;
  }

  /** Nobody will read this piece again. A block is used anew when that is so for all of it, and never before. */
  done({ buffer, length }: Buffer): void {
    const before = this.#doneBytes.get(buffer);
    if (before === undefined) return; // not ours
    this.#doneBytes.set(buffer, (before + length) % BLOCK_BYTES);
    if (before + length === BLOCK_BYTES) this.#free.push(buffer);
  }
}

/** Pieces in their order. Those that lie side by side become one, or many small ones would cost more than their bytes. */
export class PieceQueue {
  readonly #pieces: Buffer[] = [];
  bytes = 0;

  push(piece: Buffer): void {
    this.bytes += piece.length;
    const last = this.#pieces.at(-1);
    if (
      last !== undefined &&
      last.buffer === piece.buffer &&
      last.byteOffset + last.length === piece.byteOffset
    )
      this.#pieces[this.#pieces.length - 1] = Buffer.from(
        last.buffer,
        last.byteOffset,
        last.length + piece.length,
      );
    else this.#pieces.push(piece);
  }

  first(): Buffer | undefined {
    return this.#pieces[0];
  }

  /** What there is at and after a byte, at once. */
  from(byte: number): Buffer | undefined {
    let at = byte;
    for (const piece of this.#pieces) {
      if (at < piece.length) return piece.subarray(at);
      at -= piece.length;
    }
    return undefined;
  }

  shift(): Buffer | undefined {
    const piece = this.#pieces.shift();
    if (piece !== undefined) this.bytes -= piece.length;
    return piece;
  }
}

/** Pieces that have been given to somebody who does not say when they are done with. */
export class DelayedReturn {
  readonly #pool: BlockPool;
  readonly #delayBytes: number;
  readonly #waiting = new PieceQueue();

  /** @param delayBytes - a piece is done with when so much has been given after it */
  constructor(pool: BlockPool, delayBytes: number) {
    this.#pool = pool;
    this.#delayBytes = delayBytes;
  }

  given(piece: Buffer): void {
    this.#waiting.push(piece);
    for (let first = this.#waiting.first(); first !== undefined; first = this.#waiting.first()) {
      if (this.#waiting.bytes - first.length < this.#delayBytes) return;
      this.#waiting.shift();
      this.#pool.done(first);
    }
  }
}
