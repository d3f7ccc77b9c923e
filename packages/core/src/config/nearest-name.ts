import { closestMatch } from "leven";

/** The valid name that was probably meant. */
export function nearestName(name: string, candidates: Iterable<string>): string | undefined {
  const maxDistance = Math.min(name.length - 1, Math.max(2, Math.floor(name.length / 3)));
  return closestMatch(name, [...candidates], { maxDistance });
}

/** What may be named instead, for a name that is not there. */
export function nameHint(name: string, known: readonly string[], where: string): string {
  const nearest = nearestName(name, known);
  if (nearest !== undefined) return `did you mean "${nearest}"?`;
  return known.length === 0 ? `there are no ${where}` : `known ${where}: ${known.join(", ")}`;
}
