import type { TemplatedApp } from "uWebSockets.js";

/**
 * How long a connection may lie idle between two requests, and how long a client may leave an answer unread. Longer than
 * the 60 s for which load balancers keep a connection, so that it is they who close it and none is lost in a race.
 */
const KEEP_ALIVE_S = 75;

/** The server's timers run in steps of 4 s and may fire a step early; a step more makes "at least" of "about". */
const STEP_S = 4;

export interface ConnectionTimeouts {
  /** Time for the head of a connection's first request. */
  readonly headerTimeoutMs: number;
  /** The body's clock is the exchange's own; the server's timer must only not be faster. */
  readonly bodyTimeoutMs: number;
}

/**
 * Sets the timers that only the server itself can run: a connection without a request is nothing that a handler ever
 * sees. They close it without an answer, up to two steps late.
 *
 * The package in use has these methods, but not in its types; the author's own release has neither, and 10 s for both.
 */
export function setConnectionTimers(app: TemplatedApp, timeouts: ConnectionTimeouts): void {
  setTimer(app, "setIdleTimeout", timeouts.headerTimeoutMs / 1000);
  setTimer(app, "setResponseTimeout", Math.max(KEEP_ALIVE_S, timeouts.bodyTimeoutMs / 1000));
}

function setTimer(app: TemplatedApp, method: "setIdleTimeout" | "setResponseTimeout", seconds: number): void {
  const set: unknown = Reflect.get(app, method);
  if (typeof set === "function") Reflect.apply(set, app, [Math.ceil(seconds) + STEP_S]);
}
