import { isUtf8 } from "node:buffer";
import { GatewayError } from "@headrace/core/errors/gateway-error";
import { MODEL_PART, malformed, type PartHead, readPartHead } from "./part-head.ts";

/** Hears of a form in its own order. */
export interface FormSink {
  /**
   * A part begins, whose head may have been given in part.
   *
   * @returns the most bytes that its value may have, where it is wanted as a whole; 0 where its bytes are
   */
  wanted(part: PartHead): number;
  /** Bytes as they came, of one place. They are part of the piece that was pushed, or of none. */
  onBytes(bytes: Buffer, place: FormPlace): void;
  /** What stood in a part that was wanted as a whole, in place of its bytes. */
  onValue(name: string, value: string): void;
}

/**
 * Where bytes stand: in the first delimiter; in the two bytes behind a delimiter; in a part's head, with the blank line; in
 * its data, with the delimiter behind it; behind the form.
 */
export type FormPlace = Exclude<State, "value">;

/** For {@link FormSink.wanted} where only the model is. */
export function onlyModel({ name }: PartHead): number {
  return name === MODEL_PART ? MAX_MODEL_BYTES : 0;
}

const MAX_HEAD_BYTES = 8 * 1024;
const MAX_MODEL_BYTES = 512;
const MAX_PARTS = 1_000;
const MAX_EPILOGUE_BYTES = 1_024;

const CR = 0x0d;
const LF = 0x0a;
const DASH = 0x2d;
const BLANKS: ReadonlySet<number> = new Set([CR, LF, 0x20, 0x09]);
const HEAD_END: Buffer = Buffer.from("\r\n\r\n");
const LINE_END_BYTES = 2;
const NOTHING: Buffer = Buffer.alloc(0);

type State = "start" | "delimited" | "head" | "data" | "value" | "epilogue";

/**
 * Reads a form (RFC 7578, RFC 2046) as it streams by, to find the part `model`, or more. Memory is bounded, whatever comes
 * and however it is cut. It is strict: a delimiter that is not where the standard wants it is refused, because a provider
 * with another parser could find another model behind it.
 */
export class FormScanner {
  readonly #sink: FormSink;
  /** `--boundary`. */
  readonly #delimiter: Buffer;
  #state: State = "start";
  #parts = 0;
  #modelSeen = false;
  /** The part whose value is being read, and how large that may be. */
  #valueName = "";
  #maxValueBytes = 0;
  #epilogueBytes = 0;
  /** What of a delimiter, a head or a value has come in earlier pieces. */
  #held: Buffer = NOTHING;
  /** The last bytes of a part's data: a delimiter may have begun in them. */
  #tail: Buffer = NOTHING;

  constructor(boundary: string, sink: FormSink) {
    this.#sink = sink;
    this.#delimiter = Buffer.from(`--${boundary}`, "latin1");
  }

  /** @throws GatewayError `malformed_form`, `duplicate_field` or `invalid_field` */
  push(piece: Buffer): void {
    let at = 0;
    let passedTo = 0;
    while (at < piece.length) {
      const before = this.#state;
      at += this.#step(piece.subarray(at));
      if (before !== this.#state || at === piece.length) {
        // A value's bytes stay behind.
        if (before !== "value") this.#pass(piece.subarray(passedTo, at), before);
        passedTo = at;
      }
    }
  }

  /** @throws GatewayError `malformed_form` when the form is not complete */
  end(): void {
    if (this.#state !== "epilogue") throw malformed("The form ends before its last boundary.");
  }

  /** How many bytes of those given it has taken; at least one, or the state has changed. */
  #step(bytes: Buffer): number {
    switch (this.#state) {
      case "start":
        return this.#start(bytes);
      case "delimited":
        return this.#delimited(bytes);
      case "head":
        return this.#head(bytes);
      case "data":
        return this.#data(bytes);
      case "value":
        return this.#value(bytes);
      case "epilogue":
        return this.#epilogue(bytes);
    }
  }

