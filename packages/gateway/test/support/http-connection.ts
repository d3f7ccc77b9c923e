/** HTTP/1.1 over a plain socket: for what a proper client would not send, and to see when a connection is closed. */
import { once } from "node:events";
import { connect, type Socket } from "node:net";

/** An answer as it stood on the wire. */
export interface RawAnswer {
  readonly status: number;
  readonly headers: Headers;
  readonly body: string;
}

export interface RawRequest {
  readonly method?: string;
  readonly path: string;
  /** A value of several gives as many lines. */
  readonly headers?: Readonly<Record<string, string | readonly string[]>>;
  readonly body?: string | Uint8Array;
}

const CRLF = "\r\n";
const HEAD_END = Buffer.from(`${CRLF}${CRLF}`);
const ANSWER_TIMEOUT_MS = 10_000;

/** The bytes of a request, with `host` and `content-length` unless the headers say something else of the body. */
export function requestBytes({ method = "POST", path, headers = {}, body = "" }: RawRequest): Buffer {
  const framed = "content-length" in headers || "transfer-encoding" in headers;
  const all = framed ? headers : { ...headers, "content-length": String(Buffer.byteLength(body)) };
  const lines = Object.entries({ host: "gateway", ...all }).flatMap(([name, value]) =>
    [value].flat().map((one) => `${name}: ${one}${CRLF}`),
  );
  return Buffer.concat([
    Buffer.from(`${method} ${path} HTTP/1.1${CRLF}${lines.join("")}${CRLF}`, "latin1"),
    Buffer.from(body),
  ]);
}

/** A body in chunks of HTTP/1.1, with its end. */
export function chunkedBytes(pieces: Iterable<string | Uint8Array>): Buffer {
  const chunks = Array.from(pieces, (piece) => [
    Buffer.from(`${Buffer.byteLength(piece).toString(16)}${CRLF}`),
    Buffer.from(piece),
    Buffer.from(CRLF),
  ]);
  return Buffer.concat([...chunks.flat(), Buffer.from(`0${CRLF}${CRLF}`)]);
}

export class HttpConnection {
  /** Resolves when the connection is over, whoever ended it and however. */
  readonly closed: Promise<void>;
  readonly #socket: Socket;
  #unread: Buffer = Buffer.alloc(0);
  #over = false;
  #onNews: () => void = () => {};

  private constructor(socket: Socket) {
    this.#socket = socket;
    socket.setNoDelay(true);
    socket.on("error", () => {}); // a reset is seen as "close"
    socket.on("data", (bytes) => {
      this.#unread = Buffer.concat([this.#unread, bytes]);
      this.#onNews();
    });
    this.closed = new Promise((resolve) => {
      socket.once("close", () => {
        this.#over = true;
        this.#onNews();
        resolve();
      });
    });
  }

  static async open(port: number): Promise<HttpConnection> {
    const socket = connect(port, "127.0.0.1");
    await once(socket, "connect");
    return new HttpConnection(socket);
  }

  get isClosed(): boolean {
    return this.#over;
  }

  /** What has arrived and belongs to no answer yet. */
  get unread(): string {
    return this.#unread.toString("latin1");
  }

  write(bytes: string | Uint8Array): void {
    this.#socket.write(bytes);
  }

  /** Sends a request and reads its answer. */
  ask(request: RawRequest): Promise<RawAnswer> {
    this.write(requestBytes(request));
    return this.answer(request.method);
  }

  /** Reads the next answer; rejects when the connection ends before it does. */
  async answer(method = "POST"): Promise<RawAnswer> {
    const deadlineAtMs = performance.now() + ANSWER_TIMEOUT_MS;
    for (;;) {
      const parsed = parseAnswer(this.#unread, method === "HEAD");
      if (parsed !== null) {
        this.#unread = this.#unread.subarray(parsed.answerBytes);
        return parsed.answer;
      }
      if (this.#over) throw new Error(`the connection ended before the answer did: ${this.unread}`);
      await this.#news(deadlineAtMs - performance.now());
    }
  }

  /** Resolves when anything has arrived that belongs to no answer yet, or the connection is over. */
  async someBytes(): Promise<void> {
    while (this.#unread.length === 0 && !this.#over) await this.#news(ANSWER_TIMEOUT_MS);
  }

  /** Reads the next interim answer (1xx): a head and nothing else. */
  interim(): Promise<RawAnswer> {
    return this.answer("HEAD");
  }

  /** FIN: nothing more will be sent, an answer would still be read. */
  halfClose(): void {
    this.#socket.end();
  }

  /** RST, as from a process that was killed. */
  reset(): void {
    this.#socket.resetAndDestroy();
  }

  pause(): void {
    this.#socket.pause();
  }

  close(): Promise<void> {
    this.#socket.destroy();
    return this.closed;
  }

  #news(withinMs: number): Promise<void> {
    return new Promise((resolve, reject) => {
      const timer = setTimeout(() => reject(new Error(`no whole answer in time: ${this.unread}`)), withinMs);
      this.#onNews = () => {
        clearTimeout(timer);
        resolve();
      };
    });
  }
}

interface ParsedAnswer {
  readonly answer: RawAnswer;
  readonly answerBytes: number;
}

/** The first answer of some bytes, or null while it is not whole. */
function parseAnswer(bytes: Buffer, isHead: boolean): ParsedAnswer | null {
  const headEnd = bytes.indexOf(HEAD_END);
  if (headEnd === -1) return null;
  const [statusLine = "", ...lines] = bytes.toString("latin1", 0, headEnd).split(CRLF);
  const status = Number(/^HTTP\/1\.1 (\d{3})/.exec(statusLine)?.[1]);
  const headers = new Headers(lines.map(nameAndValue));
  const body = isHead
    ? { text: "", end: headEnd + HEAD_END.length }
    : parseBody(bytes, headEnd + HEAD_END.length, headers);
  return body === null ? null : { answer: { status, headers, body: body.text }, answerBytes: body.end };
}

function nameAndValue(line: string): [string, string] {
  const colon = line.indexOf(":");
  return [line.slice(0, colon), line.slice(colon + 1).trim()];
}

function parseBody(bytes: Buffer, start: number, headers: Headers): { text: string; end: number } | null {
  if (headers.get("transfer-encoding") === "chunked") return parseChunks(bytes, start);
  const length = headers.get("content-length");
  const end = start + Number(length ?? bytes.length - start);
  return bytes.length < end ? null : { text: bytes.toString("utf8", start, end), end };
}

function parseChunks(bytes: Buffer, start: number): { text: string; end: number } | null {
  const pieces: Buffer[] = [];
  for (let at = start; ; ) {
    const lineEnd = bytes.indexOf(CRLF, at);
    const sizeBytes = Number.parseInt(bytes.toString("latin1", at, lineEnd), 16);
    const next = lineEnd + CRLF.length + sizeBytes + CRLF.length;
    if (lineEnd === -1 || bytes.length < next) return null;
    if (sizeBytes === 0) return { text: Buffer.concat(pieces).toString(), end: next };
    pieces.push(bytes.subarray(lineEnd + CRLF.length, next - CRLF.length));
    at = next;
  }
}
