import assert from "node:assert/strict";
import { cpSync, mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join, resolve } from "node:path";
import { after, before, describe, it } from "node:test";
import { fileURLToPath } from "node:url";
import { fileNames, fileSizes, libraryOwners, packageArrows } from "./check/house-rules.mjs";
import { SECTIONS } from "./check/sections.mjs";

const ROOT = resolve(dirname(fileURLToPath(import.meta.url)), "..");

/** A small workspace that keeps every rule; each test breaks one. */
function makeWorkspace() {
  const root = mkdtempSync(join(tmpdir(), "headrace-check-"));
  const configs = ["biome.json", "tsconfig.base.json", "pnpm-workspace.yaml", ".gitignore"];
  for (const file of configs) cpSync(join(ROOT, file), join(root, file));
  symlinkSync(join(ROOT, "node_modules"), join(root, "node_modules"));
  write(root, "package.json", manifest("headrace"));
  write(root, "tsconfig.json", '{ "files": [], "references": [{ "path": "packages/core" }] }\n');
  write(root, "knip.json", '{ "workspaces": { "packages/*": { "entry": ["src/main.ts"] } } }\n');
  write(root, "packages/core/package.json", manifest("@headrace/core"));
  write(root, "packages/core/tsconfig.json", '{ "extends": "../../tsconfig.base.json" }\n');
  write(
    root,
    "packages/core/src/main.ts",
    'import { answer } from "./answer.ts";\n\nprocess.exitCode = answer;\n',
  );
  write(root, "packages/core/src/answer.ts", "export const answer: number = 42;\n");
  return root;
}

const manifest = (name) => `${JSON.stringify({ name, private: true, type: "module" }, null, 2)}\n`;

function write(root, file, text) {
  mkdirSync(dirname(join(root, file)), { recursive: true });
  writeFileSync(join(root, file), text);
}

describe("house rules", () => {
  let root;
  before(() => {
    root = makeWorkspace();
  });
  after(() => rmSync(root, { recursive: true, force: true }));

  it("find nothing in a workspace that keeps them", () => {
    for (const rule of [packageArrows, libraryOwners, fileSizes, fileNames]) assert.deepEqual(rule(root), []);
  });

  it("refuse a dependency against the arrows, a loose version and a package without arrows", () => {
    const dependencies = { "@headrace/gateway": "workspace:*", yaml: "^2.0.0", uws: "npm:other@1.2.3" };
    write(
      root,
      "packages/providers/package.json",
      JSON.stringify({ name: "@headrace/providers", dependencies }),
    );
    write(root, "packages/surprise/package.json", JSON.stringify({ name: "@headrace/surprise" }));
    assert.deepEqual(packageArrows(root), [
      "packages/providers/package.json: providers may not depend on @headrace/gateway",
      "packages/providers/package.json: yaml ^2.0.0 is no exact version",
      'packages/surprise/package.json: no arrows are written down for the package "surprise"',
    ]);
    for (const name of ["providers", "surprise"]) rmSync(join(root, "packages", name), { recursive: true });
  });

  for (const [library, form] of [
    ["piscina", 'import { Piscina } from "piscina";'],
    ["msgpackr", 'const { pack } = await import("msgpackr");'],
    ["undici", 'export { Pool } from "undici";'],
    ["uWebSockets.js", 'import uWS from "uWebSockets.js";'],
  ]) {
    it(`refuse ${library} outside of its place, and in every form of import`, () => {
      const file = "packages/core/src/stray.ts";
      write(root, file, `// one\n${form}\n`);
      const [finding, ...others] = libraryOwners(root);
      assert.match(finding ?? "", new RegExp(`^${file}:2: ${library} may be imported in packages/`));
      assert.deepEqual(others, []);
      rmSync(join(root, file));
    });
  }

  it("let tests and the owning place import a shaping library", () => {
    write(root, "packages/core/src/stray.test.ts", 'import { Pool } from "undici";\n');
    write(root, "packages/core/test/stray.ts", 'import { Pool } from "undici";\n');
    write(root, "packages/gateway/src/upstream/pool.ts", 'import { Pool } from "undici";\n');
    assert.deepEqual(libraryOwners(root), []);
    rmSync(join(root, "packages/gateway"), { recursive: true });
    rmSync(join(root, "packages/core/test"), { recursive: true });
    rmSync(join(root, "packages/core/src/stray.test.ts"));
  });

  it("refuse a file of 401 lines, unless it is a table", () => {
    write(root, "packages/core/src/long.ts", "//\n".repeat(401));
    write(root, "packages/core/src/errors/table.ts", "//\n".repeat(401));
    write(root, "packages/core/src/full.ts", "//\n".repeat(400));
    assert.deepEqual(fileSizes(root), ["packages/core/src/long.ts: 401 lines, over the budget of 400"]);
    for (const file of ["long.ts", "full.ts", "errors"]) {
      rmSync(join(root, "packages/core/src", file), { recursive: true });
    }
  });

  it("refuse drawers and barrels by their name", () => {
    for (const name of ["utils.ts", "index.ts", "string-helpers.ts"])
      write(root, `packages/core/src/${name}`, "");
    assert.deepEqual(fileNames(root), [
      "packages/core/src/index.ts: packages are imported by file, without barrels",
      "packages/core/src/string-helpers.ts: say what it is instead of this name",
      "packages/core/src/utils.ts: say what it is instead of this name",
    ]);
    for (const name of ["utils.ts", "index.ts", "string-helpers.ts"])
      rmSync(join(root, "packages/core/src", name));
  });
});

