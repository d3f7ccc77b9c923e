import { ask } from "./ask.ts";
import { Pool } from "./undici-pool.ts";

/** Sends requests to a server of this very process. */
export interface LoopbackClient {
  /** Posts JSON, reads the answer to its end and gives its status. */
  post(path: string, body: object): Promise<number>;
  close(): Promise<void>;
}

export interface LoopbackClientOptions {
  readonly port: number;
  readonly key: string;
  readonly connections: number;
}

export function openLoopbackClient({ port, key, connections }: LoopbackClientOptions): LoopbackClient {
  const pool = new Pool(`http://127.0.0.1:${port}`, { connections, pipelining: 1 });
  const headers = { authorization: `Bearer ${key}`, "content-type": "application/json" };
  return {
    post: (path, body) => ask(pool, { path, method: "POST", headers, body: JSON.stringify(body) }),
    close: () => pool.close(),
  };
}
