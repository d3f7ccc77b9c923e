import { FAULTS } from "./faults.ts";
import {
  BEHAVIOUR_FIELDS,
  BEHAVIOUR_NAMES,
  type BehaviourField,
  isBehaviourName,
  type MockBehaviour,
} from "./fields.ts";

/** Fields to set over a behaviour; a fault's fields come first, so that the others can refine it. */
export type BehaviourPatch = Partial<MockBehaviour> & { readonly fault?: string };

/** A patch with its fault resolved, or the sentence that says what is wrong with it. */
export type ParsedPatch =
  | { readonly ok: true; readonly patch: Partial<MockBehaviour> | undefined }
  | { readonly ok: false; readonly problem: string };

const HEADER_PREFIX = "x-mock-";
const NAME_OF_KEBAB = new Map(BEHAVIOUR_NAMES.map((name) => [kebabCase(name), name]));

/** `latencyMs` as header and flag write it: `latency-ms`. */
export function kebabCase(name: string): string {
  return name.replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`);
}

/** Reads `x-mock-*` headers out of all headers of a request. */
export function patchFromHeaders(headers: Iterable<readonly [string, string]>): ParsedPatch {
  const pairs: [string, string][] = [];
  for (const [header, value] of headers) {
    if (header.startsWith(HEADER_PREFIX)) pairs.push([header.slice(HEADER_PREFIX.length), value]);
  }
  return pairs.length === 0 ? NOTHING : patchFromKebab(pairs, HEADER_PREFIX);
}

/** Reads flags such as `latency-ms` with their values. */
export function patchFromFlags(flags: Iterable<readonly [string, string | boolean]>): ParsedPatch {
  return patchFromKebab(flags, "--");
}

/** Reads an object with the camelCase names: the `x_mock` of a body, an option, a control request. */
export function patchFromObject(value: unknown): ParsedPatch {
  if (typeof value !== "object" || value === null || Array.isArray(value)) {
    return { ok: false, problem: "x_mock must be an object" };
  }
  return collect(Object.entries(value), (name) => name);
}

const NOTHING: ParsedPatch = { ok: true, patch: undefined };

function patchFromKebab(pairs: Iterable<readonly [string, unknown]>, prefix: string): ParsedPatch {
  const entries: [string, unknown][] = [];
  for (const [kebab, value] of pairs) {
    const name = kebab === "fault" ? kebab : NAME_OF_KEBAB.get(kebab);
    if (name === undefined) return { ok: false, problem: `${prefix}${kebab} is not a behaviour of the mock` };
    entries.push([name, value]);
  }
  return collect(entries, (name) => prefix + kebabCase(name));
}

function collect(
  entries: Iterable<readonly [string, unknown]>,
  label: (name: string) => string,
): ParsedPatch {
  const patch: Record<string, unknown> = {};
  let preset: Partial<MockBehaviour> = {};
  for (const [name, raw] of entries) {
    if (raw === undefined) continue;
    if (name === "fault") {
      const fault = typeof raw === "string" && Object.hasOwn(FAULTS, raw) ? FAULTS[raw] : undefined;
      if (fault === undefined)
        return { ok: false, problem: `${label(name)}: there is no fault ${JSON.stringify(raw)}` };
      preset = fault.sets;
      continue;
    }
    if (!isBehaviourName(name))
      return { ok: false, problem: `${label(name)} is not a behaviour of the mock` };
    const field: BehaviourField = BEHAVIOUR_FIELDS[name];
    const value = parseValue(field, raw);
    if (value === undefined) return { ok: false, problem: `${label(name)} must be ${expectation(field)}` };
    patch[name] = value;
  }
  return { ok: true, patch: { ...preset, ...patch } };
}

function parseValue(field: BehaviourField, raw: unknown): number | string | boolean | undefined {
  switch (field.kind) {
    case "integer":
    case "number": {
      const value = typeof raw === "string" && raw.trim() !== "" ? Number(raw) : raw;
      if (typeof value !== "number" || !(value >= field.min && value <= field.max)) return undefined;
      return field.kind === "integer" && !Number.isInteger(value) ? undefined : value;
    }
    case "boolean":
      if (typeof raw === "boolean") return raw;
      return raw === "true" || raw === "1" ? true : raw === "false" || raw === "0" ? false : undefined;
    case "choice":
      return typeof raw === "string" && field.choices.includes(raw) ? raw : undefined;
    case "text":
      return typeof raw === "string" ? raw : undefined;
  }
}

/** What a field accepts, in words: used by errors, `--help` and the README. */
export function expectation(field: BehaviourField): string {
  switch (field.kind) {
    case "integer":
      return `a whole number from ${field.min} to ${field.max}`;
    case "number":
      return `a number from ${field.min} to ${field.max}`;
    case "boolean":
      return "true or false";
    case "choice":
      return `one of ${field.choices.join(", ")}`;
    case "text":
      return "text";
  }
}
