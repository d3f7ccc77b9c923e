import assert from "node:assert/strict";
import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { test } from "node:test";
import { ConnectionPool } from "./connection-pool.ts";
import type { LoadJob } from "./job.ts";
import { chatBody, requestBytes } from "./request-bytes.ts";
import { runJob } from "./run-job.ts";

type Handler = (request: IncomingMessage, response: ServerResponse) => void;

async function withServer(handler: Handler, use: (port: number) => Promise<void>): Promise<void> {
  const server: Server = createServer((request, response) => {
    request.resume();
    request.on("end", () => handler(request, response));
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  try {
    await use((server.address() as AddressInfo).port);
  } finally {
    server.closeAllConnections();
    await new Promise((resolve) => server.close(resolve));
  }
}

interface Setup {
  port: number;
  stream?: boolean;
  maxConnections?: number;
}

function prepare(setup: Setup): { pool: ConnectionPool; base: Omit<LoadJob, "kind" | "rps" | "users"> } {
  const stream = setup.stream ?? false;
  const target = {
    host: "127.0.0.1",
    port: setup.port,
    path: "/v1/chat/completions",
    headers: {},
    body: chatBody({ model: "m", promptBytes: 128, stream }),
  };
  const pool = new ConnectionPool({
    host: "127.0.0.1",
    port: setup.port,
    request: requestBytes(target),
    ...(setup.maxConnections === undefined ? {} : { maxConnections: setup.maxConnections }),
  });
  return { pool, base: { target, durationMs: 500, timeoutMs: 5000, stream } };
}

test("the open loop sends every request of its schedule, whatever the answers take", async () => {
  let received = 0;
  await withServer(
    (_request, response) => {
      received++;
      setTimeout(() => response.end("{}"), 100);
    },
    async (port) => {
      const { pool, base } = prepare({ port });
      const result = await runJob({ ...base, kind: "open", rps: 200 }, pool);
      pool.close();
      assert.equal(received, 100);
      assert.equal(result.sent, 100);
      assert.equal(result.succeeded, 100);
      assert.deepEqual(result.errors, {});
      assert.ok(result.latency.p50Ms >= 99, `p50 ${result.latency.p50Ms}`);
      assert.equal(result.generator.sendLag.count, 100);
    },
  );
});

test("a stall of the server is charged to every request that was due meanwhile", async () => {
  const stallMs = 250;
  let served = 0;
  await withServer(
    (_request, response) => {
      served++;
      if (served === 10) setTimeout(() => response.end("{}"), stallMs);
      else response.end("{}");
    },
    async (port) => {
      // One connection makes the generator wait for the stall: the case in which uncorrected tools look away.
      const { pool, base } = prepare({ port, maxConnections: 1 });
      const result = await runJob({ ...base, kind: "open", rps: 200 }, pool);
      pool.close();
      assert.equal(result.succeeded, 100);
      assert.ok(result.serviceTime.p95Ms < stallMs / 2, `uncorrected p95 ${result.serviceTime.p95Ms}`);
      assert.ok(result.latency.p95Ms > stallMs * 0.8, `corrected p95 ${result.latency.p95Ms}`);
      assert.ok(result.latency.p50Ms < result.latency.p95Ms);
    },
  );
});

test("the closed loop keeps exactly its users in flight", async () => {
  let inFlight = 0;
  let most = 0;
  await withServer(
    (_request, response) => {
      inFlight++;
      most = Math.max(most, inFlight);
      setTimeout(() => {
        inFlight--;
        response.end("{}");
      }, 20);
    },
    async (port) => {
      const { pool, base } = prepare({ port });
      const result = await runJob({ ...base, kind: "closed", users: 8 }, pool);
      pool.close();
      assert.equal(most, 8);
      assert.equal(result.sent, result.succeeded);
      assert.ok(result.achievedRps <= 8 / 0.02 + 16, `rate ${result.achievedRps}`);
    },
  );
});

test("streams count their events and need their end", async () => {
  let served = 0;
  await withServer(
    (_request, response) => {
      served++;
      response.writeHead(200, { "content-type": "text/event-stream" });
      response.write('data: {"x":1}\n\n');
      if (served % 2 === 0) response.end('data: {"x":2}\n\n');
      else response.end('data: {"x":2}\n\ndata: [DONE]\n\n');
    },
    async (port) => {
      const { pool, base } = prepare({ port, stream: true });
      const result = await runJob({ ...base, kind: "open", rps: 100 }, pool);
      pool.close();
      assert.equal(result.succeeded, 25);
      assert.deepEqual(result.errors, { no_done: 25 });
      assert.equal(result.events, 75);
    },
  );
});

test("errors are counted by kind", async () => {
  let served = 0;
  await withServer(
    (_request, response) => {
      served++;
      const turn = served % 4;
      if (turn === 0) response.end("{}");
      else if (turn === 1) response.writeHead(503).end("{}");
      else if (turn === 2) response.destroy();
      else {
        response.writeHead(200, { "content-length": "10" });
        response.write("12345", () => response.destroy());
      }
    },
    async (port) => {
      const { pool, base } = prepare({ port });
      const result = await runJob({ ...base, kind: "open", rps: 80 }, pool);
      pool.close();
      assert.equal(result.succeeded, 10);
      assert.equal(result.errors.status_503, 10);
      assert.equal(result.errors.cut, 10);
      assert.equal((result.errors.closed ?? 0) + (result.errors.reset ?? 0), 10);
    },
  );
});

test("a silent server ends in time-outs whose wait is part of the latency", async () => {
  await withServer(
    () => {},
    async (port) => {
      const { pool, base } = prepare({ port });
      const result = await runJob({ ...base, kind: "open", rps: 20, timeoutMs: 300 }, pool);
      pool.close();
      assert.deepEqual(result.errors, { timeout: 10 });
      assert.ok(result.latency.p50Ms >= 300);
    },
  );
});

test("a target that is not there is refused, not retried into a spin", async () => {
  const { pool, base } = prepare({ port: 1 });
  const result = await runJob({ ...base, durationMs: 100, kind: "closed", users: 2 }, pool);
  pool.close();
  assert.equal(result.succeeded, 0);
  assert.ok((result.errors.connect_refused ?? 0) >= 2);
  assert.ok(result.sent <= 40, `sent ${result.sent}`);
});
