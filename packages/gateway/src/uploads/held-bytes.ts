import { type BlockPool, PieceQueue } from "./block-pool.ts";
import { Spool, type SpoolBudget } from "./spool.ts";

/** What both stores of an upload's bytes need. */
export interface StoreDeps {
  readonly pool: BlockPool;
  readonly budget: SpoolBudget;
  /** Told when the disk has caught up. */
  readonly onWritten: () => void;
  readonly onFailed: (error: unknown) => void;
}

/** Appends a piece to a spool and gives its memory back when it is there. */
function spoolPiece(spool: Spool, piece: Buffer, { pool, onWritten, onFailed }: StoreDeps): void {
  const written = spool.append(piece);
  if (written === null) {
    pool.done(piece);
    return;
  }
  written.then(() => {
    pool.done(piece);
    onWritten();
  }, onFailed);
}

async function readSpool(spool: Spool, fromByte: number, scope: ReadScope): Promise<Buffer> {
  const bytes = await spool.read(fromByte, scope.pool.take().subarray(0, scope.maxBytes));
  if (bytes.length === 0) throw new Error("a spooled upload is shorter than it was");
  return bytes;
}

interface ReadScope {
  readonly pool: BlockPool;
  readonly maxBytes: number;
}

/** Bytes that can be read again and again: in memory, and on disk once they are too many. */
export class HeldBytes {
  readonly #deps: StoreDeps;
  readonly #memoryBytes: number;
  #pieces: PieceQueue | null = new PieceQueue();
  #spool: Spool | null = null;
  /** All that was ever held. */
  bytes = 0;

  constructor(memoryBytes: number, deps: StoreDeps) {
    this.#memoryBytes = memoryBytes;
    this.#deps = deps;
  }

  get onDisk(): boolean {
    return this.#spool !== null;
  }

  get unwrittenBytes(): number {
    return this.#spool?.unwrittenBytes ?? 0;
  }

  fitsInMemory(bytes: number): boolean {
    return this.#spool === null && this.#pieces !== null && this.bytes + bytes <= this.#memoryBytes;
  }

  /** @throws what {@link Spool.append} throws */
  push(piece: Buffer): void {
    if (this.fitsInMemory(piece.length)) this.#pieces?.push(piece);
    else spoolPiece(this.#openSpool(), piece, this.#deps);
    this.bytes += piece.length;
  }

  /** The next bytes at and after one, of which there must be some; as many as are at hand, at most so many from disk. */
  read(fromByte: number, maxBytes: number): Buffer | undefined | Promise<Buffer> {
    if (this.#spool === null) return this.#pieces?.from(fromByte);
    return readSpool(this.#spool, fromByte, { pool: this.#deps.pool, maxBytes });
  }

  /** Nobody reads it again. */
  drop(): void {
    this.#pieces = null;
    this.#spool?.close();
  }

  #openSpool(): Spool {
    if (this.#spool !== null) return this.#spool;
    const spool = new Spool(this.#deps.budget);
    this.#spool = spool;
    const pieces = this.#pieces;
    this.#pieces = null;
    for (let piece = pieces?.shift(); piece !== undefined; piece = pieces?.shift())
      spoolPiece(spool, piece, this.#deps);
    return spool;
  }
}

/**
 * Bytes that are read once. There are few of them, because a client that is too fast is stopped; but the server may read
 * what such a client has on its way without a pause for anybody else, up to all of it over a fast line. That goes to disk.
 */
export class PassingBytes {
  readonly #deps: StoreDeps;
  readonly #memoryBytes: number;
  readonly #pieces = new PieceQueue();
  #overflow: Spool | null = null;
  #overflowRead = 0;

  constructor(memoryBytes: number, deps: StoreDeps) {
    this.#memoryBytes = memoryBytes;
    this.#deps = deps;
  }

  get bytes(): number {
    return this.#pieces.bytes + (this.#overflow?.spooledBytes ?? 0) - this.#overflowRead;
  }

  /** @throws what {@link Spool.append} throws */
  push(piece: Buffer): void {
    if (this.#overflow === null && this.#pieces.bytes + piece.length <= this.#memoryBytes) {
      this.#pieces.push(piece);
      return;
    }
    this.#overflow ??= new Spool(this.#deps.budget);
    spoolPiece(this.#overflow, piece, this.#deps);
  }

  /** Takes the next bytes: as many as are at hand, at most so many from disk; undefined when there are none. */
  take(maxBytes: number): Buffer | undefined | Promise<Buffer> {
    const piece = this.#pieces.shift();
    if (piece !== undefined) return piece;
    return this.#overflow === null ? undefined : this.#takeOverflow(this.#overflow, maxBytes);
  }

  drop(): void {
    this.#overflow?.close();
  }

  async #takeOverflow(overflow: Spool, maxBytes: number): Promise<Buffer> {
    const bytes = await readSpool(overflow, this.#overflowRead, { pool: this.#deps.pool, maxBytes });
    this.#overflowRead += bytes.length;
    if (this.#overflowRead === overflow.spooledBytes && this.#overflow === overflow) {
      overflow.close();
      this.#overflow = null;
      this.#overflowRead = 0;
    }
    return bytes;
  }
}
