import type { Socket } from "node:net";
import { Duplex } from "node:stream";

const HEAD_END = Buffer.from("\r\n\r\n");
const CONTENT_LENGTH = /\r\ncontent-length: (\d+)/i;

/**
 * A connection to a provider that is no connection: every request that was written whole gets the same answer at once.
 * What a client of HTTP does by itself can so be measured without the system's sockets.
 */
export class AnsweringSocket extends Duplex {
  /** The last request, head and body. */
  request = "";
  readonly #answer: Buffer;
  #written = "";

  constructor(answer: Buffer) {
    super();
    this.#answer = answer;
  }

  override _read(): void {}

  override _write(chunk: Buffer, _encoding: string, done: () => void): void {
    this.#written += chunk.toString("latin1");
    this.#answerWhole();
    done();
  }

  override _writev(chunks: readonly { readonly chunk: Buffer }[], done: () => void): void {
    for (const { chunk } of chunks) this.#written += chunk.toString("latin1");
    this.#answerWhole();
    done();
  }

  #answerWhole(): void {
    const headEnd = this.#written.indexOf(HEAD_END.toString());
    const bodyBytes = Number(CONTENT_LENGTH.exec(this.#written)?.[1] ?? 0);
    if (headEnd === -1 || this.#written.length < headEnd + HEAD_END.length + bodyBytes) return;
    this.request = this.#written;
    this.#written = "";
    this.push(this.#answer);
  }
}

/** For an HTTP client, which wants to be given one of the system's. */
export function asSocket(socket: AnsweringSocket): Socket {
  const surface = {
    setNoDelay: () => socket,
    setKeepAlive: () => socket,
    ref: () => socket,
    unref: () => socket,
  };
  return Object.assign(socket, surface) as unknown as Socket;
}
