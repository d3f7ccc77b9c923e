import type { IncomingHttpHeaders } from "node:http";
import { firstValue } from "./header-value.ts";

/**
 * How long a provider asks to be left alone, in ms, or null. It may say so in milliseconds (`retry-after-ms`, OpenAI
 * and Azure), in seconds, or as a date (RFC 9110, 10.2.3).
 */
export function readRetryAfterMs(headers: IncomingHttpHeaders, nowEpochMs: number): number | null {
  const inMs = firstValue(headers["retry-after-ms"]);
  if (isCount(inMs)) return Number(inMs);
  const value = firstValue(headers["retry-after"]);
  if (value === "") return null;
  if (isCount(value)) return Number(value) * 1000;
  const dateMs = Date.parse(value);
  return Number.isNaN(dateMs) ? null : Math.max(0, dateMs - nowEpochMs);
}

function isCount(text: string): boolean {
  return /^\d{1,9}(\.\d+)?$/.test(text);
}
