/** Answers that a client reads slowly or not at all: the record says what became of them, not what was meant. */
import assert from "node:assert/strict";
import { once } from "node:events";
import { after, before, describe, test } from "node:test";
import { GatewayError } from "@headrace/core/errors/gateway-error";
import { type HandlerAlone, KeptExchange, startHandlerAlone } from "./support/kept-exchange.ts";
import { type MockGateway, startMockGateway } from "./support/mock-gateway.ts";
import { openPaused, readToEnd } from "./support/paused-call.ts";

/** More than the system takes for a client that does not read, here and at the provider. */
const HUGE = { chunks: 10, chunkBytes: 8_000_000 } as const;
const HELD_MS = 300;
const TIMEOUT_MS = 60_000;

describe("over a socket", { timeout: TIMEOUT_MS }, () => {
  let up: MockGateway;
  before(async () => {
    up = await startMockGateway();
  });
  after(() => up.close());

  for (const [name, stream] of [
    ["a plain answer", false],
    ["a stream", true],
  ] as const) {
    test(`a client that leaves in the middle of ${name} has not been served`, async () => {
      const response = await openPaused(up.gateway.port, { stream, ...HUGE });
      response.destroy();
      const { status, errorCode } = await up.logOf(String(response.headers["x-request-id"]));
      assert.deepEqual([status, errorCode], [499, "client_closed"]);
    });

    test(`a client that reads ${name} slowly has been served, and its time is not the gateway's`, async () => {
      const response = await openPaused(up.gateway.port, { stream, ...HUGE });
      await new Promise((resolve) => setTimeout(resolve, HELD_MS));
      assert.ok((await readToEnd(response)) > HUGE.chunks * HUGE.chunkBytes);
      const log = await up.logOf(String(response.headers["x-request-id"]));
      assert.deepEqual([log.status, log.errorCode], [200, undefined]);
      const { durationMs, overheadMs } = log;
      assert.ok(Number(durationMs) >= HELD_MS, `${durationMs} ms`);
      assert.ok(Number(overheadMs) <= Number(durationMs) - HELD_MS, `${overheadMs} of ${durationMs} ms`);
    });
  }
});

const PLAIN = JSON.stringify({ object: "chat.completion", choices: [] });
const DONE = "data: [DONE]\n\n";

describe("an answer that the gateway has given and the client not yet read", { timeout: TIMEOUT_MS }, () => {
  let alone: HandlerAlone;
  before(async () => {
    alone = await startHandlerAlone();
  });
  after(() => alone.close());

  /** How many requests have ended so far, by status and by error. */
  const counts = (): Record<string, number> => {
    const recorders = alone.snapshot.models.get("chat")?.targets[0].recorders;
    const { byStatus, byError } = recorders?.for("chat").series ?? {};
    return Object.fromEntries([...(byStatus ?? []), ...(byError ?? [])]);
  };

  for (const [name, stream, answer, type] of [
    ["plain", false, PLAIN, "application/json"],
    ["a stream", true, DONE, "text/event-stream"],
  ] as const) {
    const given = async (): Promise<KeptExchange> => {
      const messages = [{ role: "user", content: "Hello" }];
      const exchange = new KeptExchange({ model: "chat", messages, stream }, true);
      alone.handle(exchange);
      const { response } = await alone.upstream.next();
      response.writeHead(200, { "content-type": type });
      const over = once(exchange, "over");
      response.end(answer);
      await over;
      return exchange;
    };
    /** What one more ending adds. */
    const counted = async (end: (exchange: KeptExchange) => void): Promise<readonly string[]> => {
      const exchange = await given();
      const before = counts();
      end(exchange);
      return Object.entries(counts())
        .filter(([key, count]) => count !== (before[key] ?? 0))
        .map(([key]) => key);
    };

    test(`${name}: is counted when it has left`, async () => {
      assert.deepEqual(await counted(({ owner }) => owner?.onSent()), ["200"]);
    });

    test(`${name}: is no success when the client leaves`, async () => {
      assert.deepEqual(await counted(({ owner }) => owner?.onClosed()), ["499", "client_closed"]);
    });

    test(`${name}: is not the client's fault when the gateway ends first`, async () => {
      const cutOff = await counted(({ owner }) => {
        alone.snapshot.running.cutAll(new GatewayError("draining"));
        owner?.onClosed();
      });
      assert.deepEqual(cutOff, ["200", "draining"]);
    });

    test(`${name}: is a success when it has left in the gateway's last moment`, async () => {
      const made = await counted(({ owner }) => {
        alone.snapshot.running.cutAll(new GatewayError("draining"));
        owner?.onSent();
      });
      assert.deepEqual(made, ["200"]);
    });
  }
});
