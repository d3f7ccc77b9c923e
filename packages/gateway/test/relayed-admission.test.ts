/** Limits, classes and made faults for what is only passed on: forms, files and realtime sessions. */
import assert from "node:assert/strict";
import { createHash, randomBytes } from "node:crypto";
import { once } from "node:events";
import { request as httpRequest, type IncomingMessage } from "node:http";
import { after, before, beforeEach, describe, it } from "node:test";
import type { ExplainedCall } from "../src/explain/explained-call.ts";
import { askChat } from "./support/good-call.ts";
import { KEY } from "./support/mock-gateway.ts";
import { closeWithNothingLeft, metricOf } from "./support/nothing-left.ts";
import { RealtimeClient } from "./support/realtime-client.ts";
import { type RoutedGateway, startRoutedGateway } from "./support/routed-gateway.ts";

const LIMITED_KEY = "hr-test-key-with-a-limit-of-one";
const DEADLINE_MS = 30_000;
const MEBIBYTE = 1024 * 1024;
const AUDIO = randomBytes(50_000);
const HEARD = `speech.mp3 has ${AUDIO.length} bytes with the hash ${createHash("sha256").update(AUDIO).digest("hex")}`;
const FAULT_HEADER = "x-headrace-fault";
const QUEUE = { max: 2, deadlineMs: DEADLINE_MS };
const TIMEOUTS = { connectMs: 300, firstByteMs: 300, plainFirstByteMs: 300, idleMs: 300 };

const alone = (model: string, more: object = {}): object => ({
  targets: [{ provider: "a", model }],
  retry: { attempts: 1 },
  ...more,
});

const MODELS = {
  one: alone("one", { concurrency: { limit: 1, queue: QUEUE } }),
  slot: { targets: [{ provider: "a", model: "slot", concurrency: { limit: 1, queue: QUEUE } }] },
  free: alone("free"),
  failing: alone("failing", { timeouts: TIMEOUTS }),
  both: {
    strategy: { type: "fallback" },
    targets: [
      { provider: "a", model: "leading" },
      { provider: "b", model: "following" },
    ],
    retry: { attempts: 1 },
    timeouts: TIMEOUTS,
  },
  spared: alone("gone", { timeouts: TIMEOUTS, fallbacks: { other: ["spare"] } }),
  spare: { targets: [{ provider: "b", model: "spare" }] },
};

let up: RoutedGateway;

before(async () => {
  const config = {
    keys: [
      { name: "client", key: KEY, overrides: ["faults", "priority", "target"] },
      {
        name: "limited",
        key: LIMITED_KEY,
        concurrency: { limit: 1, queue: { max: 1, deadlineMs: DEADLINE_MS } },
      },
    ],
    faults: { enabled: true },
  };
  up = await startRoutedGateway({ providers: ["a", "b"], models: MODELS, config });
});
beforeEach(() => up.clear());
after(() => closeWithNothingLeft(up));

interface Asked {
  readonly key?: string;
  readonly headers?: Readonly<Record<string, string>>;
}

interface Told {
  readonly status: number;
  readonly headers: Headers;
  readonly body: {
    readonly text?: string;
    readonly error?: { readonly code: string; readonly message: string };
  };
}

async function told(asking: Promise<Response>): Promise<Told> {
  const response = await asking;
  return {
    status: response.status,
    headers: response.headers,
    body: (await response.json()) as Told["body"],
  };
}

function transcribe(model: string, { key = KEY, headers = {} }: Asked = {}): Promise<Told> {
  const form = new FormData();
  form.append("file", new Blob([AUDIO]), "speech.mp3");
  form.append("model", model);
  const all = { authorization: `Bearer ${key}`, ...headers };
  return told(fetch(`${up.baseUrl}/audio/transcriptions`, { method: "POST", body: form, headers: all }));
}

function listFiles({ key = KEY, headers = {} }: Asked = {}): Promise<Told> {
  return told(fetch(`${up.baseUrl}/files`, { headers: { authorization: `Bearer ${key}`, ...headers } }));
}

