import type { LogsConfig } from "@headrace/core/config/types";
import { type Logger, pino } from "pino";

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

const FLUSH_INTERVAL_MS = 200;
/** Lines are written in pieces that a pipe takes whole, so that several processes can share one. */
const MAX_WRITE_BYTES = 4096;
const GATHERED_BYTES = 3072;

export interface Logs {
  /** For everything that happens beside requests. */
  readonly logger: Logger;
  /** For the one line of each request; it holds no secret, so it does without the cost of redaction. */
  readonly access: Logger;
  /** Writes what is still held, and waits for it. */
  flush(): void;
}

/** JSON lines on standard output, gathered and written off the hot path. */
export function openLogs(config: LogsConfig): Logs {
  const destination = pino.destination({
    fd: 1,
    sync: false,
    minLength: GATHERED_BYTES,
    maxWrite: MAX_WRITE_BYTES,
    periodicFlush: FLUSH_INTERVAL_MS,
  });
  const base = { pid: process.pid };
  const { level } = config;
  return {
    logger: pino({ level, base, redact: { paths: SECRET_PATHS, censor: "***" } }, destination),
    access: pino({ level: config.access ? level : "silent", base }, destination),
    flush: () => destination.flushSync(),
  };
}
