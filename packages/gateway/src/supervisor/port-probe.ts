import { once } from "node:events";
import { type AddressInfo, createServer } from "node:net";

/**
 * Fails when somebody already listens on an address. The gateway's own processes share their port, and the system would
 * let them share it with a stranger of the same user too, so that is found out here.
 *
 * @throws Error with Node's `code`, for example `EADDRINUSE` or `EACCES`
 */
export async function probePort(host: string, port: number): Promise<void> {
  if (port === 0) return;
  const server = createServer().listen({ host, port, exclusive: true });
  await once(server, "listening");
  server.close();
  await once(server, "close");
}

/** A free port that is kept until those who will share it have it. */
export interface HeldPort {
  readonly port: number;
  release(): Promise<void>;
}

/**
 * Finds a free port for several processes: none of them could ask the system for one that the others may share.
 *
 * @throws Error with Node's `code`
 */
export async function holdFreePort(host: string): Promise<HeldPort> {
  const server = createServer().listen({ host, port: 0, exclusive: true, reusePort: true });
  await once(server, "listening");
  const { port } = server.address() as AddressInfo;
  return {
    port,
    async release() {
      server.close();
      await once(server, "close");
    },
  };
}
