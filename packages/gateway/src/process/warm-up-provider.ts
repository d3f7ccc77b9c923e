import { once } from "node:events";
import { createServer, type Socket } from "node:net";

/** Somebody who answers the warm-up's calls. */
export interface WarmUpProvider {
  /** With `/v1`. */
  readonly url: string;
  close(): Promise<void>;
}

const LOOPBACK = "127.0.0.1";
const CHUNKS = 20;
/** A stream comes in so many pieces, as one from a network does. */
const PIECES = 4;
const IDENTITY = { id: "chatcmpl-warm-up", created: 1_750_000_000, model: "gpt-4o-mini" };
const USAGE = {
  ...{ prompt_tokens: 9, completion_tokens: CHUNKS, total_tokens: 9 + CHUNKS },
  prompt_tokens_details: { cached_tokens: 0 },
  completion_tokens_details: { reasoning_tokens: 0 },
};
const HEAD_END = "\r\n\r\n";
const BODY_BYTES = /\r\ncontent-length: (\d+)/i;

/**
 * A provider on OpenAI's wire with one answer and one stream, ready as bytes. It is no mock: those know every wire, and
 * would be loaded into each process for its first second only.
 */
export async function startWarmUpProvider(): Promise<WarmUpProvider> {
  const answer = plainAnswer();
  const pieces = streamPieces();
  const sockets = new Set<Socket>();
  const server = createServer({ noDelay: true }, (socket) => {
    sockets.add(socket);
    socket.on("close", () => sockets.delete(socket));
    // The client closes its connections as it likes; there is nobody to tell.
    socket.on("error", () => socket.destroy());
    serve(socket, (body) => {
      if (body.includes('"stream":true')) sendPieces(socket, pieces, 0);
      else socket.write(answer);
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

/** Calls back with the body of each request, which is ASCII and has a length. */
function serve(socket: Socket, onBody: (body: string) => void): void {
  let received = "";
  socket.setEncoding("latin1");
  socket.on("data", (text: string) => {
    received += text;
    const headEnd = received.indexOf(HEAD_END);
    if (headEnd === -1) return;
    const bodyBytes = Number(BODY_BYTES.exec(received)?.[1] ?? 0);
    const body = received.slice(headEnd + HEAD_END.length);
    if (body.length < bodyBytes) return;
    received = "";
    onBody(body);
  });
}

function sendPieces(socket: Socket, pieces: readonly Buffer[], next: number): void {
  const piece = pieces[next];
  if (piece === undefined || socket.destroyed) return;
  socket.write(piece);
  setImmediate(sendPieces, socket, pieces, next + 1);
}

function plainAnswer(): Buffer {
  const message = { role: "assistant", content: "the mill turns ".repeat(CHUNKS / 4), refusal: null };
  const choices = [{ index: 0, message, logprobs: null, finish_reason: "stop" }];
  const body = JSON.stringify({ ...IDENTITY, object: "chat.completion", choices, usage: USAGE });
  const head = `HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncontent-length: ${body.length}`;
  return Buffer.from(head + HEAD_END + body);
}

function streamPieces(): Buffer[] {
  const deltas = [
    { role: "assistant", content: "" },
    ...Array.from({ length: CHUNKS }, () => ({ content: " word" })),
  ];
  const events = [
    ...deltas.map((delta) => event([{ index: 0, delta, finish_reason: null }], null)),
    event([{ index: 0, delta: {}, finish_reason: "stop" }], null),
    event([], USAGE),
    "data: [DONE]\n\n",
  ];
  const inPiece = Math.ceil(events.length / PIECES);
  const head =
    "HTTP/1.1 200 OK\r\ncontent-type: text/event-stream; charset=utf-8\r\ntransfer-encoding: chunked";
  return Array.from({ length: PIECES }, (_, piece) => {
    const part = events.slice(piece * inPiece, (piece + 1) * inPiece).map(asChunk);
    const first = piece === 0 ? head + HEAD_END : "";
    return Buffer.from(first + part.join("") + (piece === PIECES - 1 ? `0${HEAD_END}` : ""));
  });
}

function event(choices: readonly object[], usage: object | null): string {
  return `data: ${JSON.stringify({ ...IDENTITY, object: "chat.completion.chunk", choices, usage })}\n\n`;
}

/** A chunk of HTTP's, one an event. */
function asChunk(text: string): string {
  return `${text.length.toString(16)}\r\n${text}\r\n`;
}
