import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { dirname, join, resolve } from "node:path";
import { describe, it } from "node:test";
import { fileURLToPath } from "node:url";
import { parseDockerfile, readCopy, readEnvironment, readIgnore, readWords } from "./image/dockerfile.mjs";
import { mapPath } from "./image/stage-builder.mjs";

const ROOT = resolve(dirname(fileURLToPath(import.meta.url)), "..");
const read = (/** @type {string} */ file) => readFileSync(join(ROOT, file), "utf8");

describe("reading a Dockerfile", () => {
  it("joins continued lines, drops comments and puts build arguments into FROM", () => {
    const stages = parseDockerfile(
      "ARG BASE=node:24\n# a comment\nFROM ${BASE} AS build\nRUN a \\\n  # inside\n  && b\n\nFROM $BASE\nUSER node\n",
    );
    assert.deepEqual(stages, [
      { name: "build", base: "node:24", instructions: [{ line: 4, name: "RUN", argument: "a && b" }] },
      { name: "1", base: "node:24", instructions: [{ line: 9, name: "USER", argument: "node" }] },
    ]);
  });

  it("refuses an instruction that it would have to skip, by its line", () => {
    assert.throws(
      () => parseDockerfile("FROM a\nVOLUME /data\n"),
      /^Error: Dockerfile:2: VOLUME is not known/,
    );
    assert.throws(() => parseDockerfile("RUN a\n"), /^Error: Dockerfile:1: RUN is not known/);
    const shellForm = { line: 3, name: "CMD", argument: "headrace start" };
    assert.throws(() => readWords(shellForm), /^Error: Dockerfile:3: only the JSON form/);
  });

  it("reads the parts of COPY, ENV and ENTRYPOINT", () => {
    const instruction = (/** @type {string} */ argument) => ({ line: 1, name: "", argument });
    assert.deepEqual(readCopy(instruction("a b/ c/")), {
      from: undefined,
      sources: ["a", "b/"],
      target: "c/",
    });
    assert.deepEqual(readCopy(instruction("--from=build /app /app")), {
      from: "build",
      sources: ["/app"],
      target: "/app",
    });
    const values = new Map([["PATH", "/bin"]]);
    assert.deepEqual(readEnvironment("A=b PATH=/app/bin:$PATH", values), [
      ["A", "b"],
      ["PATH", "/app/bin:/bin"],
    ]);
    assert.deepEqual(readWords(instruction('["headrace", "start"]')), ["headrace", "start"]);
    assert.deepEqual(readWords(instruction('--interval=5s CMD ["node", "-e", "a[0]"]')), [
      "node",
      "-e",
      "a[0]",
    ]);
  });

  it("leaves out what .dockerignore names", () => {
    const isIgnored = readIgnore(".git\n# comment\n**/dist\n**/*.log\nbench/results\n");
    for (const path of [
      ".git",
      ".git/HEAD",
      "dist",
      "packages/core/dist/a.js",
      "a.log",
      "b/c.log",
      "bench/results/x",
    ]) {
      assert.equal(isIgnored(path), true, path);
    }
    for (const path of [".gitignore", "packages/core/src/distance.ts", "bench/src/results.ts", "a.logs"]) {
      assert.equal(isIgnored(path), false, path);
    }
  });

  it("moves the image's own paths and no others", () => {
    assert.equal(
      mapPath("node a.mjs /app --x=/src/y /apple /usr/bin", "/r"),
      "node a.mjs /r/app --x=/r/src/y /apple /usr/bin",
    );
    assert.equal(mapPath("/app/bin:/usr/bin", "/r"), "/r/app/bin:/usr/bin");
  });
});

describe("the image", () => {
  const stages = parseDockerfile(read("Dockerfile"));
  const image = stages.at(-1);

  it("stands on the Node that package.json pins", () => {
    const { devEngines } = JSON.parse(read("package.json"));
    for (const { base } of stages) assert.equal(base, `node:${devEngines.runtime.version}-trixie-slim`);
  });

  it("installs from the manifest of every package", () => {
    const copied = new Set(
      stages[0]?.instructions.filter(({ name }) => name === "COPY").flatMap((i) => readCopy(i).sources),
    );
    const packages = readdirSync(join(ROOT, "packages")).map((name) => `packages/${name}/package.json`);
    const manifests = [...packages, "bench/package.json"].filter((file) => existsSync(join(ROOT, file)));
    assert.deepEqual(
      manifests.filter((file) => !copied.has(file)),
      [],
    );
  });

  it("runs as a user without rights and knows its health", () => {
    const names = image?.instructions.map(({ name }) => name) ?? [];
    assert.equal(image?.instructions.find(({ name }) => name === "USER")?.argument, "node");
    for (const name of ["HEALTHCHECK", "EXPOSE", "ENTRYPOINT", "STOPSIGNAL"])
      assert.ok(names.includes(name), name);
  });

  it("is built, becomes healthy, answers curl and stops", { timeout: 300_000 }, () => {
    const rehearsal = spawnSync(process.execPath, [join(ROOT, "scripts/image/rehearse.mjs")], {
      encoding: "utf8",
    });
    assert.equal(rehearsal.status, 0, rehearsal.stdout + rehearsal.stderr);
    assert.match(rehearsal.stdout, /rehearsal: ok: built, healthy, answered, stopped\n$/);
  });
});
