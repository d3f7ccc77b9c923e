import type { TargetVitals } from "../route.ts";
import { CircuitBreaker, type CircuitState, type TryOutcome } from "./circuit-breaker.ts";
import { Cooling } from "./cooling.ts";
import { Ejection } from "./ejection.ts";
import { type HealthNotice, NoticeGate, type TimedNoticeKind } from "./health-notice.ts";
import { KeyPacing } from "./key-pacing.ts";
import { LatencyHistogram } from "./latency-histogram.ts";
import type { HealthOptions } from "./options.ts";
import { PeakEwma } from "./peak-ewma.ts";
import type { RateLimits } from "./rate-limits.ts";
import { SlidingCounts } from "./sliding-counts.ts";

/** What ended; a caller's own record of the try may be handed over as it is. */
export interface EndedTry {
  /** As {@link TargetHealth.onSent} gave it. */
  readonly mark: number;
  readonly outcome: TryOutcome;
  /** How long the provider asks to be left alone; null when it does not. */
  readonly retryAfterMs: number | null;
}

export interface HealthSurroundings {
  /** From 0 up to 1. */
  readonly random: () => number;
  /** Hears of changes that other processes do not know of. Must not throw. */
  readonly onNotice: (notice: HealthNotice) => void;
}

/** Why a target gets no calls. */
export type UnavailableReason = "failing" | "probing" | "rate-limited" | "ejected";

/** A target's health, for people and for errors. */
export interface HealthReport {
  readonly key: string;
  readonly state: CircuitState;
  /** Null when it is available. */
  readonly reason: UnavailableReason | null;
  /** 0 when it is available. */
  readonly availableInMs: number;
  /** 0 when its provider's limits are far off, or not known. */
  readonly pacedForMs: number;
  readonly inFlight: number;
  /** Time to first byte that is expected now; null when nothing is known. */
  readonly latencyMs: number | null;
  readonly p50Ms: number | null;
  readonly p95Ms: number | null;
  /** Calls served or failed in the last 30 s. */
  readonly calls: number;
  readonly failures: number;
  /** How often the circuit was opened by what this process saw, ever. */
  readonly openings: number;
}

const RECENT_MS = 30_000;
/** Notices come from processes of the same build, yet no mistake of theirs shall put a target out for good. */
const LONGEST_NOTICE_MS = 600_000;

/** All that is known of a provider's model: whether, and how well, it would serve a call sent now. */
export class TargetHealth implements TargetVitals {
  readonly key: string;
  unavailableUntilMs = 0;
  pacedUntilMs = 0;
  inFlight = 0;
  /**
   * As {@link unavailableUntilMs}, but for ejection: a target that only does worse than others is better than none.
   */
  unusableUntilMs = 0;
  readonly #surroundings: HealthSurroundings;
  readonly #gate = new NoticeGate();
  readonly #recent = new SlidingCounts(RECENT_MS);
  readonly #histogram = new LatencyHistogram();
  readonly #ejection = new Ejection();
  readonly #latency: PeakEwma;
  readonly #cooling: Cooling;
  readonly #pacing: KeyPacing;
  #breaker: CircuitBreaker | null = null;
  /** How often its circuit was opened by what this process saw, ever. */
  openings = 0;

  constructor(key: string, options: HealthOptions, surroundings: HealthSurroundings) {
    this.key = key;
    this.#surroundings = surroundings;
    this.#latency = new PeakEwma(options.latency.decayMs);
    this.#cooling = new Cooling(options.cooling);
    this.#pacing = new KeyPacing(options.pacing, options.keys);
    this.configure(options);
  }

  /** Takes over the options of a new configuration. What is known stays. */
  configure(options: HealthOptions): void {
    this.#latency.configure(options.latency.decayMs);
    this.#cooling.configure(options.cooling);
    this.#pacing.configure(options.pacing, options.keys);
    this.pacedUntilMs = this.#pacing.untilMs;
    const breaker = { ...options.breaker, probeGraceMs: options.probeGraceMs };
    if (!breaker.enabled) this.#breaker = null;
    else if (this.#breaker === null) {
      this.#breaker = new CircuitBreaker(breaker, this.#surroundings.random);
    } else this.#breaker.configure(breaker);
    this.#settle();
  }

  latencyMs(nowMs: number): number {
    return this.#latency.value(nowMs);
  }

