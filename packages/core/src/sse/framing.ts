/**
 * Cuts a byte stream of server-sent events at event boundaries without copying or decoding, so that the relay
 * can pass whole events on untouched and always knows where a word of its own may stand.
 *
 * A boundary is a blank line; lines end in LF, CRLF or CR (WHATWG HTML, 9.2.5).
 */
import { Buffer } from "node:buffer";
import { GatewayError } from "../errors/gateway-error.ts";

const LF = 0x0a;
const CR = 0x0d;
const BLANK_LINE = Buffer.from("\n\n");
const FIRST_CARRY_BYTES = 1024;
/** From here on two searches of the runtime's take less than a look at each byte, wherever lines end in LF alone. */
const NATIVE_SEARCH_BYTES = 192;

/**
 * Index just past the last blank line of `bytes[0, end)`, or 0 when none ends after `from`.
 * A CR as the very last byte is left undecided: the LF that belongs to it may still come.
 */
export function endOfLastEvent(bytes: Buffer, from: number, end: number): number {
  if (end >= 2 && end > from && endsEvent(bytes, end, end)) return end; // as nearly every chunk does
  if (end - from >= NATIVE_SEARCH_BYTES) {
    // A blank line may have begun before `from`. Only its own part is searched, or a long carry would be each time.
    const start = Math.max(0, from - 2);
    const searched = bytes.subarray(start, end);
    if (!searched.includes(CR)) {
      const blankLine = searched.lastIndexOf(BLANK_LINE);
      const cut = start + blankLine + BLANK_LINE.length;
      return blankLine !== -1 && cut > from ? cut : 0;
    }
  }
  for (let cut = end; cut > from && cut >= 2; cut--) {
    if (endsEvent(bytes, cut, end)) return cut;
  }
  return 0;
}

/** Index just past the first event of `bytes` that begins at `from`; the end of `bytes` when none ends there. */
export function endOfFirstEvent(bytes: Buffer, from: number): number {
  if (bytes.length - from >= NATIVE_SEARCH_BYTES) {
    const blankLine = bytes.indexOf(BLANK_LINE, from);
    const cut = blankLine === -1 ? bytes.length : blankLine + BLANK_LINE.length;
    if (!bytes.subarray(from, cut).includes(CR)) return cut;
  }
  for (let cut = from + 2; cut < bytes.length; cut++) {
    if (endsEvent(bytes, cut, bytes.length)) return cut;
  }
  return bytes.length;
}

/** Whether a blank line ends just before `cut`, as far as `bytes[0, end)` tells. */
function endsEvent(bytes: Uint8Array, cut: number, end: number): boolean {
  const last = bytes[cut - 1];
  let before = cut - 2;
  if (last === LF) {
    if (bytes[before] === CR) before--;
  } else if (last !== CR || cut === end || bytes[cut] === LF) {
    return false;
  }
  const previous = bytes[before];
  return previous === LF || previous === CR;
}

/**
 * Aligns chunks to events. A chunk that ends at a boundary goes out as it came; the unfinished tail of any other
 * waits, up to `maxEventBytes`, until its event is whole.
 */
export class SseFramer {
  readonly #maxEventBytes: number;
  #carry: Buffer | null = null;
  #carryBytes = 0;

  constructor(maxEventBytes: number) {
    this.#maxEventBytes = maxEventBytes;
  }

  /** Bytes of an event that has begun and not ended. */
  get pendingBytes(): number {
    return this.#carryBytes;
  }

  /**
   * Takes the next bytes and gives those that make whole events, or null when none is complete yet. The result is
   * not written to again.
   *
   * @throws GatewayError `upstream_event_too_large` when one event outgrows the bound.
   */
  push(chunk: Buffer): Buffer | null {
    if (chunk.length === 0) return null;
    return this.#carryBytes === 0 ? this.#pushAligned(chunk) : this.#pushOntoCarry(chunk);
  }

  #pushAligned(chunk: Buffer): Buffer | null {
    const cut = endOfLastEvent(chunk, 0, chunk.length);
    if (cut === chunk.length) return chunk;
    this.#keep(chunk, cut);
    return cut === 0 ? null : chunk.subarray(0, cut);
  }

  #pushOntoCarry(chunk: Buffer): Buffer | null {
    const carriedBytes = this.#carryBytes;
    this.#keep(chunk, 0);
    const joined = this.#carry as Buffer;
    // From one byte before the join: a CR that was left undecided there may end an event now.
    const cut = endOfLastEvent(joined, carriedBytes - 1, this.#carryBytes);
    if (cut === 0) return null;
    const endBytes = this.#carryBytes;
    this.#carry = null;
    this.#carryBytes = 0;
    if (cut < endBytes) this.#keep(joined.subarray(0, endBytes), cut);
    return joined.subarray(0, cut);
  }

  /** Appends `chunk[from…]` to the carry, doubling its room so that single bytes cost no more than large chunks. */
  #keep(chunk: Buffer, from: number): void {
    const neededBytes = this.#carryBytes + chunk.length - from;
    if (neededBytes > this.#maxEventBytes) throw new GatewayError("upstream_event_too_large");
    if (this.#carry === null || this.#carry.length < neededBytes) {
      const grown = Buffer.allocUnsafe(Math.max(FIRST_CARRY_BYTES, neededBytes * 2));
      this.#carry?.copy(grown, 0, 0, this.#carryBytes);
      this.#carry = grown;
    }
    chunk.copy(this.#carry, this.#carryBytes, from);
    this.#carryBytes = neededBytes;
  }
}
