/**
 * What becomes of the calls that are chosen to be copied. Those of the second group are not sent: their copies would have
 * been a burden.
 */
export const SHADOW_OUTCOMES = [
  /** Both answered, and it is known how their answers differ. */
  "compared",
  /** Both answered, one of them at more length than is kept. */
  "length_only",
  /** Both answered, one of them in a form that cannot be read. */
  "unreadable",
  "shadow_failed",
  "primary_failed",
  "both_failed",
  /** The client left, or this process drains. */
  "cancelled",
  /** More than `perMinute`. */
  "over_rate",
  /** The request is larger than `maxBytes`. */
  "too_large",
  /** The target does not serve such calls, or the request goes on from what is kept elsewhere. */
  "unsupported",
  /** The target is left alone at present, or its limits are nearly used up. */
  "unavailable",
  /** All connections to the provider are in use, or too many copies run. */
  "busy",
  /** The event loop is late. */
  "late",
] as const;

export type ShadowOutcome = (typeof SHADOW_OUTCOMES)[number];
