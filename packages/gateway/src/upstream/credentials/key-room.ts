import type { TargetHealth } from "@headrace/routing/health/target-health";

/** What is left of each key's limits at the target that a request is for: providers count by key, and by model. */
export class KeyRoom {
  readonly #health: TargetHealth;
  readonly #nowMs: number;

  /** @param nowMs - of the process's monotonic clock, which is the one of healths */
  constructor(health: TargetHealth, nowMs: number) {
    this.#health = health;
    this.#nowMs = nowMs;
  }

  /** For how long the limits of a key, by its place, are nearly used up; 0 for one that has room, or that nobody knows of. */
  pacedForMs(key: number): number {
    return this.#health.keyPacedForMs(this.#nowMs, key);
  }

  /** No key has room; this one because it rests. */
  restsForMs(key: number, forMs: number): void {
    this.#health.onKeyResting(this.#nowMs, key, forMs);
  }
}

/** @returns null where one key has to do */
export function keyRoomAt(credential: { readonly keys?: number }, health: TargetHealth): KeyRoom | null {
  return (credential.keys ?? 1) > 1 ? new KeyRoom(health, performance.now()) : null;
}
