import type { Price } from "@headrace/core/canonical/cost";
import { CATALOGUE } from "./data/catalogue.ts";
import { readPriceLine } from "./price-line.ts";
import { familyOf, spellings } from "./spellings.ts";

/**
 * By adapter, by what {@link familyOf} says: the lines of all forms of a model. Made when a name of that
 * adapter is first asked for that is not in the list; those that are, are found in the text as it stands.
 */
const families = new Map<string, ReadonlyMap<string, readonly string[]>>();

/**
 * The shipped price of a model, by the name that its provider knows it by.
 *
 * @returns null when the catalogue has neither that name, nor one that surely means the same model at the
 * same price: a wrong price is worse than none.
 */
export function cataloguePrice(adapterId: string, model: string): Price | null {
  const names = spellings(adapterId, model.toLowerCase());
  for (const name of names) {
    const line = lineOf(adapterId, name);
    if (line !== null) return readPriceLine(line);
  }
  for (const name of names) {
    const family = familyOf(adapterId, name);
    const line = family === null ? null : agreedLine(familiesOf(adapterId).get(family) ?? []);
    if (line !== null) return readPriceLine(line);
  }
  return null;
}

/** The names that the catalogue has of an adapter. */
export function cataloguedModels(adapterId: string): readonly string[] {
  return rowsOf(adapterId).map(([name]) => name);
}

/** The line that all forms of a model share, but for how much they take and give; null when their prices differ. */
function agreedLine(lines: readonly string[]): string | null {
  const prices = new Set(lines.map((line) => line.replaceAll(/ [xo]\d+/g, "")));
  const [price] = prices;
  if (price === undefined || prices.size > 1) return null;
  const [line = price] = lines;
  return lines.every((other) => other === line) ? line : price;
}

function familiesOf(adapterId: string): ReadonlyMap<string, readonly string[]> {
  const known = families.get(adapterId);
  if (known !== undefined) return known;
  const found = new Map<string, string[]>();
  for (const [name, line] of rowsOf(adapterId)) {
    const family = familyOf(adapterId, name);
    if (family === null) continue;
    const forms = found.get(family);
    if (forms === undefined) found.set(family, [line]);
    else forms.push(line);
  }
  families.set(adapterId, found);
  return found;
}

function lineOf(adapterId: string, name: string): string | null {
  // No model's name has a blank in it, and one with a line break would find the row of another.
  if (/\s/.test(name) || name === "") return null;
  const text = textOf(adapterId);
  const row = `\n${name} `;
  const start = text.indexOf(row);
  return start === -1 ? null : text.slice(start + row.length, text.indexOf("\n", start + row.length));
}

function rowsOf(adapterId: string): [name: string, line: string][] {
  const rows = textOf(adapterId).split("\n").slice(1, -1);
  return rows.map((row) => {
    const space = row.indexOf(" ");
    return [row.slice(0, space), row.slice(space + 1)];
  });
}

/** A row each, with a line break before the first and behind the last. */
function textOf(adapterId: string): string {
  return (Object.hasOwn(CATALOGUE, adapterId) ? CATALOGUE[adapterId] : undefined) ?? "";
}
