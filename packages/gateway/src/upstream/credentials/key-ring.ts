import type { FlatHeaders } from "@headrace/core/adapter";
import type { WeightedKey } from "@headrace/core/config/types";
import type { Credential, ProviderVerdict } from "./credential.ts";
import type { KeyHeader } from "./static-key.ts";
import { SYSTEM_TIMING, type Timing } from "./timing.ts";

/** How long a key rests that was refused in this way and was not told for how long. */
const REST_MS_BY_STATUS: ReadonlyMap<number, number> = new Map([
  [401, 300_000],
  [402, 300_000],
  [403, 60_000],
  [429, 10_000],
]);
/** A provider that names a longer time is asked again all the same: quotas are raised and bills are paid. */
const MAX_REST_MS = 3_600_000;

interface RingKey {
  readonly headers: FlatHeaders;
  readonly weight: number;
  /** Milliseconds since 1970; in the past for a key that is awake. */
  restsUntilMs: number;
}

/**
 * Several keys of one provider. Each request goes out with a key by its weight. One that the provider refused rests; when all do, the one that wakes
 * first is taken, since the provider knows best.
 */
export class KeyRing implements Credential {
  readonly secrets: readonly string[];
  readonly #keys: readonly RingKey[];
  readonly #timing: Timing;

  constructor(keys: readonly WeightedKey[], { name, prefix }: KeyHeader, timing: Timing = SYSTEM_TIMING) {
    this.secrets = keys.map(({ key }) => key);
    this.#keys = keys.map(({ key, weight }) => ({ headers: [name, prefix + key], weight, restsUntilMs: 0 }));
    this.#timing = timing;
  }

  headers(): FlatHeaders {
    const nowMs = this.#timing.nowMs();
    const awake = this.#keys.filter(({ restsUntilMs }) => restsUntilMs <= nowMs);
    return (awake.length > 0 ? this.#byWeight(awake) : this.#firstToWake())?.headers ?? [];
  }

  get keys(): number {
    return this.#keys.length;
  }

  answered(headers: FlatHeaders, { status, retryAfterMs }: ProviderVerdict): number | null {
    const key = this.#keys.find((one) => one.headers === headers);
    if (key === undefined) return null;
    const restMs = REST_MS_BY_STATUS.get(status);
    if (restMs === undefined) {
      if (status < 400) key.restsUntilMs = 0;
      return null;
    }
    const nowMs = this.#timing.nowMs();
    key.restsUntilMs = nowMs + Math.min(retryAfterMs ?? restMs, MAX_REST_MS);
    if (this.#keys.length === 1) return null;
    const others = this.#keys.filter((one) => one !== key);
    return Math.max(0, Math.min(...others.map(({ restsUntilMs }) => restsUntilMs)) - nowMs);
  }

  close(): Promise<void> {
    return Promise.resolve();
  }

  #byWeight(awake: readonly RingKey[]): RingKey | undefined {
    const total = awake.reduce((sum, { weight }) => sum + weight, 0);
    let rest = this.#timing.random() * total;
    return (
      awake.find(({ weight }) => {
        rest -= weight;
        return rest < 0;
      }) ?? awake.at(-1)
    );
  }

  #firstToWake(): RingKey | undefined {
    return this.#keys.reduce<RingKey | undefined>(
      (first, key) => (first === undefined || key.restsUntilMs < first.restsUntilMs ? key : first),
      undefined,
    );
  }
}
