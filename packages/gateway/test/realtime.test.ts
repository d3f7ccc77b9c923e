/** Sessions of the realtime API over WebSockets, through the gateway. */
import assert from "node:assert/strict";
import { randomBytes } from "node:crypto";
import { once } from "node:events";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { after, before, beforeEach, describe, it } from "node:test";
import WebSocket, { WebSocketServer } from "ws";
import { KEY, type MockGateway, NARROW_KEY, PROVIDER_KEY, UPSTREAM_MODEL } from "./support/mock-gateway.ts";
import { closeWithNothingLeft } from "./support/nothing-left.ts";
import { startUploadGateway } from "./support/upload-gateway.ts";

const CANCEL_WITHIN_MS = 100;

interface RealtimeEvent {
  readonly type: string;
  readonly [field: string]: unknown;
}

/** A client that keeps what it hears. */
class Session {
  readonly socket: WebSocket;
  readonly events: RealtimeEvent[] = [];
  readonly closed: Promise<{ code: number; reason: string }>;
  requestId = "";

  constructor(url: string, protocols: readonly string[], headers: Readonly<Record<string, string>>) {
    this.socket = new WebSocket(url, [...protocols], { headers });
    this.socket.on("upgrade", (response) => {
      this.requestId = String(response.headers["x-request-id"] ?? "");
    });
    this.socket.on("message", (data, isBinary) => {
      if (!isBinary) this.events.push(JSON.parse(String(data)));
    });
    this.socket.on("error", () => {}); // "close" tells
    this.closed = new Promise((resolve) => {
      this.socket.once("close", (code, reason) => resolve({ code, reason: String(reason) }));
    });
  }

  async until(type: string): Promise<RealtimeEvent> {
    for (;;) {
      const found = this.events.find((event) => event.type === type);
      if (found !== undefined) return found;
      await once(this.socket, "message");
    }
  }

  send(event: object): void {
    this.socket.send(JSON.stringify(event));
  }
}

let sessions = 0;

function open(
  up: MockGateway,
  {
    query = "?model=chat",
    protocols = [],
    headers = { authorization: `Bearer ${KEY}` },
  }: { query?: string; protocols?: readonly string[]; headers?: Readonly<Record<string, string>> } = {},
): Session & { readonly id: string } {
  const id = `session-${++sessions}`;
  const url = `${up.gateway.url.replace("http", "ws")}/v1/realtime${query}`;
  return Object.assign(new Session(url, protocols, { ...headers, "x-request-id": id }), { id });
}

/** The answer that a client gets in place of a socket. */
async function refusalOf(session: Session): Promise<{ status: number; code: string; body: string }> {
  const [, response] = await once(session.socket, "unexpected-response");
  let body = "";
  for await (const piece of response) body += String(piece);
  session.socket.terminate();
  return { status: response.statusCode, code: JSON.parse(body).error.code, body };
}

const ITEM = { type: "message", role: "user", content: [{ type: "input_text", text: "one two" }] };

