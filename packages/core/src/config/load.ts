import { createHash } from "node:crypto";
import type { CheckRule } from "./consistency/scope.ts";
import { checkConsistency } from "./consistency.ts";
import { NOT_BUILT } from "./not-built.ts";
import type { ConfigProblem } from "./problem.ts";
import { readYaml } from "./read-yaml.ts";
import type { Environment } from "./references.ts";
import { CONFIG_SCHEMA } from "./schema.ts";
import { checkStructure } from "./structure.ts";
import type { Config } from "./types.ts";

export type LoadOptions = {
  /** Name of the file for messages; nothing is opened. */
  readonly file: string;
  /** Where `${NAME}` is looked up. */
  readonly env: Environment;
  /** Reads the expressions of rules; absent = they are taken as they are. */
  readonly checkRule?: CheckRule;
  /** Takes what is known and not built yet, for the tests of what is about to be. */
  readonly acceptNotBuilt?: boolean;
};

const NOTHING: ReadonlySet<string> = new Set();

export type ConfigResult =
  | { readonly ok: true; readonly config: Config; readonly hash: string }
  | { readonly ok: false; readonly problems: readonly [ConfigProblem, ...ConfigProblem[]] };

/**
 * Reads, resolves and checks a configuration text. Either the whole configuration, with every default
 * filled in, or all that is wrong with it, in the order of the file: first what it is made of, then, when
 * that is right, whether it makes sense.
 */
export function loadConfig(text: string, options: LoadOptions): ConfigResult {
  const { value, problems } = readYaml(text, { ...options, schema: CONFIG_SCHEMA });
  const notBuilt = options.acceptNotBuilt === true ? NOTHING : NOT_BUILT;
  const config = value === undefined ? null : checkStructure(value, problems, notBuilt);
  if (config !== null) checkConsistency({ config, problems, checkRule: options.checkRule, notBuilt });
  const [first, ...rest] = problems.sorted();
  if (first !== undefined) return { ok: false, problems: [first, ...rest] };
  if (config === null) throw new Error("a configuration was refused without a problem");
  return { ok: true, config, hash: configHash(config) };
}

/**
 * Tells two configurations apart: SHA-256 in hex of what the gateway acts on, so comments, the order of
 * keys and where a value came from make no difference, and a new secret does.
 */
function configHash(config: Config): string {
  return createHash("sha256").update(JSON.stringify(config, sortMembers)).digest("hex");
}

function sortMembers(_name: string, value: unknown): unknown {
  if (typeof value !== "object" || value === null || Array.isArray(value)) return value;
  return Object.fromEntries(Object.entries(value).sort(([a], [b]) => (a < b ? -1 : 1)));
}
