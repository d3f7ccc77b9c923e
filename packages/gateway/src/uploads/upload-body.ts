import { GatewayError } from "@headrace/core/errors/gateway-error";
import type { BodyPieceReceiver } from "../http/body-stream-intake.ts";
import { BlockPool, DelayedReturn } from "./block-pool.ts";
import { FormScanner, type FormSink, onlyModel } from "./form-scanner.ts";
import { HeldBytes, PassingBytes, type StoreDeps } from "./held-bytes.ts";
import type { PartHead } from "./part-head.ts";
import type { SpoolBudget } from "./spool.ts";

/** Hears of an upload, until it is closed. */
export interface UploadOwner {
  /** What has come is enough to ask a provider: the model is known, or the body is small and whole. Once at most. */
  onUploadReady(): void;
  onUploadRefused(error: GatewayError): void;
}

/** The client's side of an upload. */
export interface UploadSource {
  pauseBody(): void;
  resumeBody(): void;
}

export interface UploadOptions {
  /** Of a form whose model is looked for and replaced; null for a body that goes on as it is. */
  readonly boundary: string | null;
  /** True when it is known without the form where it goes. */
  readonly destined: boolean;
  /** `content-length`, or NaN. */
  readonly announcedBytes: number;
  readonly budget: SpoolBudget;
}

/** Held in memory of one upload; more goes to the disk, or only passes by. */
const MEMORY_BYTES = 256 * 1024;
/** Above this a client is stopped; what is on its way comes all the same. */
const PAUSE_AT_BYTES = 256 * 1024;
const PASSING_MEMORY_BYTES = 1024 * 1024;
/** What may follow a model that stood behind a file, and is held with that file: as much as a form has in fields. */
const FOLLOWING_BYTES = 256 * 1024;
/**
 * A provider's socket has not asked for more while it holds its high-water mark of 64 KiB or more, so that bytes this far
 * back have left.
 */
const UNSENT_BYTES = 256 * 1024;

/**
 * A body on its way from a client to a provider. Until it is known where it goes it is held: in memory, then on disk.
 * From then on it passes by, a little at a time, and a client that is faster than its provider is stopped. Another
 * provider can be asked as long as everything is still held.
 */
export class UploadBody implements BodyPieceReceiver, FormSink {
  bodyBytes = 0;
  /** What the form calls the model; null without one so far. */
  model: string | null = null;
  readonly #source: UploadSource;
  readonly #owner: UploadOwner;
  readonly #options: UploadOptions;
  readonly #scanner: FormScanner | null;
  readonly #pool = new BlockPool();
  /** From the first byte on. */
  readonly #held: HeldBytes;
  /** What came behind all that is held. */
  readonly #passing: PassingBytes;
  /** All but the model, and what stands before it; -1 until it has come. */
  #seenBytes = 0;
  #modelAtByte = -1;
  #complete = false;
  /** Somebody reads, or may. */
  #ready: boolean;
  #passed = false;
  /** Held on disk since then. */
  #followingBytes = 0;
  #failure: GatewayError | null = null;
  /** Counts the readers: only the last one goes on. */
  #readers = 0;
  #newsCount = 0;
  #wake: () => void = () => {};

  constructor(source: UploadSource, owner: UploadOwner, options: UploadOptions) {
    this.#source = source;
    this.#owner = owner;
    this.#options = options;
    this.#ready = this.startsAtOnce;
    this.#scanner = options.boundary === null ? null : new FormScanner(options.boundary, this);
    const deps: StoreDeps = {
      pool: this.#pool,
      budget: options.budget,
      onWritten: () => this.#letClientGoOn(),
      onFailed: (error) => this.#refuse(notSpooled(error)),
    };
    this.#held = new HeldBytes(MEMORY_BYTES, deps);
    this.#passing = new PassingBytes(PASSING_MEMORY_BYTES, deps);
  }

  /** Whether a provider may be asked before anything has come. A small body is waited for: it can be sent again. */
  get startsAtOnce(): boolean {
    return this.#options.destined && !(this.#options.announcedBytes <= MEMORY_BYTES);
  }

  /** False once bytes have been passed on that are kept no more. */
  get replayable(): boolean {
    return !this.#passed && this.#failure === null;
  }

