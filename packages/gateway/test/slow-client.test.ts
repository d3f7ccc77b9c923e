/** A client that reads slowly gets everything that is there, also while its provider is silent. */
import assert from "node:assert/strict";
import { it } from "node:test";
import { openStream } from "./support/live-stream.ts";
import { startMockGateway } from "./support/mock-gateway.ts";

/** More than the sockets between two processes hold. */
const BIG_EVENT_BYTES = 7_000_000;

// Within the 15 s after which a keep-alive comment would push the rest out.
it("an event larger than any socket's buffer leaves without waiting for the next one", {
  timeout: 14_000,
}, async () => {
  const { gateway, mock, close } = await startMockGateway({ timeouts: { idleMs: 60_000 } });
  const stream = await openStream({
    port: gateway.port,
    mock: { chunks: 2, bigEventBytes: BIG_EVENT_BYTES, stallAfterEvents: 2 },
  });
  stream.response.pause();
  // Time enough for the gateway to fill the sockets; were it too little, this would only prove less.
  for (let i = 0; i < 50; i++) await (await fetch(`${gateway.url}/livez`)).text();
  const arrived = new Promise<void>((resolve) => {
    stream.response.on("data", () => {
      if (stream.bodyBytes >= BIG_EVENT_BYTES) resolve();
    });
  });
  stream.response.resume();
  await arrived;
  assert.equal(mock.received[0]?.finished, false, "the provider must be silent for this to prove anything");
  stream.response.destroy();
  await mock.waitFor(({ aborted }) => aborted, 5_000);
  await close();
});
