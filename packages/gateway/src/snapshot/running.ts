/**
 * Counts the requests that run on a snapshot. A request may still open connections long after the snapshot has been
 * replaced, for another try or when its body is slow to come, so they are closed behind the last one only.
 */
export class RunningRequests {
  #count = 0;
  #onIdle: (() => void) | null = null;

  begin(): void {
    this.#count++;
  }

  /** Call exactly once for each `begin`. */
  end(): void {
    this.#count--;
    if (this.#count === 0 && this.#onIdle !== null) this.#onIdle();
  }

  /** Resolves when none is left. Call once, when no more will begin. */
  idle(): Promise<void> {
    if (this.#count === 0) return Promise.resolve();
    return new Promise((resolve) => {
      this.#onIdle = resolve;
    });
  }
}
