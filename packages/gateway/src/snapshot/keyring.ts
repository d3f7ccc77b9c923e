import { hash, randomBytes, timingSafeEqual } from "node:crypto";
import type { AuthConfig, KeyConfig } from "@headrace/core/config/types";
import type { Override, Priority } from "@headrace/core/config/types-traffic";
import type { ConcurrencyGate } from "../admission/concurrency-gate.ts";
import type { GatePlan } from "../admission/gates.ts";

/** Who a request comes from. */
export interface KeyIdentity {
  readonly name: string;
  /** Names of models or aliases, or null for all. */
  readonly models: ReadonlySet<string> | null;
  readonly priority: Priority;
  /** Null when any number of its calls may run at a time. */
  readonly gate: ConcurrencyGate | null;
  /** What its requests may decide by themselves. */
  readonly overrides: ReadonlySet<Override>;
  /** For rules. */
  readonly tags: readonly string[];
}

interface Entry extends KeyIdentity {
  readonly digest: Buffer;
}

/** What of a key says whose it is. */
type ListedKey = Pick<
  KeyConfig,
  "name" | "key" | "models" | "priority" | "concurrency" | "overrides" | "tags"
>;

const ANYBODY: KeyIdentity = {
  name: "anonymous",
  models: null,
  priority: "normal",
  gate: null,
  overrides: new Set(),
  tags: [],
};

const DIGEST_CHARS = 64;
const PREFIX_CHARS = 8;

/**
 * The client keys of a snapshot, kept as salted digests. The salt is this process's own, so nobody outside can choose
 * a key by its digest, and neither the look-up by the digest's first characters nor the comparison in constant time
 * tells anything about a key by how long it takes.
 */
export class Keyring {
  readonly #open: boolean;
  readonly #salt = randomBytes(32).toString("latin1");
  readonly #byPrefix = new Map<string, Entry[]>();
  readonly #presented = Buffer.alloc(DIGEST_CHARS);

  /** @param gates - absent = no key has a limit */
  constructor(auth: AuthConfig, keys: readonly ListedKey[], gates?: Pick<GatePlan, "open">) {
    this.#open = auth.mode === "none";
    for (const { key, concurrency, ...listed } of keys) {
      const { name } = listed;
      const digest = this.#digest(key);
      const prefix = digest.slice(0, PREFIX_CHARS);
      const entry: Entry = {
        ...listed,
        models: listed.models === undefined ? null : new Set(listed.models),
        gate: gates?.open({ kind: "key", id: name, name }, concurrency) ?? null,
        overrides: new Set(listed.overrides),
        digest: Buffer.from(digest, "latin1"),
      };
      this.#byPrefix.set(prefix, [...(this.#byPrefix.get(prefix) ?? []), entry]);
    }
  }

  /** True when requests need no key. */
  get open(): boolean {
    return this.#open;
  }

  /** Whose key this is, or null. */
  identify(key: string): KeyIdentity | null {
    if (this.#open) return ANYBODY;
    const digest = this.#digest(key);
    const candidates = this.#byPrefix.get(digest.slice(0, PREFIX_CHARS));
    if (candidates === undefined) return null;
    this.#presented.write(digest, "latin1");
    return candidates.find((entry) => timingSafeEqual(entry.digest, this.#presented)) ?? null;
  }

  /** In hex: asking the hash for a string costs a third of asking it for a buffer. */
  #digest(key: string): string {
    return hash("sha256", this.#salt + key, "hex");
  }
}
