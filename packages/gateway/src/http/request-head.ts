import type { HttpRequest } from "uWebSockets.js";

const CONTENT_LENGTH = "content-length";
const NAME_AND_VALUE_SEPARATORS_BYTES = 4;

/**
 * The headers of the request that is being handled, in one reused object: a request's head is only there until its
 * handler returns, and one pass over it costs less than a call into the server for each header.
 */
export class RequestHead {
  bytes = 0;
  /** True for a head that gives its body's length in several ways: a smuggled request hides behind one of them. */
  lengthsDiffer = false;
  #count = 0;
  #length = "";
  readonly #names: string[] = [];
  readonly #values: string[] = [];
  readonly #collect = (name: string, value: string): void => {
    this.#names[this.#count] = name;
    this.#values[this.#count] = value;
    this.#count++;
    if (name.length === CONTENT_LENGTH.length && name === CONTENT_LENGTH) this.#noteLength(value);
    this.bytes += name.length + value.length + NAME_AND_VALUE_SEPARATORS_BYTES;
  };

  #request: HttpRequest | null = null;

  read(request: HttpRequest): void {
    this.#request = request;
    this.#count = 0;
    this.#length = "";
    this.lengthsDiffer = false;
    this.bytes = request.getUrl().length;
    request.forEach(this.#collect);
  }

  #noteLength(value: string): void {
    if (this.#length !== "" && this.#length !== value) this.lengthsDiffer = true;
    this.#length = value;
  }

  /** The first header of this lower-case name, or "". */
  get(name: string): string {
    for (let i = 0; i < this.#count; i++) {
      if (this.#names[i] === name) return this.#values[i] ?? "";
    }
    return "";
  }

  /** A parameter of the query, decoded, or "". */
  query(name: string): string {
    return this.#request?.getQuery(name) ?? "";
  }

  /** The query as it came, without its `?`. */
  rawQuery(): string {
    return this.#request?.getQuery() ?? "";
  }
}
