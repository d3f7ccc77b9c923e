import assert from "node:assert/strict";
import { once } from "node:events";
import { connect, type Socket } from "node:net";
import { after, before, describe, it } from "node:test";
import { Deadlines } from "../time/deadlines.ts";
import type { Exchange, ExchangeOwner } from "./exchange.ts";
import { createServer, type Server } from "./uws-server.ts";

/** More than the system takes for a client that does not read. */
const HUGE = Buffer.alloc(64 * 1024 * 1024, "x");
const SMALL = Buffer.from("small");

/** The ways to give an answer. */
const ANSWERS = {
  "a small answer": (exchange) => exchange.respond(200, "", SMALL),
  "a huge answer": (exchange) => exchange.respond(200, "", HUGE),
  "a huge text": (exchange) => exchange.respond(200, "", HUGE.toString("latin1")),
  "a small stream": (exchange) => {
    exchange.begin(200, "");
    exchange.write(SMALL);
    exchange.end();
  },
  "a huge stream": (exchange) => {
    exchange.begin(200, "");
    exchange.write(HUGE);
    exchange.end();
  },
} as const satisfies Record<string, (exchange: Exchange) => void>;
const HUGE_ANSWERS = ["a huge answer", "a huge text", "a huge stream"] as const;

/** Keeps what it hears of an exchange's end, and resolves with the first of it. */
class Ending implements ExchangeOwner {
  readonly heard: string[] = [];
  readonly first: Promise<void>;
  readonly #onFirst: () => void;

  constructor() {
    const { promise, resolve } = Promise.withResolvers<void>();
    this.first = promise;
    this.#onFirst = resolve;
  }

  onSent(): void {
    this.#hear("sent");
  }

  onClosed(): void {
    this.#hear("closed");
  }

  onBody(): void {}
  onBodyRefused(): void {}
  onDrained(): void {}

  onBroken(): void {
    this.#hear("broken");
  }

  #hear(what: string): void {
    this.heard.push(what);
    this.#onFirst();
  }
}

function chunkOf(text: string): string {
  return `${Buffer.byteLength(text).toString(16)}\r\n${text}\r\n`;
}

function unchunked(body: string): string {
  let text = "";
  for (let at = 0; ; ) {
    const lineEnd = body.indexOf("\r\n", at);
    const bytes = Number.parseInt(body.slice(at, lineEnd), 16);
    if (bytes === 0) return text;
    text += body.slice(lineEnd + 2, lineEnd + 2 + bytes);
    at = lineEnd + 2 + bytes + 2;
  }
}

describe("an exchange", { timeout: 30_000 }, () => {
  const deadlines = new Deadlines(assert.ifError);
  let server: Server;
  let port = 0;
  let answer: (exchange: Exchange) => void;
  let ending: Ending;

  before(async () => {
    server = createServer({
      routes: [
        {
          method: "get",
          path: "/*",
          handler: (exchange) => {
            exchange.attach(ending);
            answer(exchange);
          },
        },
      ],
      deadlines,
      bodyLimitBytes: 1024,
      headerTimeoutMs: 10_000,
      bodyTimeoutMs: 10_000,
      refuse: () => assert.fail("nothing is refused here"),
      onBug: (error) => assert.fail(String(error)),
    });
    port = await server.listen({ host: "127.0.0.1", port: 0 });
  });
  after(async () => {
    await server.drain(0);
    deadlines.close();
  });

  /** A client that has its answer's first bytes, and reads no further. */
  const ask = async (name: keyof typeof ANSWERS): Promise<Socket> => {
    answer = ANSWERS[name];
    ending = new Ending();
    const socket = connect(port, "127.0.0.1");
    socket.write("GET / HTTP/1.1\r\nhost: x\r\n\r\n");
    await once(socket, "readable");
    return socket;
  };

  /** The head and the chunked body of an answer, as they are on the connection until it closes. */
  const answerOf = async (give: (exchange: Exchange) => void): Promise<[head: string, body: string]> => {
    answer = give;
    ending = new Ending();
    const socket = connect(port, "127.0.0.1");
    socket.write("GET / HTTP/1.1\r\nhost: x\r\n\r\n");
    let received = "";
    for await (const bytes of socket) {
      received += String(bytes);
      if (received.endsWith("\r\n0\r\n\r\n")) break;
    }
    const end = received.indexOf("\r\n\r\n");
    return [received.slice(0, end), received.slice(end + 4)];
  };

  for (const name of Object.keys(ANSWERS) as (keyof typeof ANSWERS)[]) {
    it(`tells once that ${name} has been sent`, async () => {
      const socket = await ask(name);
      socket.resume();
      await ending.first;
      assert.equal(server.openExchanges, 0);
      socket.destroy();
      await once(socket, "close");
      assert.deepEqual(ending.heard, ["sent"]);
    });
  }

  it("sends what is given in one turn as one piece, behind its head", async () => {
    const events = Array.from({ length: 100 }, (_, i) => `data: ${i}\n\n`);
    const [head, body] = await answerOf((exchange) => {
      exchange.begin(200, "\r\ncontent-type: text/event-stream");
      for (const event of events) exchange.write(Buffer.from(event));
      setImmediate(() => {
        exchange.write("data: later\n\n");
        exchange.end();
      });
    });
    assert.match(head, /^HTTP\/1\.1 200 OK\r\n(.+\r\n)*content-type: text\/event-stream/);
    assert.equal(body, `${chunkOf(events.join(""))}${chunkOf("data: later\n\n")}0\r\n\r\n`);
  });

  it("sends pieces in their order, however large they are", async () => {
    const pieces = [5, 20_000, 1, 0, 16_384, 40_000, 7].map((bytes, i) => Buffer.alloc(bytes, `${i}`));
    const [, body] = await answerOf((exchange) => {
      exchange.begin(200, "");
      for (const piece of pieces) exchange.write(piece);
      exchange.end();
    });
    assert.equal(unchunked(body), Buffer.concat(pieces).toString());
  });

  it("gives what it had before it is cut", async () => {
    const [head, body] = await answerOf((exchange) => {
      setImmediate(() => {
        exchange.begin(200, "");
        exchange.write("said");
        exchange.destroy();
      });
    });
    assert.match(head, /^HTTP\/1\.1 200 OK/);
    assert.equal(body, "4\r\nsaid"); // the line end comes with the next chunk, of which there is none
  });

  for (const name of HUGE_ANSWERS) {
    it(`tells once that the client left in the middle of ${name}`, async () => {
      const socket = await ask(name);
      assert.deepEqual([ending.heard, server.openExchanges], [[], 1]);
      socket.destroy();
      await ending.first;
      assert.deepEqual([ending.heard, server.openExchanges], [["closed"], 0]);
    });
  }
});
