/** A provider as the gateway reaches it: address, credentials and connections. With upstream-call.ts the only place that knows undici. */
import { readFileSync } from "node:fs";
import type { FlatHeaders } from "@headrace/core/adapter";
import type { ProviderConfig, UnsupportedParams } from "@headrace/core/config/types";
import type { ProviderAdapter, ProviderSettings } from "@headrace/core/provider-adapter";
import type { Dispatcher, Pool as PoolType } from "undici";
import { ask } from "./ask.ts";
import type { Credential } from "./credentials/credential.ts";
import { openCredential } from "./credentials/open-credential.ts";
import { type KeptPools, openPool } from "./kept-pools.ts";
import { Probe } from "./probe.ts";

export interface Upstream {
  readonly name: string;
  readonly adapter: ProviderAdapter;
  readonly forwardHeaders: readonly string[];
  readonly dispatcher: Dispatcher;
  /** True when another request would have to wait for a connection. */
  readonly isFull: () => boolean;
  readonly settings: ProviderSettings;
  readonly unsupportedParams: UnsupportedParams;
  /** Where the API root is below the origin, without a slash at the end. */
  readonly basePath: string;
  /** Scheme, host and port. */
  readonly origin: string;
  /** The value of the `host` header. */
  readonly host: string;
  /** Certificate authorities to trust, in PEM, in place of the usual ones. */
  readonly ca: string | null;
  /** The headers that every request to this provider has, a credential that never changes among them. */
  readonly headers: FlatHeaders;
  /** What proves who asks. */
  readonly credential: Credential;
  /**
   * Asks whether the provider is there, by something that costs nothing, and over a connection of its own: its calls
   * may have taken all others.
   *
   * @returns false when there is no answer in time, or one with a status of 500 or more; never rejects
   */
  probe(timeoutMs: number): Promise<boolean>;
  /**
   * Opens the connections that the config wants to be there early, unless an earlier snapshot has left its own. A
   * provider that does not answer is no error.
   */
  warm(): Promise<void>;
  /**
   * Closes every connection that no other snapshot uses, at once; for when no call runs any more. Calls that gave up waiting for a connection are
   * still in undici's queue, so waiting for the queue could take as long as a connection that never comes.
   */
  close(): Promise<void>;
}

/** A provider that is slow to open connections does not hold up the start for longer. */
const WARM_TIMEOUT_MS = 2_000;

export interface UpstreamOptions {
  readonly adapter: ProviderAdapter;
  /** A socket that has not connected by then is given up. */
  readonly connectTimeoutMs: number;
  /** Where its connections are kept. */
  readonly pools: KeptPools;
}

/**
 * @throws Error when the provider's CA file cannot be read
 */
export function openUpstream(name: string, config: ProviderConfig, options: UpstreamOptions): Upstream {
  const { adapter } = options;
  const baseUrl = config.baseUrl ?? adapter.baseUrl(config);
  if (baseUrl === null) throw new Error(`provider ${name} has no baseUrl`);
  const url = new URL(baseUrl);
  const basePath = url.pathname.replace(/\/$/, "");
  const ca = config.caCertFile === undefined ? null : readFileSync(config.caCertFile, "utf8");
  const { connections, http2 } = config;
  const { connectTimeoutMs, pools } = options;
  const settings = { origin: url.origin, connections, http2, ca, connectTimeoutMs };
  const credential = openCredential(adapter.auth, config);
  const headers = [
    ...(credential.fixedHeaders ?? []),
    "content-type",
    "application/json",
    // A compressed stream could not be relayed untouched, nor its events be seen.
    "accept-encoding",
    "identity",
    "user-agent",
    "headrace",
  ];
  const probe = new Probe({
    open: (timeoutMs) => openPool({ ...settings, connections: 1, connectTimeoutMs: timeoutMs }),
    path: basePath + (config.probe?.path ?? adapter.probePath),
    host: url.host,
    headers,
    credential,
  });
  // Behind all that can fail, lest a share be taken that nobody gives back.
  const { dispatcher, found, release } = pools.take(name, settings);
  return {
    name,
    adapter,
    forwardHeaders: config.forwardHeaders,
    dispatcher,
    isFull: () => isFull(dispatcher.stats, config),
    settings: config,
    unsupportedParams: config.unsupportedParams,
    basePath,
    origin: url.origin,
    host: url.host,
    ca,
    headers,
    credential,
    probe: (timeoutMs) => probe.ask(timeoutMs),
    warm: async () => {
      if (found) return;
      await openConnections(dispatcher, config.warmConnections, {
        path: basePath + adapter.probePath,
        headers,
      });
    },
    close: async () => {
      await Promise.all([credential.close(), probe.close(), release()]);
    },
  };
}

/** So many requests at once need so many connections, which stay. */
async function openConnections(
  dispatcher: Dispatcher,
  count: number,
  { path, headers }: { readonly path: string; readonly headers: FlatHeaders },
): Promise<void> {
  const timeouts = { headersTimeout: WARM_TIMEOUT_MS, bodyTimeout: WARM_TIMEOUT_MS };
  const request = { path, method: "GET" as const, headers: [...headers], ...timeouts };
  await Promise.allSettled(Array.from({ length: count }, () => ask(dispatcher, request)));
}

/** Requests may share a connection of HTTP/2, so that there only a queue says it. */
function isFull(
  { queued, running, pending }: PoolType["stats"],
  { connections, http2 }: Pick<ProviderConfig, "connections" | "http2">,
): boolean {
  return queued > 0 || (!http2 && running + pending >= connections);
}
