import { parseJsonObject } from "../json/read.ts";
import { assertFrameFits, ByteCarry } from "./byte-carry.ts";
import type { Framer, OnFrame } from "./framer.ts";

const LF = 0x0a;
const CR = 0x0d;

/** Lines of JSON, each ended by LF or CRLF. Blank lines are keep-alives. */
export class LineFramer implements Framer {
  readonly #onFrame: OnFrame;
  readonly #carry = new ByteCarry();

  constructor(onFrame: OnFrame) {
    this.#onFrame = onFrame;
  }

  push(chunk: Buffer): void {
    let start = 0;
    for (let lf = chunk.indexOf(LF); lf !== -1; lf = chunk.indexOf(LF, start)) {
      this.#endLine(chunk, start, lf);
      start = lf + 1;
    }
    if (start < chunk.length) this.#carry.append(chunk.subarray(start));
  }

  end(): boolean {
    const line = textOf(this.#carry.view, 0, this.#carry.length);
    this.#carry.clear();
    if (line === "") return true;
    if (parseJsonObject(line) === null) return false;
    this.#onFrame({ event: "", data: line });
    return true;
  }

  #endLine(chunk: Buffer, start: number, end: number): void {
    let line: string;
    if (this.#carry.length === 0) {
      assertFrameFits(end - start);
      line = textOf(chunk, start, end);
    } else {
      this.#carry.append(chunk.subarray(start, end));
      line = textOf(this.#carry.view, 0, this.#carry.length);
      this.#carry.clear();
    }
    if (line !== "") this.#onFrame({ event: "", data: line });
  }
}

function textOf(bytes: Buffer, start: number, end: number): string {
  return bytes.toString("utf8", start, bytes[end - 1] === CR ? end - 1 : end);
}
