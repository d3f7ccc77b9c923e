/** What the parser tells about one HTTP/1.1 answer, in this order: head, body pieces, end. */
export interface ResponseSink {
  onHead(status: number, keepAlive: boolean): void;
  onBody(bytes: Buffer, start: number, end: number): void;
  onEnd(): void;
}

type State = "head" | "fixed" | "chunkSize" | "chunkData" | "chunkEnd" | "trailer" | "untilClose";

const HEAD_END = Buffer.from("\r\n\r\n");
const LF = 0x0a;
const CR = 0x0d;
const MAX_HEAD_BYTES = 64 * 1024;

/** The least of HTTP/1.1 that a load generator needs, over Buffers as they come from the socket. */
export class ResponseParser {
  readonly #sink: ResponseSink;
  #state: State = "head";
  #left = 0;
  #line = "";
  #pendingHead: Buffer | undefined;

  constructor(sink: ResponseSink) {
    this.#sink = sink;
  }

  /** True while no byte of an answer is half read. */
  get idle(): boolean {
    return this.#state === "head" && this.#pendingHead === undefined;
  }

  push(received: Buffer): void {
    let bytes = received;
    if (this.#pendingHead !== undefined) {
      bytes = Buffer.concat([this.#pendingHead, received]);
      this.#pendingHead = undefined;
    }
    let at = 0;
    while (at < bytes.length) {
      const next = this.#step(bytes, at);
      if (next === at) break;
      at = next;
    }
  }

  /** The peer closed. Returns false when that cut an answer short. */
  close(): boolean {
    if (this.#state === "untilClose") {
      this.#finish();
      return true;
    }
    return this.idle;
  }

  #step(bytes: Buffer, at: number): number {
    switch (this.#state) {
      case "head":
        return this.#readHead(bytes, at);
      case "fixed":
      case "chunkData":
        return this.#readData(bytes, at);
      case "chunkSize":
      case "chunkEnd":
      case "trailer":
        return this.#readLine(bytes, at);
      case "untilClose":
        this.#sink.onBody(bytes, at, bytes.length);
        return bytes.length;
    }
  }

  #readHead(bytes: Buffer, at: number): number {
    const end = bytes.indexOf(HEAD_END, at);
    if (end < 0) {
      if (bytes.length - at > MAX_HEAD_BYTES) throw new Error("answer head is too large");
      this.#pendingHead = Buffer.from(bytes.subarray(at));
      return at;
    }
    const head = bytes.toString("latin1", at, end).toLowerCase();
    if (!head.startsWith("http/1.")) throw new Error("answer is not HTTP/1.x");
    const status = Number(head.slice(9, 12));
    const bodyAt = end + HEAD_END.length;
    if (status === 100) return bodyAt;
    const lines = `${head}\r\n`;
    this.#sink.onHead(status, !lines.includes("\r\nconnection: close\r\n"));
    this.#beginBody(lines, status);
    return bodyAt;
  }

  #beginBody(lines: string, status: number): void {
    if (status === 204 || status === 304) {
      this.#finish();
      return;
    }
    if (lines.includes("\r\ntransfer-encoding: chunked\r\n")) {
      this.#state = "chunkSize";
      return;
    }
    const lengthAt = lines.indexOf("\r\ncontent-length:");
    if (lengthAt < 0) {
      this.#state = "untilClose";
      return;
    }
    this.#left = Number.parseInt(lines.slice(lengthAt + 17), 10);
    if (this.#left === 0) this.#finish();
    else this.#state = "fixed";
  }

  #readData(bytes: Buffer, at: number): number {
    const end = Math.min(bytes.length, at + this.#left);
    this.#sink.onBody(bytes, at, end);
    this.#left -= end - at;
    if (this.#left === 0) {
      if (this.#state === "fixed") this.#finish();
      else this.#state = "chunkEnd";
    }
    return end;
  }

  /** Chunk sizes, the line end after a chunk and trailers are all short lines that may be cut anywhere. */
  #readLine(bytes: Buffer, at: number): number {
    let end = at;
    while (end < bytes.length && bytes[end] !== LF) end++;
    this.#line += bytes.toString("latin1", at, end);
    if (end === bytes.length) return end;
    const line = this.#line.charCodeAt(this.#line.length - 1) === CR ? this.#line.slice(0, -1) : this.#line;
    this.#line = "";
    this.#endLine(line);
    return end + 1;
  }

  #endLine(line: string): void {
    if (this.#state === "chunkEnd") {
      this.#state = "chunkSize";
    } else if (this.#state === "trailer") {
      if (line === "") this.#finish();
    } else {
      this.#left = Number.parseInt(line, 16);
      if (Number.isNaN(this.#left)) throw new Error("chunk size is not a number");
      this.#state = this.#left === 0 ? "trailer" : "chunkData";
    }
  }

  #finish(): void {
    this.#state = "head";
    this.#sink.onEnd();
  }
}
