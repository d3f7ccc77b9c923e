import { once } from "node:events";
import { createServer, type Socket } from "node:net";
import { WARM_UP_WIRES, type WarmUpWire } from "./warm-up-wires.ts";

/** Somebody who answers the warm-up's calls. */
export interface WarmUpProvider {
  /** With `/v1`. */
  readonly url: string;
  close(): Promise<void>;
}

const LOOPBACK = "127.0.0.1";
/** A stream comes in so many pieces, as one from a network does. */
const PIECES = 4;
const HEAD_END = "\r\n\r\n";
const STREAMED = /^POST \S*:stream|"stream":true/;
const BODY_BYTES = /\r\ncontent-length: (\d+)/i;

interface Answers {
  readonly mark: string;
  readonly plain: Buffer;
  readonly pieces: readonly Buffer[];
}

/**
 * A provider with one answer and one stream on each wire of the warm-up, ready as bytes. It is no mock: those know every wire, and
 * would be loaded into each process for its first second only.
 */
export async function startWarmUpProvider(): Promise<WarmUpProvider> {
  const wires = Object.values(WARM_UP_WIRES).map(answersOf);
  const sockets = new Set<Socket>();
  const server = createServer({ noDelay: true }, (socket) => {
    sockets.add(socket);
    socket.on("close", () => sockets.delete(socket));
    // The client closes its connections as it likes; there is nobody to tell.
    socket.on("error", () => socket.destroy());
    serve(socket, (request) => {
      const answers = wires.find(({ mark }) => request.includes(mark));
      if (answers === undefined) socket.destroy();
      else if (STREAMED.test(request)) sendPieces(socket, answers.pieces, 0);
      else socket.write(answers.plain);
    });
  });
  server.listen(0, LOOPBACK);
  await once(server, "listening");
  const address = server.address();
  const port = typeof address === "object" && address !== null ? address.port : 0;
  return {
    url: `http://${LOOPBACK}:${port}/v1`,
    async close(): Promise<void> {
      const closed = once(server, "close");
      server.close();
      for (const socket of sockets) socket.destroy();
      await closed;
    },
  };
}

/** Calls back with each request, head and body, which is ASCII and has a length. */
function serve(socket: Socket, onRequest: (request: string) => void): void {
  let received = "";
  socket.setEncoding("latin1");
  socket.on("data", (text: string) => {
    received += text;
    const headEnd = received.indexOf(HEAD_END);
    if (headEnd === -1) return;
    const bodyBytes = Number(BODY_BYTES.exec(received)?.[1] ?? 0);
    if (received.length < headEnd + HEAD_END.length + bodyBytes) return;
    const request = received;
    received = "";
    onRequest(request);
  });
}

function sendPieces(socket: Socket, pieces: readonly Buffer[], next: number): void {
  const piece = pieces[next];
  if (piece === undefined || socket.destroyed) return;
  socket.write(piece);
  setImmediate(sendPieces, socket, pieces, next + 1);
}

function answersOf({ mark, answer, events }: WarmUpWire): Answers {
  return { mark, plain: plainAnswer(answer), pieces: streamPieces(events) };
}

function plainAnswer(answer: object): Buffer {
  const body = JSON.stringify(answer);
  const head = `HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncontent-length: ${body.length}`;
  return Buffer.from(head + HEAD_END + body);
}

function streamPieces(events: readonly string[]): Buffer[] {
  const inPiece = Math.ceil(events.length / PIECES);
  const head =
    "HTTP/1.1 200 OK\r\ncontent-type: text/event-stream; charset=utf-8\r\ntransfer-encoding: chunked";
  return Array.from({ length: PIECES }, (_, piece) => {
    const part = events.slice(piece * inPiece, (piece + 1) * inPiece).map(asChunk);
    const first = piece === 0 ? head + HEAD_END : "";
    return Buffer.from(first + part.join("") + (piece === PIECES - 1 ? `0${HEAD_END}` : ""));
  });
}

/** A chunk of HTTP's, one an event. */
function asChunk(text: string): string {
  return `${text.length.toString(16)}\r\n${text}\r\n`;
}