  #pass(bytes: Buffer, place: FormPlace): void {
    if (bytes.length > 0) this.#sink.onBytes(bytes, place);
  }

  #start(bytes: Buffer): number {
    const taken = Math.min(bytes.length, this.#delimiter.length - this.#held.length);
    const begun = Buffer.concat([this.#held, bytes.subarray(0, taken)]);
    if (!begun.equals(this.#delimiter.subarray(0, begun.length)))
      throw malformed("The form does not begin with its boundary.");
    if (begun.length < this.#delimiter.length) this.#held = begun;
    else this.#enter("delimited");
    return taken;
  }

  /** The two bytes behind a delimiter: a line end before the next part, or the dashes that end the form. */
  #delimited(bytes: Buffer): number {
    const taken = Math.min(bytes.length, LINE_END_BYTES - this.#held.length);
    const mark = Buffer.concat([this.#held, bytes.subarray(0, taken)]);
    if (mark.length < LINE_END_BYTES) {
      this.#held = mark;
      return taken;
    }
    if (mark[0] === CR && mark[1] === LF) this.#enter("head");
    else if (mark[0] === DASH && mark[1] === DASH) this.#enter("epilogue");
    else throw malformed("A boundary of the form has something else behind it.");
    if (this.#state === "head" && ++this.#parts > MAX_PARTS)
      throw malformed(`The form has more than ${MAX_PARTS} parts.`);
    return taken;
  }

  #head(bytes: Buffer): number {
    const before = this.#held.length;
    const room = MAX_HEAD_BYTES + HEAD_END.length - before;
    this.#held = Buffer.concat([this.#held, bytes.subarray(0, room)]);
    const end = this.#held.indexOf(HEAD_END, Math.max(0, before - HEAD_END.length + 1));
    if (end === -1) {
      if (this.#held.length > MAX_HEAD_BYTES)
        throw malformed("The headers of a part of the form are too large.");
      return Math.min(bytes.length, room);
    }
    this.#begin(readPartHead(this.#held.toString("latin1", 0, end)));
    return end + HEAD_END.length - before;
  }

  #begin(part: PartHead): void {
    if (part.name === MODEL_PART) {
      if (this.#modelSeen) throw twice(MODEL_PART);
      this.#modelSeen = true;
    }
    this.#valueName = part.name;
    this.#maxValueBytes = this.#sink.wanted(part);
    this.#enter(this.#maxValueBytes > 0 ? "value" : "data");
  }

  #data(bytes: Buffer): number {
    const delimiter = this.#delimiter;
    // First a delimiter that began in an earlier piece, so that none is looked for in bytes put together anew.
    const seam = Buffer.concat([this.#tail, bytes.subarray(0, delimiter.length - 1)]);
    const inSeam = seam.indexOf(delimiter);
    if (inSeam !== -1 && inSeam < this.#tail.length) {
      assertLineStart(seam, inSeam);
      const taken = inSeam + delimiter.length - this.#tail.length;
      this.#enter("delimited");
      return taken;
    }
    const found = bytes.indexOf(delimiter);
    if (found === -1) {
      this.#keepTail(bytes);
      return bytes.length;
    }
    if (found >= LINE_END_BYTES) assertLineStart(bytes, found);
    else assertLineStart(seam, this.#tail.length + found);
    this.#enter("delimited");
    return found + delimiter.length;
  }

  #keepTail(bytes: Buffer): void {
    const wanted = this.#delimiter.length - 1 + LINE_END_BYTES;
    // A copy: a view would keep the whole piece in memory.
    this.#tail =
      bytes.length >= wanted
        ? Buffer.from(bytes.subarray(bytes.length - wanted))
        : Buffer.concat([this.#tail, bytes]).subarray(-wanted);
  }

  #value(bytes: Buffer): number {
    const delimiter = this.#delimiter;
    const before = this.#held.length;
    const room = this.#maxValueBytes + LINE_END_BYTES + delimiter.length - before;
    this.#held = Buffer.concat([this.#held, bytes.subarray(0, room)]);
    const found = this.#held.indexOf(delimiter, Math.max(0, before - delimiter.length + 1));
    if (found === -1) {
      if (bytes.length >= room) throw this.#invalidValue();
      return bytes.length;
    }
    assertLineStart(this.#held, found);
    const value = this.#held.subarray(0, found - LINE_END_BYTES);
    if (!isUtf8(value) || (value.length === 0 && this.#valueName === MODEL_PART)) throw this.#invalidValue();
    const rest = this.#held.subarray(found - LINE_END_BYTES, found + delimiter.length);
    this.#enter("delimited");
    this.#sink.onValue(this.#valueName, value.toString());
    this.#sink.onBytes(rest, "data");
    return found + delimiter.length - before;
  }

  #invalidValue(): GatewayError {
    const name = this.#valueName;
    const what = name === MODEL_PART ? "the name of a model" : "text";
    const message = `The part ${JSON.stringify(name)} of the form has to be ${what}, of at most ${this.#maxValueBytes} bytes.`;
    return new GatewayError("invalid_field", { message, param: name });
  }

  #epilogue(bytes: Buffer): number {
    this.#epilogueBytes += bytes.length;
    if (this.#epilogueBytes > MAX_EPILOGUE_BYTES || !bytes.every((byte) => BLANKS.has(byte)))
      throw malformed("Something stands behind the end of the form.");
    return bytes.length;
  }

  #enter(state: State): void {
    this.#state = state;
    this.#held = NOTHING;
    this.#tail = NOTHING;
  }
}

/** A delimiter is one only at the start of a line; where it is none, it must not stand in the data. */
function assertLineStart(bytes: Buffer, at: number): void {
  if (at >= LINE_END_BYTES && bytes[at - 2] === CR && bytes[at - 1] === LF) return;
  throw malformed("The boundary of the form stands in the data of a part.");
}

/** For a part that may come only once. */
export function twice(name: string): GatewayError {
  const message = `The form has the part ${name} twice.`;
  return new GatewayError("duplicate_field", { message, param: name });
}
