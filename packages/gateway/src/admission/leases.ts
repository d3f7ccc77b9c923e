import { LeasedSlots, type LeaseHost, type LeasingGate } from "./leased-slots.ts";
import type { SlotNotice, SlotReport } from "./slot-messages.ts";

/** What a process has of the limits that it shares with the others of the machine. */
export class Leases {
  readonly #host: LeaseHost;
  readonly #leases = new Map<string, LeasedSlots>();
  #gathered: SlotReport[] = [];
  #epochs = 0;

  /** @param tell - the bank */
  constructor(tell: (reports: readonly SlotReport[]) => void) {
    this.#host = {
      report: (report) => this.#gather(report, tell),
      defer: queueMicrotask,
      later: (ms, run) => void setTimeout(run, ms).unref(),
      nextEpoch: () => ++this.#epochs,
    };
  }

  /** For a gate that has no limit yet. */
  open(id: string, gate: LeasingGate): LeasedSlots {
    const lease = new LeasedSlots(id, gate, this.#host);
    this.#leases.set(id, lease);
    return lease;
  }

  forget(id: string): void {
    this.#leases.delete(id);
  }

  hear(notices: readonly SlotNotice[]): void {
    for (const notice of notices) this.#leases.get(notice.gate)?.hear(notice);
  }

  /** What calls do in one turn of the event loop makes one message. */
  #gather(report: SlotReport, tell: (reports: readonly SlotReport[]) => void): void {
    this.#gathered.push(report);
    if (this.#gathered.length > 1) return;
    queueMicrotask(() => {
      const reports = this.#gathered;
      this.#gathered = [];
      tell(reports);
    });
  }
}
