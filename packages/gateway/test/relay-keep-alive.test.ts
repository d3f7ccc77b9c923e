/** Relay rule 8: a word of the gateway's own stands between events only, and only in a stream. */
import assert from "node:assert/strict";
import { EventEmitter, once } from "node:events";
import { after, before, test } from "node:test";
import { createPlanner } from "@headrace/workers/offload";
import { createCpuPool } from "@headrace/workers/pool";
import { inferenceHandler } from "../src/handlers/inference.ts";
import type { Exchange, ExchangeOwner, Handler } from "../src/http/exchange.ts";
import type { Snapshot } from "../src/snapshot/snapshot.ts";
import { snapshotOf } from "../src/testing/compiled.ts";
import { Deadlines } from "../src/time/deadlines.ts";
import { chatEvent, type ScriptedUpstream, startScriptedUpstream } from "./support/scripted-upstream.ts";

const KEEP_ALIVE = ": keep-alive\n\n";
const MEBIBYTE = 1024 * 1024;

/** An exchange whose answer is kept. */
class KeptExchange extends EventEmitter implements Exchange {
  readonly requestId = "req_test";
  readonly path = "/v1/chat/completions";
  readonly startedAtMs: number = performance.now();
  closed = false;
  sent = "";
  owner: ExchangeOwner | null = null;
  readonly #body: Buffer;

  constructor(body: object) {
    super();
    this.#body = Buffer.from(JSON.stringify(body));
  }

  header(name: string): string {
    return name === "authorization" ? "Bearer key-of-a-client" : "";
  }

  attach(owner: ExchangeOwner): void {
    this.owner = owner;
  }

  readBody(): void {
    this.owner?.onBody(this.#body);
  }

  respond(status: number): void {
    this.closed = true;
    this.emit("over", status);
  }

  begin(): void {}

  write(bytes: Uint8Array | string): boolean {
    this.sent += typeof bytes === "string" ? bytes : Buffer.from(bytes).toString();
    this.emit("sent");
    return true;
  }

  end(): void {
    this.closed = true;
    this.emit("over", 200);
  }

  destroy(): void {
    this.end();
  }
}

let upstream: ScriptedUpstream;
let snapshot: Snapshot;
let handle: Handler;
const deadlines = new Deadlines(assert.ifError);
const pool = createCpuPool({ threads: 1, maxQueue: 1, taskTimeoutMs: 1_000, idleTimeoutMs: 1_000 });

/** Lets the time pass that the gateway waits before it says that it is still there. */
function letTimePass({ owner }: KeptExchange): void {
  assert.ok(owner !== null && "deadlineAtMs" in owner);
  owner.deadlineAtMs = 0;
}

/** Resolves when every deadline has been looked at. */
function allDeadlinesSeen(): Promise<void> {
  let rounds = 0;
  return new Promise((resolve) => {
    const probe = {
      deadlineAtMs: 0,
      deadlineSlot: -1,
      onDeadline() {
        rounds++;
        if (rounds < 2) return;
        deadlines.delete(probe);
        resolve();
      },
    };
    deadlines.add(probe);
  });
}

/** Resolves when the answer has grown to this text. */
async function sentBy(exchange: KeptExchange, text: string): Promise<void> {
  while (exchange.sent.length < text.length) await once(exchange, "sent");
  assert.equal(exchange.sent, text);
}

before(async () => {
  upstream = await startScriptedUpstream();
  snapshot = snapshotOf({
    providers: { scripted: { adapter: "openai-compatible", baseUrl: upstream.url } },
    models: { chat: { targets: [{ provider: "scripted", model: "chat" }] } },
    keys: [{ name: "client", key: "key-of-a-client" }],
  });
  handle = inferenceHandler("chat", {
    currentSnapshot: () => snapshot,
    planner: createPlanner({ pool, offloadAboveBytes: MEBIBYTE, maxDepth: 64 }),
    deadlines,
    random: () => 0,
    onBug: (error) => assert.fail(String(error)),
  });
});

after(async () => {
  await Promise.all(snapshot.upstreams.map((each) => each.close()));
  await upstream.close();
  await pool.close();
  deadlines.close();
});

const MESSAGES = [{ role: "user", content: "Hello" }];

test("a silent stream gets a comment between two events, also when half of the second had come", async () => {
  const exchange = new KeptExchange({ model: "chat", messages: MESSAGES, stream: true });
  handle(exchange);
  const { response } = await upstream.next();
  response.writeHead(200, { "content-type": "text/event-stream" });
  const [first, second] = [chatEvent("one"), chatEvent("two")];
  response.write(first + second.slice(0, 20));
  await sentBy(exchange, first);
  letTimePass(exchange);
  await sentBy(exchange, first + KEEP_ALIVE);
  await allDeadlinesSeen();
  await sentBy(exchange, first + KEEP_ALIVE);
  response.end(`${second.slice(20)}data: [DONE]\n\n`);
  if (!exchange.closed) await once(exchange, "over");
  assert.equal(exchange.sent, `${first}${KEEP_ALIVE}${second}data: [DONE]\n\n`);
});

test("nothing is said before the first event, when the answer may still become an error", async () => {
  const exchange = new KeptExchange({ model: "chat", messages: MESSAGES, stream: true });
  handle(exchange);
  const { response } = await upstream.next();
  letTimePass(exchange);
  await allDeadlinesSeen();
  assert.equal(exchange.sent, "");
  response.writeHead(503, { "content-type": "application/json", "retry-after": "60" }).end('{"error":{}}');
  assert.deepEqual(await once(exchange, "over"), [503]);
});

test("a plain answer that comes in pieces never gets a comment into its JSON", async () => {
  const exchange = new KeptExchange({ model: "chat", messages: MESSAGES });
  handle(exchange);
  const { response } = await upstream.next();
  const body = JSON.stringify({ text: "x".repeat(5 * MEBIBYTE) });
  const half = 4.5 * MEBIBYTE;
  response.writeHead(200, { "content-type": "application/json", "content-length": body.length });
  response.write(body.slice(0, half));
  await sentBy(exchange, body.slice(0, half));
  letTimePass(exchange);
  await allDeadlinesSeen();
  response.end(body.slice(half));
  await once(exchange, "over");
  assert.ok(exchange.sent === body, "the answer is not the provider's");
});
