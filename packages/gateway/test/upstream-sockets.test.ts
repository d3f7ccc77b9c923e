/** What undici sends and gets over sockets that we shorten, against servers that count their bytes. */
import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { once } from "node:events";
import { type AddressInfo, createServer, type Server, type Socket } from "node:net";
import { type TestContext, test } from "node:test";
import { createServer as createTlsServer } from "node:tls";
import type { Dispatcher, Pool } from "undici";
import { openPool } from "../src/upstream/kept-pools.ts";
import { createSelfSigned } from "./support/certificates.ts";
import { writeUntilPaused } from "./support/write-until-paused.ts";

const CONNECTIONS = 20;
const ONE_MIB = 1024 * 1024;
/** More than the buffers of two kernels hold. */
const PAUSED_PIECES = 64;
const HEAD_END = "\r\n\r\n";

interface Answer {
  readonly bytes: number;
  readonly digest: string;
}

function digestOf(bytes: Uint8Array): string {
  return createHash("sha256").update(bytes).digest("hex");
}

async function listen(t: TestContext, server: Server): Promise<number> {
  const sockets = new Set<Socket>();
  server.on("connection", (socket) => sockets.add(socket.on("error", () => undefined)));
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  t.after(() => {
    server.close();
    for (const socket of sockets) socket.destroy();
  });
  return (server.address() as AddressInfo).port;
}

function poolTo(t: TestContext, origin: string, ca: string | null = null): Pool {
  const pool = openPool({ origin, connections: CONNECTIONS, http2: false, ca, connectTimeoutMs: 5_000 });
  t.after(() => pool.destroy());
  return pool;
}

interface Asked {
  readonly body?: Dispatcher.DispatchOptions["body"] | AsyncIterable<Uint8Array>;
  /** Hears of each piece as long as the answer lasts. */
  readonly onPiece?: (controller: Dispatcher.DispatchController, bytes: number) => void;
}

/** All pieces are kept until the end, so that one which changes meanwhile shows. */
function ask(pool: Pool, { body = "{}", onPiece }: Asked = {}): Promise<Answer> {
  const pieces: Buffer[] = [];
  return new Promise((resolve, reject) => {
    const options = { path: "/", method: "POST", body } as Dispatcher.DispatchOptions;
    pool.dispatch(options, {
      onRequestStart() {},
      onResponseStart() {},
      onResponseData(controller, piece) {
        pieces.push(piece);
        onPiece?.(controller, piece.length);
      },
      onResponseEnd() {
        const whole = Buffer.concat(pieces);
        resolve({ bytes: whole.length, digest: digestOf(whole) });
      },
      onResponseError: (_controller, error) => reject(error),
    });
  });
}

function headOf(bytes: number): string {
  return `HTTP/1.1 200 OK\r\ncontent-length: ${bytes}${HEAD_END}`;
}

/** Reads requests with a length one after another, and gives each body to `onBody`. */
function readBodies(socket: Socket, onBody: (body: Buffer) => void): void {
  let read = Buffer.alloc(0);
  socket.on("data", (piece) => {
    read = Buffer.concat([read, piece]);
    const headBytes = read.indexOf(HEAD_END) + HEAD_END.length;
    const length = Number(/content-length: (\d+)/.exec(read.toString("latin1", 0, headBytes))?.[1]);
    if (headBytes < HEAD_END.length || read.length < headBytes + length) return;
    const body = read.subarray(headBytes, headBytes + length);
    read = read.subarray(headBytes + length);
    onBody(body);
  });
}

test("head and body of a small request arrive together", async (t) => {
  const pieces: string[] = [];
  const server = createServer((socket) =>
    socket.on("data", (piece) => {
      pieces.push(piece.toString("latin1"));
      socket.write(headOf(0));
    }),
  );
  const pool = poolTo(t, `http://127.0.0.1:${await listen(t, server)}`);
  await ask(pool, { body: "first" });
  await ask(pool, { body: "second é" });
  assert.deepEqual(
    pieces.map((piece) => piece.split(HEAD_END)[1]),
    ["first", Buffer.from("second é").toString("latin1")],
  );
  assert.match(pieces[0] ?? "", /^POST \/ HTTP\/1\.1\r\nhost: .*content-length: 5\r\n\r\nfirst$/s);
});

test("bodies about as long as what is joined, and much longer, arrive as they were", async (t) => {
  const server = createServer((socket) =>
    readBodies(socket, (body) => {
      const digest = digestOf(body);
      socket.write(headOf(digest.length) + digest);
    }),
  );
  const pool = poolTo(t, `http://127.0.0.1:${await listen(t, server)}`);
  for (const bytes of [1, 16_000, 16_200, 16_384, 16_385, 70_000, 3 * ONE_MIB]) {
    const body = Buffer.alloc(bytes, `${bytes} bytes `);
    assert.equal((await ask(pool, { body })).digest, digestOf(Buffer.from(digestOf(body))), `${bytes}`);
  }
});

