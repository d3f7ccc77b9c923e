import uWS, { type TemplatedApp, type us_listen_socket } from "uWebSockets.js";
import { createServer } from "node:net";

const FREE_PORT_ATTEMPTS = 5;

/** An application whose quirks are off: no server header, no time-outs of its own. */
export function makeApp(): TemplatedApp {
  callIfThere(uWS, "_cfg", "silent");
  const app = uWS.App();
  // By default a connection that is idle for 30 s is closed, and so is one whose client has not read for 30 s. A
  // client's pooled connection would then be closed just as it is used; a mock adds no fault it was not told to.
  callIfThere(app, "setIdleTimeout", 0);
  callIfThere(app, "setResponseTimeout", 0);
  return app;
}

/** Listens on a port of its own, any free one for 0; rejects when the address cannot be had. */
export async function listen(app: TemplatedApp, host: string, port: number): Promise<us_listen_socket> {
  for (let attempt = 1; ; attempt += 1) {
    // Left to choose a port, the server binds it without SO_REUSEADDR, and a mock that was closed with clients
    // connected could not be started on its port again for a minute. So the port is always named.
    const socket = await tryListen(app, host, port === 0 ? await freePort(host) : port);
    if (socket !== undefined) return socket;
    if (port !== 0 || attempt === FREE_PORT_ATTEMPTS) {
      throw new Error(`cannot listen on ${host}:${port}; is the port taken?`);
    }
  }
}

function tryListen(app: TemplatedApp, host: string, port: number): Promise<us_listen_socket | undefined> {
  return new Promise((resolve) => {
    const onListen = (socket: us_listen_socket | false): void =>
      resolve(socket === false ? undefined : socket);
    // Exclusive, or a second mock on the same port would silently take half of the connections. The package's
    // types lack the constant, and host and options together.
    const exclusive: unknown = Reflect.get(uWS, "LIBUS_LISTEN_EXCLUSIVE_PORT");
    Reflect.apply(app.listen, app, [host, port, exclusive, onListen]);
  });
}

function freePort(host: string): Promise<number> {
  return new Promise((resolve, reject) => {
    const probe = createServer();
    probe.once("error", reject);
    probe.listen(0, host, () => {
      const address = probe.address();
      const port = typeof address === "object" && address !== null ? address.port : 0;
      probe.close(() => resolve(port));
    });
  });
}

// These methods are there but not in the package's types.
function callIfThere(target: object, name: string, ...values: (number | string)[]): void {
  const method: unknown = Reflect.get(target, name);
  if (typeof method === "function") Reflect.apply(method, target, values);
}
