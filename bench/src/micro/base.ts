import { spawnSync } from "node:child_process";
import { DEFAULT_BASE } from "./options.ts";

/** Where main may be called so. */
const MAIN_NAMES = ["main", "origin/main"];

export type Base =
  | { readonly commit: string }
  /** Why there is nothing to compare with. */
  | { readonly missing: string };

/** Runs git in a checkout; null when it fails. */
export function git(root: string, ...args: string[]): string | null {
  const { status, stdout } = spawnSync("git", args, { cwd: root, encoding: "utf8" });
  return status === 0 ? stdout.trim() : null;
}

/** The commit that a revision stands for. */
export function findBase(root: string, revision: string): Base {
  const head = commitOf(root, "HEAD");
  if (head === null) return { missing: "this is no checkout with a history" };
  if (revision !== DEFAULT_BASE) {
    const commit = commitOf(root, revision);
    return commit === null ? { missing: `there is no revision ${revision} here` } : { commit };
  }
  const mergeBase = MAIN_NAMES.map((name) => git(root, "merge-base", "HEAD", name)).find(isThere);
  if (mergeBase !== undefined && mergeBase !== head) return { commit: mergeBase };
  if (git(root, "status", "--porcelain", "--untracked-files=no") !== "") return { commit: head };
  const before = commitOf(root, "HEAD~1");
  return before === null ? { missing: "the commit before this one is not here" } : { commit: before };
}

function commitOf(root: string, revision: string): string | null {
  return git(root, "rev-parse", "--verify", "--quiet", `${revision}^{commit}`);
}

function isThere(text: string | null): text is string {
  return text !== null && text !== "";
}
