/** The inference handler without a server: its answers are kept, and the test says when they leave. */
import assert from "node:assert/strict";
import { EventEmitter } from "node:events";
import { ShareBudget } from "@headrace/routing/budget/share-budget";
import { createOffload } from "@headrace/workers/offload";
import { createCpuPool } from "@headrace/workers/pool";
import { LoadShedder } from "../../src/admission/load-shedder.ts";
import { ClientAnswer } from "../../src/handlers/client-answer.ts";
import { inferenceHandler } from "../../src/handlers/inference.ts";
import type { Exchange, ExchangeOwner, Handler } from "../../src/http/exchange.ts";
import { ShadowTraffic } from "../../src/shadow/shadow-traffic.ts";
import type { Snapshot } from "../../src/snapshot/snapshot.ts";
import { snapshotOf } from "../../src/testing/compiled.ts";
import { type Deadlined, Deadlines } from "../../src/time/deadlines.ts";
import { type ScriptedUpstream, startScriptedUpstream } from "./scripted-upstream.ts";

const MEBIBYTE = 1024 * 1024;

/** An exchange whose answer is kept. It emits "sent" with every piece, and "over" with the status at the end. */
export class KeptExchange extends EventEmitter implements Exchange {
  readonly requestId = "req_test";
  readonly path = "/v1/chat/completions";
  readonly startedAtMs: number = performance.now();
  closed = false;
  sent = "";
  owner: ExchangeOwner | null = null;
  readonly #body: Buffer;
  readonly #readsSlowly: boolean;

  /** @param readsSlowly - true for a client to whom no answer has been sent until `owner.onSent` is called */
  constructor(body: object, readsSlowly = false) {
    super();
    this.#body = Buffer.from(JSON.stringify(body));
    this.#readsSlowly = readsSlowly;
  }

  header(name: string): string {
    return name === "authorization" ? "Bearer key-of-a-client" : "";
  }

  query(): string {
    return "";
  }

  attach(owner: ExchangeOwner): void {
    this.owner = owner;
  }

  readBody(): void {
    this.owner?.onBody(this.#body);
  }

  rawQuery(): string {
    return "";
  }

  streamBody(): void {}
  pauseBody(): void {}
  resumeBody(): void {}

  respond(status: number): void {
    this.#complete(status);
  }

  begin(): void {}

  write(bytes: Uint8Array | string): boolean {
    this.sent += typeof bytes === "string" ? bytes : Buffer.from(bytes).toString();
    this.emit("sent");
    return true;
  }

  end(): void {
    this.#complete(200);
  }

  destroy(): void {
    this.closed = true;
    this.emit("over", 200);
  }

  #complete(status: number): void {
    this.closed = true;
    if (!this.#readsSlowly) this.owner?.onSent();
    this.emit("over", status);
  }
}

export interface HandlerAlone {
  readonly upstream: ScriptedUpstream;
  readonly snapshot: Snapshot;
  readonly deadlines: Deadlines;
  /** Lets the time pass that the gateway waits on a silent stream before it says that it is still there. */
  letTimePass(): void;
  readonly handle: Handler;
  close(): Promise<void>;
}

/** Deadlines that can be moved by a test. */
class KnownDeadlines extends Deadlines {
  readonly known = new Set<Deadlined>();

  override add(item: Deadlined): void {
    this.known.add(item);
    super.add(item);
  }

  override delete(item: Deadlined): void {
    this.known.delete(item);
    super.delete(item);
  }
}

/** The handler of chat calls, with one model `chat` at a provider whose answers the test writes. */
export async function startHandlerAlone(): Promise<HandlerAlone> {
  const upstream = await startScriptedUpstream();
  const deadlines = new KnownDeadlines(assert.ifError);
  const pool = createCpuPool({ threads: 1, maxQueue: 1, taskTimeoutMs: 1_000, idleTimeoutMs: 1_000 });
  const snapshot = snapshotOf({
    providers: { scripted: { adapter: "openai-compatible", baseUrl: upstream.url } },
    models: { chat: { targets: [{ provider: "scripted", model: "chat" }] } },
    keys: [{ name: "client", key: "key-of-a-client" }],
  });
  return {
    upstream,
    snapshot,
    deadlines,
    letTimePass() {
      for (const item of deadlines.known) if (item instanceof ClientAnswer) item.deadlineAtMs = 0;
    },
    handle: inferenceHandler("chat", {
      currentSnapshot: () => snapshot,
      offload: createOffload({ pool, offloadAboveBytes: MEBIBYTE, maxDepth: 64 }),
      deadlines,
      nowMs: () => performance.now(),
      random: () => 0,
      retryBudget: new ShareBudget({ share: 1, burst: 100 }),
      hedgeBudget: new ShareBudget({ share: 1, burst: 100 }),
      shedder: new LoadShedder({ eventLoopDelayMs: null, retryAfterMs: 1_000 }),
      shadows: new ShadowTraffic({ nowMs: () => 0, random: () => 0, lateMs: () => 0, onBug: assert.ifError }),
      onBug: (error) => assert.fail(String(error)),
    }),
    async close() {
      await Promise.all(snapshot.upstreams.map((each) => each.close()));
      await upstream.close();
      await pool.close();
      deadlines.close();
    },
  };
}
