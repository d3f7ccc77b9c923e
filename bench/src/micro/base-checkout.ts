import {
  existsSync,
  globSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  realpathSync,
  rmSync,
  symlinkSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { git } from "./base.ts";

/** Another revision in a folder of its own, ready to run from its sources. */
export interface BaseCheckout {
  readonly root: string;
  /** What it wants otherwise than it gets. */
  readonly notes: readonly string[];
  close(): void;
}

interface Manifest {
  readonly name: string;
  readonly version?: string;
  readonly dependencies?: Readonly<Record<string, string>>;
  readonly devDependencies?: Readonly<Record<string, string>>;
}

const WORKSPACE_SCOPE = "@headrace/";

/**
 * Checks a commit out beside this one. It needs no network and no installation: its packages find each other in its own
 * folder, and every library in this checkout's, whatever version that is.
 *
 * @returns null when git cannot check it out
 */
export function openBaseCheckout(ownRoot: string, commit: string): BaseCheckout | null {
  const folder = mkdtempSync(join(realpathSync(tmpdir()), "headrace-base-"));
  const root = join(folder, "checkout");
  const close = (): void => {
    git(ownRoot, "worktree", "remove", "--force", root);
    rmSync(folder, { recursive: true, force: true });
    git(ownRoot, "worktree", "prune");
  };
  if (git(ownRoot, "worktree", "add", "--detach", root, commit) === null) {
    close();
    return null;
  }
  return { root, notes: linkPackages(ownRoot, root), close };
}

function linkPackages(ownRoot: string, root: string): string[] {
  const notes = new Set<string>();
  for (const file of globSync(["packages/*/package.json", "bench/package.json"], { cwd: root })) {
    const folder = dirname(file);
    const wanted = dependenciesOf(join(root, file));
    for (const [name, version] of Object.entries(wanted)) {
      const target = name.startsWith(WORKSPACE_SCOPE)
        ? join(root, "packages", name.slice(WORKSPACE_SCOPE.length))
        : findLibrary(ownRoot, folder, name);
      if (target === null) notes.add(`${name}, which the base wants, is not installed here`);
      else link(target, join(root, folder, "node_modules", name));
      const own = ownVersion(ownRoot, folder, name);
      if (own !== null && own !== version) notes.add(`the base wants ${name} ${version} and ran with ${own}`);
    }
  }
  return [...notes];
}

function dependenciesOf(file: string): Readonly<Record<string, string>> {
  if (!existsSync(file)) return {};
  const manifest: Manifest = JSON.parse(readFileSync(file, "utf8"));
  return { ...manifest.dependencies, ...manifest.devDependencies };
}

/** Where it is installed for the same package, or else for any. */
function findLibrary(ownRoot: string, folder: string, name: string): string | null {
  const places = [folder, ...globSync("packages/*", { cwd: ownRoot }), "bench"];
  const found = places
    .map((place) => join(ownRoot, place, "node_modules", name))
    .find((path) => existsSync(path));
  return found === undefined ? null : realpathSync(found);
}

function ownVersion(ownRoot: string, folder: string, name: string): string | null {
  return dependenciesOf(join(ownRoot, folder, "package.json"))[name] ?? null;
}

function link(target: string, path: string): void {
  mkdirSync(dirname(path), { recursive: true });
  symlinkSync(target, path, "dir");
}
