/** How the gateway ends: it drains, within its time, and nobody takes a cut answer for a whole one. */
import assert from "node:assert/strict";
import { once } from "node:events";
import { Agent, type IncomingMessage, request } from "node:http";
import { describe, it } from "node:test";
import { stopsListening } from "./support/connections.ts";
import { isWhole, lastError, openStream } from "./support/live-stream.ts";
import { KEY, type MockGatewayOptions, startMockGateway } from "./support/mock-gateway.ts";
import { LARGE_ANSWERS, openPaused, providerIsDone, readToEnd } from "./support/paused-call.ts";

/** Half a second of stream. */
const SHORT = { chunks: 15, tokensPerSecond: 30 } as const;
const ENDLESS = { stallAfterEvents: 3 } as const;

async function withGateway(
  options: MockGatewayOptions,
  use: (started: Awaited<ReturnType<typeof startMockGateway>>) => Promise<void>,
): Promise<void> {
  const started = await startMockGateway(options);
  try {
    await use(started);
  } finally {
    await started.close();
  }
}

function ask(port: number, path: string, agent: Agent): Promise<IncomingMessage> {
  const call = request({ host: "127.0.0.1", port, path, agent }).end();
  return once(call, "response").then(([response]) => response as IncomingMessage);
}

describe("drain", { timeout: 60_000 }, () => {
  for (const signal of ["SIGTERM", "SIGINT"] as const) {
    it(`${signal}: takes no new connection, lets a stream finish, and ends with 0`, async () => {
      await withGateway({}, async ({ gateway }) => {
        const stream = await openStream({ port: gateway.port, mock: SHORT });
        gateway.signal(signal);
        await stopsListening(gateway.port);
        assert.ok(stream.running, "the stream must outlive the listener for this to prove anything");
        assert.ok(isWhole(await stream.ended));
        assert.deepEqual(await gateway.exited, { code: 0, signal: null });
        await stopsListening(gateway.adminPort);
        assert.ok(gateway.logs.some((line) => line.msg === "drained"));
      });
    });
  }

  it("with several processes all the same", async () => {
    await withGateway({ processes: 2 }, async ({ gateway }) => {
      const streams = await Promise.all(
        Array.from({ length: 6 }, () => openStream({ port: gateway.port, mock: SHORT })),
      );
      gateway.signal("SIGTERM");
      await stopsListening(gateway.port);
      for (const stream of streams) assert.ok(isWhole(await stream.ended));
      assert.deepEqual(await gateway.exited, { code: 0, signal: null });
      assert.equal(gateway.logs.filter((line) => line.msg === "drained").length, 2);
    });
  });

  it("says so on connections that were kept, and closes them", async () => {
    await withGateway({}, async ({ gateway }) => {
      const agent = new Agent({ keepAlive: true, maxSockets: 1 });
      const first = await ask(gateway.port, "/readyz", agent);
      assert.equal(first.statusCode, 200);
      first.resume();
      await once(first, "end");
      const stream = await openStream({ port: gateway.port, mock: SHORT });
      gateway.signal("SIGTERM");
      await stopsListening(gateway.port);
      const second = await ask(gateway.port, "/readyz", agent);
      assert.equal(second.statusCode, 503);
      assert.equal(second.headers.connection, "close");
      assert.ok(stream.running);
      second.resume();
      await stream.ended;
      agent.destroy();
    });
  });

  it("cuts a stream that is too long with an error in the stream and no [DONE]", async () => {
    await withGateway({ config: { drainTimeoutMs: 200 } }, async ({ gateway, mock }) => {
      const stream = await openStream({ port: gateway.port, mock: ENDLESS });
      gateway.signal("SIGTERM");
      const ending = await stream.ended;
      assert.ok(!isWhole(ending));
      assert.equal(lastError(ending)?.code, "draining");
      assert.deepEqual(await gateway.exited, { code: 0, signal: null });
      const cancelled = await mock.waitFor((received) => received.aborted, 5_000);
      assert.equal(cancelled.finished, false);
      const log = gateway.logs.find((line) => line.msg === "request");
      assert.deepEqual([log?.status, log?.errorCode], [200, "draining"]);
    });
  });

  it("answers a request that has no answer yet when the time is up", async () => {
    const config = { drainTimeoutMs: 200 };
    await withGateway({ mock: { behaviour: { neverAnswer: true } }, config }, async ({ gateway, mock }) => {
      const answer = fetch(`${gateway.url}/v1/chat/completions`, {
        method: "POST",
        headers: { authorization: `Bearer ${KEY}` },
        body: JSON.stringify({ model: "chat-retried", messages: [{ role: "user", content: "Hello" }] }),
      });
      await mock.waitFor(() => true, 5_000);
      gateway.signal("SIGTERM");
      const response = await answer;
      assert.equal(response.status, 503);
      const { error } = (await response.json()) as { error: { code: string } };
      assert.equal(error.code, "draining");
      assert.equal(mock.counts.requests, 1, "a drain is no reason to try again");
      await gateway.exited;
    });
  });

  for (const processes of [1, 2]) {
    it(`ends in time though nobody reads its log, processes: ${processes}`, async () => {
      await withGateway({ processes }, async ({ gateway, baseUrl }) => {
        gateway.stopReading();
        const headers = { authorization: `Bearer ${KEY}`, "x-request-id": "r".repeat(64) };
        for (let i = 0; i < 40; i++) {
          await Promise.all(
            Array.from({ length: 50 }, async () =>
              (await fetch(`${baseUrl}/models`, { headers })).arrayBuffer(),
            ),
          );
        }
        gateway.signal("SIGTERM");
        assert.deepEqual(await gateway.exited, { code: 0, signal: null });
        assert.ok(gateway.logs.length < 2000, "the output must have been full for this to prove anything");
      });
    });
  }

  it("cuts no large answer under a client that reads slowly", async () => {
    const sizes = Object.values(LARGE_ANSWERS);
    await withGateway({}, async ({ gateway, mock }) => {
      const responses = await Promise.all(sizes.map((size) => openPaused(gateway.port, size)));
      await providerIsDone(mock, sizes.length);
      gateway.signal("SIGTERM");
      await stopsListening(gateway.port);
      const bodyBytes = await Promise.all(responses.map(readToEnd));
      sizes.forEach(({ chunkBytes }, i) => {
        assert.ok((bodyBytes[i] ?? 0) > chunkBytes, `${bodyBytes[i]} of ${chunkBytes} bytes`);
        assert.equal(responses[i]?.complete, true);
      });
    });
  });
});
