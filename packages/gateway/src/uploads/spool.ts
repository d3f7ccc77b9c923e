import { randomUUID } from "node:crypto";
import { closeSync, openSync, read, unlinkSync, write, writeSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import { GatewayError } from "@headrace/core/errors/gateway-error";

const readAt = promisify(read);
const writeAt = promisify(write);

/** How much disk the spools of a process may take together. */
export class SpoolBudget {
  readonly #limitBytes: number;
  #takenBytes = 0;

  constructor(limitBytes: number) {
    this.#limitBytes = limitBytes;
  }

  get takenBytes(): number {
    return this.#takenBytes;
  }

  /** @throws GatewayError `overloaded` when there is not so much left */
  take(bytes: number): void {
    if (this.#takenBytes + bytes > this.#limitBytes) {
      const message =
        "The gateway has no room to hold the upload until it is known which model it is for; with the header x-headrace-model it need not be held.";
      throw new GatewayError("overloaded", { message });
    }
    this.#takenBytes += bytes;
  }

  give(bytes: number): void {
    this.#takenBytes -= bytes;
  }
}

const OWNER_ONLY = 0o600;

/** More than this is not kept in memory for a disk that is slow, or for a client that is faster than our own turn. */
const UNWRITTEN_BYTES = 1024 * 1024;

/** Bytes on disk, in a file that has no name any more and is gone when the process is. */
export class Spool {
  readonly #budget: SpoolBudget;
  readonly #file: number;
  #spooledBytes = 0;
  #unwrittenBytes = 0;
  #closed = false;
  /** Settles when all that was begun on the file is done; rejects for the first that failed. */
  #underway: Promise<unknown> = Promise.resolve();

  /** @throws Error when there can be no file */
  constructor(budget: SpoolBudget) {
    this.#budget = budget;
    this.#file = openUnnamed();
  }

  get spooledBytes(): number {
    return this.#spooledBytes;
  }

  /** What has been appended and waits for the disk. */
  get unwrittenBytes(): number {
    return this.#unwrittenBytes;
  }

  /**
   * Appends bytes, which must not change until they are written: on return for null, else when the promise is kept.
   *
   * @throws GatewayError `overloaded` when the budget is spent, Error when the disk fails; or such a rejection
   */
  append(bytes: Buffer): Promise<void> | null {
    this.#budget.take(bytes.length);
    const position = this.#spooledBytes;
    this.#spooledBytes += bytes.length;
    if (this.#unwrittenBytes + bytes.length > UNWRITTEN_BYTES) {
      for (let at = 0; at < bytes.length; ) at += writeSync(this.#file, bytes, at, null, position + at);
      return null;
    }
    this.#unwrittenBytes += bytes.length;
    return this.#do(this.#write(bytes, position));
  }

  /** Reads bytes that have been appended into this room; gives those that it read, none at the end only. */
  async read(fromByte: number, room: Buffer): Promise<Buffer> {
    // What is appended meanwhile may be written in any order, with holes before it.
    const writtenBytes = this.#spooledBytes;
    await this.#underway;
    // Its number may be another file's by now.
    if (this.#closed) throw new Error("a spool was read that is closed");
    const wantedBytes = Math.min(room.length, writtenBytes - fromByte);
    const { bytesRead } = await this.#do(readAt(this.#file, room, 0, wantedBytes, fromByte));
    return room.subarray(0, bytesRead);
  }

  /** Frees the disk, as soon as nothing is under way. Nothing may be appended or read any more. */
  close(): void {
    if (this.#closed) return;
    this.#closed = true;
    this.#budget.give(this.#spooledBytes);
    const close = (): void => closeSync(this.#file);
    this.#underway.then(close, close);
  }

  #do<T>(operation: Promise<T>): Promise<T> {
    this.#underway = Promise.all([this.#underway, operation]);
    this.#underway.catch(() => {}); // who waits for the operation hears of it
    return operation;
  }

  async #write(bytes: Buffer, position: number): Promise<void> {
    for (let at = 0; at < bytes.length; )
      at += (await writeAt(this.#file, bytes, at, bytes.length - at, position + at)).bytesWritten;
    this.#unwrittenBytes -= bytes.length;
  }
}

function openUnnamed(): number {
  const path = join(tmpdir(), `headrace-upload-${randomUUID()}`);
  const file = openSync(path, "wx+", OWNER_ONLY);
  unlinkSync(path);
  return file;
}
