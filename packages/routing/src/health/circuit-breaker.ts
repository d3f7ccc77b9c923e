import type { BreakerConfig } from "@headrace/core/config/types-routing";
import { SlidingCounts } from "./sliding-counts.ts";

export type CircuitState = "closed" | "open" | "half-open";

/**
 * What became of a try. refused = the provider answered "too many requests"; abandoned = the client left, or another
 * target was quicker. Neither of these two says that the target is broken.
 */
export type TryOutcome = "served" | "failed" | "refused" | "abandoned";

export interface BreakerOptions extends BreakerConfig {
  /**
   * So long after its time an open circuit waits for {@link CircuitBreaker.onProbed}, before a call must play the
   * probe. Absent or 0 = nobody probes but calls.
   */
  readonly probeGraceMs?: number;
}

/** Of a try that was sent beside a probe: its end says nothing. */
const UNCOUNTED = 0;
/** A probe of which nothing is heard for so long makes room for another. */
const PROBE_MS = 60_000;
/** So much of the time, at most, is taken off at random, lest all processes probe at once. */
const JITTER_SHARE = 0.2;
/** Of the time for which a circuit first opens: so long after it, or after the last early call, the next one may go. */
const EARLY_SHARE = 0.2;

/**
 * Keeps calls from a target that fails. Closed: calls pass, failures are counted. Open: no call, for a time. Half-open:
 * one call at a time probes; served, it closes the circuit, failed, it opens it for twice as long. Where nobody else can
 * be asked, a call now and then goes out before the time is over; served, it closes the circuit, failed, it changes nothing.
 *
 * Each try carries a mark, so that the end of a call that was sent before the circuit opened is not taken for the
 * probe's.
 */
export class CircuitBreaker {
  /** No call should be sent before this time. */
  untilMs = 0;
  readonly #random: () => number;
  #config: BreakerOptions;
  #counts: SlidingCounts;
  #state: CircuitState = "closed";
  #mark = 1;
  #failuresInRow = 0;
  /** Those of them that were probes. */
  #probesInRow = 0;
  /** How often the time to stay open was doubled. */
  #doublings = 0;
  #closedAtMs = Number.NEGATIVE_INFINITY;
  /** While it is open: when a call may go out before its time. */
  #earlyAtMs = 0;
  /** What is sent next goes out before its time. */
  #earlyGranted = false;
  /** What is under way went out before its time. */
  #isEarly = false;

  constructor(config: BreakerOptions, random: () => number) {
    this.#config = config;
    this.#random = random;
    this.#counts = new SlidingCounts(config.windowMs);
  }

