import type { SlotNotice, SlotReport } from "./slot-messages.ts";

/** The gate whose slots are leased. */
export interface LeasingGate {
  /** Slots that it has, whether taken or not. */
  slots: number;
  readonly inside: number;
  /** Calls that would take a slot. */
  readonly queued: number;
  /** Its slots have changed: lets in who waits for them. */
  grantNow(): void;
  /** Nobody has a slot to give: who waited for the answer alone waits no longer. */
  stopAsking(): void;
}

export interface LeaseHost {
  /** Tells the bank; what is told in one turn may go together. */
  readonly report: (report: SlotReport) => void;
  readonly defer: (run: () => void) => void;
  /** Runs something later; nothing waits for it. */
  readonly later: (ms: number, run: () => void) => void;
  /** Another number with each call. */
  readonly nextEpoch: () => number;
}

/** Slots above its share are kept this long for the next call, and so is the wish for more. */
const LINGER_MS = 50;
/** A bank that does not answer in this time has nothing. */
const ANSWER_MS = 250;

/** What a process has of a limit that it shares with others: it fills no more slots than the bank has given it. */
export class LeasedSlots {
  readonly #id: string;
  readonly #gate: LeasingGate;
  readonly #host: LeaseHost;
  /** Null as long as there is no limit. */
  #limit: number | null = null;
  #epoch = 0;
  #share = 0;
  #keep = 0;
  #lend = true;
  #scarce = false;
  #heard = 0;
  /** What the bank has not been told yet. */
  #brings = 0;
  #back = 0;
  #isNews = false;
  /** What it has been told. */
  #want = 0;
  #isReporting = false;
  #isLingering = false;
  #isAsking = false;

  constructor(id: string, gate: LeasingGate, host: LeaseHost) {
    this.#id = id;
    this.#gate = gate;
    this.#host = host;
  }

  /** Slots that the bank may still give it. */
  get hopesFor(): number {
    return this.#scarce || this.#limit === null ? 0 : this.#limit - this.#gate.slots;
  }

  /** @param limit - of all processes together; infinite for none */
  declare(limit: number): void {
    if (limit === this.#limit) return;
    if (!Number.isFinite(limit)) {
      if (this.#limit !== null) this.#leaveBank();
      this.#gate.slots = limit;
      return;
    }
    // Whether it may keep what lies idle depends on what the others have: until it hears, nobody else comes in. What was
    // given under the limit before and is still on its way is not taken any more.
    this.#epoch = this.#host.nextEpoch();
    this.#limit = limit;
    this.#brings = this.#gate.inside;
    this.#gate.slots = this.#gate.inside;
    [this.#keep, this.#lend, this.#scarce] = [0, true, false];
    [this.#back, this.#want, this.#heard] = [0, 0, 0];
    this.#isNews = true;
    this.onChange();
  }

  /** Somebody has come to wait, or left, or given a slot back. */
  onChange(): void {
    if (this.#limit === null) return;
    this.#giveBack();
    if (this.#wanted() > this.#want || this.#back > 0 || this.#isNews) this.#reportSoon();
    if (this.#gate.queued > 0) this.#awaitAnswer();
    else if (this.#want > 0 || this.#gate.slots > this.#share) this.#linger();
  }

  hear({ epoch, give, share, keep, lend, scarce, number }: SlotNotice): void {
    if (this.#limit === null || epoch !== this.#epoch) return;
    this.#gate.slots += give;
    this.#want = Math.max(0, this.#want - give);
    [this.#share, this.#keep, this.#lend, this.#scarce] = [share, keep, lend, scarce];
    if (number !== this.#heard) this.#isNews = lend;
    this.#heard = number;
    if (give > 0) this.#gate.grantNow(); // or it would go back before it was of use
    this.onChange();
    if (scarce) this.#gate.stopAsking();
  }

  /** How many calls could go on with more slots. */
  #wanted(): number {
    const { queued, slots, inside } = this.#gate;
    return Math.min(this.#limit ?? 0, Math.max(0, queued - Math.max(0, slots - inside)));
  }

  #giveBack(): void {
    const { queued, slots, inside } = this.#gate;
    const idle = Math.max(0, slots - inside);
    const count = this.#lend && queued === 0 ? idle : Math.min(idle, Math.max(0, slots - this.#keep));
    this.#gate.slots -= count;
    this.#back += count;
  }

  #reportSoon(): void {
    if (this.#isReporting) return;
    this.#isReporting = true;
    this.#host.defer(() => {
      this.#isReporting = false;
      if (this.#limit !== null) this.#host.report(this.#reportOf(this.#limit));
    });
  }

  #reportOf(limit: number | null): SlotReport {
    const [brings, back] = [this.#brings, this.#back];
    this.#want = limit === null ? 0 : Math.max(this.#wanted(), this.#gate.queued === 0 ? this.#want : 0);
    [this.#brings, this.#back, this.#isNews] = [0, 0, false];
    return { gate: this.#id, epoch: this.#epoch, limit, brings, back, want: this.#want, heard: this.#heard };
  }

  #leaveBank(): void {
    this.#host.report(this.#reportOf(null));
    [this.#limit, this.#scarce, this.#heard] = [null, false, 0];
  }

  #linger(): void {
    if (this.#isLingering) return;
    this.#isLingering = true;
    this.#host.later(LINGER_MS, () => {
      this.#isLingering = false;
      if (this.#limit !== null && this.#gate.queued === 0) this.#rest();
    });
  }

  /** Nobody waits: it keeps what its calls have, or its share. */
  #rest(): void {
    const { slots, inside } = this.#gate;
    const spare = Math.max(0, slots - Math.max(inside, this.#share));
    if (spare === 0 && this.#want === 0) return;
    this.#gate.slots -= spare;
    this.#back += spare;
    this.#want = 0;
    this.#scarce = false;
    this.#reportSoon();
  }

  #awaitAnswer(): void {
    if (this.#isAsking || this.#scarce) return;
    this.#isAsking = true;
    this.#host.later(ANSWER_MS, () => {
      this.#isAsking = false;
      this.#gate.stopAsking();
    });
  }
}
