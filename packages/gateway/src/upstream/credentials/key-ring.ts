import type { FlatHeaders } from "@headrace/core/adapter";
import type { WeightedKey } from "@headrace/core/config/types";
import type { Credential, ProviderVerdict, SignableRequest } from "./credential.ts";
import type { KeyRoom } from "./key-room.ts";
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
  /** In the config's list, from 0. */
  readonly place: number;
  readonly headers: FlatHeaders;
  readonly weight: number;
  /** Milliseconds since 1970; in the past for a key that is awake. */
  restsUntilMs: number;
}

/**
 * Several keys of one provider. Each request goes out with a key by its weight, among those that the provider has not
 * refused and whose limits are not nearly used up. One that it refused rests; when all do, the one that wakes first is
 * taken, since the provider knows best.
 */
export class KeyRing implements Credential {
  readonly secrets: readonly string[];
  readonly #keys: readonly RingKey[];
  readonly #timing: Timing;

  constructor(keys: readonly WeightedKey[], { name, prefix }: KeyHeader, timing: Timing = SYSTEM_TIMING) {
    this.secrets = keys.map(({ key }) => key);
    this.#keys = keys.map(({ key, weight }, place) => {
      return { place, headers: [name, prefix + key], weight, restsUntilMs: 0 };
    });
    this.#timing = timing;
  }

  headers(_request: SignableRequest, room: KeyRoom | null = null): FlatHeaders {
    const nowMs = this.#timing.nowMs();
    const awake = this.#keys.filter(({ restsUntilMs }) => restsUntilMs <= nowMs);
    if (awake.length === 0) return this.#firstToWake()?.headers ?? [];
    const roomy = room === null ? awake : awake.filter(({ place }) => room.pacedForMs(place) === 0);
    if (room !== null && roomy.length === 0) this.#tellOfRest(room, nowMs);
    return this.#byWeight(roomy.length > 0 ? roomy : awake)?.headers ?? [];
  }

  keyOf(headers: FlatHeaders): number {
    return this.#keys.findIndex((one) => one.headers === headers);
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

  /** Keys that rest have no room either: with that, whoever chooses among targets knows that none has. */
  #tellOfRest(room: KeyRoom, nowMs: number): void {
    for (const { place, restsUntilMs } of this.#keys) {
      if (restsUntilMs > nowMs) room.restsForMs(place, restsUntilMs - nowMs);
    }
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
