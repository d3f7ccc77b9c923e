/**
 * The first value of an answer's header, or "". A header that is sent twice arrives as an array, whatever Node's types
 * say of it, and one that must be single is not worth failing for.
 */
export function firstValue(value: string | readonly string[] | undefined): string {
  if (typeof value === "string") return value;
  return value?.[0] ?? "";
}
