import type { IncomingHttpHeaders } from "node:http";
import { firstValue } from "../upstream/header-value.ts";
import { readRetryAfterMs } from "../upstream/retry-after.ts";

/** How a provider's answer begins. */
export interface ProviderHead {
  readonly status: number;
  readonly contentType: string;
  /** How long the provider asks to be left alone, or null. */
  readonly retryAfterMs: number | null;
}

/** While there is none. */
export const NO_HEAD: ProviderHead = { status: 0, contentType: "", retryAfterMs: null };

export function readHead(status: number, headers: IncomingHttpHeaders): ProviderHead {
  return {
    status,
    contentType: firstValue(headers["content-type"]),
    retryAfterMs: status >= 400 ? readRetryAfterMs(headers, Date.now()) : null,
  };
}

/** @param nextKeyInMs - after which another key may be shown to a provider that refused one; null where none was refused */
export function retriedSooner(head: ProviderHead, nextKeyInMs: number | null): ProviderHead {
  const { retryAfterMs } = head;
  if (nextKeyInMs === null || retryAfterMs === null) return head;
  return { ...head, retryAfterMs: Math.min(retryAfterMs, nextKeyInMs) };
}