/** Resolves when so many calls wait in the queues. */
async function waiting(count: number): Promise<void> {
  while ((await metricOf(up.gateway, "headrace_concurrency_waiting")) !== count);
}

/** A chat that is not answered; gives its end. */
async function holdSlot(model: string, key: string = KEY): Promise<() => void> {
  const { requests } = up.mock("a").counts;
  up.mock("a").setFaults({ fault: "never-answer" }, { times: 1 });
  const leaving = new AbortController();
  const body = JSON.stringify({ model, messages: [{ role: "user", content: "Hello" }] });
  const headers = { authorization: `Bearer ${key}`, "content-type": "application/json" };
  const call = fetch(`${up.baseUrl}/chat/completions`, {
    method: "POST",
    body,
    headers,
    signal: leaving.signal,
  });
  call.catch(() => {}); // it is left
  await up.mock("a").waitFor(() => up.mock("a").counts.requests > requests, 5_000);
  return () => leaving.abort();
}

function uploads(): number {
  return up.mock("a").received.filter(({ path }) => path.endsWith("/audio/transcriptions")).length;
}

function session(model: string, headers: Readonly<Record<string, string>> = {}): RealtimeClient {
  return new RealtimeClient(`${up.gateway.url.replace("http", "ws")}/v1/realtime?model=${model}`, {
    authorization: `Bearer ${KEY}`,
    ...headers,
  });
}

async function explained(requestId: string | null): Promise<ExplainedCall> {
  await up.logOf(requestId);
  const response = await fetch(`${up.gateway.adminUrl}/admin/requests/${requestId}`);
  return (await response.json()) as ExplainedCall;
}

describe("a form", { timeout: 60_000 }, () => {
  for (const model of ["one", "slot"])
    it(`waits for a slot of its ${model === "one" ? "model" : "target"}`, async () => {
      const leave = await holdSlot(model);
      const answer = transcribe(model);
      await waiting(1);
      assert.equal(uploads(), 0);
      leave();
      const { status, headers, body } = await answer;
      assert.deepEqual([status, body.text], [200, HEARD]);
      const log = await up.logOf(headers.get("x-request-id"));
      assert.ok(Number(log.queuedMs) > 0);
    });

  it("finds its model's queue full", async () => {
    const leave = await holdSlot("one");
    const others = [transcribe("one"), transcribe("one")];
    await waiting(2);
    const { status, headers, body } = await transcribe("one");
    assert.deepEqual([status, body.error?.code], [503, "queue_full"]);
    assert.ok(Number(headers.get("retry-after")) > 0);
    // A class of its own comes before others also here.
    const urgent = transcribe("one", { headers: { "x-headrace-priority": "high" } });
    assert.equal((await Promise.race(others)).status, 503);
    leave();
    assert.equal((await urgent).status, 200);
    const statuses = await Promise.all(others.map(async (other) => (await other).status));
    assert.deepEqual(statuses.toSorted(), [200, 503]);
  });

  it("that streams in is not read on while it waits", async () => {
    const leave = await holdSlot("one");
    const bodyBytes = 64 * MEBIBYTE;
    const head = Buffer.from('--b\r\nContent-Disposition: form-data; name="file"; filename="f"\r\n\r\n');
    const tail = Buffer.from(
      '\r\n--b\r\nContent-Disposition: form-data; name="model"\r\n\r\none\r\n--b--\r\n',
    );
    const request = httpRequest(`${up.baseUrl}/audio/transcriptions`, {
      method: "POST",
      headers: {
        authorization: `Bearer ${KEY}`,
        "content-type": "multipart/form-data; boundary=b",
        "content-length": head.length + bodyBytes + tail.length,
        "x-headrace-model": "one",
      },
    });
    const answered = once(request, "response");
    request.write(head);
    await waiting(1);
    // What fills the server's buffer at each of its reads, it reads without a pause for anybody.
    const block = Buffer.alloc(MEBIBYTE / 16);
    let sentBytes = 0;
    for (; sentBytes < bodyBytes; sentBytes += block.length) {
      await new Promise((resolve) => setTimeout(resolve, 1));
      if (request.write(block)) continue;
      const quiet = new Promise<boolean>((resolve) => setTimeout(resolve, 300, false));
      if (!(await Promise.race([once(request, "drain").then(() => true), quiet]))) break;
    }
    assert.ok(sentBytes < bodyBytes / 2, `the client could send ${sentBytes} bytes`);
    assert.equal(uploads(), 0);
    leave();
    for (sentBytes += block.length; sentBytes < bodyBytes; sentBytes += block.length)
      if (!request.write(block)) await once(request, "drain");
    request.end(tail);
    const [response] = (await answered) as [IncomingMessage];
    let body = "";
    for await (const piece of response) body += String(piece);
    assert.equal(response.statusCode, 200, body);
    assert.match(JSON.parse(body).text, new RegExp(`${bodyBytes} bytes`));
  });

  it("that is left while it waits gives its place up", async () => {
    const leave = await holdSlot("one");
    const leaving = new AbortController();
    const form = new FormData();
    form.append("file", new Blob([AUDIO]), "speech.mp3");
    form.append("model", "one");
    const headers = { authorization: `Bearer ${KEY}` };
    const call = fetch(`${up.baseUrl}/audio/transcriptions`, {
      method: "POST",
      body: form,
      headers,
      signal: leaving.signal,
    });
    call.catch(() => {});
    await waiting(1);
    leaving.abort();
    await waiting(0);
    leave();
    assert.equal((await transcribe("one")).status, 200);
    assert.equal(uploads(), 1);
  });

  it("goes where its client wants it, and to another model when its own has failed", async () => {
    const wanted = await transcribe("both", { headers: { "x-headrace-target": "b" } });
    assert.equal(wanted.headers.get("x-headrace-provider"), "b");
    const spared = await transcribe("spared", { headers: { [FAULT_HEADER]: "status=503; provider=a" } });
    assert.deepEqual([spared.status, spared.headers.get("x-headrace-model")], [200, "spare"]);
  });
});

