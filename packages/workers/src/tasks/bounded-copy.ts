/** Enough for a rule to tell calls apart, and for a conversation to be known again. */
const MAX_STRING_CHARS = 1_024;
const MAX_ITEMS = 64;
const MAX_DEPTH = 8;
/** Of all strings, lists and objects together. */
const MAX_VALUES = 2_000;

/**
 * What routing may look at of a request: the same JSON, cut where it is long, wide or deep, so that it crosses threads
 * cheaply and a rule takes no longer over a large request than over a small one.
 */
export function boundedCopy(value: unknown): unknown {
  return new BoundedCopy().of(value, 0);
}

class BoundedCopy {
  #values = 0;

  of(value: unknown, depth: number): unknown {
    if (typeof value === "string") {
      this.#values++;
      return value.length > MAX_STRING_CHARS ? value.slice(0, MAX_STRING_CHARS) : value;
    }
    if (typeof value !== "object" || value === null) return value;
    if (depth === MAX_DEPTH || this.#values++ >= MAX_VALUES) return null;
    if (Array.isArray(value)) return value.slice(0, MAX_ITEMS).map((item) => this.of(item, depth + 1));
    const entries = Object.entries(value).slice(0, MAX_ITEMS);
    return Object.fromEntries(entries.map(([name, member]) => [name, this.of(member, depth + 1)]));
  }
}