  configure(config: BreakerOptions): void {
    if (config.windowMs !== this.#config.windowMs) this.#counts = new SlidingCounts(config.windowMs);
    this.#config = config;
  }

  /** An open circuit whose time is over is half-open: what is sent next is its probe. */
  state(nowMs: number): CircuitState {
    const { probeGraceMs = 0 } = this.#config;
    return this.#state === "open" && nowMs >= this.untilMs - probeGraceMs ? "half-open" : this.#state;
  }

  /** A probe was sent and has not ended, or is to be sent by whom no client waits for. */
  probing(nowMs: number): boolean {
    return nowMs < this.untilMs && this.state(nowMs) === "half-open";
  }

  /** Whether a call may go out though the circuit is open: one at a time, and seldom. For who has nobody else to ask. */
  mayAskEarly(nowMs: number): boolean {
    return this.#state === "open" && nowMs < this.untilMs && nowMs >= this.#earlyAtMs;
  }

  /** The next call is the one that {@link mayAskEarly} lets through. */
  grantEarly(nowMs: number): void {
    this.#earlyGranted = true;
    this.#earlyAtMs = this.#nextEarlyMs(nowMs);
  }

  /** @returns the try's mark, for {@link onFirstByte} and {@link onEnded} */
  onSent(nowMs: number): number {
    if (this.#state === "closed") return this.#mark;
    const isEarly = this.#earlyGranted && nowMs < this.untilMs;
    this.#earlyGranted = false;
    if (nowMs < this.untilMs && !isEarly) return UNCOUNTED;
    this.#isEarly = isEarly;
    this.#state = "half-open";
    this.#mark += 1;
    if (!isEarly) this.untilMs = nowMs + PROBE_MS;
    return this.#mark;
  }

  /**
   * A probe that began well is enough: a stream may last for minutes, and its target is missed.
   *
   * @returns true when the circuit closed
   */
  onFirstByte(nowMs: number, mark: number): boolean {
    if (this.#state !== "half-open" || mark !== this.#mark) return false;
    this.#close(nowMs);
    return true;
  }

  /** @returns the state that the circuit changed to, or null when it did not */
  onEnded(nowMs: number, mark: number, outcome: TryOutcome): "open" | "closed" | null {
    if (mark !== this.#mark || this.#state === "open") return null;
    if (this.#state === "half-open") return this.#onProbeEnded(nowMs, outcome);
    if (outcome === "failed") return this.#onFailure(nowMs);
    if (outcome === "served") {
      this.#failuresInRow = 0;
      this.#probesInRow = 0;
      this.#counts.add(nowMs, false);
    }
    return null;
  }

  /**
   * What a probe found that no client waited for. One that is answered proves less than a call that is served: it only
   * closes a circuit whose time is over, and else makes up for the failed probes before it.
   *
   * @returns the state that the circuit changed to, or null when it did not
   */
  onProbed(nowMs: number, answered: boolean): "open" | "closed" | null {
    const state = this.state(nowMs);
    if (this.#isEarly && nowMs < this.untilMs) return null; // a call is finding out more
    if (state === "half-open") return this.#onProbeEnded(nowMs, answered ? "served" : "failed");
    if (state === "open") {
      if (answered) this.#earlyAtMs = nowMs; // a call may find out whether there is more than a sign of life
      return null;
    }
    if (answered) {
      this.#failuresInRow -= this.#probesInRow;
      this.#probesInRow = 0;
      return null;
    }
    this.#probesInRow += 1;
    return this.#onFailure(nowMs);
  }

  /** What another process found out. Its own probe, when one is under way, knows better. */
  openFor(nowMs: number, forMs: number): void {
    if (this.#state === "half-open") return;
    if (this.#state === "closed") this.#earlyAtMs = this.#nextEarlyMs(nowMs);
    this.#state = "open";
    this.untilMs = Math.max(this.untilMs, nowMs + forMs);
  }

  /** Another process's probe was served. */
  close(nowMs: number): void {
    if (this.#state === "closed") return;
    this.#mark += 1;
    this.#close(nowMs);
  }

  #onFailure(nowMs: number): "open" | null {
    this.#failuresInRow += 1;
    this.#counts.add(nowMs, true);
    if (!this.#failsTooOften(nowMs)) return null;
    this.#doublings = nowMs - this.#closedAtMs < this.#config.maxOpenMs ? this.#doublings + 1 : 0;
    this.#open(nowMs);
    return "open";
  }

  #onProbeEnded(nowMs: number, outcome: TryOutcome): "open" | "closed" | null {
    if (outcome === "served") {
      this.#close(nowMs);
      return "closed";
    }
    if (this.#isEarly && nowMs < this.untilMs) {
      this.#isEarly = false;
      this.#state = "open";
      return null;
    }
    if (outcome === "failed") {
      this.#doublings += 1;
      this.#open(nowMs);
      return "open";
    }
    this.untilMs = nowMs;
    return null;
  }

  #failsTooOften(nowMs: number): boolean {
    const { consecutiveFailures, minCalls, failureShare } = this.#config;
    if (this.#failuresInRow >= consecutiveFailures) return true;
    const calls = this.#counts.calls(nowMs);
    return calls >= minCalls && this.#counts.failures(nowMs) >= failureShare * calls;
  }

  #open(nowMs: number): void {
    const { openMs, maxOpenMs, probeGraceMs = 0 } = this.#config;
    const wholeMs = Math.min(maxOpenMs, openMs * 2 ** this.#doublings);
    this.#state = "open";
    this.untilMs = nowMs + wholeMs * (1 - JITTER_SHARE * this.#random()) + probeGraceMs;
    this.#earlyAtMs = this.#nextEarlyMs(nowMs);
  }

  /** A quarter less or more, lest all processes ask at once. Where there are probes, not before one was answered. */
  #nextEarlyMs(nowMs: number): number {
    if ((this.#config.probeGraceMs ?? 0) > 0) return Number.POSITIVE_INFINITY;
    return nowMs + this.#config.openMs * EARLY_SHARE * (0.75 + 0.5 * this.#random());
  }

  #close(nowMs: number): void {
    this.#state = "closed";
    this.untilMs = 0;
    this.#earlyGranted = false;
    this.#isEarly = false;
    this.#closedAtMs = nowMs;
    this.#failuresInRow = 0;
    this.#probesInRow = 0;
    this.#counts.clear();
  }
}
