import assert from "node:assert/strict";
import { readdirSync } from "node:fs";
import { join } from "node:path";
import { afterEach, beforeEach, describe, it } from "node:test";
import { compareWithBase, type MicroSurroundings } from "./against.ts";
import { findBase } from "./base.ts";
import { openBaseCheckout } from "./base-checkout.ts";
import { DEFAULT_BASE, type MicroOptions } from "./options.ts";
import { listBenches, measureInProcess, openJobPlace } from "./run-job.ts";
import { benchText, ScratchRepo } from "./testing.ts";

const BENCH = "packages/mill/src/wheel.bench.ts";
const PLAN = { warmupMs: 5, measureMs: 5 };
const OPTIONS: MicroOptions = {
  only: [],
  against: DEFAULT_BASE,
  rounds: 4,
  plan: PLAN,
  wallLimitMs: Number.POSITIVE_INFINITY,
  failAbove: null,
  ci: false,
  name: "",
};
const LEAN = "return 1;";
/** What is allocated does not depend on how busy the machine is. */
const WASTEFUL = "return Array.from({ length: 100 }, (_, i) => ({ i })).length / 100;";

describe("micro benches of two revisions", () => {
  let repo: ScratchRepo;
  let surroundings: MicroSurroundings;
  let close: () => void;

  beforeEach(() => {
    repo = new ScratchRepo();
    repo.write("packages/mill/package.json", JSON.stringify({ name: "@headrace/mill", dependencies: {} }));
    const place = openJobPlace();
    surroundings = { root: repo.root, place, log: () => {} };
    close = () => place.close();
  });

  afterEach(() => {
    close();
    repo.close();
  });

  it("are compared in turns, and tell what allocates more, and what is new", async () => {
    repo.write(BENCH, benchText("turn", LEAN));
    const base = repo.commit();
    repo.write(BENCH, benchText("turn", WASTEFUL));
    repo.write("packages/mill/src/race.bench.ts", benchText("flow", LEAN));
    repo.commit();
    const compared = await compareWithBase(OPTIONS, surroundings);
    assert.ok(typeof compared !== "string", String(compared));
    assert.equal(compared.base, base);
    assert.deepEqual(compared.added, ["mill/race: flow"]);
    const [change] = compared.changes;
    assert.equal(change?.id, "mill/wheel: turn");
    assert.equal(change?.rounds, 4);
    assert.equal(change?.allocated.verdict, "worse");
    assert.deepEqual(compared.notes, [`${BENCH} is not the same in both, and each ran its own`]);
    assert.equal(repo.git("worktree", "list").split("\n").length, 1);
  });

  it("are not compared where the base has none, or fails", async () => {
    repo.write("packages/mill/src/wheel.ts", "");
    repo.commit();
    repo.write(BENCH, benchText("turn", LEAN));
    repo.commit();
    assert.match(String(await compareWithBase(OPTIONS, surroundings)), /has no micro benches/);
    repo.write(BENCH, benchText("turn", "return 2;"));
    repo.commit();
    repo.write(BENCH, benchText("turn", LEAN));
    repo.commit();
    const compared = await compareWithBase(OPTIONS, surroundings);
    assert.ok(typeof compared !== "string");
    assert.deepEqual(compared.changes, []);
    assert.match(compared.notes.join("\n"), /turn fails in the base: [\s\S]*it gave something else/);
  });

  it("are not compared by CI when no package differs", async () => {
    repo.write(BENCH, benchText("turn", LEAN));
    repo.commit();
    repo.write("docs/page.md", "new");
    repo.commit();
    const told = await compareWithBase({ ...OPTIONS, ci: true }, surroundings);
    assert.match(String(told), /no package differs/);
  });

  it("are measured only when their results are right", async () => {
    repo.write(BENCH, benchText("turn", "return 2;"));
    const { benches, problems } = await listBenches(repo.root, surroundings.place);
    assert.deepEqual(problems, []);
    const [bench] = benches;
    assert.ok(bench !== undefined);
    await assert.rejects(
      measureInProcess({ root: repo.root, bench, plan: PLAN }, surroundings.place),
      /it gave something else/,
    );
    repo.write(BENCH, benchText("turn", WASTEFUL));
    const { nsPerOp, bytesPerOp } = await measureInProcess(
      { root: repo.root, bench, plan: PLAN },
      surroundings.place,
    );
    assert.ok(nsPerOp > 0);
    assert.ok(bytesPerOp >= 100 * 16 && bytesPerOp < 100_000, String(bytesPerOp));
  });
});

describe("the base of a comparison", () => {
  let repo: ScratchRepo;
  beforeEach(() => {
    repo = new ScratchRepo();
    repo.write("file", "1");
  });
  afterEach(() => repo.close());

  it("is missing without a history, and behind a single commit", () => {
    assert.deepEqual(findBase(repo.root, DEFAULT_BASE), { missing: "this is no checkout with a history" });
    repo.commit();
    assert.deepEqual(findBase(repo.root, DEFAULT_BASE), {
      missing: "the commit before this one is not here",
    });
    assert.deepEqual(findBase(repo.root, "v9"), { missing: "there is no revision v9 here" });
  });

  it("is the commit before on main, or what is committed when that was changed", () => {
    const first = repo.commit();
    repo.write("file", "2");
    const second = repo.commit();
    assert.deepEqual(findBase(repo.root, DEFAULT_BASE), { commit: first });
    repo.write("file", "3");
    assert.deepEqual(findBase(repo.root, DEFAULT_BASE), { commit: second });
    assert.deepEqual(findBase(repo.root, "HEAD~1"), { commit: first });
  });

  it("is where a branch left main", () => {
    repo.commit();
    repo.write("file", "2");
    const fork = repo.commit();
    repo.git("switch", "--quiet", "--create", "branch");
    repo.write("file", "3");
    repo.commit();
    repo.write("file", "4");
    repo.commit();
    assert.deepEqual(findBase(repo.root, DEFAULT_BASE), { commit: fork });
  });
});

describe("the base's checkout", () => {
  it("finds its own packages in itself and libraries where they are installed", () => {
    const repo = new ScratchRepo();
    try {
      const manifest = {
        name: "@headrace/race",
        dependencies: { "@headrace/mill": "workspace:*", oak: "1.0.0" },
      };
      repo.write(".gitignore", "node_modules");
      repo.write("packages/mill/package.json", JSON.stringify({ name: "@headrace/mill" }));
      repo.write("packages/race/package.json", JSON.stringify(manifest));
      const commit = repo.commit();
      const newer = { ...manifest, dependencies: { ...manifest.dependencies, oak: "1.1.0" } };
      repo.write("packages/race/package.json", JSON.stringify(newer));
      repo.write("packages/race/node_modules/oak/package.json", "{}");
      const checkout = openBaseCheckout(repo.root, commit);
      assert.ok(checkout !== null);
      assert.deepEqual(checkout.notes, ["the base wants oak 1.0.0 and ran with 1.1.0"]);
      const installed = join(checkout.root, "packages/race/node_modules");
      assert.deepEqual(readdirSync(join(installed, "@headrace/mill")), ["package.json"]);
      assert.deepEqual(readdirSync(join(installed, "oak")), ["package.json"]);
      checkout.close();
      assert.throws(() => readdirSync(checkout.root), /ENOENT/);
      assert.equal(openBaseCheckout(repo.root, "0".repeat(40)), null);
      assert.equal(repo.git("worktree", "list").split("\n").length, 1);
    } finally {
      repo.close();
    }
  });
});
