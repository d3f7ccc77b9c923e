import { Connection, type ConnectionOptions } from "./connection.ts";

/** How often a load looks for exchanges that take too long. */
export const TIMEOUT_CHECK_MS = 250;
const DEFAULT_MAX_CONNECTIONS = 8192;

export interface ConnectionPoolOptions extends ConnectionOptions {
  /** Upper bound on sockets; beyond it open-loop requests wait and their wait counts as latency. Default 8192. */
  maxConnections?: number;
}

/**
 * The connections to one target, kept between jobs so that a slice starts on warm sockets. Last in, first out: the
 * number of sockets in use stays the least that the load needs.
 */
export class ConnectionPool {
  readonly #options: ConnectionOptions;
  readonly #maxConnections: number;
  readonly #idle: Connection[] = [];
  readonly #busy = new Set<Connection>();

  constructor(options: ConnectionPoolOptions) {
    this.#options = options;
    this.#maxConnections = options.maxConnections ?? DEFAULT_MAX_CONNECTIONS;
  }

  /** An idle connection, or a new one; undefined at the bound. */
  take(): Connection | undefined {
    for (let connection = this.#idle.pop(); connection !== undefined; connection = this.#idle.pop()) {
      if (connection.usable) {
        this.#busy.add(connection);
        return connection;
      }
    }
    if (this.#busy.size >= this.#maxConnections) return undefined;
    const connection = new Connection(this.#options);
    this.#busy.add(connection);
    return connection;
  }

  give(connection: Connection): void {
    this.#busy.delete(connection);
    if (connection.usable) this.#idle.push(connection);
  }

  /** Gives up the exchanges that were due before a time, ms of `performance.now()`. */
  abortDueBefore(limitMs: number): void {
    for (const connection of this.#busy) {
      if (connection.scheduledMs < limitMs) connection.abort("timeout");
    }
  }

  close(): void {
    for (const connection of this.#idle) connection.destroy();
    for (const connection of this.#busy) connection.destroy();
    this.#idle.length = 0;
    this.#busy.clear();
  }
}