  /** Median time to first byte of the last few hundred calls; null before 20. */
  p50Ms(): number | null {
    return this.#histogram.quantileMs(0.5);
  }

  /** The time in which 95 of 100 calls had their first byte; null before 20 calls. */
  p95Ms(): number | null {
    return this.#histogram.quantileMs(0.95);
  }

  /** Calls served or failed in the last 30 s. */
  recentCalls(nowMs: number): number {
    return this.#recent.calls(nowMs);
  }

  /** Those of {@link recentCalls} that failed. */
  recentFailures(nowMs: number): number {
    return this.#recent.failures(nowMs);
  }

  /**
   * A try is sent. To be followed by at most one `onFirstByte` and by exactly one `onEnded`.
   *
   * @param estimatedTokens - that the provider will count against its limit
   * @param key - which of the provider's keys it shows, from 0
   * @returns the try's mark, which the other two want back
   */
  onSent(nowMs: number, estimatedTokens: number, key = 0): number {
    this.inFlight += 1;
    this.#pacing.onSent(nowMs, estimatedTokens, key);
    this.#settlePacing(nowMs);
    const breaker = this.#breaker;
    if (breaker === null) return 0;
    const mark = breaker.onSent(nowMs);
    if (breaker.untilMs > this.unavailableUntilMs) this.#settle();
    return mark;
  }

  /** The answer began well: its head said so, and of a stream the first event is no error. */
  onFirstByte(nowMs: number, tookMs: number, mark: number): void {
    this.#latency.record(nowMs, tookMs);
    this.#histogram.record(nowMs, tookMs);
    if (this.#breaker?.onFirstByte(nowMs, mark) === true) this.#onClosed();
  }

  /**
   * To be called for each answer whose head carries limits, whatever its status, before `onEnded`.
   *
   * @param key - which of the provider's keys it is about, from 0
   */
  onLimits(nowMs: number, limits: RateLimits, key = 0): void {
    this.#pacing.onLimits(nowMs, limits, key);
    this.#settlePacing(nowMs);
  }

  /** For how long this key's limits are nearly used up here; 0 when it has room, or nothing is known. */
  keyPacedForMs(nowMs: number, key: number): number {
    return Math.max(0, this.#pacing.keyUntilMs(key) - nowMs);
  }

  /** The key is shown to nobody for so long, whatever its limits are. */
  onKeyResting(nowMs: number, key: number, forMs: number): void {
    this.#pacing.holdKeyFor(nowMs, forMs, key);
    this.#settlePacing(nowMs);
  }

  onEnded(nowMs: number, ended: EndedTry): void {
    const { mark, outcome, retryAfterMs } = ended;
    this.inFlight -= 1;
    if (outcome === "served") {
      this.#recent.add(nowMs, false);
      this.#cooling.served(nowMs);
    } else if (outcome === "failed") {
      this.#recent.add(nowMs, true);
      if (retryAfterMs !== null && retryAfterMs > 0) this.#cool(nowMs, retryAfterMs);
    } else if (outcome === "refused") this.#cool(nowMs, retryAfterMs ?? this.#pacedForMs(nowMs));
    this.#tellBreaker(nowMs, mark, outcome);
  }

  /** Whether a call may be risked though its circuit is open: for who has nobody else to ask; see {@link CircuitBreaker}. */
  mayAskEarly(nowMs: number): boolean {
    return this.#cooling.untilMs <= nowMs && this.#breaker?.mayAskEarly(nowMs) === true;
  }

  /** The next call is the one that {@link mayAskEarly} lets through. */
  grantEarly(nowMs: number): void {
    this.#breaker?.grantEarly(nowMs);
  }

  /** Its circuit is half-open: a probe now would spare a call from being it. */
  wantsProbe(nowMs: number): boolean {
    return this.#breaker?.state(nowMs) === "half-open";
  }

  /** What a probe of its provider found, which no client waited for: nothing about how quick the target is. */
  onProbed(nowMs: number, answered: boolean): void {
    const breaker = this.#breaker;
    if (breaker !== null) this.#heed(nowMs, breaker, breaker.onProbed(nowMs, answered));
  }

  /** Puts it out of its group for a time, because it does worse than the others; see ejectOutliers. */
  eject(nowMs: number, ejectMs: number): void {
    this.#ejection.eject(nowMs, ejectMs);
    this.#forget();
    this.#settle();
    this.#tell(nowMs, "ejected", this.#ejection.untilMs);
  }

  /** Takes over what another process of the machine found out, and tells nobody. */
  apply(nowMs: number, notice: HealthNotice): void {
    if (notice.kind === "closed") {
      this.#breaker?.close(nowMs);
      this.#gate.closed();
    } else if (notice.forMs > 0) {
      const forMs = Math.min(notice.forMs, LONGEST_NOTICE_MS);
      this.#gate.heard(notice.kind, nowMs + forMs);
      if (notice.kind === "open") this.#breaker?.openFor(nowMs, forMs);
      else if (notice.kind === "cooling") this.#cooling.holdFor(nowMs, forMs);
      else if (notice.kind === "ejected") {
        this.#ejection.holdFor(nowMs, forMs);
        this.#forget();
      } else this.#pacing.holdFor(nowMs, forMs);
    }
    this.pacedUntilMs = this.#pacing.untilMs;
    this.#settle();
  }

  describe(nowMs: number): HealthReport {
    const latencyMs = this.latencyMs(nowMs);
    return {
      key: this.key,
      state: this.#breaker?.state(nowMs) ?? "closed",
      reason: this.#reason(nowMs),
      availableInMs: Math.max(0, this.unavailableUntilMs - nowMs),
      pacedForMs: this.#pacedForMs(nowMs) ?? 0,
      inFlight: this.inFlight,
      latencyMs: latencyMs === 0 ? null : latencyMs,
      p50Ms: this.p50Ms(),
      p95Ms: this.p95Ms(),
      calls: this.recentCalls(nowMs),
      failures: this.recentFailures(nowMs),
      openings: this.openings,
    };
  }

  /** The one of the reasons that lasts longest. */
  #reason(nowMs: number): UnavailableReason | null {
    const untilMs = this.unavailableUntilMs;
    if (untilMs <= nowMs) return null;
    if (untilMs === this.#breaker?.untilMs) return this.#breaker.probing(nowMs) ? "probing" : "failing";
    return untilMs === this.#cooling.untilMs ? "rate-limited" : "ejected";
  }

  /** A target that comes back is judged by what it does then, or every process would put it out again at once. */
  #forget(): void {
    this.#histogram.clear();
    this.#latency.clear();
    this.#recent.clear();
  }

  #tellBreaker(nowMs: number, mark: number, outcome: TryOutcome): void {
    const breaker = this.#breaker;
    if (breaker === null) return;
    const untilMs = breaker.untilMs;
    const changed = breaker.onEnded(nowMs, mark, outcome);
    if (changed !== null) this.#heed(nowMs, breaker, changed);
    else if (breaker.untilMs !== untilMs) this.#settle();
  }

