import { createRequire } from "node:module";
import type { Socket } from "node:net";
import type { buildConnector as BuildConnector } from "undici";

const buildConnector: typeof BuildConnector = createRequire(import.meta.url)("undici/lib/core/connect.js");

/** As much as libuv reads at a time. */
const READ_BYTES = 64 * 1024;
/** Of a head and a body together. To copy a larger body would cost more than a second buffer does. */
const MOST_JOINED_BYTES = 16 * 1024;

/** What all sockets read into, each in its turn: what came is copied before another one reads. */
const readBuffer = Buffer.allocUnsafeSlow(READ_BYTES);

/** What a socket does with bytes that have come, once undici has it; false stops it until somebody calls `read`. */
const TAKE = Symbol("take");
interface ProviderSocket extends Socket {
  [TAKE]?: (chunk: Buffer) => boolean;
}

/**
 * Connects as undici does by itself, TLS and its sessions included, and shortens the way between it and the kernel. For
 * HTTP/1.1 only.
 */
export function providerConnector(options: BuildConnector.BuildOptions): BuildConnector.connector {
  const connect = buildConnector({ ...options, onread: { buffer: readBuffer, callback: onRead } });
  return (target, callback) =>
    connect(target, (...result) => {
      if (result[0] === null) {
        handOverAtOnce(result[1]);
        writeAtOnce(result[1]);
      }
      callback(...result);
    });
}

/** Node calls it as a method of the socket that has read. */
function onRead(this: ProviderSocket, byteCount: number): boolean {
  const chunk = Buffer.allocUnsafe(byteCount);
  readBuffer.copy(chunk, 0, 0, byteCount);
  // As long as undici has not got the socket, its stream keeps what comes.
  return this[TAKE]?.(chunk) ?? this.push(chunk);
}

/**
 * Bytes that come go to undici's parser at once. By itself Node would allocate 64 KB to read into, keep what came in a
 * stream, and tell of it in another tick.
 */
function handOverAtOnce(socket: ProviderSocket): void {
  const { read, push } = socket;
  /** What undici has not taken; most of the time nothing is here but for the moment in which it is told. */
  const waiting: Buffer[] = [];
  let stopped = false;
  let ended = false;
  socket[TAKE] = (chunk) => {
    waiting.push(chunk);
    socket.emit("readable");
    stopped = waiting.length > 0;
    return !stopped;
  };
  socket.read = (size) => {
    if (size === 0 || socket.readableLength > 0) return read.call(socket, size);
    const chunk = waiting.shift();
    if (chunk !== undefined) return chunk;
    if (!stopped && !ended) return null;
    stopped = false;
    return read.call(socket); // goes on reading, or tells of the end
  };
  socket.unshift = (chunk: Buffer) => {
    if (chunk.length > 0) waiting.unshift(chunk);
  };
  socket.push = (chunk: unknown) => {
    ended ||= chunk === null;
    return push.call(socket, chunk);
  };
}

/** A request's head and a small body become one buffer. undici writes two between `cork` and `uncork`. */
function writeAtOnce(socket: Socket): void {
  const { cork, uncork } = socket;
  const write = socket.write as (chunk: Uint8Array | string, encoding?: BufferEncoding) => boolean;
  let corked = false;
  let text = "";
  socket.cork = () => {
    corked = true;
  };
  socket.write = (chunk: Uint8Array | string, encoding?: unknown) => {
    if (!corked) return write.call(socket, chunk, encoding as BufferEncoding);
    if (typeof chunk === "string") {
      text += chunk; // latin1, as all text that undici writes
      return true;
    }
    const head = text;
    text = "";
    const bytes = head.length + chunk.length;
    if (bytes <= MOST_JOINED_BYTES) {
      const joined = Buffer.allocUnsafe(bytes);
      joined.write(head, 0, "latin1");
      joined.set(chunk, head.length);
      return write.call(socket, joined);
    }
    cork.call(socket);
    write.call(socket, head, "latin1");
    const hasRoom = write.call(socket, chunk);
    uncork.call(socket);
    return hasRoom;
  };
  socket.uncork = () => {
    corked = false;
    const tail = text;
    text = "";
    if (tail !== "") write.call(socket, tail, "latin1");
  };
}
