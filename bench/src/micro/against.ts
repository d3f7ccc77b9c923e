import { onAbruptExit } from "../measure/clean-up.ts";
import { findBase, git } from "./base.ts";
import { openBaseCheckout } from "./base-checkout.ts";
import type { MicroPlan, MicroReading } from "./measure.ts";
import type { MicroOptions } from "./options.ts";
import type { ListedBench } from "./protocol.ts";
import { type BenchChange, changeOf, isTooMuch, type RoundReadings } from "./ratio.ts";
import type { MicroComparison } from "./results.ts";
import { type JobPlace, listBenches, measureInProcess, wantedOf } from "./run-job.ts";

/** What the benches measure, and what they need for it. */
const MEASURED_PATHS = ["packages", "pnpm-lock.yaml"];

export interface MicroSurroundings {
  readonly root: string;
  readonly place: JobPlace;
  readonly log: (line: string) => void;
}

export type Compared = Pick<MicroComparison, "base" | "changes" | "added" | "notes">;

/**
 * Compares the benches of this checkout with those of another revision.
 *
 * @returns why, when there is nothing to compare
 * @throws Error when a bench of this checkout fails
 */
export async function compareWithBase(
  options: MicroOptions,
  surroundings: MicroSurroundings,
): Promise<Compared | string> {
  const { root } = surroundings;
  const base = findBase(root, options.against ?? "");
  if ("missing" in base) return `nothing to compare with: ${base.missing}`;
  const { commit } = base;
  if (options.ci && git(root, "diff", "--quiet", commit, "--", ...MEASURED_PATHS) !== null)
    return `nothing to compare: no package differs from ${commit.slice(0, 12)}`;
  const checkout = openBaseCheckout(root, commit);
  if (checkout === null) return `nothing to compare with: ${commit.slice(0, 12)} cannot be checked out here`;
  const forget = onAbruptExit(checkout.close);
  try {
    return await compareCheckouts({ ...checkout, commit }, options, surroundings);
  } finally {
    forget();
    checkout.close();
  }
}

interface OpenBase {
  readonly root: string;
  readonly commit: string;
  readonly notes: readonly string[];
}

async function compareCheckouts(
  base: OpenBase,
  options: MicroOptions,
  surroundings: MicroSurroundings,
): Promise<Compared | string> {
  const { root, place } = surroundings;
  const listed = await listBenches(root, place);
  if (listed.problems.length > 0) throw new Error(listed.problems.join("\n"));
  const own = wantedOf(listed.benches, options.only);
  const theirs = await listBenches(base.root, place);
  const notes = [...base.notes, ...theirs.problems.map((problem) => `of the base: ${problem}`)];
  if (theirs.benches.length === 0)
    return [`nothing to compare with: ${base.commit.slice(0, 12)} has no micro benches`, ...notes].join("\n");
  const known = new Map(theirs.benches.map((bench) => [bench.id, bench]));
  const pairs = own.flatMap((bench) => {
    const before = known.get(bench.id);
    return before === undefined ? [] : [new BenchPair(bench, { root, base: base.root, before })];
  });
  await runRounds(pairs, options, surroundings);
  // What looks too bad is looked at again, so that a busy minute of the machine is no verdict.
  const bad = pairs.filter((pair) => pair.readings.length > 0 && isTooBad(pair.change, options.failAbove));
  if (bad.length > 0) surroundings.log(`${bad.length} look too bad and are measured again`);
  await runRounds(bad, options, surroundings);
  const rewritten = new Set(pairs.map(({ file }) => file).filter((file) => differs(root, base.commit, file)));
  return {
    base: base.commit,
    changes: pairs.filter(({ readings }) => readings.length > 0).map(({ change }) => change),
    added: own.filter(({ id }) => !known.has(id)).map(({ id }) => id),
    notes: [
      ...notes,
      ...[...rewritten].map((file) => `${file} is not the same in both, and each ran its own`),
      ...pairs.flatMap(({ problem }) => problem ?? []),
    ],
  };
}

async function runRounds(
  pairs: readonly BenchPair[],
  { rounds, plan, wallLimitMs }: MicroOptions,
  { place, log }: MicroSurroundings,
): Promise<void> {
  const startMs = performance.now();
  for (let round = 0; round < rounds && pairs.length > 0; round += 1) {
    for (const pair of pairs) {
      if (performance.now() - startMs > wallLimitMs) {
        log(`stopped in round ${round + 1} of ${rounds}: the machine is too busy`);
        return;
      }
      await pair.run(round, plan, place);
    }
    log(`round ${round + 1} of ${rounds}`);
  }
}

/** A bench in both checkouts. */
class BenchPair {
  readonly readings: RoundReadings[] = [];
  /** Why the base's cannot be measured. */
  problem: string | null = null;
  readonly #own: { root: string; bench: ListedBench };
  readonly #base: { root: string; bench: ListedBench };

  constructor(
    bench: ListedBench,
    { root, base, before }: { root: string; base: string; before: ListedBench },
  ) {
    this.#own = { root, bench };
    this.#base = { root: base, bench: before };
  }

  get file(): string {
    return this.#own.bench.file;
  }

  get change(): BenchChange {
    return changeOf(this.#own.bench.id, this.readings);
  }

  /** Each is the first in every other round. */
  async run(round: number, plan: MicroPlan, place: JobPlace): Promise<void> {
    if (this.problem !== null) return;
    const measureOwn = (): Promise<MicroReading> => measureInProcess({ ...this.#own, plan }, place);
    const early = round % 2 === 0 ? null : await measureOwn();
    const before = await this.#measureBase(plan, place);
    if (before === null) return;
    this.readings.push({ before, after: early ?? (await measureOwn()) });
  }

  async #measureBase(plan: MicroPlan, place: JobPlace): Promise<MicroReading | null> {
    try {
      return await measureInProcess({ ...this.#base, plan }, place);
    } catch (error) {
      this.problem = `${this.#base.bench.id} fails in the base: ${error instanceof Error ? error.message : error}`;
      return null;
    }
  }
}

function isTooBad({ time, allocated }: BenchChange, failAbove: number | null): boolean {
  return failAbove !== null && [time, allocated].some((change) => isTooMuch(change, failAbove));
}

function differs(root: string, commit: string, file: string): boolean {
  return git(root, "diff", "--quiet", commit, "--", file) === null;
}
