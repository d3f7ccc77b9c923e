import { parseArgs } from "node:util";
import { oneOf, positive, resultName } from "../command-line.ts";

const PROFILE_KINDS = ["plain", "stream", "translated"] as const;
/** What is asked for: plain answers, streams that are passed on, or streams written anew for another wire. */
export type ProfileKind = (typeof PROFILE_KINDS)[number];

export interface ProfileOptions {
  kind: ProfileKind;
  /** Of load under each probe, the warm-up apart. */
  sliceMs: number;
  warmupMs: number;
  /** Gateways that are started, one after the other, for each probe of V8 and for the unwatched figures. */
  runs: number;
  /** Without perf and strace, installed or not. */
  v8Only: boolean;
  /** Folder name under bench/results; the date and time and the kind when empty. */
  name: string;
}

const MOST_SECONDS = 600;
const MOST_RUNS = 50;
const MOST_WARM_UP_MS = 3000;

const FLAGS = {
  kind: { type: "string", default: "plain" },
  seconds: { type: "string", default: "5" },
  runs: { type: "string", default: "3" },
  "v8-only": { type: "boolean", default: false },
  name: { type: "string", default: "" },
} as const;

export const PROFILE_USAGE: string = `Options of profile (defaults in brackets):
  --kind KIND           ${PROFILE_KINDS.join(", ")} [${FLAGS.kind.default}]
  --seconds N           of load under each probe [${FLAGS.seconds.default}]
  --runs N              gateways started for each probe [${FLAGS.runs.default}]
  --v8-only             without perf and strace
  --name NAME           folder under bench/results [date-time-profile-kind]`;

/** @throws UsageError, or the TypeError of `parseArgs` */
export function parseProfileOptions(args: readonly string[]): ProfileOptions {
  const { values } = parseArgs({ args: [...args], options: FLAGS, strict: true });
  const kind = oneOf(values.kind, PROFILE_KINDS, "kind");
  const sliceMs = positive(values.seconds, "seconds", MOST_SECONDS) * 1000;
  const runs = Math.ceil(positive(values.runs, "runs", MOST_RUNS));
  return {
    kind,
    sliceMs,
    warmupMs: Math.min(sliceMs, MOST_WARM_UP_MS),
    runs,
    v8Only: values["v8-only"],
    name: resultName(values.name),
  };
}
