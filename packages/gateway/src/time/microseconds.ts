/** Three decimals of a millisecond: more are noise. */
export function toMicroseconds(valueMs: number): number {
  return Math.round(valueMs * 1000) / 1000;
}
