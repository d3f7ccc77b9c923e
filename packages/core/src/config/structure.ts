import { checkConfig } from "../generated/config-validator.ts";
import type { ValidatorError } from "../schema/compiled-validator.ts";
import {
  childSchema,
  expectation,
  type JsonSchema,
  pointerSegments,
  type Segments,
  schemaAt,
} from "../schema/json-schema.ts";
import { nearestName } from "./nearest-name.ts";
import type { ProblemList } from "./problem.ts";
import { CONFIG_SCHEMA } from "./schema.ts";
import type { Config } from "./types.ts";

/**
 * Checks a value against the schema, fills in its defaults and reports each fault once, with the nearest
 * valid name. What the schema knows but this version does not have is refused here too.
 *
 * @param notBuilt - empty = what is not built is taken
 * @returns the configuration, or null when anything has been reported, now or before.
 */
export function checkStructure(
  value: unknown,
  problems: ProblemList,
  notBuilt: ReadonlySet<string>,
): Config | null {
  // Before the check, which fills in defaults: they are nothing that anybody wrote.
  if (notBuilt.size > 0) reportNotBuilt(value, { schema: CONFIG_SCHEMA, segments: [], problems });
  if (!checkConfig(value)) new FaultReporter(value, problems).report(checkConfig.errors ?? []);
  return problems.isEmpty && isConfig(value) ? value : null;
}

/**
 * The schema and the type say the same once nothing unbuilt is in it, but for what depends on a neighbour: which options
 * go with a strategy, which keys with a target. The consistency checks refuse the rest.
 */
function isConfig(value: unknown): value is Config {
  return checkConfig(value);
}

class FaultReporter {
  readonly #root: unknown;
  readonly #problems: ProblemList;
  readonly #reported = new Set<string>();
  /** Missing keys that an unknown key beside them explains. */
  readonly #explained = new Set<string>();

  constructor(root: unknown, problems: ProblemList) {
    this.#root = root;
    this.#problems = problems;
  }

  report(errors: readonly ValidatorError[]): void {
    const unknownFirst = errors.toSorted((a, b) => Number(isUnknownKey(b)) - Number(isUnknownKey(a)));
    for (const error of unknownFirst) {
      // Errors of a name itself come again, with the name, as "propertyNames".
      if (error.propertyName !== undefined) continue;
      const segments = pointerSegments(error.instancePath);
      if (!this.#isSettled(segments)) this.#reportOne(error, segments);
    }
  }

  /** What is wrong inside of a part that could not be read, or is refused anyway, is not worth a line. */
  #isSettled(segments: Segments): boolean {
    return segments.some((_segment, index) => this.#problems.isUnresolved(segments.slice(0, index + 1)));
  }

  #reportOne(error: ValidatorError, segments: Segments): void {
    const { additionalProperty, missingProperty, propertyName } = error.params;
    const schema = schemaAt(CONFIG_SCHEMA, segments) ?? {};
    if (additionalProperty !== undefined) this.#unknownKey([...segments, additionalProperty], schema);
    else if (missingProperty !== undefined) this.#missingKey([...segments, missingProperty], schema);
    else if (propertyName !== undefined) this.#badName([...segments, propertyName], schema);
    else this.#mismatch(segments, schema);
  }

  #unknownKey(segments: Segments, parent: JsonSchema): void {
    const name = segments.at(-1) ?? "";
    const known = Object.keys(parent.properties ?? {});
    const nearest = nearestName(name, known);
    if (nearest !== undefined) this.#explained.add(JSON.stringify([...segments.slice(0, -1), nearest]));
    const hint = nearest === undefined ? `known keys: ${known.join(", ")}` : `did you mean "${nearest}"?`;
    this.#problems.add(segments, "unknown key", { hint, atKey: true });
  }

  #missingKey(segments: Segments, parent: JsonSchema): void {
    if (this.#explained.has(JSON.stringify(segments))) return;
    const name = segments.at(-1) ?? "";
    this.#problems.add(segments, `the key "${name}" is missing`, {
      hint: parent.properties?.[name]?.description,
    });
  }

  #badName(segments: Segments, parent: JsonSchema): void {
    const expected = parent.propertyNames === undefined ? "allowed" : expectation(parent.propertyNames);
    this.#problems.add(segments, `the name must be ${expected}`, { atKey: true });
  }

  #mismatch(segments: Segments, schema: JsonSchema): void {
    const key = JSON.stringify(segments);
    if (this.#reported.has(key)) return;
    this.#reported.add(key);
    const value = valueAt(this.#root, segments);
    if (schema.enum !== undefined && typeof value === "string") this.#badChoice(segments, schema.enum, value);
    else
      this.#problems.add(segments, `must be ${expectation(schema)}`, { hint: mismatchHint(schema, value) });
  }

  #badChoice(segments: Segments, choices: readonly string[], value: string): void {
    const nearest = nearestName(value, choices);
    const built = builtChoices(schemaAt(CONFIG_SCHEMA, segments) ?? {});
    this.#problems.add(
      segments,
      `must be one of ${built.join(", ")}, not ${this.#problems.show(segments, value)}`,
      {
        hint: nearest === undefined ? undefined : `did you mean "${nearest}"?`,
      },
    );
  }
}

function isUnknownKey(error: ValidatorError): boolean {
  return error.params.additionalProperty !== undefined;
}

function builtChoices(schema: JsonSchema): string[] {
  const unbuilt = new Set(schema["x-not-built-values"]);
  return (schema.enum ?? []).filter((choice) => !unbuilt.has(choice));
}

function mismatchHint(schema: JsonSchema, value: unknown): string | undefined {
  if (value === null) return "give it a value or remove the key";
  const isBare = typeof value === "number" || typeof value === "boolean";
  if (isBare && schema.type === "string") return "put it in quotes";
  return undefined;
}

function valueAt(root: unknown, segments: Segments): unknown {
  let value = root;
  for (const segment of segments) {
    if (typeof value !== "object" || value === null) return undefined;
    value = Reflect.get(value, segment);
  }
  return value;
}

type NotBuiltContext = {
  readonly schema: JsonSchema;
  readonly segments: Segments;
  readonly problems: ProblemList;
};

/** Known names of features that this version does not have are refused: ignoring one would be a lie. */
function reportNotBuilt(value: unknown, { schema, segments, problems }: NotBuiltContext): void {
  if (typeof value === "string" && schema["x-not-built-values"]?.includes(value)) {
    const shown = problems.show(segments, value);
    problems.add(
      segments,
      `${shown} is not built yet in this version; use ${builtChoices(schema).join(" or ")}`,
    );
  }
  if (typeof value !== "object" || value === null) return;
  for (const [name, child] of Object.entries(value)) {
    const childSegments = [...segments, name];
    const member = childSchema(schema, name, CONFIG_SCHEMA);
    if (member?.["x-not-built"]) {
      problems.add(childSegments, `"${name}" is not built yet in this version; remove it`, { atKey: true });
      problems.markUnresolved(childSegments);
    } else if (member !== undefined) {
      reportNotBuilt(child, { schema: member, segments: childSegments, problems });
    }
  }
}
