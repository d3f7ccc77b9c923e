const PER_MS = 1000;
const FRACTIONS: readonly string[] = Array.from(
  { length: PER_MS },
  (_, i) => `.${String(i).padStart(3, "0")}`,
);

/** Three decimals of a millisecond: more are noise. */
export function toMicroseconds(valueMs: number): number {
  return Math.round(valueMs * PER_MS) / PER_MS;
}

/** The same in writing, with all three decimals: to write whole numbers takes a third of the time of fractions. */
export function microsecondsText(valueMs: number): string {
  const microseconds = Math.round(valueMs * PER_MS);
  const fraction = FRACTIONS[microseconds % PER_MS];
  return fraction === undefined
    ? String(toMicroseconds(valueMs))
    : Math.floor(microseconds / PER_MS) + fraction;
}
