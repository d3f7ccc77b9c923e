import { HEADER_FAMILIES, type HeaderFamily, type QuotaKind, type Refill } from "./rate-limit-families.ts";
import { readCount, readResetMs } from "./rate-limit-values.ts";

/** One limit of a provider, as an answer tells it. */
export interface Quota {
  /** Null when it is not told. */
  readonly limit: number | null;
  readonly remaining: number;
  /** From the answer on; null when it is not told. */
  readonly resetMs: number | null;
  readonly refill: Refill;
}

/** A provider's limits, of each kind the one of which least remains; null where none is told. */
export type RateLimits = Readonly<Record<QuotaKind, Quota | null>>;

/** The shape of node's IncomingHttpHeaders: names in lower case. */
export type HeaderRecord = Readonly<Record<string, string | string[] | undefined>>;

/** draft-ietf-httpapi-ratelimit-headers-07 on: `limit=100, remaining=50, reset=30`, then `"default";r=50;t=30`. */
const STRUCTURED_HEADER = "ratelimit";
const STRUCTURED_LIMIT = /(?:^|[;,\s])limit=([\d.]+)/;
const STRUCTURED_REMAINING = /(?:^|[;,\s])(?:remaining|r)=([\d.]+)/;
const STRUCTURED_RESET = /(?:^|[;,\s])(?:reset|t)=([\d.]+)/;
const MOST_STRUCTURED_CHARS = 256;

/**
 * What a provider tells of its limits. Runs on every answer: without such headers it costs one look-up for each
 * family, and allocates nothing.
 *
 * @param nowEpochMs - milliseconds since 1970, for resets that are dates
 * @param families - those that the provider is known to send; all known ones when it is not
 * @returns null when there are none that can be read
 */
export function readRateLimits(
  headers: HeaderRecord,
  nowEpochMs: number,
  families: readonly HeaderFamily[] = HEADER_FAMILIES,
): RateLimits | null {
  let limits: Record<QuotaKind, Quota | null> | null = null;
  for (let index = 0; index < families.length; index += 1) {
    const family = families[index];
    const told = family === undefined ? undefined : headers[family.remaining];
    if (family === undefined || told === undefined) continue;
    const remaining = readCount(firstOf(told));
    if (remaining < 0) continue;
    limits ??= { requests: null, tokens: null, outputTokens: null };
    const known = limits[family.kind];
    if (known === null || remaining < known.remaining) {
      limits[family.kind] = readQuota(headers, family, { remaining, nowEpochMs });
    }
  }
  if (headers[STRUCTURED_HEADER] === undefined) return limits;
  const structured = readStructured(firstOf(headers[STRUCTURED_HEADER]), nowEpochMs);
  if (structured === null) return limits;
  limits ??= { requests: null, tokens: null, outputTokens: null };
  if (limits.requests === null || structured.remaining < limits.requests.remaining)
    limits.requests = structured;
  return limits;
}

function readQuota(
  headers: HeaderRecord,
  family: HeaderFamily,
  { remaining, nowEpochMs }: { readonly remaining: number; readonly nowEpochMs: number },
): Quota {
  return {
    limit: orNull(readCount(firstOf(headers[family.limit]))),
    remaining,
    resetMs: orNull(readResetMs(firstOf(headers[family.reset]), nowEpochMs)),
    refill: family.refill,
  };
}

/** Of several policies the first, which servers are told to make the most pressing one. */
function readStructured(text: string, nowEpochMs: number): Quota | null {
  if (text.length > MOST_STRUCTURED_CHARS) return null;
  const remaining = readCount(STRUCTURED_REMAINING.exec(text)?.[1] ?? "");
  if (remaining < 0) return null;
  return {
    limit: orNull(readCount(STRUCTURED_LIMIT.exec(text)?.[1] ?? "")),
    remaining,
    resetMs: orNull(readResetMs(STRUCTURED_RESET.exec(text)?.[1] ?? "", nowEpochMs)),
    refill: "at-reset",
  };
}

function firstOf(value: string | readonly string[] | undefined): string {
  return typeof value === "string" ? value : (value?.[0] ?? "");
}

function orNull(value: number): number | null {
  return value < 0 ? null : value;
}