/** What a tool must refuse: the section, what is wrong, the file that does it, and what the output names. */
const REFUSED = /** @type {[string, string, string, string, RegExp][]} */ ([
  ["biome", "a wrong format", "packages/core/src/bad.ts", "export const a:number=1", /format/],
  ["biome", "any", "packages/core/src/bad.ts", "export const a: any = 1;\n", /noExplicitAny/],
  [
    "biome",
    "!",
    "packages/core/src/bad.ts",
    "export const a = (b?: string): string => b!;\n",
    /noNonNullAssertion/,
  ],
  ["biome", "an enum", "packages/core/src/bad.ts", "export enum A {\n  B = 1,\n}\n", /noEnum/],
  ["biome", "a barrel", "packages/core/src/bad.ts", 'export * from "./main.ts";\n', /noReExportAll/],
  ["biome", "an arrow", "packages/core/src/bad.ts", 'import "@headrace/gateway/a";\n', /noRestrictedImports/],
  [
    "biome",
    "an arrow",
    "packages/providers/src/bad.ts",
    'import "@headrace/workers/a";\n',
    /noRestrictedImports/,
  ],
  [
    "biome",
    "an arrow",
    "packages/workers/src/bad.ts",
    'import "@headrace/gateway/a";\n',
    /noRestrictedImports/,
  ],
  [
    "biome",
    "an arrow",
    "packages/gateway/src/bad.ts",
    'import "@headrace/bench/a";\n',
    /noRestrictedImports/,
  ],
  [
    "biome",
    "four positional parameters",
    "packages/core/src/bad.ts",
    "export const sum = (a: number, b: number, c: number, d: number): number => a + b + c + d;\n",
    /useMaxParams/,
  ],
  [
    "biome",
    "a promise that nobody waits for",
    "packages/core/src/bad.ts",
    "async function work(): Promise<void> {}\n\nexport function start(): void {\n  work();\n}\n",
    /noFloatingPromises/,
  ],
  [
    "biome",
    "a function of 81 lines",
    "packages/core/src/bad.ts",
    `export function long(): void {\n${"  Math.random();\n".repeat(81)}}\n`,
    /noExcessiveLinesPerFunction/,
  ],
  ["tsc", "a wrong type", "packages/core/src/bad.ts", 'export const a: number = "1";\n', /TS2322/],
  [
    "tsc",
    "an unchecked index",
    "packages/core/src/bad.ts",
    "export const a = (b: string[]): string => b[0];\n",
    /TS2322/,
  ],
  [
    "knip",
    "an unused file",
    "packages/core/src/bad.ts",
    "export const a: number = 1;\n",
    /Unused files[\s\S]*bad\.ts/,
  ],
]);

describe("tools", () => {
  let root;
  before(() => {
    root = makeWorkspace();
  });
  after(() => rmSync(root, { recursive: true, force: true }));

  for (const name of ["biome", "tsc", "knip"]) {
    it(`${name} finds nothing in a workspace that keeps its rules`, async () => {
      const result = await section(name).run(root);
      assert.equal(result.ok, true, result.output);
    });
  }

  it("biome refuses an import cycle", async () => {
    write(
      root,
      "packages/core/src/egg.ts",
      'import { hen } from "./hen.ts";\n\nexport const egg: unknown = hen;\n',
    );
    write(
      root,
      "packages/core/src/hen.ts",
      'import { egg } from "./egg.ts";\n\nexport const hen: unknown = egg;\n',
    );
    const result = await section("biome").run(root);
    for (const name of ["egg.ts", "hen.ts"]) rmSync(join(root, "packages/core/src", name));
    assert.match(result.output, /noImportCycles/);
  });

  for (const [name, what, file, text, output] of REFUSED) {
    it(`${name} refuses ${what} in ${file.split("/")[1]}`, async () => {
      write(root, file, text);
      const result = await section(name).run(root);
      rmSync(join(root, file));
      assert.equal(result.ok, false);
      assert.match(result.output, output);
    });
  }
});

function section(name) {
  const found = SECTIONS.find((candidate) => candidate.name === name);
  assert.ok(found);
  return found;
}
