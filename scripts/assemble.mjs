#!/usr/bin/env node
/**
 * Writes the gateway as it is shipped: its packages' build without tests, their production dependencies in the
 * lockfile's versions, and a launcher. The container image holds this folder and a Node, nothing else.
 *
 *   node scripts/bootstrap.mjs assemble FOLDER
 */
import { cpSync, mkdirSync, readdirSync, readFileSync, realpathSync, rmSync, writeFileSync } from "node:fs";
import { basename, dirname, join, resolve } from "node:path";
import { fileURLToPath } from "node:url";
import { capture } from "./bootstrap/progress.mjs";
import { addonName, relinkInstalled } from "./relink-uws.mjs";

const ROOT = resolve(dirname(fileURLToPath(import.meta.url)), "..");
const SHIPPED_PACKAGE = "gateway";
const WORKSPACE_FILES = ["package.json", "pnpm-lock.yaml", "pnpm-workspace.yaml", "LICENSE"];
/** Compiler output that only developers need. */
const NOT_SHIPPED = /(\.(test|bench)\.(js|d\.ts)|\.d\.ts|\.map|\.tsbuildinfo)$|(^|\/)testing$/;

const LAUNCHER = `#!/bin/sh
exec node "$(dirname "$(readlink -f "$0")")/../packages/${SHIPPED_PACKAGE}/dist/cli/main.js" "$@"
`;

/**
 * @param {string} target a folder that does not exist yet, or is empty
 * @throws {Error} when it holds something, or the dependencies cannot be installed
 */
async function assemble(target) {
  mkdirSync(target, { recursive: true });
  if (readdirSync(target).length > 0) throw new Error(`${target} is not empty`);
  for (const file of WORKSPACE_FILES) cpSync(join(ROOT, file), join(target, file));
  for (const name of shippedPackages(SHIPPED_PACKAGE)) copyPackage(name, target);
  await installProduction(target);
  relinkInstalled(target);
  removeForeignAddons(target);
  writeFileSync(join(mkdir(target, "bin"), "headrace"), LAUNCHER, { mode: 0o755 });
}

function mkdir(...parts) {
  const folder = join(...parts);
  mkdirSync(folder, { recursive: true });
  return folder;
}

/** A package and those of the workspace that it depends on, itself first. */
function shippedPackages(name, found = new Set()) {
  if (found.has(name)) return found;
  found.add(name);
  const { dependencies = {} } = JSON.parse(
    readFileSync(join(ROOT, "packages", name, "package.json"), "utf8"),
  );
  for (const dependency of Object.keys(dependencies)) {
    if (dependency.startsWith("@headrace/")) shippedPackages(dependency.replace("@headrace/", ""), found);
  }
  return found;
}

function copyPackage(name, target) {
  const from = join(ROOT, "packages", name);
  const to = mkdir(target, "packages", name);
  cpSync(join(from, "package.json"), join(to, "package.json"));
  cpSync(join(from, "dist"), join(to, "dist"), {
    recursive: true,
    filter: (path) => !NOT_SHIPPED.test(path),
  });
}

async function installProduction(target) {
  // Copied and not linked: the image's layer must not depend on the package store beside it.
  const flags = ["--prod", "--frozen-lockfile", "--package-import-method=copy", "--reporter=append-only"];
  const { code, output } = await capture("pnpm", ["install", ...flags], { cwd: target, env: process.env });
  if (code !== 0) throw new Error(`the production dependencies could not be installed:\n${output}`);
}

/** uWebSockets.js brings addons for every system and Node; one of them is ever loaded. */
function removeForeignAddons(target) {
  const folder = realpathSync(join(target, "packages", SHIPPED_PACKAGE, "node_modules", "uWebSockets.js"));
  const foreign = readdirSync(folder).filter((file) => file.endsWith(".node") && file !== addonName());
  for (const file of foreign) rmSync(join(folder, file));
}

const [target, ...rest] = process.argv.slice(2);
if (target === undefined || rest.length > 0) {
  process.stderr.write(`usage: node scripts/bootstrap.mjs ${basename(import.meta.url, ".mjs")} FOLDER\n`);
  process.exitCode = 2;
} else {
  await assemble(resolve(target));
}
