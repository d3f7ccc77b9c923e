import type { LogsConfig } from "@headrace/core/config/types";
import { type Logger, pino } from "pino";
import { GatheredOutput } from "./gathered-output.ts";

/** Where a secret could stand in an object that somebody logs. */
const SECRET_PATHS = [
  "apiKey",
  "*.apiKey",
  "key",
  "*.key",
  "headers.authorization",
  '*["api-key"]',
  '*["x-api-key"]',
  '*["x-goog-api-key"]',
];

const STDOUT_FD = 1;

export interface Logs {
  /** For everything that happens beside requests. */
  readonly logger: Logger;
  /** For the one line of each request; it holds no secret, so it does without the cost of redaction. */
  readonly access: Logger;
  /** Writes what is still held before it returns. */
  flush(): void;
}

/**
 * JSON lines on standard output.
 *
 * @param shared - true when several processes write to the same standard output
 */
export function openLogs(config: LogsConfig, shared: boolean): Logs {
  const output = new GatheredOutput(STDOUT_FD, shared);
  const base = { pid: process.pid };
  const { level } = config;
  return {
    logger: pino({ level, base, redact: { paths: SECRET_PATHS, censor: "***" } }, output),
    access: pino({ level: config.access ? level : "silent", base }, output),
    flush: () => output.flushSync(),
  };
}
