/** What the commands' options have in common. */

/** Told to the user with the usage of all commands. */
export class UsageError extends Error {}

/** @throws UsageError for what is not in the list */
export function oneOf<T extends string>(text: string, allowed: readonly T[], flag: string): T {
  const value = allowed.find((candidate) => candidate === text);
  if (value === undefined) throw new UsageError(`--${flag} is one of ${allowed.join(", ")}, got "${text}"`);
  return value;
}

/** @throws UsageError for what is not above 0, or above `most` */
export function positive(text: string, flag: string, most: number = Number.MAX_VALUE): number {
  const value = Number(text);
  if (value > 0 && value <= most) return value;
  const bound = most === Number.MAX_VALUE ? "" : ` and up to ${most}`;
  throw new UsageError(`--${flag} is a number above 0${bound}, got "${text}"`);
}

/**
 * A folder under bench/results, or "" for one of the date and time.
 *
 * @throws UsageError for what could lead elsewhere
 */
export function resultName(text: string): string {
  if (/^[\w.-]*$/.test(text)) return text;
  throw new UsageError("--name may hold letters, digits, dot, dash and _");
}