describe("a session with the mock", () => {
  let up: MockGateway;
  before(async () => {
    up = await startUploadGateway();
  });
  beforeEach(() => up.mock.clear());
  after(() => closeWithNothingLeft(up));

  it("answers, is metered and ends as the client ends it", async () => {
    const session = open(up, { protocols: ["realtime"] });
    const created = await session.until("session.created");
    assert.equal((created.session as { model: string }).model, UPSTREAM_MODEL);
    assert.equal(session.socket.protocol, "realtime");
    for (let turn = 1; turn <= 2; turn++) {
      session.send({ type: "conversation.item.create", item: ITEM });
      session.send({ type: "response.create", x_mock: { echo: true, chunks: 2, promptTokens: 5 } });
      while (session.events.filter(({ type }) => type === "response.done").length < turn)
        await once(session.socket, "message");
    }
    session.socket.close(4001, "enough");
    assert.deepEqual(await session.closed, { code: 4001, reason: "enough" });
    const log = await up.logOf(session.id);
    assert.deepEqual(
      [
        log.endpoint,
        log.model,
        log.provider,
        log.status,
        log.keyName,
        log.inputTokens,
        log.outputTokens,
        log.usageSource,
        log.errorCode,
      ],
      ["realtime", "chat", "mock-provider", 101, "client", 10, 4, "reported", undefined],
    );
    assert.ok(Number(log.events) > 8);
    const { headers = {}, path = "" } = up.mock.received[0] ?? {};
    assert.equal(headers.authorization, `Bearer ${PROVIDER_KEY}`);
    assert.equal(path, `/v1/realtime?model=${UPSTREAM_MODEL}`);
  });

  it("takes the key of a browser, which stays here, and its wish for the beta", async () => {
    const protocols = ["realtime", `openai-insecure-api-key.${KEY}`, "openai-beta.realtime-v1"];
    const session = open(up, { protocols, headers: {}, query: "?model=fast&keep=1" });
    await session.until("session.created");
    assert.equal(session.socket.protocol, "realtime");
    session.socket.close();
    await session.closed;
    const { headers = {}, path = "" } = up.mock.received[0] ?? {};
    assert.equal(headers["openai-beta"], "realtime=v1");
    assert.doesNotMatch(JSON.stringify(headers), new RegExp(KEY));
    assert.equal(path, `/v1/realtime?keep=1&model=${UPSTREAM_MODEL}`);
  });

  for (const [name, options, status, code] of [
    ["no model", { query: "" }, 400, "missing_field"],
    ["a model that is not there", { query: "?model=nope" }, 404, "model_not_found"],
    [
      "a model that the key may not use",
      { query: "?model=both", headers: { "api-key": NARROW_KEY } },
      403,
      "model_not_allowed",
    ],
    ["no key", { headers: {} }, 401, "missing_api_key"],
    ["a wrong key", { headers: { "api-key": "wrong" } }, 401, "invalid_api_key"],
    [
      "a wrong key of a browser",
      { headers: {}, protocols: ["realtime", "openai-insecure-api-key.wrong"] },
      401,
      "invalid_api_key",
    ],
    ["a provider without sessions", { query: "?model=unserved" }, 404, "endpoint_not_served"],
  ] as const) {
    it(`is refused for ${name}`, async () => {
      const session = open(up, options);
      const refusal = await refusalOf(session);
      assert.deepEqual([refusal.status, refusal.code], [status, code]);
      assert.equal(up.mock.received.length, 0);
      const log = await up.logOf(session.id);
      assert.deepEqual([log.status, log.errorCode, log.endpoint], [status, code, "realtime"]);
    });
  }

  it("tells what its provider refuses it for, but not the key", async () => {
    up.mock.setFaults({ fault: "rate-limited", errorMessage: `no more for ${PROVIDER_KEY}` });
    const session = open(up);
    const { error } = await session.until("error");
    up.mock.setFaults({});
    assert.match((error as { message: string }).message, /^no more for \*\*\*/);
    assert.deepEqual(await session.closed, { code: 1011, reason: "upstream_error" });
    const log = await up.logOf(session.id);
    assert.deepEqual([log.status, log.errorCode, log.endpoint], [101, "upstream_error", "realtime"]);
  });

  it("is tried again, and at the next target", async () => {
    up.mock.setFaults({ fault: "overloaded" }, { times: 1 });
    const session = open(up, { query: "?model=retried" });
    await session.until("session.created");
    session.socket.close();
    await session.closed;
    assert.equal((await up.logOf(session.id)).attempts, 2);
  });

  it("that is left is left at the provider too, at once", async () => {
    const session = open(up);
    await session.until("session.created");
    const leftAtMs = performance.now();
    session.socket.terminate();
    const record = await up.mock.waitFor(({ finished, aborted }) => finished || aborted, 5_000);
    const tookMs = performance.now() - leftAtMs;
    assert.ok(tookMs < CANCEL_WITHIN_MS, `${tookMs} ms`);
    assert.ok(record);
    const log = await up.logOf(session.id);
    assert.deepEqual([log.status, log.errorCode], [101, "client_closed"]);
  });
});

/** A provider that the test speaks for. */
class HandProvider {
  readonly http = createServer();
  readonly sockets: WebSocketServer = new WebSocketServer({ server: this.http });

  async listen(): Promise<string> {
    this.http.listen(0, "127.0.0.1");
    await once(this.http, "listening");
    return `http://127.0.0.1:${(this.http.address() as AddressInfo).port}/v1`;
  }

  async next(): Promise<WebSocket> {
    const [socket] = await once(this.sockets, "connection");
    return socket;
  }

  async close(): Promise<void> {
    for (const socket of this.sockets.clients) socket.terminate();
    this.http.closeAllConnections();
    this.http.close();
    await once(this.http, "close");
  }
}

