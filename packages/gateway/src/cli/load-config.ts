import { readFileSync } from "node:fs";
import { type ConfigResult, loadConfig } from "@headrace/core/config/load";
import { formatConfigProblem } from "@headrace/core/config/problem";
import type { Config } from "@headrace/core/config/types";
import { ruleFault } from "@headrace/routing/rules/lazy-rules";
import type { LoadedConfig } from "../supervisor/supervisor.ts";
import type { Overrides } from "./arguments.ts";
import { namedFileProblems } from "./named-files.ts";

/** What is wrong with a configuration: one line a problem, file and line first. */
export class ConfigRefused extends Error {
  constructor(lines: readonly string[]) {
    super(lines.join("\n"));
    this.name = "ConfigRefused";
  }
}

/** @throws ConfigRefused */
export function readConfigFile(file: string, overrides: Overrides): LoadedConfig {
  let text: string;
  try {
    text = readFileSync(file, "utf8");
  } catch (error) {
    const reason = error instanceof Error && "code" in error ? String(error.code) : "unknown reason";
    throw new ConfigRefused([`${file}: the configuration file cannot be read (${reason})`]);
  }
  return parseConfig(text, file, overrides);
}

/** @throws ConfigRefused */
export function parseConfig(text: string, file: string, overrides: Overrides): LoadedConfig {
  const result: ConfigResult = loadConfig(text, { file, env: process.env, checkRule: ruleFault });
  if (!result.ok) throw new ConfigRefused(result.problems.map(formatConfigProblem));
  const fileProblems = namedFileProblems(result.config);
  if (fileProblems.length > 0) throw new ConfigRefused(fileProblems.map((problem) => `${file}: ${problem}`));
  return { config: override(result.config, overrides), hash: result.hash };
}

function override(config: Config, { port, adminPort, processes }: Overrides): Config {
  return {
    ...config,
    listen: { ...config.listen, port: port ?? config.listen.port },
    admin: { ...config.admin, port: adminPort ?? config.admin.port },
    processes: processes ?? config.processes,
  };
}
