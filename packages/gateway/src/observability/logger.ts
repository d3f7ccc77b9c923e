import type { LogsConfig } from "@headrace/core/config/types";
import { type Logger, pino } from "pino";
import { AccessLog } from "./access-log.ts";
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

/** A reader that is stuck must not keep the process from its end. */
const CLOSE_TIMEOUT_MS = 1_000;

export interface Logs {
  /** For everything that happens beside requests. */
  readonly logger: Logger;
  /** For the one line of each request; it holds no secret, so it does without the cost of redaction. */
  readonly access: AccessLog;
  /** Lines lost so far because the reader of standard output was too slow. */
  readonly dropped: number;
  /** Writes what is still held, for the end of the process; resolves after a second at the latest. */
  close(): Promise<void>;
}

/**
 * JSON lines on standard output. Once a process: two that write side by side would mix their lines.
 *
 * @param shared - true when several processes write to the same standard output
 */
export function openLogs(config: LogsConfig, shared: boolean): Logs {
  // Asking for process.stdout makes a pipe that does not block of it, as GatheredOutput wants it.
  const output = new GatheredOutput(process.stdout.fd, shared);
  const base = { pid: process.pid };
  const { level } = config;
  const logger = pino({ level, base, redact: { paths: SECRET_PATHS, censor: "***" } }, output);
  return {
    logger,
    access: new AccessLog(config.access && logger.isLevelEnabled("info") ? output : null),
    get dropped() {
      return output.dropped;
    },
    close: () => output.close(CLOSE_TIMEOUT_MS),
  };
}