describe("a key's limit", { timeout: 60_000 }, () => {
  it("holds for what a provider keeps", async () => {
    const leave = await holdSlot("free", LIMITED_KEY);
    const first = listFiles({ key: LIMITED_KEY });
    await waiting(1);
    const { status, body } = await listFiles({ key: LIMITED_KEY });
    assert.deepEqual([status, body.error?.code], [503, "queue_full"]);
    leave();
    assert.equal((await first).status, 200);
  });
});

describe("a session", { timeout: 60_000 }, () => {
  it("waits for its model's slot in an open socket, and has it until it ends", async () => {
    const first = session("one");
    await first.hears("session.created");
    const second = session("one");
    await waiting(1);
    second.socket.send(JSON.stringify({ type: "response.create", x_mock: { echo: true } }));
    assert.deepEqual(second.heard, []);
    await first.close();
    await second.hears("session.created");
    await second.hears("response.done");
    await second.close();
    assert.ok(Number((await up.logOf(second.requestId)).queuedMs) > 0);
  });

  it("is refused by HTTP for a queue that is full, and gives a place up that it had", async () => {
    const leave = await holdSlot("one");
    const others = [session("one"), session("one")];
    await waiting(2);
    assert.deepEqual(await session("one").refusal(), { status: 503, code: "queue_full" });
    await Promise.all(others.map((other) => other.close()));
    await waiting(0);
    leave();
    const later = session("one");
    await later.hears("session.created");
    await later.close();
  });
});

