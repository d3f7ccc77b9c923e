import { once } from "node:events";
import { type AddressInfo, connect, type Socket } from "node:net";
import { createServer } from "node:tls";
import type { Certificate } from "./certificates.ts";

/** TLS in front of a plain server, as a provider has it. */
export interface TlsFront {
  readonly port: number;
  /** TLS connections that were agreed on. */
  readonly secured: number;
  close(): Promise<void>;
}

/** Passes what comes over TLS on to a port of this machine, and back. */
export async function startTlsFront(certificate: Certificate, plainPort: number): Promise<TlsFront> {
  const sockets = new Set<Socket>();
  let secured = 0;
  const server = createServer({ ...certificate }, (client) => {
    secured++;
    const plain = connect(plainPort, "127.0.0.1");
    for (const socket of [client, plain]) {
      sockets.add(socket);
      socket.on("error", () => {});
      socket.once("close", () => {
        client.destroy();
        plain.destroy();
      });
    }
    client.pipe(plain).pipe(client);
  });
  server.on("tlsClientError", () => {}); // a gateway that does not trust the certificate hangs up
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  return {
    port: (server.address() as AddressInfo).port,
    get secured() {
      return secured;
    },
    async close() {
      for (const socket of sockets) socket.destroy();
      server.close();
      await once(server, "close");
    },
  };
}
