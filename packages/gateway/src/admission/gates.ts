import type { ConcurrencyConfig } from "@headrace/core/config/types-routing";
import { ConcurrencyGate, type GateSurroundings, UNLIMITED } from "./concurrency-gate.ts";
import type { Leases } from "./leases.ts";

/** What a limit is for. */
export type GateKind = "key" | "model" | "target";

/** How a gate stands. */
export interface GateReport {
  readonly kind: GateKind;
  /** Of the key or model; of a target, `provider/model`. */
  readonly name: string;
  readonly inside: number;
  readonly waiting: number;
  readonly limit: number;
}

/** Where a limit applies. */
export interface GatedThing {
  readonly kind: GateKind;
  /** The same for all configs that mean the same thing. */
  readonly id: string;
  /** For people. */
  readonly name: string;
}

/** A target's model may be the client's choice, so that there may be any number of gates. */
const MAX_KNOWN = 4_096;

/** The gates of a process. They outlive configurations: what runs counts on after a reload. */
export class Gates {
  readonly #surroundings: GateSurroundings;
  readonly #gates = new Map<string, ConcurrencyGate>();
  readonly #leases: Leases | null;

  /** @param leases - where limits are those of several processes together */
  constructor(surroundings: GateSurroundings, leases: Leases | null = null) {
    this.#surroundings = surroundings;
    this.#leases = leases;
  }

  /** For a config that may never be in force. */
  plan(): GatePlan {
    return new GatePlan(this);
  }

  /** The one that is known, as it is; or a new one. */
  open(key: string, name: string, config: ConcurrencyConfig): ConcurrencyGate {
    const known = this.#gates.get(key);
    if (known !== undefined) return known;
    const gate = new ConcurrencyGate(name, config, this.#surroundings);
    if (this.#gates.size >= MAX_KNOWN) return gate;
    this.#gates.set(key, gate);
    if (this.#leases !== null) gate.leaseFrom(this.#leases, key);
    return gate;
  }

  /** Lets everybody through whose limit is gone. Who is inside still counts, should it come back. */
  retain(keys: ReadonlySet<string>): void {
    for (const [key, gate] of this.#gates) {
      if (keys.has(key)) continue;
      gate.configure(UNLIMITED);
      if (gate.inside !== 0 || gate.waiting !== 0) continue;
      this.#gates.delete(key);
      this.#leases?.forget(key);
    }
  }
}

interface Planned {
  readonly thing: GatedThing;
  readonly gate: ConcurrencyGate;
  config: ConcurrencyConfig;
}

/** The limits of one config: they are in force from {@link apply} on. */
export class GatePlan {
  readonly #gates: Gates;
  readonly #planned = new Map<string, Planned>();
  #applied = false;

  constructor(gates: Gates) {
    this.#gates = gates;
  }

  /** Where several models limit the same target, the lowest limit holds for all of those. */
  open(thing: GatedThing, config: ConcurrencyConfig | undefined): ConcurrencyGate | null {
    if (config === undefined) return null;
    const key = `${thing.kind}:${thing.id}`;
    const planned = this.#planned.get(key);
    if (planned !== undefined) {
      if (config.limit < planned.config.limit) planned.config = config;
      return planned.gate;
    }
    const gate = this.#gates.open(key, `${thing.kind} ${thing.name}`, config);
    // Names that clients ask for while it is in force are not told of: there may be any number.
    if (this.#applied) gate.configure(config);
    else this.#planned.set(key, { thing, gate, config });
    return gate;
  }

  apply(): void {
    this.#applied = true;
    for (const { gate, config } of this.#planned.values()) gate.configure(config);
    this.#gates.retain(new Set(this.#planned.keys()));
  }

  describe(): readonly GateReport[] {
    return Array.from(this.#planned.values(), ({ thing: { kind, name }, gate }) => {
      const { inside, waiting, limit } = gate;
      return { kind, name, inside, waiting, limit };
    });
  }
}
