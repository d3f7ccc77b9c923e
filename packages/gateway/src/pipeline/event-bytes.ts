/** Counts and cuts the events of blocks that end at an event boundary, on their bytes. */
import { endOfFirstEvent } from "@headrace/core/sse/framing";

const DATA_FIELD: Buffer = Buffer.from("data:");
export const BLANK_LINE: Buffer = Buffer.from("\n\n");

const LF = 0x0a;
const CR = 0x0d;
const SPACE = 0x20;
const OPEN_BRACE = 0x7b;
const CLOSE_BRACE = 0x7d;
const BOM_FIRST_BYTE = 0xef;
const BOM_BYTES = 3;

/** Events with data in a block, of whatever kind; exact for a stream that keeps to one kind of line end. */
export function countEvents(block: Buffer): number {
  return countWhere(block, () => true);
}

/** The same; or -1 when the data of one does not begin and end as a JSON object in one piece does. */
export function countObjects(block: Buffer): number {
  return countWhere(block, beginsAndEndsAsObject);
}

type EventTest = (block: Buffer, data: number, end: number) => boolean;

function countWhere(block: Buffer, holds: EventTest): number {
  const inLf = endsInLf(block);
  let count = 0;
  for (let start = 0; start < block.length; ) {
    const end = inLf ? endOfFirstLfEvent(block, start) : endOfFirstEvent(block, start);
    const data = startOfData(block, start);
    if (data !== -1 && data < end) {
      if (!holds(block, data, end)) return -1;
      count++;
    }
    start = end;
  }
  return count;
}

/** Two bytes tell nearly every event that was cut from one that is whole; what they cannot tell is left to the client. */
function beginsAndEndsAsObject(block: Buffer, data: number, end: number): boolean {
  const first = data + DATA_FIELD.length;
  if (block[block[first] === SPACE ? first + 1 : first] !== OPEN_BRACE) return false;
  let last = end - 1;
  while (block[last] === LF || block[last] === CR) last--;
  return block[last] === CLOSE_BRACE;
}

/** The block without what stands before its first event with data; null when it has no such event. */
export function fromFirstData(block: Buffer): Buffer | null {
  for (let start = 0; start < block.length; ) {
    const end = endOfFirstEvent(block, start);
    const data = startOfData(block, start);
    if (data === -1) return null;
    if (data < end) return start === 0 ? block : block.subarray(start);
    start = end;
  }
  return null;
}

function endsInLf(block: Buffer): boolean {
  return block[block.length - 1] === LF && block[block.length - 2] === LF;
}

/**
 * As `endOfFirstEvent`, for a block whose lines end in LF alone. Compiled code calls the runtime's search for one byte
 * directly, that for two by a long way round; and most events have but one line.
 */
function endOfFirstLfEvent(block: Buffer, start: number): number {
  for (let at = block.indexOf(LF, start); at !== -1; at = block.indexOf(LF, at + 1))
    if (block[at + 1] === LF) return at + 2;
  return block.length;
}

/** Where the first data field at or after `start` stands, whichever event it belongs to; -1 for none. */
function startOfData(block: Buffer, start: number): number {
  if (beginsWithData(block, start)) return start; // as nearly every event does
  for (let at = block.indexOf(DATA_FIELD, start); at !== -1; at = block.indexOf(DATA_FIELD, at + 1)) {
    const before = block[at - 1];
    if (before === LF || before === CR) return at;
    if (at === BOM_BYTES && block[0] === BOM_FIRST_BYTE) return at;
  }
  return -1;
}

function beginsWithData(block: Buffer, start: number): boolean {
  for (let i = 0; i < DATA_FIELD.length; i++) if (block[start + i] !== DATA_FIELD[i]) return false;
  return true;
}
