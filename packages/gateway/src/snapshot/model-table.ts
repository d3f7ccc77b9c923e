import { isWildcard, matchesWildcard } from "@headrace/core/config/wildcard";
import type { Model } from "./snapshot.ts";

/** Names that a wildcard has stood for, of which the last ones asked for stay compiled. */
const MAX_MATCHED = 256;

/** The models of a snapshot by every name that a client may ask for. */
export class ModelTable {
  readonly #named: ReadonlyMap<string, Model>;
  /** In the order in which they are looked through. */
  readonly #patterns: readonly string[];
  readonly #compile: (pattern: string, name: string) => Model;
  readonly #matched = new Map<string, Model>();

  /**
   * @param named - without those that have wildcards in their names
   * @param patterns - the names of those
   * @param compile - a model for a name that its pattern matches
   */
  constructor(
    named: ReadonlyMap<string, Model>,
    patterns: readonly string[],
    compile: (pattern: string, name: string) => Model,
  ) {
    this.#named = named;
    this.#patterns = [...patterns].sort(byPrecedence);
    this.#compile = compile;
  }

  get(name: string): Model | undefined {
    return this.#named.get(name) ?? (this.#patterns.length === 0 ? undefined : this.#match(name));
  }

  /** Every name that is written down, aliases included; a wildcard is no name that could be asked for. */
  names(): readonly string[] {
    return [...this.#named.keys()];
  }

  /** All models that are compiled, each once. */
  all(): readonly Model[] {
    return [...new Set([...this.#named.values(), ...this.#matched.values()])];
  }

  #match(name: string): Model | undefined {
    const known = this.#matched.get(name);
    if (known !== undefined) return known;
    const pattern = this.#patterns.find((one) => matchesWildcard(one, name));
    if (pattern === undefined || isWildcard(name)) return undefined;
    const model = this.#compile(pattern, name);
    const [oldest] = this.#matched.keys();
    if (oldest !== undefined && this.#matched.size >= MAX_MATCHED) this.#matched.delete(oldest);
    this.#matched.set(name, model);
    return model;
  }
}

/** The longest text before the star goes first, then the longest after it. */
function byPrecedence(one: string, other: string): number {
  return other.indexOf("*") - one.indexOf("*") || other.length - one.length;
}
