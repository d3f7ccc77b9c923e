import { parseArgs } from "node:util";
import { resultName, UsageError } from "../command-line.ts";
import type { MicroPlan } from "./measure.ts";

export interface MicroOptions {
  /** Parts of the names of those that are wanted; none for all. */
  readonly only: readonly string[];
  /** The revision to compare with; null for none, {@link DEFAULT_BASE} for the one that these changes began at. */
  readonly against: string | null;
  /** Processes for each bench, of each revision. */
  readonly rounds: number;
  readonly plan: MicroPlan;
  /** No further process is started after this long. */
  readonly wallLimitMs: number;
  /** Fail when a bench has become slower, or allocates more, by this ratio; null for never. */
  readonly failAbove: number | null;
  /** As `npm test` runs it. */
  readonly ci: boolean;
  /** Folder name under bench/results; the date and time when empty. */
  readonly name: string;
}

/** The merge base with main; on main itself what is committed, or the commit before that. */
export const DEFAULT_BASE = "base";

const PLAN: MicroPlan = { warmupMs: 250, measureMs: 400 };
const ROUNDS = 3;
const ROUNDS_AGAINST = 8;
const MOST_ROUNDS = 100;

/** Few and short: they are run with every test run. What they miss, a run of all of them tells. */
const CI_PLAN: MicroPlan = { warmupMs: 200, measureMs: 120 };
const CI_ROUNDS = 4;
const CI_WALL_LIMIT_MS = 45_000;
const CI_FAIL_ABOVE = 1.5;
const CI_ONLY = [
  "core/sse/parser: 100 chunks, each a piece",
  "providers/translation/translation: stream of 100 chunks, chat to Anthropic",
  "workers/tasks/plan: plan, chat with tools",
  "gateway/pipeline/stream-tap: 100 chat chunks, each a piece",
  "gateway/pipeline/call-tally: a plain call",
  "routing/route: weighted, 100 targets, half of them down",
];

const FLAGS = {
  only: { type: "string", default: "" },
  against: { type: "string" },
  rounds: { type: "string" },
  "fail-above": { type: "string" },
  ci: { type: "boolean", default: false },
  quick: { type: "boolean", default: false },
  name: { type: "string", default: "" },
} as const;

export const MICRO_USAGE: string = `Options of micro (defaults in brackets):
  --only LIST           benches with one of these in their names, separated by ";" [all]
  --against [REV]       compare with another revision, in turns [the merge base with main; on main HEAD~1]
  --rounds N            processes for each bench, and each revision [${ROUNDS}, against ${ROUNDS_AGAINST}]
  --fail-above RATIO    exit code 1 when a bench is worse by this ratio, and surely by two fifths of it
  --quick               one short round: a smoke test, not a result
  --ci                  as npm test does it: a few benches against the base, --fail-above ${CI_FAIL_ABOVE}, no result folder
  --name NAME           folder under bench/results [date-time-micro]`;

/** @throws UsageError, or the TypeError of `parseArgs` */
export function parseMicroOptions(args: readonly string[]): MicroOptions {
  const { values } = parseArgs({ args: withDefaultBase(args), options: FLAGS, strict: true });
  const against = values.against ?? (values.ci ? DEFAULT_BASE : null);
  const usual = values.ci ? CI_ROUNDS : values.quick ? 1 : against === null ? ROUNDS : ROUNDS_AGAINST;
  const only = values.only === "" ? [] : values.only.split(";");
  return {
    only: only.length === 0 && values.ci ? CI_ONLY : only,
    against,
    rounds: values.rounds === undefined ? usual : positive(values.rounds, "rounds", MOST_ROUNDS),
    plan: values.ci ? CI_PLAN : values.quick ? { warmupMs: 20, measureMs: 20 } : PLAN,
    wallLimitMs: values.ci ? CI_WALL_LIMIT_MS : Number.POSITIVE_INFINITY,
    failAbove: failAboveOf(values["fail-above"], values.ci),
    ci: values.ci,
    name: resultName(values.name),
  };
}

/** `--against` alone means the base. */
function withDefaultBase(args: readonly string[]): string[] {
  return args.flatMap((arg, index) => {
    const next = args[index + 1];
    const isAlone = arg === "--against" && (next === undefined || next.startsWith("--"));
    return isAlone ? [arg, DEFAULT_BASE] : [arg];
  });
}

function failAboveOf(text: string | undefined, isCi: boolean): number | null {
  if (text === undefined) return isCi ? CI_FAIL_ABOVE : null;
  const ratio = Number(text);
  if (!(ratio > 1)) throw new UsageError(`--fail-above is a ratio above 1, got "${text}"`);
  return ratio;
}

function positive(text: string, flag: string, most: number): number {
  const value = Number(text);
  if (!Number.isInteger(value) || value < 1 || value > most) {
    throw new UsageError(`--${flag} is a whole number from 1 to ${most}, got "${text}"`);
  }
  return value;
}
