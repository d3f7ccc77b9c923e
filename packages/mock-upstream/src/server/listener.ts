import uWS, { type TemplatedApp, type us_listen_socket } from "uWebSockets.js";

/** An application whose quirks are off: no server header, no time-outs of its own. */
export function makeApp(): TemplatedApp {
  callIfThere(uWS, "_cfg", "silent");
  const app = uWS.App();
  // By default idle connections are closed after 30 s, and so are answers that a paused client does not read.
  // A client's pooled connection would then be closed just as it is used; a mock must not add such faults.
  callIfThere(app, "setIdleTimeout", 0);
  callIfThere(app, "setResponseTimeout", 0);
  return app;
}

/** Listens; rejects when the address cannot be had. */
export function listen(app: TemplatedApp, host: string, port: number): Promise<us_listen_socket> {
  return new Promise((resolve, reject) => {
    app.listen(host, port, (socket) => {
      if (socket === false) reject(new Error(`cannot listen on ${host}:${port}; is the port taken?`));
      else resolve(socket);
    });
  });
}

// These methods are there but not in the package's types.
function callIfThere(target: object, name: string, ...values: (number | string)[]): void {
  const method: unknown = Reflect.get(target, name);
  if (typeof method === "function") Reflect.apply(method, target, values);
}
