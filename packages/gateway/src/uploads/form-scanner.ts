import { isUtf8 } from "node:buffer";
import { GatewayError } from "@headrace/core/errors/gateway-error";
import { MODEL_PART, malformed, readPartName } from "./part-head.ts";

/** Hears of a form in its own order. */
export interface FormSink {
  /** Bytes as they came. They are part of the piece that was pushed. */
  onBytes(bytes: Buffer): void;
  /** What stood in the part `model`, once, in place of its bytes. */
  onModel(name: string): void;
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

type State = "start" | "delimited" | "head" | "data" | "model" | "epilogue";

/**
 * Reads a form (RFC 7578, RFC 2046) as it streams by, to find the part `model`. Memory is bounded, whatever comes and
 * however it is cut. It is strict: a delimiter that is not where the standard wants it is refused, because a provider
 * with another parser could find another model behind it.
 */
export class FormScanner {
  readonly #sink: FormSink;
  /** `--boundary`. */
  readonly #delimiter: Buffer;
  #state: State = "start";
  #parts = 0;
  #modelSeen = false;
  #epilogueBytes = 0;
  /** What of a delimiter, a head or the model has come in earlier pieces. */
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
      const wasModel = this.#state === "model";
      const rest = piece.subarray(at);
      at += this.#step(rest);
      if (wasModel) passedTo = at;
      // The model's bytes stay behind from the first one on.
      else if (this.#state === "model") {
        this.#pass(piece.subarray(passedTo, at));
        passedTo = at;
      }
    }
    if (this.#state !== "model") this.#pass(piece.subarray(passedTo));
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
      case "model":
        return this.#model(bytes);
      case "epilogue":
        return this.#epilogue(bytes);
    }
  }

  #pass(bytes: Buffer): void {
    if (bytes.length > 0) this.#sink.onBytes(bytes);
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
    const isModel = readPartName(this.#held.toString("latin1", 0, end)) === MODEL_PART;
    if (isModel && this.#modelSeen) {
      const message = `The form has the part ${MODEL_PART} twice.`;
      throw new GatewayError("duplicate_field", { message, param: MODEL_PART });
    }
    this.#enter(isModel ? "model" : "data");
    return end + HEAD_END.length - before;
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

  #model(bytes: Buffer): number {
    const delimiter = this.#delimiter;
    const before = this.#held.length;
    const room = MAX_MODEL_BYTES + LINE_END_BYTES + delimiter.length - before;
    this.#held = Buffer.concat([this.#held, bytes.subarray(0, room)]);
    const found = this.#held.indexOf(delimiter, Math.max(0, before - delimiter.length + 1));
    if (found === -1) {
      if (bytes.length >= room) throw invalidModel();
      return bytes.length;
    }
    assertLineStart(this.#held, found);
    const value = this.#held.subarray(0, found - LINE_END_BYTES);
    if (value.length === 0 || !isUtf8(value)) throw invalidModel();
    const rest = this.#held.subarray(found - LINE_END_BYTES, found + delimiter.length);
    this.#modelSeen = true;
    this.#enter("delimited");
    this.#sink.onModel(value.toString());
    this.#sink.onBytes(rest);
    return found + delimiter.length - before;
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

function invalidModel(): GatewayError {
  const message = `The part ${MODEL_PART} of the form has to be the name of a model, of at most ${MAX_MODEL_BYTES} bytes.`;
  return new GatewayError("invalid_field", { message, param: MODEL_PART });
}
