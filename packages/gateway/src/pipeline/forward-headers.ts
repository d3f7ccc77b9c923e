import type { FlatHeaders } from "@headrace/core/adapter";
import type { Exchange } from "../http/exchange.ts";
import type { Upstream } from "../upstream/upstream.ts";

/** Client headers by their lower-case names, kept until it is known which provider is asked. */
export type ForwardedHeaders = ReadonlyMap<string, string>;

export const NONE_FORWARDED: ForwardedHeaders = new Map();

/** Those of the named headers that the client sent. */
export function collectForwarded(exchange: Exchange, names: readonly string[]): ForwardedHeaders {
  if (names.length === 0) return NONE_FORWARDED;
  const sent = names.map((name) => [name, exchange.header(name)] as const);
  return new Map(sent.filter(([, value]) => value !== ""));
}

/** A provider's own headers, with those of the client's that its config, and no other's, lets through. */
export function withForwarded(
  { headers, forwardHeaders }: Upstream,
  forwarded: ForwardedHeaders,
): FlatHeaders {
  if (forwarded.size === 0) return headers;
  return [
    ...headers,
    ...forwardHeaders.flatMap((name) => {
      const value = forwarded.get(name);
      return value === undefined ? [] : [name, value];
    }),
  ];
}
