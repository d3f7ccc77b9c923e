/**
 * The rules of this workspace that no ready-made tool checks. Each rule takes the workspace's root and returns its
 * findings, one line each; none means that the rule is kept.
 */
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { importsOf, isTest, sourceFiles } from "./workspace-files.mjs";

/**
 * Which packages of the workspace each package may depend on, from the bottom up.
 *
 * @type {Record<string, string[]>}
 */
const ARROWS = {
  core: [],
  providers: ["core"],
  routing: ["core"],
  workers: ["core", "providers"],
  "mock-upstream": ["core"],
  gateway: ["core", "providers", "routing", "workers", "mock-upstream"],
  bench: ["core"],
};

/** Libraries that shape the architecture, and the only places that may import them. */
const OWNERS = [
  {
    library: "piscina",
    // The bench compares such a pool with Python's threads, on work of its own.
    places: ["packages/workers/src/pool.ts", "packages/workers/src/pool-worker.ts", "bench/src/gil/"],
  },
  { library: "msgpackr", places: ["packages/workers/src/protocol.ts"] },
  { library: "undici", places: ["packages/gateway/src/upstream/"] },
  { library: "@marcbachmann/cel-js", places: ["packages/routing/src/rules/"] },
  { library: "re2js", places: ["packages/routing/src/rules/"] },
  {
    library: "uWebSockets.js",
    places: ["packages/gateway/src/http/", "packages/gateway/src/admin/", "packages/mock-upstream/src/"],
  },
];

/** Lines that a hand-written file may have. */
const LINES_LIMIT = 400;
/** Tables grow with what they list, so a budget would only cut them at an arbitrary row. */
const TABLES = [/\/[a-z-]*table\.ts$/, /\/data\//, /\/fixtures\//, /\/generated\//];

/** Each package's manifest asks only for packages that stand below it, and for exact versions of the others. */
export function packageArrows(root) {
  return manifests(root).flatMap(({ file, name, manifest }) => {
    const { dependencies = {}, devDependencies = {}, optionalDependencies = {} } = manifest;
    const allowed = ARROWS[name];
    if (allowed === undefined) return [`${file}: no arrows are written down for the package "${name}"`];
    const wanted = { ...dependencies, ...optionalDependencies };
    return [
      ...forbiddenPackages(wanted, allowed).map((other) => `${file}: ${name} may not depend on ${other}`),
      ...looseVersions({ ...wanted, ...devDependencies }).map(
        (entry) => `${file}: ${entry} is no exact version`,
      ),
    ];
  });
}

function manifests(root) {
  const folders = existsSync(join(root, "packages")) ? readdirSync(join(root, "packages")) : [];
  return [...folders.map((folder) => `packages/${folder}`), "bench"]
    .map((folder) => `${folder}/package.json`)
    .filter((file) => existsSync(join(root, file)))
    .map((file) => {
      const manifest = JSON.parse(readFileSync(join(root, file), "utf8"));
      return { file, manifest, name: manifest.name.replace("@headrace/", "") };
    });
}

function forbiddenPackages(dependencies, allowed) {
  return Object.keys(dependencies)
    .filter((name) => name.startsWith("@headrace/"))
    .filter((name) => !allowed.includes(name.replace("@headrace/", "")));
}

function looseVersions(dependencies) {
  const exact = /^(workspace:\*|(npm:.+@)?\d+\.\d+\.\d+(-[\w.]+)?)$/;
  return Object.entries(dependencies)
    .filter(([, version]) => !exact.test(version))
    .map(([name, version]) => `${name} ${version}`);
}

/** A library that shapes the architecture is imported where it is wrapped, and nowhere else. */
export function libraryOwners(root) {
  return sourceFiles(root, "", /\.(ts|mjs|js)$/)
    .filter((file) => !isTest(file))
    .flatMap((file) => {
      return importsOf(root, file).flatMap(({ specifier, line }) => {
        const owner = OWNERS.find(
          ({ library }) => specifier === library || specifier.startsWith(`${library}/`),
        );
        if (owner === undefined || owner.places.some((place) => file.startsWith(place))) return [];
        return [`${file}:${line}: ${owner.library} may be imported in ${owner.places.join(", ")} only`];
      });
    });
}

/** No file is longer than a reader can hold in mind. */
export function fileSizes(root) {
  return sourceFiles(root, "", /\.(ts|mjs|js)$/)
    .filter((file) => !TABLES.some((table) => table.test(file)))
    .map((file) => ({ file, lines: readFileSync(join(root, file), "utf8").split("\n").length - 1 }))
    .filter(({ lines }) => lines > LINES_LIMIT)
    .map(({ file, lines }) => `${file}: ${lines} lines, over the budget of ${LINES_LIMIT}`);
}

/** A package is no drawer: what has no name of its own has no place of its own. */
export function fileNames(root) {
  return sourceFiles(root, "", /\.(ts|mjs|js)$/).flatMap((file) => {
    if (/(^|[/-])(utils?|helpers?|misc|common)([/.-])/.test(file))
      return [`${file}: say what it is instead of this name`];
    if (/^packages\/.*\/index\.ts$/.test(file))
      return [`${file}: packages are imported by file, without barrels`];
    return [];
  });
}