  #heed(nowMs: number, breaker: CircuitBreaker, changed: "open" | "closed" | null): void {
    if (changed === "closed") this.#onClosed();
    else if (changed === "open") {
      this.openings += 1;
      this.#settle();
      this.#tell(nowMs, "open", breaker.untilMs);
    }
  }

  #onClosed(): void {
    this.#settle();
    this.#gate.closed();
    this.#surroundings.onNotice({ key: this.key, kind: "closed", forMs: 0 });
  }

  #cool(nowMs: number, askedMs: number | null): void {
    this.#cooling.refused(nowMs, askedMs);
    this.#settle();
    this.#tell(nowMs, "cooling", this.#cooling.untilMs);
  }

  #pacedForMs(nowMs: number): number | null {
    return this.pacedUntilMs > nowMs ? this.pacedUntilMs - nowMs : null;
  }

  #settlePacing(nowMs: number): void {
    const untilMs = this.#pacing.untilMs;
    if (untilMs === this.pacedUntilMs) return;
    this.pacedUntilMs = untilMs;
    if (untilMs > nowMs) this.#tell(nowMs, "paced", untilMs);
  }

  #settle(): void {
    this.unusableUntilMs = Math.max(this.#breaker?.untilMs ?? 0, this.#cooling.untilMs);
    this.unavailableUntilMs = Math.max(this.unusableUntilMs, this.#ejection.untilMs);
  }

  #tell(nowMs: number, kind: TimedNoticeKind, untilMs: number): void {
    if (!this.#gate.passes(kind, untilMs)) return;
    this.#surroundings.onNotice({ key: this.key, kind, forMs: untilMs - nowMs });
  }
}
