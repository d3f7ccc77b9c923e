import type { HealthNotice } from "./health-notice.ts";
import type { HealthOptions } from "./options.ts";
import { type HealthReport, type HealthSurroundings, TargetHealth } from "./target-health.ts";

/** Names a target over all models that lead to it, and over reloads of the configuration. */
export interface TargetIdentity {
  readonly provider: string;
  readonly model: string;
  readonly baseUrl: string;
}

/** No provider, model or URL can contain the separator. */
export function healthKey({ provider, model, baseUrl }: TargetIdentity): string {
  return `${provider}\u0000${model}\u0000${baseUrl}`;
}

/** What {@link healthKey} was made of. */
export function targetOf(key: string): TargetIdentity {
  const [provider = "", model = "", baseUrl = ""] = key.split("\u0000");
  return { provider, model, baseUrl };
}

/** A model's name may be the client's choice, so that there may be any number of targets. */
const MAX_KNOWN = 4_096;

/** The health of all targets of a process. It outlives configurations: a reload does not heal what is broken. */
export class HealthRegistry {
  readonly #surroundings: HealthSurroundings;
  readonly #targets = new Map<string, TargetHealth>();

  constructor(surroundings: HealthSurroundings) {
    this.#surroundings = surroundings;
  }

  /**
   * The target's health, made when it is new; one that is known takes over the options. Of further targets when there
   * are thousands, the health is the caller's alone.
   */
  get(key: string, options: HealthOptions): TargetHealth {
    const known = this.#targets.get(key);
    if (known !== undefined) {
      known.configure(options);
      return known;
    }
    const health = new TargetHealth(key, options, this.#surroundings);
    if (this.#targets.size < MAX_KNOWN) this.#targets.set(key, health);
    return health;
  }

  /** After a reload: forgets the targets that no model leads to any more. Calls of old snapshots keep theirs. */
  retain(keys: ReadonlySet<string>): void {
    for (const key of this.#targets.keys()) if (!keys.has(key)) this.#targets.delete(key);
  }

  /** Forgets one target that no model leads to any more. */
  forget(key: string): void {
    this.#targets.delete(key);
  }

  /** Takes over what another process tells. A target that this one does not know is no matter. */
  apply(nowMs: number, notice: HealthNotice): void {
    this.#targets.get(notice.key)?.apply(nowMs, notice);
  }

  describe(nowMs: number): readonly HealthReport[] {
    return Array.from(this.#targets.values(), (health) => health.describe(nowMs));
  }
}
