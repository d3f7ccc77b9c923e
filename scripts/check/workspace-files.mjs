import { existsSync, readdirSync, readFileSync } from "node:fs";
import { join, sep } from "node:path";

const SKIPPED = new Set(["node_modules", "dist", ".turbo", ".toolchain", "results", "coverage"]);
/** `from "x"`, `import "x"`, `import("x")` and `require("x")`, in TypeScript and JavaScript. */
const IMPORT = /(?:\bfrom\s*|\bimport\s*\(?\s*|\brequire\s*\(\s*)"([^"\n]+)"/g;

/**
 * Lists the files below a folder that were written by hand.
 *
 * @param {string} root
 * @param {string} folder relative to `root`; "" for all
 * @param {RegExp} name what the file's name must match
 * @returns {string[]} paths relative to `root`, with "/" between folders, sorted
 */
export function sourceFiles(root, folder, name) {
  const absolute = join(root, folder);
  if (!existsSync(absolute)) return [];
  return readdirSync(absolute, { withFileTypes: true })
    .flatMap((entry) => {
      const path = join(folder, entry.name);
      if (entry.isDirectory()) return SKIPPED.has(entry.name) ? [] : sourceFiles(root, path, name);
      return name.test(entry.name) ? [path.split(sep).join("/")] : [];
    })
    .sort();
}

/** What a file imports, with the line of each import. */
export function importsOf(root, file) {
  const text = readFileSync(join(root, file), "utf8");
  return [...text.matchAll(IMPORT)].map((match) => ({
    specifier: match[1],
    line: text.slice(0, match.index).split("\n").length,
  }));
}

/** Tests may use any library to look at the product from outside. */
export function isTest(file) {
  return /\.test\.(ts|mjs)$/.test(file) || /^packages\/[^/]+\/test\//.test(file);
}
