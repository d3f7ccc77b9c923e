import type { FlatHeaders } from "@headrace/core/adapter";
import type { Exchange } from "../http/exchange.ts";

/** Client headers by their lower-case names, kept until it is known which provider is asked. */
export type ForwardedHeaders = ReadonlyMap<string, string>;

export const NONE_FORWARDED: ForwardedHeaders = new Map();

/** Those of the named headers that the client sent. */
export function collectForwarded(exchange: Exchange, names: readonly string[]): ForwardedHeaders {
  let forwarded: Map<string, string> | null = null; // most requests have none of them
  for (const name of names) {
    const value = exchange.header(name);
    if (value === "") continue;
    forwarded ??= new Map();
    forwarded.set(name, value);
  }
  return forwarded ?? NONE_FORWARDED;
}

/** A request's own headers, with those of the client's that are named; the client's word replaces ours. */
export function withForwarded(
  headers: FlatHeaders,
  names: readonly string[],
  forwarded: ForwardedHeaders,
): FlatHeaders {
  if (forwarded.size === 0 || names.length === 0) return headers;
  const taken = names.filter((name) => forwarded.has(name));
  if (taken.length === 0) return headers;
  const own: string[] = [];
  for (let i = 0; i + 1 < headers.length; i += 2) {
    const name = headers[i] ?? "";
    if (!taken.includes(name)) own.push(name, headers[i + 1] ?? "");
  }
  return [...own, ...taken.flatMap((name) => [name, forwarded.get(name) ?? ""])];
}
