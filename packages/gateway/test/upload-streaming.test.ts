/** Uploads in their phases: what passes through, who waits for whom, and what it costs. */
import assert from "node:assert/strict";
import { createHash, type Hash } from "node:crypto";
import { once } from "node:events";
import { readFileSync, writeFileSync } from "node:fs";
import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import { type AddressInfo, connect, type Socket } from "node:net";
import { after, before, describe, it } from "node:test";
import { KEY, type MockGateway, PROVIDER_KEY } from "./support/mock-gateway.ts";
import { closeWithNothingLeft } from "./support/nothing-left.ts";
import { startUploadGateway } from "./support/upload-gateway.ts";

const MEBIBYTE = 1024 * 1024;
const UPLOAD_MEBIBYTES = 100;
const GROWTH_BYTES = 30 * MEBIBYTE;
/** What two pairs of sockets and the gateway may hold between a client and a provider that does not read. */
const ON_THE_WAY_BYTES = 40 * MEBIBYTE;
const CANCEL_WITHIN_MS = 100;
const BOUNDARY = "x".repeat(24);

interface Received {
  readonly request: IncomingMessage;
  readonly response: ServerResponse;
}

/** A provider that the test reads and answers by hand. */
class HandProvider {
  readonly #server = createServer((request, response) => {
    this.#waiting.push({ request, response });
    this.#server.emit("arrived");
  });
  readonly #waiting: Received[] = [];

  async listen(): Promise<string> {
    this.#server.listen(0, "127.0.0.1");
    await once(this.#server, "listening");
    return `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}/v1`;
  }

  async next(): Promise<Received> {
    while (this.#waiting.length === 0) await once(this.#server, "arrived");
    const received = this.#waiting.shift();
    assert.ok(received);
    return received;
  }

  async close(): Promise<void> {
    this.#server.closeAllConnections();
    this.#server.close();
    await once(this.#server, "close");
  }
}

let provider: HandProvider;
let up: MockGateway;
before(async () => {
  provider = new HandProvider();
  up = await startUploadGateway({ providerUrl: await provider.listen() });
});
after(async () => {
  await closeWithNothingLeft(up);
  await provider.close();
});

const MODEL = `--${BOUNDARY}\r\nContent-Disposition: form-data; name="model"\r\n\r\nchat\r\n`;
const FILE_HEAD = `--${BOUNDARY}\r\nContent-Disposition: form-data; name="file"; filename="f"\r\n\r\n`;
const END = `--${BOUNDARY}--\r\n`;

async function* form(order: "file-first" | "model-first", hash: Hash): AsyncGenerator<Buffer> {
  const block = Buffer.alloc(MEBIBYTE);
  const told = (bytes: Buffer): Buffer => {
    hash.update(
      bytes.toString("latin1") === MODEL ? MODEL.replace("\r\nchat\r\n", "\r\nupstream-model\r\n") : bytes,
    );
    return bytes;
  };
  if (order === "model-first") yield told(Buffer.from(MODEL));
  yield told(Buffer.from(FILE_HEAD));
  for (let i = 0; i < UPLOAD_MEBIBYTES; i++) {
    for (let at = 0; at < block.length; at += 4_096) block.writeUInt32LE(i * 1_000 + at, at);
    yield told(Buffer.from(block));
  }
  yield told(Buffer.from("\r\n"));
  if (order === "file-first") yield told(Buffer.from(MODEL));
  yield told(Buffer.from(END));
}

const skip = process.platform === "linux" ? false : "the gateway's memory is read from /proc";

/** The most memory that the gateway has had, in bytes, since the last time that this was forgotten. */
function peakBytes(): number {
  const status = readFileSync(`/proc/${up.gateway.pid}/status`, "latin1");
  return Number(/^VmHWM:\s+(\d+)/m.exec(status)?.[1]) * 1024;
}

function forgetPeak(): void {
  writeFileSync(`/proc/${up.gateway.pid}/clear_refs`, "5");
}

describe("an upload of 100 MiB", { skip }, () => {
  for (const [name, path, order, headers] of [
    ["with its model behind the file", "/audio/transcriptions", "file-first", {}],
    ["with its model before the file", "/audio/transcriptions", "model-first", {}],
    ["with its model in a header", "/audio/transcriptions", "file-first", { "x-headrace-model": "chat" }],
  ] as const) {
    it(`${name} arrives byte for byte and takes no memory`, async () => {
      forgetPeak();
      const beforeBytes = peakBytes();
      const sent = createHash("sha256");
      const answer = fetch(up.baseUrl + path, {
        method: "POST",
        headers: {
          authorization: `Bearer ${KEY}`,
          "content-type": `multipart/form-data; boundary=${BOUNDARY}`,
          ...headers,
        },
        body: form(order, sent),
        duplex: "half",
      });
      const { request, response } = await provider.next();
      const arrived = createHash("sha256");
      for await (const chunk of request) arrived.update(chunk as Buffer);
      response.setHeader("content-type", "application/json");
      response.end("{}");
      assert.equal((await answer).status, 200);
      assert.equal(arrived.digest("hex"), sent.digest("hex"));
      const grownBytes = peakBytes() - beforeBytes;
      assert.ok(grownBytes < GROWTH_BYTES, `the gateway grew by ${grownBytes} bytes`);
    });
  }
});

interface OpenUpload {
  readonly socket: Socket;
  readonly requestId: string;
}

let uploads = 0;

/** An upload whose bytes the test sends by hand. */
function openUpload(announcedBytes: number, headers = ""): OpenUpload {
  const socket = connect(up.gateway.port, "127.0.0.1");
  socket.on("error", () => {}); // of one that leaves
  const requestId = `upload-${++uploads}`;
  socket.write(
    `POST /v1/audio/transcriptions HTTP/1.1\r\nhost: gateway\r\nauthorization: Bearer ${KEY}\r\n` +
      `content-type: multipart/form-data; boundary=${BOUNDARY}\r\nx-request-id: ${requestId}\r\n` +
      `content-length: ${announcedBytes}\r\n${headers}\r\n`,
  );
  return { socket, requestId };
}

async function leave({ socket, requestId }: OpenUpload): Promise<void> {
  const leftAtEpochMs = Date.now();
  socket.destroy();
  const log = await up.logOf(requestId);
  assert.deepEqual([log.status, log.errorCode], [499, "client_closed"]);
  const tookMs = Number(log.time) - leftAtEpochMs;
  assert.ok(tookMs <= CANCEL_WITHIN_MS, `logged ${tookMs} ms after the client had left`);
}

async function assertCancelled(response: ServerResponse, leaving: () => Promise<void>): Promise<void> {
  const closed = once(response, "close").then(() => performance.now());
  const leftAtMs = performance.now();
  const logged = leaving();
  const tookMs = (await closed) - leftAtMs;
  assert.ok(tookMs <= CANCEL_WITHIN_MS, `the provider was cancelled after ${tookMs} ms`);
  await logged;
}

describe("a client that leaves", () => {
  it("while its file comes and nobody knows the model yet: asks nobody, and leaves nothing on the disk", async () => {
    const upload = openUpload(50 * MEBIBYTE);
    upload.socket.write(FILE_HEAD);
    upload.socket.write(Buffer.alloc(2 * MEBIBYTE));
    await once(upload.socket, "drain");
    await leave(upload);
  });

  it("while its file passes through", async () => {
    const upload = openUpload(50 * MEBIBYTE);
    upload.socket.write(MODEL + FILE_HEAD);
    upload.socket.write(Buffer.alloc(MEBIBYTE));
    const { request, response } = await provider.next();
    request.resume();
    await assertCancelled(response, () => leave(upload));
  });

  it("when it waits for the answer", async () => {
    const body = Buffer.from(`${MODEL}${FILE_HEAD}abc\r\n${END}`);
    const upload = openUpload(body.length);
    upload.socket.write(body);
    const { request, response } = await provider.next();
    await once(request.resume(), "end");
    await assertCancelled(response, () => leave(upload));
  });

  it("in the middle of the answer", async () => {
    const body = Buffer.from(`${MODEL}${FILE_HEAD}abc\r\n${END}`);
    const upload = openUpload(body.length);
    upload.socket.write(body);
    const { request, response } = await provider.next();
    await once(request.resume(), "end");
    response.writeHead(200, { "content-type": "text/event-stream" });
    response.write('data: {"type":"transcript.text.delta","delta":"a"}\n\n');
    await once(upload.socket, "data");
    await assertCancelled(response, () => leave(upload));
  });
});

describe("a provider", () => {
  it("that does not read stops the client, and gets it all when it reads", async () => {
    const fileBytes = 96 * MEBIBYTE;
    const tail = Buffer.from(`\r\n${END}`);
    const bodyBytes = MODEL.length + FILE_HEAD.length + fileBytes + tail.length;
    const upload = openUpload(bodyBytes);
    upload.socket.write(MODEL + FILE_HEAD);
    // At 64 MB/s: what fills the server's buffer at each of its reads, it reads without a pause for anybody.
    const block = Buffer.alloc(MEBIBYTE / 16);
    let sentBytes = 0;
    const { request, response } = await (async () => {
      const coming = provider.next();
      for (; sentBytes < fileBytes; sentBytes += block.length) {
        await new Promise((resolve) => setTimeout(resolve, 1));
        if (upload.socket.write(block)) continue;
        const drained = await Promise.race([
          once(upload.socket, "drain").then(() => true),
          new Promise<boolean>((resolve) => setTimeout(resolve, 300, false)),
        ]);
        if (!drained) break;
      }
      return coming;
    })();
    assert.ok(sentBytes < ON_THE_WAY_BYTES, `the client could send ${sentBytes} bytes`);
    let readBytes = 0;
    request.on("data", (chunk: Buffer) => {
      readBytes += chunk.length;
    });
    for (sentBytes += block.length; sentBytes < fileBytes; sentBytes += block.length) {
      if (!upload.socket.write(block)) await once(upload.socket, "drain");
    }
    upload.socket.write(tail);
    await once(request, "end");
    assert.equal(readBytes, bodyBytes - "chat".length + "upstream-model".length);
    response.setHeader("content-type", "application/json");
    response.end('{"text":"ok"}');
    assert.match(String(await once(upload.socket, "data")), /^HTTP\/1\.1 200 OK/);
    upload.socket.destroy();
  });

  it("that takes no more is given up", async () => {
    const upload = openUpload(80 * MEBIBYTE, "x-headrace-model: impatient\r\n");
    upload.socket.write(FILE_HEAD);
    upload.socket.write(Buffer.alloc(60 * MEBIBYTE));
    await provider.next();
    assert.match(
      String(await once(upload.socket, "data")),
      /^HTTP\/1\.1 504 .*stopped taking the request's body/s,
    );
    const log = await up.logOf(upload.requestId);
    assert.equal(log.errorCode, "upstream_idle_timeout");
    upload.socket.destroy();
  });

  it("that refuses before it has read all: its refusal arrives, without the key that it quotes", async () => {
    const upload = openUpload(80 * MEBIBYTE);
    upload.socket.write(MODEL + FILE_HEAD);
    upload.socket.write(Buffer.alloc(MEBIBYTE));
    const { response } = await provider.next();
    response.writeHead(413, { "content-type": "application/json" });
    response.end(
      JSON.stringify({ error: { message: `too large, ${PROVIDER_KEY}`, type: "x", code: "big" } }),
    );
    const answer = String(await once(upload.socket, "data"));
    assert.match(answer, /^HTTP\/1\.1 413 .*"too large, \*\*\*".*"big"/s);
    upload.socket.destroy();
  });

  it("that breaks a stream off ends it with an error event", async () => {
    const body = Buffer.from(`${MODEL}${FILE_HEAD}abc\r\n${END}`);
    const upload = openUpload(body.length);
    upload.socket.write(body);
    const { request, response } = await provider.next();
    await once(request.resume(), "end");
    response.writeHead(200, { "content-type": "text/event-stream" });
    response.write('data: {"delta":"a"}\n\ndata: {"del');
    const answer: string[] = [String(await once(upload.socket, "data"))];
    response.destroy();
    while (!answer.join("").includes("upstream_cut")) answer.push(String(await once(upload.socket, "data")));
    const events = [...answer.join("").matchAll(/^data: (\{.*\})$/gm)].map(([, data = ""]) =>
      Object.keys(JSON.parse(data)),
    );
    assert.deepEqual(events, [["delta"], ["error"]]);
    upload.socket.destroy();
  });
});

describe("a client", () => {
  it("whose form turns bad behind its model is told, and the provider's request is cut", async () => {
    const upload = openUpload(80 * MEBIBYTE);
    upload.socket.write(MODEL + FILE_HEAD);
    const { response } = await provider.next();
    const closed = once(response, "close");
    upload.socket.write(`abc\r\n${MODEL}`);
    assert.match(String(await once(upload.socket, "data")), /^HTTP\/1\.1 400 .*"duplicate_field"/s);
    await closed;
    upload.socket.destroy();
  });
});
