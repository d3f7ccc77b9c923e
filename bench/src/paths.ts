import { extname } from "node:path";
import { fileURLToPath } from "node:url";

/** The bench package (`bench/`), the same from sources and from `dist/`. */
export const benchDir: string = fileURLToPath(new URL("..", import.meta.url));

/** The repository's root. */
export const repoDir: string = fileURLToPath(new URL("../..", import.meta.url));

/**
 * The file of a module that is started as a process or a thread of its own. Such a module is named by URL and not by
 * an import, so the compiler cannot rewrite its extension: sources start `.ts`, built code starts `.js`.
 */
export function entryModule(importMetaUrl: string, name: string): string {
  return fileURLToPath(new URL(`${name}${extname(fileURLToPath(importMetaUrl))}`, importMetaUrl));
}
