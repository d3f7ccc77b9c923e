/** Readers of what providers write into rate-limit headers. None of them throws; -1 = unreadable. */

const UNREADABLE = -1;
/** No provider has limits so high, or resets so late. */
const MOST = 1e15;
/** Longer texts are no number, duration or date. */
const MOST_CHARS = 40;
const ZERO = 0x30;
const NINE = 0x39;
const DOT = 0x2e;

/** A number above is a time since 1970 in ms, and below, down to {@link LEAST_EPOCH_SECONDS}, in seconds. */
const LEAST_EPOCH_MS = 1e11;
const LEAST_EPOCH_SECONDS = 1e9;

const UTC_SECONDS = "2026-01-01T00:00:30Z";

/** Go's units of time, which most providers use. */
const UNIT_MS: ReadonlyMap<string, number> = new Map([
  ["ns", 1e-6],
  ["us", 1e-3],
  ["µs", 1e-3],
  ["ms", 1],
  ["s", 1_000],
  ["m", 60_000],
  ["h", 3_600_000],
  ["d", 86_400_000],
]);

/** A count such as "4999", or the first of a list such as "100, 100;w=60" (draft-ietf-httpapi-ratelimit-headers). */
export function readCount(text: string): number {
  const end = endOfNumber(text, 0);
  if (end === 0) return UNREADABLE;
  const next = text.charAt(end);
  return next === "" || next === "," || next === ";" || next === " " ? numberIn(text, 0, end) : UNREADABLE;
}

/**
 * When a limit resets, in ms from now: a duration ("6m0s", "120ms"), seconds ("33011.38"), a time since 1970 in
 * seconds or ms, or an RFC 3339 date. 0 for a time that has passed.
 */
export function readResetMs(text: string, nowEpochMs: number): number {
  if (text.length > MOST_CHARS) return UNREADABLE;
  const end = endOfNumber(text, 0);
  if (end === 0) return UNREADABLE;
  if (end === text.length) return plainResetMs(numberIn(text, 0, end), nowEpochMs);
  if (text.charAt(4) !== "-") return durationMs(text);
  const dateMs = text.length === UTC_SECONDS.length ? utcMs(text) : Date.parse(text);
  return Number.isNaN(dateMs) ? UNREADABLE : Math.max(0, dateMs - nowEpochMs);
}

/**
 * The form that is in use, four times as fast as Date.parse. A day or hour that no calendar has runs over into the
 * next, and does no harm: it is one of this month.
 */
function utcMs(text: string): number {
  const month = twoDigits(text, 5);
  if (text.charAt(10) !== "T" || text.charAt(19) !== "Z" || month < 1 || month > 12) return Number.NaN;
  const year = twoDigits(text, 0) * 100 + twoDigits(text, 2);
  const dayMs = Date.UTC(year, month - 1, twoDigits(text, 8));
  return dayMs + ((twoDigits(text, 11) * 60 + twoDigits(text, 14)) * 60 + twoDigits(text, 17)) * 1_000;
}

function twoDigits(text: string, at: number): number {
  const tens = text.charCodeAt(at);
  const ones = text.charCodeAt(at + 1);
  return isDigit(tens) && isDigit(ones) ? (tens - ZERO) * 10 + ones - ZERO : Number.NaN;
}

function plainResetMs(value: number, nowEpochMs: number): number {
  if (value >= LEAST_EPOCH_MS) return Math.max(0, value - nowEpochMs);
  if (value >= LEAST_EPOCH_SECONDS) return Math.max(0, value * 1_000 - nowEpochMs);
  return value === UNREADABLE ? UNREADABLE : value * 1_000;
}

function durationMs(text: string): number {
  let totalMs = 0;
  let at = 0;
  while (at < text.length) {
    const end = endOfNumber(text, at);
    const unitEnd = endOfUnit(text, end);
    const unitMs = UNIT_MS.get(text.slice(end, unitEnd));
    if (end === at || unitMs === undefined) return UNREADABLE;
    const value = numberIn(text, at, end);
    if (value === UNREADABLE) return UNREADABLE;
    totalMs += value * unitMs;
    at = unitEnd;
  }
  return totalMs;
}

function isDigit(code: number): boolean {
  return code >= ZERO && code <= NINE;
}

/** After the digits, and a dot with further digits, that begin at `start`; `start` itself when there are none. */
function endOfNumber(text: string, start: number): number {
  let end = start;
  while (isDigit(text.charCodeAt(end))) end += 1;
  if (end === start || text.charCodeAt(end) !== DOT || !isDigit(text.charCodeAt(end + 1))) return end;
  end += 1;
  while (isDigit(text.charCodeAt(end))) end += 1;
  return end;
}

function endOfUnit(text: string, start: number): number {
  let end = start;
  while (end < text.length && !isDigit(text.charCodeAt(end))) end += 1;
  return end;
}

function numberIn(text: string, start: number, end: number): number {
  if (end - start > MOST_CHARS) return UNREADABLE;
  const value = Number(text.slice(start, end));
  return value < MOST ? value : UNREADABLE;
}
