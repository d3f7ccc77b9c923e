import { closestMatch } from "leven";

/** The valid name that was probably meant. */
export function nearestName(name: string, candidates: Iterable<string>): string | undefined {
  const maxDistance = Math.min(name.length - 1, Math.max(2, Math.floor(name.length / 3)));
  return closestMatch(name, [...candidates], { maxDistance });
}

/** What may be named instead, for a name that is not there. */
export function nameHint(name: string, known: readonly string[], where: string): string {
  const nearest = nearestName(name, known);
  return nearest === undefined ? `known ${where}: ${known.join(", ")}` : `did you mean "${nearest}"?`;
}
