/** A provider as the gateway reaches it: address, credentials and connections. With upstream-call.ts the only place that knows undici. */
import { readFileSync } from "node:fs";
import type { Endpoint, FlatHeaders, ProviderAdapter } from "@headrace/core/adapter";
import type { ProviderConfig } from "@headrace/core/config/types";
import { type Dispatcher, Pool } from "undici";

export interface Upstream {
  readonly name: string;
  readonly adapter: ProviderAdapter;
  readonly forwardHeaders: readonly string[];
  readonly dispatcher: Dispatcher;
  /** Path of an endpoint below the origin, or null where the provider does not serve it. */
  path(endpoint: Endpoint): string | null;
  /** The headers that every request to this provider has. */
  readonly headers: FlatHeaders;
  close(): Promise<void>;
}

const KEEP_ALIVE_MS = 60_000;
/** The last resort below a model's own clock: a socket that never connects must not be kept for ever. */
const SOCKET_CONNECT_TIMEOUT_MS = 30_000;
const MAX_RESPONSE_HEAD_BYTES = 64 * 1024;

/**
 * @throws Error when the provider's CA file cannot be read
 */
export function openUpstream(name: string, config: ProviderConfig, adapter: ProviderAdapter): Upstream {
  const baseUrl = config.baseUrl ?? adapter.defaultBaseUrl;
  if (baseUrl === null) throw new Error(`provider ${name} has no baseUrl`);
  const url = new URL(baseUrl);
  const basePath = url.pathname.replace(/\/$/, "");
  const dispatcher = openPool(url.origin, config);
  return {
    name,
    adapter,
    forwardHeaders: config.forwardHeaders,
    dispatcher,
    path: (endpoint) => {
      const path = adapter.paths[endpoint];
      return path === undefined ? null : basePath + path + url.search;
    },
    headers: [
      ...adapter.authHeaders(config.apiKey ?? null),
      "content-type",
      "application/json",
      // A compressed stream could not be relayed untouched, nor its events be seen.
      "accept-encoding",
      "identity",
      "user-agent",
      "headrace",
    ],
    close: () => dispatcher.close(),
  };
}

function openPool(origin: string, config: ProviderConfig): Dispatcher {
  const ca = config.caCertFile === undefined ? undefined : readFileSync(config.caCertFile, "utf8");
  return new Pool(origin, {
    connections: config.connections,
    pipelining: 1,
    allowH2: config.http2,
    keepAliveTimeout: KEEP_ALIVE_MS,
    maxHeaderSize: MAX_RESPONSE_HEAD_BYTES,
    // The clocks are the call's own, per model; undici's would be a second set.
    headersTimeout: 0,
    bodyTimeout: 0,
    connect: {
      timeout: SOCKET_CONNECT_TIMEOUT_MS,
      rejectUnauthorized: true,
      ...(ca === undefined ? {} : { ca }),
    },
  });
}
