/** Sessions of the realtime API by the official client: answers, cancels, closes and transcriptions. */
import assert from "node:assert/strict";
import { once } from "node:events";
import { after, before, beforeEach, describe, it } from "node:test";
import OpenAI from "openai";
import { OpenAIRealtimeWS } from "openai/realtime/ws";
import type WebSocket from "ws";
import { createAuthority } from "./support/certificates.ts";
import { KEY, type MockGateway, NARROW_KEY, UPSTREAM_MODEL } from "./support/mock-gateway.ts";
import { closeWithNothingLeft } from "./support/nothing-left.ts";
import { startTlsFront, type TlsFront } from "./support/tls-front.ts";
import { startUploadGateway } from "./support/upload-gateway.ts";

const AUDIO = Buffer.alloc(1_200, 3).toString("base64");
const INTENT = { intent: "transcription" } as const;

let up: MockGateway;
let front: TlsFront;
const authority = createAuthority("the test");

before(async () => {
  up = await startUploadGateway();
  // The client speaks to nobody without TLS.
  front = await startTlsFront(authority.issue({ names: ["127.0.0.1"] }), up.gateway.port);
});
beforeEach(() => up.mock.clear());
after(async () => {
  await front.close();
  await closeWithNothingLeft(up);
});

interface Heard {
  readonly type: string;
  readonly [field: string]: unknown;
}

interface Session {
  readonly realtime: OpenAIRealtimeWS;
  readonly events: Heard[];
  /** What its listener for errors was told. */
  readonly errors: string[];
  readonly id: string;
  until(type: string, count?: number): Promise<Heard>;
  readonly closed: Promise<readonly [code: number, reason: string]>;
}

interface SessionOptions {
  readonly connection?: { readonly model: string } | typeof INTENT;
  readonly key?: string;
  readonly query?: string;
  readonly headers?: Readonly<Record<string, string>>;
}

let sessions = 0;

function open({
  connection = { model: "chat" },
  key = KEY,
  query = "",
  headers = {},
}: SessionOptions = {}): Session {
  const id = `sdk-session-${++sessions}`;
  const client = new OpenAI({ baseURL: `https://127.0.0.1:${front.port}/v1${query}`, apiKey: key });
  const options = { ca: authority.cert, headers: { ...headers, "x-request-id": id } };
  const realtime = new OpenAIRealtimeWS({ ...connection, options }, client);
  const events: Heard[] = [];
  realtime.on("event", (event) => events.push({ ...event }));
  const errors: string[] = [];
  realtime.on("error", ({ message }) => errors.push(message));
  const socket: WebSocket = realtime.socket;
  const closed = new Promise<readonly [number, string]>((resolve) => {
    socket.once("close", (code, reason) => resolve([code, String(reason)]));
  });
  return {
    realtime,
    events,
    errors,
    id,
    closed,
    async until(type, count = 1) {
      for (;;) {
        const found = events.filter((event) => event.type === type);
        const last = found[count - 1];
        if (last !== undefined) return last;
        await once(socket, "message");
      }
    },
  };
}

function ask(realtime: OpenAIRealtimeWS, mock: object): void {
  const content = [{ type: "input_text" as const, text: "one two three" }];
  realtime.send({ type: "conversation.item.create", item: { type: "message", role: "user", content } });
  const response = { type: "response.create" as const, x_mock: mock };
  realtime.send(response);
}

