import { isWildcard, matchesWildcard } from "@headrace/core/config/wildcard";
import type { TargetHealth } from "@headrace/routing/health/target-health";
import type { Model, Target } from "./snapshot.ts";

/** Names that wildcards have stood for, of which the last ones asked for are known: a client may make up any number. */
export const MAX_MATCHED = 256;

/** The models of a config whose names have a wildcard. */
export interface WildcardModels {
  /** By their names in the config, each compiled as if it were asked for by that. */
  readonly patterns: ReadonlyMap<string, Model>;
  /** A model for a name that a pattern matches. */
  readonly compile: (pattern: string, name: string) => Model;
  /** Hears of targets that nobody else leads to, when their name is forgotten. */
  readonly onForgotten: (targets: readonly Target[]) => void;
}

/** What a wildcard stands for. */
export interface MatchedModel {
  readonly pattern: string;
  /** What the client asked for. */
  readonly name: string;
  readonly model: Model;
}

/** Targets of a wildcard at one provider whose names there are the clients'. */
export interface WildcardTargets {
  readonly pattern: string;
  readonly provider: string;
  /** Those of the names that are known. */
  readonly targets: readonly Target[];
  /** How often circuits of those that were forgotten had opened. */
  readonly forgottenOpenings: number;
}

/** The models of a snapshot by every name that a client may ask for. */
export class ModelTable {
  readonly #named: ReadonlyMap<string, Model>;
  readonly #wildcards: WildcardModels;
  /** In the order in which they are looked through. */
  readonly #patterns: readonly string[];
  /** The last one asked for comes last. */
  readonly #matched = new Map<string, MatchedModel>();
  /** Of the targets that the config names. */
  readonly #configured: ReadonlySet<TargetHealth>;
  /** By pattern and provider. */
  readonly #forgottenOpenings = new Map<string, number>();
  #latest: MatchedModel | null = null;

  /** @param named - without those that have wildcards in their names */
  constructor(named: ReadonlyMap<string, Model>, wildcards: WildcardModels) {
    this.#named = named;
    this.#wildcards = wildcards;
    this.#patterns = [...wildcards.patterns.keys()].sort(byPrecedence);
    this.#configured = new Set(this.configured().map(({ health }) => health));
  }

  get(name: string): Model | undefined {
    return this.#named.get(name) ?? (this.#patterns.length === 0 ? undefined : this.#match(name)?.model);
  }

  /** Every name that is written down, aliases included; a wildcard is no name that could be asked for. */
  names(): readonly string[] {
    return [...this.#named.keys()];
  }

  /** All models that are compiled and have names, each once. */
  all(): readonly Model[] {
    return [...new Set([...this.#named.values(), ...this.matched().map(({ model }) => model)])];
  }

  /** What wildcards stand for at present, the one that was asked for last at the end. */
  matched(): readonly MatchedModel[] {
    return [...this.#matched.values()];
  }

  /** The targets that the config names, whoever asks. */
  configured(): readonly Target[] {
    const patterns = [...this.#wildcards.patterns.values()];
    return [...this.#named.values(), ...patterns]
      .flatMap(({ targets }) => [...targets])
      .filter(({ model }) => !isWildcard(model));
  }

  /** The others, by where the config has them. */
  wildcardTargets(): readonly WildcardTargets[] {
    return [...this.#wildcards.patterns].flatMap(([pattern, { targets }]) => {
      const matched = this.matched().filter((one) => one.pattern === pattern);
      const own = matched.flatMap((one) => this.#ownTargets(one));
      const providers = new Set(
        targets.filter(({ model }) => isWildcard(model)).map(({ provider }) => provider),
      );
      return Array.from(providers, (provider): WildcardTargets => {
        const forgottenOpenings = this.#forgottenOpenings.get(`${pattern}\u0000${provider}`) ?? 0;
        return {
          pattern,
          provider,
          targets: own.filter((one) => one.provider === provider),
          forgottenOpenings,
        };
      });
    });
  }

  /** Takes over, from the table before, the names of which a target is left alone: a reload heals nothing. */
  adopt(before: ModelTable, nowMs: number): void {
    for (const { name, model } of before.matched()) {
      if (model.targets.some(({ health }) => health.unavailableUntilMs > nowMs)) this.get(name);
    }
  }

  #match(name: string): MatchedModel | null {
    if (this.#latest?.name === name) return this.#latest;
    const known = this.#matched.get(name) ?? this.#compile(name);
    if (known === null) return null;
    this.#latest = known;
    this.#matched.delete(name);
    this.#matched.set(name, known);
    if (this.#matched.size > MAX_MATCHED) this.#forgetOldest();
    return known;
  }

  #compile(name: string): MatchedModel | null {
    const pattern = this.#patterns.find((one) => matchesWildcard(one, name));
    if (pattern === undefined || isWildcard(name)) return null;
    return { pattern, name, model: this.#wildcards.compile(pattern, name) };
  }

  #forgetOldest(): void {
    const [oldest] = this.#matched.values();
    if (oldest === undefined) return;
    this.#matched.delete(oldest.name);
    const own = this.#ownTargets(oldest);
    for (const { provider, health } of own) {
      const place = `${oldest.pattern}\u0000${provider}`;
      this.#forgottenOpenings.set(place, (this.#forgottenOpenings.get(place) ?? 0) + health.openings);
    }
    this.#wildcards.onForgotten(own);
  }

  /** Those that are called as the client calls the model. */
  #ownTargets({ model }: MatchedModel): readonly Target[] {
    return model.targets.filter(({ health }) => !this.#configured.has(health));
  }
}

/** The longest text before the star goes first, then the longest after it. */
function byPrecedence(one: string, other: string): number {
  return other.indexOf("*") - one.indexOf("*") || other.length - one.length;
}