describe("a failure that is made", { timeout: 60_000 }, () => {
  it("a status, for a form: the provider is not asked, and the next one has it all", async () => {
    const { status, headers, body } = await transcribe("both", {
      headers: { [FAULT_HEADER]: "status=503; provider=a" },
    });
    assert.deepEqual([status, body.text, uploads()], [200, HEARD, 0]);
    assert.equal(headers.get("x-headrace-tried"), "a/leading;left=503");
    assert.equal(headers.get(FAULT_HEADER), "status=503");
    const { tries } = await explained(headers.get("x-request-id"));
    assert.deepEqual(
      tries.map(({ provider, reason, status: answered, fault }) => [provider, reason, answered, fault]),
      [
        ["a", "first", 503, "status=503"],
        ["b", "fallback", 200, null],
      ],
    );
  });

  for (const [fault, status, code] of [
    ["status=429", 429, undefined],
    ["stall", 504, "upstream_idle_timeout"],
    ["latency=60000", 504, "upstream_idle_timeout"],
    ["latency=50", 200, undefined],
    ["cut", 502, "upstream_cut"],
    ["cut; after-events=1", 502, "upstream_cut"],
    ["error-in-200", 502, "upstream_error"],
  ] as const)
    it(`${fault}, for a form`, async () => {
      const { body, ...answer } = await transcribe("failing", { headers: { [FAULT_HEADER]: fault } });
      assert.deepEqual([answer.status, answer.headers.get(FAULT_HEADER)], [status, fault]);
      if (code !== undefined) assert.equal(body.error?.code, code);
    });

  it("for a call about what a provider keeps", async () => {
    const { status, headers } = await listFiles({ headers: { [FAULT_HEADER]: "status=500" } });
    assert.deepEqual([status, headers.get(FAULT_HEADER)], [500, "status=500"]);
  });

  it("a status, for a session: it begins at the next provider", async () => {
    const tried = session("both", { [FAULT_HEADER]: "status=503; provider=a" });
    await tried.hears("session.created");
    await tried.close();
    const { tries } = await explained(tried.requestId);
    assert.deepEqual(
      tries.map(({ provider, status, fault }) => [provider, status, fault]),
      [
        ["a", 503, "status=503"],
        ["b", 101, null],
      ],
    );
  });

  for (const [fault, code] of [
    ["status=500", "upstream_error"],
    ["error-in-200", "upstream_invalid_response"],
    ["stall", "upstream_connect_timeout"],
    ["latency=60000", "upstream_connect_timeout"],
    ["cut", "upstream_cut"],
    ["cut; after-events=1", "upstream_cut"],
  ] as const)
    it(`${fault}, for a session`, async () => {
      const failed = session("failing", { [FAULT_HEADER]: fault });
      assert.equal(await failed.closed, 1011);
      const log = await up.logOf(failed.requestId);
      assert.deepEqual([log.errorCode, log.faults], [code, [fault]]);
      assert.equal(
        failed.heard.some((text) => text.includes("session.created")),
        fault.includes("after"),
      );
    });

  it("latency, for a session: only later", async () => {
    const late = session("failing", { [FAULT_HEADER]: "latency=50" });
    await late.hears("session.created");
    await late.close();
  });

  it("a message of a session's that is none, and a provider that falls silent", async () => {
    const malformed = session("free", { [FAULT_HEADER]: "malformed" });
    await malformed.hears("broken");
    await malformed.hears("session.created");
    await malformed.close();
    const stalled = session("failing", { [FAULT_HEADER]: "stall; after-events=2" });
    await stalled.hears("session.created");
    stalled.socket.send(JSON.stringify({ type: "response.create", x_mock: { echo: true } }));
    assert.equal(await stalled.closed, 1011);
    assert.equal((await up.logOf(stalled.requestId)).errorCode, "upstream_idle_timeout");
    assert.equal(
      stalled.heard.some((text) => text.includes("response.done")),
      false,
    );
  });

  it("only for a key that may ask for it", async () => {
    const refused = await transcribe("free", { key: LIMITED_KEY, headers: { [FAULT_HEADER]: "cut" } });
    assert.deepEqual([refused.status, refused.body.error?.code], [403, "override_not_allowed"]);
    // Its other calls are not in its way.
    assert.equal((await askChat(up.gateway.port, { model: "free" })).status, 200);
  });
});
