/**
 * A moving average that follows a rise at once and a fall slowly, so that a target that becomes slow loses its calls
 * at the first slow one. It fades while nothing is heard, so that the target is tried again.
 */
export class PeakEwma {
  #decayMs: number;
  #value = 0;
  #heardAtMs = 0;

  constructor(decayMs: number) {
    this.#decayMs = decayMs;
  }

  configure(decayMs: number): void {
    this.#decayMs = decayMs;
  }

  record(nowMs: number, sample: number): void {
    const kept = this.#keptShare(nowMs);
    const faded = this.#value * kept;
    this.#value = sample >= faded ? sample : faded + sample * (1 - kept);
    this.#heardAtMs = nowMs;
  }

  /** 0 = nothing is known. */
  value(nowMs: number): number {
    return this.#value * this.#keptShare(nowMs);
  }

  clear(): void {
    this.#value = 0;
  }

  #keptShare(nowMs: number): number {
    return Math.exp(Math.min(0, this.#heardAtMs - nowMs) / this.#decayMs);
  }
}
