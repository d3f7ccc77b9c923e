import { once } from "node:events";
import type { ServerResponse } from "node:http";

/** Nobody takes anything for so long: whoever reads has stopped. */
const QUIET_MS = 300;

export interface Flood {
  readonly piece: string;
  /** Write no more than this. */
  readonly limitBytes: number;
}

/** Writes as fast as it is taken, until the reader stops or all is written. Gives the bytes written. */
export async function writeUntilPaused(response: ServerResponse, flood: Flood): Promise<number> {
  const { piece, limitBytes } = flood;
  let writtenBytes = 0;
  while (writtenBytes < limitBytes) {
    const flows = response.write(piece);
    writtenBytes += piece.length;
    if (!flows && !(await drains(response))) break;
  }
  return writtenBytes;
}

async function drains(response: ServerResponse): Promise<boolean> {
  const { promise: quiet, resolve } = Promise.withResolvers<boolean>();
  const timer = setTimeout(resolve, QUIET_MS, false);
  const drained = await Promise.race([once(response, "drain").then(() => true), quiet]);
  clearTimeout(timer);
  return drained;
}
