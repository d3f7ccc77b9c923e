import { createServer } from "node:net";

/**
 * Fails when somebody already listens on an address. The gateway's own processes share their port, and the system would
 * let them share it with a stranger of the same user too, so that is found out here.
 *
 * @throws Error with Node's `code`, for example `EADDRINUSE` or `EACCES`
 */
export function probePort(host: string, port: number): Promise<void> {
  if (port === 0) return Promise.resolve();
  return new Promise((resolve, reject) => {
    const server = createServer();
    server.once("error", reject);
    server.listen({ host, port, exclusive: true }, () => server.close(() => resolve()));
  });
}
