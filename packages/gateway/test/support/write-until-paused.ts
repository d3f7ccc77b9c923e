import { once } from "node:events";
import type { Writable } from "node:stream";

/** Nobody takes anything for so long: whoever reads has stopped. */
const QUIET_MS = 300;

export interface Flood {
  readonly piece: string;
  /** Write no more than this. */
  readonly limitBytes: number;
}

/** Writes as fast as it is taken, until the reader stops or all is written. Gives the bytes written. */
export async function writeUntilPaused(answer: Writable, flood: Flood): Promise<number> {
  const { piece, limitBytes } = flood;
  let writtenBytes = 0;
  while (writtenBytes < limitBytes) {
    const flows = answer.write(piece);
    writtenBytes += piece.length;
    if (!flows && !(await drains(answer))) break;
  }
  return writtenBytes;
}

async function drains(answer: Writable): Promise<boolean> {
  const { promise: quiet, resolve } = Promise.withResolvers<boolean>();
  const timer = setTimeout(resolve, QUIET_MS, false);
  const drained = await Promise.race([once(answer, "drain").then(() => true), quiet]);
  clearTimeout(timer);
  return drained;
}