test("a body in pieces is chunked as it was given, and one without a body has its head", async (t) => {
  const requests: string[] = [];
  const server = createServer((socket) => {
    let request = "";
    socket.on("data", (piece) => {
      request += piece.toString("latin1");
      if (!request.endsWith(`0${HEAD_END}`)) return;
      requests.push(request.slice(request.indexOf(HEAD_END) + HEAD_END.length));
      request = "";
      socket.write(headOf(0));
    });
  });
  const pool = poolTo(t, `http://127.0.0.1:${await listen(t, server)}`);
  async function* pieces(): AsyncGenerator<Uint8Array> {
    yield Buffer.from("one");
    yield Buffer.alloc(20_000, "x");
    yield Buffer.from("three");
  }
  await ask(pool, { body: pieces() });
  await ask(pool, { body: null });
  assert.deepEqual(requests, [
    `3\r\none\r\n4e20\r\n${"x".repeat(20_000)}\r\n5\r\nthree\r\n0${HEAD_END}`,
    "", // its head ends in "content-length: 0"
  ]);
});

for (const tls of [false, true]) {
  const wire = tls ? "TLS" : "TCP";

  test(`${wire}: answers over many connections at a time do not mix`, async (t) => {
    const { server, ca, origin } = serverOf(tls, (socket) =>
      readBodies(socket, (body) => {
        const [mark, pieces] = body.toString().split(" ").map(Number) as [number, number];
        const piece = Buffer.alloc(1_000, mark);
        socket.write(headOf(piece.length * pieces));
        sendInTurns(socket, piece, pieces);
      }),
    );
    const pool = poolTo(t, origin(await listen(t, server)), ca);
    const answers = await Promise.all(
      Array.from({ length: 4 * CONNECTIONS }, (_, i) => ask(pool, { body: `${i} ${50 + i}` })),
    );
    for (const [i, answer] of answers.entries())
      assert.deepEqual(answer, {
        bytes: 1_000 * (50 + i),
        digest: digestOf(Buffer.alloc(1_000 * (50 + i), i)),
      });
  });

  test(`${wire}: an answer that is paused is not read on, and is whole when it goes on`, async (t) => {
    const piece = "0123456789abcdef".repeat(ONE_MIB / 16);
    const sent = Buffer.from(piece.repeat(PAUSED_PIECES));
    const reached = Promise.withResolvers<Socket>();
    const { server, ca, origin } = serverOf(tls, (socket) =>
      readBodies(socket, () => reached.resolve(socket)),
    );
    const pool = poolTo(t, origin(await listen(t, server)), ca);
    let resume: (() => void) | undefined;
    const answer = ask(pool, {
      onPiece(controller) {
        if (resume !== undefined) return;
        controller.pause();
        resume = () => controller.resume();
      },
    });
    const socket = await reached.promise;
    socket.write(headOf(sent.length));
    const writtenBytes = await writeUntilPaused(socket, { piece, limitBytes: sent.length });
    assert.ok(writtenBytes < sent.length, "all of it was read");
    resume?.();
    socket.write(sent.subarray(writtenBytes));
    assert.deepEqual(await answer, { bytes: sent.length, digest: digestOf(sent) });
  });

  test(`${wire}: an answer without a length ends with its connection, and a cut one is an error`, async (t) => {
    let cut = false;
    const { server, ca, origin } = serverOf(tls, (socket) =>
      readBodies(socket, () => {
        if (cut) socket.end(`${headOf(100)}only this`);
        else socket.end(`HTTP/1.1 200 OK\r\nconnection: close${HEAD_END}all of it`);
      }),
    );
    const pool = poolTo(t, origin(await listen(t, server)), ca);
    assert.deepEqual(await ask(pool), { bytes: 9, digest: digestOf(Buffer.from("all of it")) });
    cut = true;
    await assert.rejects(ask(pool), /other side closed/);
  });
}

interface Served {
  readonly server: Server;
  readonly ca: string | null;
  origin(port: number): string;
}

function serverOf(tls: boolean, serve: (socket: Socket) => void): Served {
  if (!tls) return { server: createServer(serve), ca: null, origin: (port) => `http://127.0.0.1:${port}` };
  const certificate = createSelfSigned({ names: ["127.0.0.1"] });
  const server = createTlsServer(certificate, (socket) => serve(socket.on("error", () => undefined)));
  return { server, ca: certificate.cert, origin: (port) => `https://127.0.0.1:${port}` };
}

function sendInTurns(socket: Socket, piece: Buffer, left: number): void {
  if (left === 0) return;
  socket.write(piece);
  setImmediate(sendInTurns, socket, piece, left - 1);
}
