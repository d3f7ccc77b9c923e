/** A map that forgets its oldest entry when it is full, so that what a mock stores never grows without bound. */
export class BoundedMap<T> {
  readonly #capacity: number;
  readonly #entries = new Map<string, T>();

  constructor(capacity: number) {
    this.#capacity = capacity;
  }

  get(key: string): T | undefined {
    return this.#entries.get(key);
  }

  /** Puts an entry in, as the newest. */
  set(key: string, value: T): void {
    this.#entries.delete(key);
    for (const oldest of this.#entries.keys()) {
      if (this.#entries.size < this.#capacity) break;
      this.#entries.delete(oldest);
    }
    this.#entries.set(key, value);
  }

  /** Whether there was something to remove. */
  delete(key: string): boolean {
    return this.#entries.delete(key);
  }

  /** The values, newest first. */
  values(): T[] {
    return [...this.#entries.values()].toReversed();
  }
}