describe("a session with a provider", () => {
  let up: MockGateway;
  let provider: HandProvider;
  before(async () => {
    provider = new HandProvider();
    up = await startUploadGateway({ providerUrl: await provider.listen() });
  });
  after(async () => {
    await closeWithNothingLeft(up);
    await provider.close();
  });

  async function opened(query?: string) {
    const coming = provider.next();
    const session = open(up, query === undefined ? {} : { query });
    const [socket] = await Promise.all([coming, once(session.socket, "open")]);
    return { session, socket };
  }

  it("passes messages on untouched, both ways and of both kinds", async () => {
    const { session, socket } = await opened();
    const sent = [randomBytes(300_000), Buffer.from('{ "odd" : "spacing", "zürich": 1 }'), Buffer.alloc(0)];
    session.socket.removeAllListeners("message");
    for (const [from, to] of [
      [session.socket, socket],
      [socket, session.socket],
    ] as const) {
      for (const [at, bytes] of sent.entries()) {
        const arriving = once(to, "message");
        from.send(bytes, { binary: at !== 1 });
        const [data, isBinary] = await arriving;
        assert.deepEqual([Buffer.from(data), isBinary], [bytes, at !== 1]);
      }
    }
    const closing = once(socket, "close");
    session.socket.close(1000);
    assert.equal((await closing)[0], 1000);
    await session.closed;
  });

  it("ends as the provider ends it", async () => {
    const { session, socket } = await opened();
    socket.close(4100, "session expired");
    assert.deepEqual(await session.closed, { code: 4100, reason: "session expired" });
    const log = await up.logOf(session.id);
    assert.deepEqual([log.status, log.errorCode], [101, undefined]);
  });

  it("whose provider breaks off ends with an error event and 1011", async () => {
    const { session, socket } = await opened();
    socket.terminate();
    const error = await session.until("error");
    assert.deepEqual(
      [(error.error as { code: string }).code, typeof error.event_id, await session.closed],
      ["upstream_cut", "string", { code: 1011, reason: "upstream_cut" }],
    );
    assert.equal((await up.logOf(session.id)).errorCode, "upstream_cut");
  });

  it("whose provider falls silent in the middle of an answer ends, and not before", async () => {
    const { session, socket } = await opened("?model=impatient");
    socket.send('{"type":"response.created"}');
    const error = await session.until("error");
    assert.equal((error.error as { code: string }).code, "upstream_idle_timeout");
    assert.equal((await session.closed).code, 1011);
  });

  it("stops a provider whose client does not read, in bounded memory, and loses nothing", async () => {
    const { session, socket } = await opened();
    session.socket.pause();
    const message = Buffer.alloc(64 * 1024, "x");
    let sentMessages = 0;
    // The provider's own sockets take what they take; then nothing leaves any more.
    for (; sentMessages < 2_000; sentMessages++) {
      socket.send(message);
      if (socket.bufferedAmount > 4 * 1024 * 1024) {
        const beforeBytes = socket.bufferedAmount;
        await new Promise((resolve) => setTimeout(resolve, 100));
        if (socket.bufferedAmount >= beforeBytes) break;
      }
    }
    assert.ok(sentMessages < 1_000, `${sentMessages} messages of 64 KiB found room`);
    let readMessages = 0;
    session.socket.removeAllListeners("message");
    session.socket.on("message", () => {
      readMessages++;
      if (readMessages === sentMessages + 1) socket.close(1000);
    });
    session.socket.resume();
    await session.closed;
    assert.equal(readMessages, sentMessages + 1);
  });

  it("sends a client away whose provider does not keep up", async () => {
    const { session, socket } = await opened();
    socket.pause();
    const message = Buffer.alloc(1024 * 1024, "x");
    const sending = setInterval(() => session.socket.send(message), 5);
    const { code, reason } = await session.closed;
    clearInterval(sending);
    assert.deepEqual([code, reason], [1013, "the provider does not keep up"]);
    socket.terminate();
  });
});

it("a session is ended with 1001 when the gateway goes", async () => {
  const up = await startUploadGateway();
  try {
    const session = open(up);
    await session.until("session.created");
    up.gateway.signal("SIGTERM");
    assert.deepEqual(await session.closed, { code: 1001, reason: "draining" });
  } finally {
    await up.close();
  }
});
