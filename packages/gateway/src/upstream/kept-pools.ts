import type { ProviderConfig } from "@headrace/core/config/types";
import type { Pool as PoolType } from "undici";
import { providerConnector } from "./provider-sockets.ts";
import { Pool } from "./undici-pool.ts";

/** All that makes two pools of one provider the same. */
export interface PoolSettings extends Pick<ProviderConfig, "connections" | "http2"> {
  /** Scheme, host and port. */
  readonly origin: string;
  /** Certificate authorities to trust, in PEM, in place of the usual ones. */
  readonly ca: string | null;
  /** A socket that has not connected by then is given up. */
  readonly connectTimeoutMs: number;
}

/** A share in a pool. */
export interface PoolShare {
  readonly dispatcher: PoolType;
  /** True when others use it too, so that it may have connections already. */
  readonly found: boolean;
  /** Closes every connection at once when this was the last share. Call once. */
  release(): Promise<void>;
}

interface KeptPool {
  readonly dispatcher: PoolType;
  shares: number;
}

const KEEP_ALIVE_MS = 60_000;
const MAX_RESPONSE_HEAD_BYTES = 64 * 1024;

/**
 * The connections of a process, which outlive the snapshots that use them: a reload that leaves a provider's address as
 * it is opens none anew, and its first calls wait for no handshake.
 */
export class KeptPools {
  readonly #pools = new Map<string, KeptPool>();

  take(provider: string, settings: PoolSettings): PoolShare {
    const { origin, connections, http2, ca, connectTimeoutMs } = settings;
    // By provider too: two that share an address each have their own bound on connections.
    const id = JSON.stringify([provider, origin, connections, http2, ca, connectTimeoutMs]);
    const found = this.#pools.get(id);
    const pool = found ?? { dispatcher: openPool(settings), shares: 0 };
    pool.shares += 1;
    this.#pools.set(id, pool);
    return {
      dispatcher: pool.dispatcher,
      found: found !== undefined,
      release: async () => {
        pool.shares -= 1;
        if (pool.shares > 0) return;
        this.#pools.delete(id);
        await pool.dispatcher.destroy();
      },
    };
  }
}

/** Nothing is connected before it is used. */
export function openPool({ origin, connections, http2, ca, connectTimeoutMs }: PoolSettings): PoolType {
  const connect = { timeout: connectTimeoutMs, rejectUnauthorized: true, ...(ca === null ? {} : { ca }) };
  return new Pool(origin, {
    connections,
    pipelining: 1,
    allowH2: http2,
    keepAliveTimeout: KEEP_ALIVE_MS,
    maxHeaderSize: MAX_RESPONSE_HEAD_BYTES,
    // The clocks are the call's own, per model; undici's would be a second set.
    headersTimeout: 0,
    bodyTimeout: 0,
    connect: http2 ? connect : providerConnector({ ...connect, allowH2: false }),
  });
}
