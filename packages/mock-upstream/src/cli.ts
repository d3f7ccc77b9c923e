#!/usr/bin/env node
import { parseArgs } from "node:util";
import { FAULTS } from "./behaviour/faults.ts";
import { BEHAVIOUR_FIELDS, BEHAVIOUR_NAMES } from "./behaviour/fields.ts";
import { expectation, kebabCase, patchFromFlags } from "./behaviour/parse.ts";
import { readRecordings } from "./recordings.ts";
import { type Mock, type MockOptions, startMock } from "./server.ts";

const EXIT_USAGE = 2;
const FAULT_HELP_COLUMN = 30;

type FlagOptions = Record<string, { type: "string" | "boolean"; default?: string | boolean }>;

const OWN_FLAGS: FlagOptions = {
  port: { type: "string", default: "0" },
  host: { type: "string", default: "127.0.0.1" },
  "require-key": { type: "string" },
  record: { type: "string", default: "1000" },
  seed: { type: "string", default: "1" },
  "trust-bodies": { type: "boolean", default: false },
  recordings: { type: "string" },
  help: { type: "boolean" },
};

/** A flag for every field of the behaviour table; true/false fields may be given without a value. */
function behaviourFlags(): FlagOptions {
  const flags: FlagOptions = { fault: { type: "string" } };
  for (const name of BEHAVIOUR_NAMES) flags[kebabCase(name)] = { type: "string" };
  // The one switch that people type by hand.
  flags.burst = { type: "boolean" };
  return flags;
}

function helpText(): string {
  const fields = BEHAVIOUR_NAMES.map((name) => {
    const field = BEHAVIOUR_FIELDS[name];
    const value = name === "burst" ? "" : ` <${expectation(field)}>`;
    return `  --${kebabCase(name)}${value}\n      ${field.help} (default ${JSON.stringify(field.initial)})`;
  });
  const faults = Object.entries(FAULTS).map(
    ([name, { help }]) => `  ${name.padEnd(FAULT_HELP_COLUMN)}${help}`,
  );
  return [
    "mock-upstream: a deterministic fake provider on the wires of the big ones\n",
    "  --port <number>        0 is any free port (default 0)",
    "  --host <address>       (default 127.0.0.1)",
    "  --require-key <key>    refuse other keys with 401",
    "  --record <number>      requests to keep for GET /__mock/received, 0 for none (default 1000)",
    "  --seed <number>        seed of the jitter (default 1)",
    "  --trust-bodies         search big bodies instead of parsing them",
    "  --recordings <folder>  recorded answers for --replay and x-mock-replay",
    "  --fault <name>         one of the faults below\n",
    ...fields,
    "\nFaults:",
    ...faults,
    "",
  ].join("\n");
}

/** What the arguments say; the recordings are still a folder. */
interface Arguments {
  readonly options: MockOptions;
  readonly recordings: string | undefined;
}

/** Turns arguments into options, or into the sentence that says what is wrong. */
function readArguments(args: readonly string[]): Arguments | "help" | { readonly problem: string } {
  let values: Record<string, string | boolean | undefined>;
  try {
    values = parseArgs({ args: [...args], options: { ...OWN_FLAGS, ...behaviourFlags() } }).values;
  } catch (error) {
    return { problem: firstSentence(error) };
  }
  if (values.help === true) return "help";
  const numbers: Record<string, number> = {};
  for (const [flag, max] of [
    ["port", 65_535],
    ["record", 1_000_000],
    ["seed", 0xffffffff],
  ] as const) {
    const value = Number(values[flag]);
    if (!Number.isInteger(value) || value < 0 || value > max) {
      return { problem: `--${flag} must be a whole number from 0 to ${max}` };
    }
    numbers[flag] = value;
  }
  const asked: [string, string | boolean][] = [];
  for (const [flag, value] of Object.entries(values)) {
    if (!Object.hasOwn(OWN_FLAGS, flag) && value !== undefined) asked.push([flag, value]);
  }
  const behaviour = patchFromFlags(asked);
  if (!behaviour.ok) return { problem: behaviour.problem };
  const { port = 0, record = 0, seed = 0 } = numbers;
  const key = values["require-key"];
  const options: MockOptions = {
    port,
    record,
    seed,
    host: String(values.host),
    trustBodies: values["trust-bodies"] === true,
    behaviour: behaviour.patch ?? {},
    ...(typeof key === "string" ? { requireKey: key } : {}),
  };
  return { options, recordings: typeof values.recordings === "string" ? values.recordings : undefined };
}

// The parser's messages go on with advice about positional arguments, which this command does not take.
function firstSentence(error: unknown): string {
  const message = error instanceof Error ? error.message : String(error);
  return message.split(". ")[0] ?? message;
}

async function main(): Promise<void> {
  const asked = readArguments(process.argv.slice(2));
  if (asked === "help") {
    process.stdout.write(helpText());
    return;
  }
  if ("problem" in asked) {
    refuse(asked.problem);
    return;
  }
  const { options, recordings } = asked;
  const replays = recordings === undefined ? {} : { replays: await readRecordings(recordings) };
  const mock = await startWith({ ...options, ...replays });
  if (mock === undefined) return;
  for (const signal of ["SIGTERM", "SIGINT"] as const) process.once(signal, () => process.exit(0));
  process.stdout.write(`${JSON.stringify({ msg: "mock ready", port: mock.port, url: mock.url })}\n`);
}

/** Starts the mock; fields that do not go together are a wrong use like any other. */
async function startWith(options: MockOptions): Promise<Mock | undefined> {
  try {
    return await startMock(options);
  } catch (error) {
    if (!(error instanceof RangeError)) throw error;
    refuse(error.message);
    return undefined;
  }
}

function refuse(problem: string): void {
  process.stderr.write(`mock-upstream: ${problem}\n`);
  process.exitCode = EXIT_USAGE;
}

main().catch((error: unknown) => {
  process.stderr.write(`mock-upstream: ${error instanceof Error ? error.message : String(error)}\n`);
  process.exitCode = 1;
});
