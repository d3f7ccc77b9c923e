/** How many extra tries the calls of a process may cause together. */
export interface ShareBudgetOptions {
  /** Extra tries that each call earns, for example 0.2. */
  readonly share: number;
  /** Most extra tries that may be saved up. The budget starts with them, so that a quiet process can retry too. */
  readonly burst: number;
}

/** Counted in whole millionths of a try: adding 0.1 ten times is then exactly one. */
const UNITS_PER_TRY = 1_000_000;

/**
 * The budget of retries over all chains of targets, and that of hedges; one of each for a process.
 *
 * Bounds what is sent on top of the calls that clients make. Over any sequence of calls,
 * `extra tries <= share × calls + burst`, however the chains of targets are nested.
 */
export class ShareBudget {
  #unitsPerCall = 0;
  #mostUnits = 0;
  /** Cut down to the burst as soon as that is known. */
  #units = Number.MAX_SAFE_INTEGER;

  constructor(options: ShareBudgetOptions) {
    this.configure(options);
  }

  /** Takes over changed options; what was saved up stays, up to the new burst. */
  configure(options: ShareBudgetOptions): void {
    this.#unitsPerCall = inUnits(options.share);
    this.#mostUnits = inUnits(options.burst);
    this.#units = Math.min(this.#units, this.#mostUnits);
  }

  /** Whole extra tries that could be taken now. */
  get available(): number {
    return Math.floor(this.#units / UNITS_PER_TRY);
  }

  /** To be called once for each client's call. */
  deposit(): void {
    this.#units = Math.min(this.#mostUnits, this.#units + this.#unitsPerCall);
  }

  /** @returns false when the extra try must not be made */
  take(): boolean {
    if (this.#units < UNITS_PER_TRY) return false;
    this.#units -= UNITS_PER_TRY;
    return true;
  }
}

/** 0.29 × 1,000,000 is 289,999.99999999994 in floating point, hence the small addend. */
function inUnits(tries: number): number {
  return Math.max(0, Math.floor(tries * UNITS_PER_TRY + 0.001));
}