  /** Length of the body with the model under this name, or null when it is not known yet. */
  lengthWith(model: string): number | null {
    const inModel = this.model === null ? 0 : Buffer.byteLength(model) - Buffer.byteLength(this.model);
    if (this.#complete) return this.bodyBytes + inModel;
    const known = this.#scanner === null || this.model !== null;
    return known && this.#options.announcedBytes >= 0 ? this.#options.announcedBytes + inModel : null;
  }

  /** The body for one provider, with the name that it has for the model. What was opened before ends. */
  open(model: string): AsyncIterable<Uint8Array> {
    this.#ready = true;
    this.#readers++;
    this.#tellReader();
    return this.#read(this.#readers, model);
  }

  /** Nobody reads it any more. */
  close(): void {
    this.#fail(new GatewayError("client_closed"));
    this.#held.drop();
    this.#passing.drop();
  }

  onBodyPiece(lent: Uint8Array, isLast: boolean): void {
    if (this.#failure !== null) return;
    this.bodyBytes += lent.length;
    try {
      this.#take(lent);
      if (isLast) this.#scanner?.end();
    } catch (error) {
      this.#refuse(error instanceof GatewayError ? error : notSpooled(error));
      return;
    }
    this.#complete = isLast;
    this.#tellReader();
    if (!this.#ready && (isLast || (this.model !== null && !this.#options.destined))) {
      this.#ready = true;
      this.#owner.onUploadReady();
    }
  }

  onBodyRefused(error: GatewayError): void {
    this.#refuse(error);
  }

  wanted(part: PartHead): number {
    return onlyModel(part);
  }

  onBytes(bytes: Buffer): void {
    this.#seenBytes += bytes.length;
    if (!this.#ready || this.#holdsMore(bytes.length)) this.#held.push(bytes);
    else this.#passing.push(bytes);
    if (this.#waitingBytes >= PAUSE_AT_BYTES) this.#source.pauseBody();
  }

  onValue(_name: string, model: string): void {
    this.model = model;
    this.#modelAtByte = this.#seenBytes;
  }

  /** What is faster than those who take it: the disk, or then the provider. */
  get #waitingBytes(): number {
    return this.#ready ? this.#passing.bytes : this.#held.unwrittenBytes;
  }

  /** While all is held, what follows is too, as far as there is room: where a socket cuts a form must not decide. */
  #holdsMore(bytes: number): boolean {
    if (this.#passed || this.#passing.bytes > 0) return false;
    if (!this.#held.onDisk) return this.#held.fitsInMemory(bytes);
    this.#followingBytes += bytes;
    return this.#followingBytes <= FOLLOWING_BYTES;
  }

  #letClientGoOn(): void {
    if (this.#waitingBytes < PAUSE_AT_BYTES) this.#source.resumeBody();
  }

  #take(lent: Uint8Array): void {
    for (let at = 0; at < lent.length; ) {
      const piece = this.#pool.copyOf(lent.subarray(at));
      at += piece.length;
      if (this.#scanner === null) this.onBytes(piece);
      else this.#scanner.push(piece);
    }
  }

  async *#read(reader: number, model: string): AsyncGenerator<Uint8Array> {
    const given = new DelayedReturn(this.#pool, UNSENT_BYTES);
    let at = 0;
    let named = false;
    for (;;) {
      if (this.#failure !== null) throw this.#failure;
      if (reader !== this.#readers) return;
      if (at === this.#modelAtByte && !named) {
        named = true;
        yield Buffer.from(model);
        continue;
      }
      const newsCount = this.#newsCount;
      const isHeld = at < this.#held.bytes;
      const piece = await (isHeld ? this.#held.read(at, this.#untilModel(at)) : this.#takePassing(at));
      if (piece !== undefined) {
        at += piece.length;
        yield piece;
        // What is held in memory may be needed again.
        if (!isHeld || this.#held.onDisk) given.given(piece);
      } else if (newsCount === this.#newsCount) {
        if (this.#complete) return;
        await this.#news();
      }
    }
  }

  #untilModel(atByte: number): number {
    return this.#modelAtByte > atByte ? this.#modelAtByte - atByte : Number.POSITIVE_INFINITY;
  }

  async #takePassing(atByte: number): Promise<Buffer | undefined> {
    // Before it has come: a reader that is stopped meanwhile has taken it all the same.
    if (this.#passing.bytes > 0 && !this.#passed) {
      this.#passed = true;
      if (!this.#held.onDisk) this.#held.drop();
    }
    const piece = await this.#passing.take(this.#untilModel(atByte));
    this.#letClientGoOn();
    return piece;
  }

  #news(): Promise<void> {
    return new Promise((resolve) => {
      this.#wake = resolve;
    });
  }

  #tellReader(): void {
    this.#newsCount++;
    this.#wake();
  }

  #refuse(error: GatewayError): void {
    if (this.#failure !== null) return;
    this.#fail(error);
    this.#owner.onUploadRefused(error);
  }

  #fail(error: GatewayError): void {
    this.#failure ??= error;
    this.#tellReader();
  }
}

function notSpooled(error: unknown): GatewayError {
  const message = "The gateway could not write the upload to its disk.";
  return new GatewayError("overloaded", { message, cause: error });
}
