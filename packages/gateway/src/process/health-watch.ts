import { ejectOutliers } from "@headrace/routing/health/outliers";
import type { TargetHealth } from "@headrace/routing/health/target-health";
import { PROBE_TICK_MS } from "../snapshot/probe-grace.ts";
import type { ProbedProvider, WatchedGroup, WatchPlan } from "../snapshot/watch-plan.ts";

/** However often a config wants its groups compared. */
const SHORTEST_TICK_MS = 10;

export interface WatchSurroundings {
  /** Of the process's monotonic clock. */
  readonly nowMs: () => number;
  /** From 0 up to 1. */
  readonly random: () => number;
  /** False in all but one of the processes of a machine: its notices tell the others what the probes find. */
  readonly probes: boolean;
  /** A provider answers its probes no more, or again. */
  readonly onProbed: (provider: string, answered: boolean) => void;
  readonly onEjected: (target: TargetHealth) => void;
}

interface DueProbe {
  readonly provider: ProbedProvider;
  dueAtMs: number;
  underWay: boolean;
  answered: boolean;
}

interface DueGroup {
  readonly group: WatchedGroup;
  dueAtMs: number;
}

/**
 * Asks providers whether they are there, and compares targets with each other, by one timer that keeps no process
 * alive. Use: construct, `start`, `close`.
 */
export class HealthWatch {
  readonly #surroundings: WatchSurroundings;
  readonly #probes: readonly DueProbe[];
  readonly #groups: readonly DueGroup[];
  #timer: NodeJS.Timeout | null = null;

  constructor({ probed, groups }: WatchPlan, surroundings: WatchSurroundings) {
    this.#surroundings = surroundings;
    const nowMs = surroundings.nowMs();
    // At a time of its own, lest all gateways that are started together ask a provider together, for ever.
    this.#probes = (surroundings.probes ? probed : []).map((provider) => {
      const dueAtMs = nowMs + surroundings.random() * provider.probe.intervalMs;
      return { provider, dueAtMs, underWay: false, answered: true };
    });
    this.#groups = groups.map((group) => ({ group, dueAtMs: nowMs + group.outliers.intervalMs }));
  }

  start(): void {
    const ticksMs = [
      ...(this.#probes.length > 0 ? [PROBE_TICK_MS] : []),
      ...this.#groups.map(({ group }) => group.outliers.intervalMs),
    ];
    if (ticksMs.length === 0) return;
    const tickMs = Math.max(SHORTEST_TICK_MS, Math.min(...ticksMs));
    this.#timer = setInterval(() => this.#tick(), tickMs).unref();
  }

  /** What a probe that is still under way finds is nobody's business any more. */
  close(): void {
    if (this.#timer !== null) clearInterval(this.#timer);
    this.#timer = null;
  }

  #tick(): void {
    const nowMs = this.#surroundings.nowMs();
    for (const probe of this.#probes) {
      const { targets } = probe.provider;
      if (nowMs >= probe.dueAtMs || targets().some((target) => target.wantsProbe(nowMs)))
        void this.#probe(probe, nowMs);
    }
    for (const due of this.#groups) {
      if (nowMs < due.dueAtMs) continue;
      const { outliers } = due.group;
      due.dueAtMs = nowMs + outliers.intervalMs;
      for (const group of due.group.members()) {
        for (const target of ejectOutliers(group, nowMs, outliers)) this.#surroundings.onEjected(target);
      }
    }
  }

  /** One at a time: a provider that is slow to answer gets no pile of them. */
  async #probe(probe: DueProbe, nowMs: number): Promise<void> {
    if (probe.underWay) return;
    const { upstream, targets, probe: config } = probe.provider;
    probe.underWay = true;
    probe.dueAtMs = nowMs + config.intervalMs;
    const answered = await upstream.probe(config.timeoutMs);
    probe.underWay = false;
    if (this.#timer === null) return;
    const { nowMs: clock, onProbed } = this.#surroundings;
    for (const target of targets()) target.onProbed(clock(), answered);
    if (answered !== probe.answered) onProbed(upstream.name, answered);
    probe.answered = answered;
  }
}
