/** Whether a name under `models` stands for many. */
export function isWildcard(name: string): boolean {
  return name.includes("*");
}

/** Whether a name with one `*` stands for this one; the star may stand for nothing. */
export function matchesWildcard(pattern: string, name: string): boolean {
  const star = pattern.indexOf("*");
  if (star < 0) return pattern === name;
  const tail = pattern.slice(star + 1);
  return name.length >= pattern.length - 1 && name.startsWith(pattern.slice(0, star)) && name.endsWith(tail);
}
