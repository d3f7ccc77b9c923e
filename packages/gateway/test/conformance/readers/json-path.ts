/** Looks into JSON of which nothing is known. */

type Step = string | number;

export function at(value: unknown, ...path: readonly Step[]): unknown {
  let found = value;
  for (const step of path) {
    if (typeof found !== "object" || found === null || !Object.hasOwn(found, step)) return undefined;
    found = Reflect.get(found, step);
  }
  return found;
}

/** "" for anything but text. */
export function textAt(value: unknown, ...path: readonly Step[]): string {
  const found = at(value, ...path);
  return typeof found === "string" ? found : "";
}

/** Null for anything but a number. */
export function countAt(value: unknown, ...path: readonly Step[]): number | null {
  const found = at(value, ...path);
  return typeof found === "number" ? found : null;
}

/** Empty for anything but a list. */
export function listAt(value: unknown, ...path: readonly Step[]): readonly unknown[] {
  const found = at(value, ...path);
  return Array.isArray(found) ? found : [];
}

/** The last of some values that is neither missing nor null. */
export function lastOf(values: readonly unknown[]): unknown {
  return values.findLast((value) => value !== undefined && value !== null);
}
