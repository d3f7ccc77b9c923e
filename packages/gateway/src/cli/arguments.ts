import { parseArgs } from "node:util";

export type Command =
  | { readonly name: "start"; readonly file: string | null; readonly overrides: Overrides }
  | { readonly name: "check"; readonly file: string }
  | { readonly name: "version" }
  | { readonly name: "help" };

/** What the command line says over the config file. */
export interface Overrides {
  readonly port?: number;
  readonly adminPort?: number;
  readonly processes?: number;
}

export const USAGE = `headrace, an AI gateway

  headrace start [--config FILE]   serve; without a file, with a fake provider and a fresh key
  headrace check --config FILE     say what is wrong with a configuration, and do nothing else
  headrace version

Options of start:
  --config FILE      YAML or JSON; docs/config.md has every key
  --port N           data port, over listen.port; 0 takes any free one
  --admin-port N     admin port, over admin.port; 0 takes any free one
  --processes N      gateway processes, over processes
`;

const MAX_PORT = 65_535;
const MAX_PROCESSES = 64;

/** @throws Error whose message says what to write instead */
export function parseCommand(argv: readonly string[]): Command {
  const { values, positionals } = parseArgs({
    args: [...argv],
    allowPositionals: true,
    options: {
      config: { type: "string" },
      port: { type: "string" },
      "admin-port": { type: "string" },
      processes: { type: "string" },
      help: { type: "boolean", short: "h" },
    },
  });
  const [name = "help", ...rest] = positionals;
  if (values.help === true || name === "help") return { name: "help" };
  if (rest.length > 0) throw new Error(`unexpected argument "${rest[0]}"; see headrace help`);
  if (name === "version") return { name: "version" };
  if (name === "check") {
    if (values.config === undefined) throw new Error("headrace check needs --config FILE");
    return { name: "check", file: values.config };
  }
  if (name !== "start") throw new Error(`there is no command "${name}"; see headrace help`);
  const port = count("port", values.port, 0, MAX_PORT);
  const adminPort = count("admin-port", values["admin-port"], 0, MAX_PORT);
  const processes = count("processes", values.processes, 1, MAX_PROCESSES);
  return {
    name: "start",
    file: values.config ?? null,
    overrides: {
      ...(port === undefined ? {} : { port }),
      ...(adminPort === undefined ? {} : { adminPort }),
      ...(processes === undefined ? {} : { processes }),
    },
  };
}

function count(
  flag: string,
  text: string | undefined,
  ...[least, most]: readonly [number, number]
): number | undefined {
  if (text === undefined) return undefined;
  const value = Number(text);
  if (/^\d+$/.test(text) && value >= least && value <= most) return value;
  throw new Error(`--${flag} takes a whole number from ${least} to ${most}, not "${text}"`);
}