describe("a session that answers", () => {
  it("gives its text piece by piece, and is metered when the client closes it", async () => {
    const { realtime, events, until, closed, id } = open();
    await until("session.created");
    realtime.send({ type: "session.update", session: { type: "realtime", instructions: "Be brief." } });
    await until("session.updated");
    ask(realtime, { echo: true, chunks: 3, promptTokens: 7 });
    await until("response.done");
    const deltas = events.filter(({ type }) => type === "response.output_text.delta");
    assert.ok(deltas.length > 1);
    assert.equal(deltas.map(({ delta }) => String(delta)).join(""), "one two three");
    realtime.close({ code: 1000, reason: "enough" });
    assert.deepEqual(await closed, [1000, "enough"]);
    const log = await up.logOf(id);
    assert.deepEqual(
      [log.status, log.model, log.inputTokens, log.usageSource, log.errorCode],
      [101, "chat", 7, "reported", undefined],
    );
  });

  it("stops answering when told to, and goes on", async () => {
    const { realtime, events, until, closed } = open();
    await until("session.created");
    ask(realtime, { chunks: 1_000, tokensPerSecond: 50 });
    await until("response.output_text.delta");
    realtime.send({ type: "response.cancel" });
    const cancelled = await until("response.done");
    assert.equal((cancelled.response as { status: string }).status, "cancelled");
    const before = events.filter(({ type }) => type === "response.output_text.delta").length;
    assert.ok(before < 100);
    ask(realtime, { echo: true, chunks: 2 });
    const done = await until("response.done", 2);
    assert.equal((done.response as { status: string }).status, "completed");
    realtime.close();
    await closed;
  });

  it("ends as its provider ends it", async () => {
    const { realtime, until, closed, id } = open();
    await until("session.created");
    ask(realtime, { endAfterEvents: 3 });
    const [code] = await closed;
    assert.ok(code === 1000 || code === 1005, String(code));
    assert.equal((await up.logOf(id)).errorCode, undefined);
  });

  it("tells that its provider broke off", async () => {
    const { realtime, until, closed, id } = open();
    await until("session.created");
    ask(realtime, { cutAfterEvents: 3 });
    const { error } = await until("error");
    assert.equal((error as { code: string }).code, "upstream_cut");
    assert.deepEqual(await closed, [1011, "upstream_cut"]);
    assert.equal((await up.logOf(id)).errorCode, "upstream_cut");
  });
});

describe("a session that transcribes", () => {
  const update = (model: string) =>
    ({
      type: "session.update",
      session: { type: "transcription", audio: { input: { transcription: { model, language: "en" } } } },
    }) as const;

  /** Hears two pieces of audio, and says what model they were for. */
  async function transcribed(session: Session, model: string): Promise<unknown> {
    const { realtime, until } = session;
    const created = await until("session.created");
    assert.equal((created.session as { type: string }).type, "transcription");
    realtime.send(update(model));
    const updated = await until("session.updated");
    for (let turn = 1; turn <= 2; turn++) {
      realtime.send({ type: "input_audio_buffer.append", audio: AUDIO });
      realtime.send({ type: "input_audio_buffer.commit" });
      const done = await until("conversation.item.input_audio_transcription.completed", turn);
      assert.equal(done.transcript, "heard 1200 bytes");
    }
    return updated.session;
  }

  function paths(): string[] {
    return up.mock.received.map(({ path }) => path);
  }

  it("gets the model that a header names, whatever its events say, and is metered", async () => {
    const session = open({ connection: INTENT, key: NARROW_KEY, headers: { "x-headrace-model": "chat" } });
    assert.deepEqual((await transcribed(session, "another-model")) as object, {
      id: "sess_mock0000000000000000",
      object: "realtime.session",
      ...update(UPSTREAM_MODEL).session,
    });
    assert.deepEqual(paths(), ["/v1/realtime?intent=transcription"]);
    const deltas = session.events.filter(({ type }) => type.endsWith("transcription.delta"));
    assert.equal(deltas.map(({ delta }) => String(delta)).join(""), "heard 1200 bytesheard 1200 bytes");
    session.realtime.close();
    await session.closed;
    const log = await up.logOf(session.id);
    assert.deepEqual(
      [log.status, log.model, log.inputTokens, log.outputTokens, log.usageSource],
      [101, "chat", 24, 6, "reported"],
    );
  });

  it("gets a provider's own model where the provider is named", async () => {
    const session = open({ connection: INTENT, query: "?provider=mock-provider" });
    const heard = (await transcribed(session, "own-model")) as { audio: unknown };
    assert.deepEqual(heard.audio, update("own-model").session.audio);
    assert.deepEqual(paths(), ["/v1/realtime?intent=transcription"]);
    session.realtime.close();
    await session.closed;
  });

  for (const [name, options, status] of [
    ["neither a model nor a provider", {}, 400],
    ["a provider, by a key for one model", { query: "?provider=mock-provider", key: NARROW_KEY }, 403],
    ["a model that the key may not use", { headers: { "x-headrace-model": "both" }, key: NARROW_KEY }, 403],
    ["a provider that is not there", { headers: { "x-headrace-provider": "nobody" } }, 404],
  ] as const)
    it(`is refused with ${name}`, async () => {
      const { errors, closed, id } = open({ connection: INTENT, ...options });
      await closed;
      assert.match(errors.join(), new RegExp(`\\b${status}\\b`));
      assert.equal((await up.logOf(id)).status, status);
      assert.deepEqual(paths(), []);
    });
});
