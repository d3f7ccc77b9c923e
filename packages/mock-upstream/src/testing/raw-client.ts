import { connect, type Socket } from "node:net";
import { SseParser } from "@headrace/core/sse/parser";

/** Parsed JSON of a wire body; a test asserts whatever it reads of it. */
export type WireJson = ReturnType<typeof JSON.parse>;

/** An answer as it stood on the wire. */
export interface RawAnswer {
  /** Status line and headers, without the empty line; "" when none came. */
  readonly head: string;
  readonly status: number;
  /** Every byte after the head. */
  readonly rest: Buffer;
  /** The data of each HTTP chunk under chunked encoding, else the rest as one. */
  readonly chunks: readonly Buffer[];
  readonly body: Buffer;
  /** The body reached the end that its framing announces; true of any end for a body that ends with the connection. */
  readonly complete: boolean;
  /** The server closed the connection. */
  readonly closed: boolean;
}

/** How to send a raw request. */
export interface RawRequest {
  readonly port: number;
  readonly body: object | string;
  readonly headers?: Readonly<Record<string, string>>;
  readonly path?: string;
  /** Stop reading when the answer so far is enough; by default when it is complete or the server closes. */
  readonly until?: (answer: RawAnswer) => boolean;
}

const SSE_LIMIT_BYTES = 8 * 1024 * 1024;

/** Posts over a socket of its own and gives back the bytes. */
export function rawPost(request: RawRequest): Promise<RawAnswer> {
  return new Promise((resolve, reject) => {
    const socket = connect(request.port, "127.0.0.1");
    const received: Buffer[] = [];
    const enough = request.until ?? ((answer) => answer.complete);
    const finish = (closed: boolean): void => {
      socket.destroy();
      resolve(readAnswer(Buffer.concat(received), closed));
    };
    socket.on("error", reject);
    socket.on("data", (bytes) => {
      received.push(bytes);
      if (enough(readAnswer(Buffer.concat(received), false))) finish(false);
    });
    socket.on("end", () => finish(true));
    sendRequest(socket, request);
  });
}

/** Writes a request's bytes on a socket. */
export function sendRequest(socket: Socket, request: RawRequest): void {
  const body = typeof request.body === "string" ? request.body : JSON.stringify(request.body);
  const headers = Object.entries({
    host: "mock",
    "content-length": String(Buffer.byteLength(body)),
    ...request.headers,
  });
  const lines = headers.map(([name, value]) => `${name}: ${value}\r\n`).join("");
  socket.write(`POST ${request.path ?? "/v1/chat/completions"} HTTP/1.1\r\n${lines}\r\n${body}`);
}

/** The value of a header in a raw head, or undefined. */
export function headerOf(answer: RawAnswer, name: string): string | undefined {
  const line = answer.head.split("\r\n").find((candidate) => candidate.toLowerCase().startsWith(`${name}:`));
  return line?.slice(name.length + 1).trim();
}

/** The data of all SSE events of a body, and its comments. */
export function sseOf(body: Uint8Array): {
  readonly data: string[];
  readonly comments: string[];
  readonly truncated: boolean;
} {
  const data: string[] = [];
  const comments: string[] = [];
  const parser = new SseParser({
    maxEventBytes: SSE_LIMIT_BYTES,
    onEvent: (event) => data.push(event.data),
    onComment: (text) => comments.push(text),
  });
  parser.push(body);
  return { data, comments, truncated: parser.end().truncated };
}

function readAnswer(bytes: Buffer, closed: boolean): RawAnswer {
  const headEnd = bytes.indexOf("\r\n\r\n");
  const head = headEnd < 0 ? "" : bytes.toString("latin1", 0, headEnd);
  const rest = headEnd < 0 ? Buffer.alloc(0) : bytes.subarray(headEnd + 4);
  const status = Number(/^HTTP\/1\.1 (\d+)/.exec(head)?.[1] ?? 0);
  if (/\r\ntransfer-encoding: chunked/i.test(head)) {
    const { chunks, complete } = dechunk(rest);
    return { head, status, rest, chunks, body: Buffer.concat(chunks), complete, closed };
  }
  const length = /\r\ncontent-length: (\d+)/i.exec(head)?.[1];
  const complete = length === undefined ? closed && head !== "" : rest.length >= Number(length);
  return { head, status, rest, chunks: [rest], body: rest, complete, closed };
}

/** The whole chunks of a chunked body; the line end after a chunk may come late. */
function dechunk(bytes: Buffer): { readonly chunks: Buffer[]; readonly complete: boolean } {
  const chunks: Buffer[] = [];
  let at = 0;
  for (;;) {
    const lineEnd = bytes.indexOf("\r\n", at);
    if (lineEnd < 0) return { chunks, complete: false };
    const size = Number.parseInt(bytes.toString("latin1", at, lineEnd), 16);
    const start = lineEnd + 2;
    if (size === 0) return { chunks, complete: bytes.length >= start + 2 };
    if (bytes.length < start + size) return { chunks, complete: false };
    chunks.push(bytes.subarray(start, start + size));
    at = start + size + 2;
  }
}
