import assert from "node:assert/strict";
import { once } from "node:events";
import { type AddressInfo, createServer, type Server } from "node:net";
import { describe, it } from "node:test";
import { holdFreePort, probePort } from "./port-probe.ts";

async function listening(host: string): Promise<{ server: Server; port: number }> {
  const server = createServer().listen({ host, port: 0 });
  await once(server, "listening");
  return { server, port: (server.address() as AddressInfo).port };
}

describe("holdFreePort", () => {
  it("keeps a port from strangers and lets those in who share it", async () => {
    const held = await holdFreePort("127.0.0.1");
    await assert.rejects(probePort("127.0.0.1", held.port), { code: "EADDRINUSE" });
    const sharer = createServer().listen({ host: "127.0.0.1", port: held.port, reusePort: true });
    await once(sharer, "listening");
    await held.release();
    assert.equal((sharer.address() as AddressInfo).port, held.port);
    sharer.close();
  });
});

describe("probePort", () => {
  for (const [taken, probed] of [
    ["127.0.0.1", "127.0.0.1"],
    ["127.0.0.1", "0.0.0.0"],
    ["0.0.0.0", "127.0.0.1"],
  ] as const) {
    it(`finds ${probed} taken by one who listens on ${taken}`, async () => {
      const { server, port } = await listening(taken);
      try {
        await assert.rejects(probePort(probed, port), { code: "EADDRINUSE", port });
      } finally {
        server.close();
      }
    });
  }

  it("leaves a free port free", async () => {
    const { server, port } = await listening("127.0.0.1");
    server.close();
    await once(server, "close");
    await probePort("127.0.0.1", port);
    await probePort("127.0.0.1", port);
  });

  it("has nothing to say about any free port", async () => {
    await probePort("127.0.0.1", 0);
  });

  it("fails for an address that this machine does not have", async () => {
    await assert.rejects(probePort("192.0.2.1", 8080), { code: "EADDRNOTAVAIL" });
  });
});
