import type { HealthNotice } from "@headrace/routing/health/health-notice";

interface Known {
  readonly notice: HealthNotice;
  readonly untilMs: number;
}

const MAX_KNOWN = 4_096;

/** What the processes of a machine have told each other of targets and still holds, for one that starts later. */
export class KnownHealth {
  /** The oldest first. */
  readonly #known = new Map<string, Known>();

  note(nowMs: number, notices: readonly HealthNotice[]): void {
    for (const notice of notices) {
      const { key, kind, forMs } = notice;
      const told = kind === "closed" ? "open" : kind;
      const id = `${told}\u0000${key}`;
      const before = this.#known.get(id)?.untilMs ?? 0;
      this.#known.delete(id);
      if (kind === "closed") continue;
      this.#known.set(id, { notice, untilMs: Math.max(before, nowMs + forMs) });
      if (this.#known.size > MAX_KNOWN) this.#dropOne(nowMs);
    }
  }

  /** What is left of it. */
  notices(nowMs: number): readonly HealthNotice[] {
    return Array.from(this.#known.values(), ({ notice, untilMs }) => {
      return { ...notice, forMs: untilMs - nowMs };
    }).filter(({ forMs }) => forMs > 0);
  }

  #dropOne(nowMs: number): void {
    let oldest: string | null = null;
    for (const [id, { untilMs }] of this.#known) {
      oldest ??= id;
      if (untilMs > nowMs) continue;
      this.#known.delete(id);
      return;
    }
    if (oldest !== null) this.#known.delete(oldest);
  }
}
