import type { SlotNotice, SlotReport } from "../admission/slot-messages.ts";

/** A process at the bank. */
export interface Seat {
  readonly tell: (notices: readonly SlotNotice[]) => void;
}

/** What a process has of one limit. */
interface Account {
  readonly seat: Seat;
  readonly epoch: number;
  readonly limit: number;
  /** Its own, those among them that are on their way to it. */
  held: number;
  want: number;
  /** When it had a slot last: who has waited longest comes first. */
  servedAt: number;
  /** What it was told last. */
  share: number;
  keep: number;
  lend: boolean;
  scarce: boolean;
  told: number;
  heard: number;
}

const ALL = Number.POSITIVE_INFINITY;

/**
 * Owns the slots of every limit of the machine and lends them to its processes, so that their calls together are never
 * more than the limit. A slot is in one place at a time: with the bank or with one process, on its way too.
 *
 * Each process has an equal share at home. What of it lies idle goes to those who want more; a process comes by its share
 * again as calls end. Slots that cannot be shared evenly go round among those who want them.
 */
export class SlotBank {
  readonly #size: number;
  readonly #gates = new Map<string, Map<Seat, Account>>();
  readonly #seats = new Set<Seat>();
  #clock = 0;

  /** @param size - processes of the machine, those that are still to come among them */
  constructor(size: number) {
    this.#size = size;
  }

  /** For a process that is about to start. */
  open(tell: (notices: readonly SlotNotice[]) => void): Seat {
    const seat = { tell };
    this.#seats.add(seat);
    return seat;
  }

  /** It has ended, and its calls with it: its slots are the others'. What it may have said last counts no more. */
  close(seat: Seat): void {
    if (!this.#seats.delete(seat)) return;
    for (const [gate, accounts] of this.#gates) {
      if (!accounts.delete(seat)) continue;
      this.#settle(gate, accounts);
    }
  }

  hear(seat: Seat, reports: readonly SlotReport[]): void {
    if (!this.#seats.has(seat)) return;
    for (const report of reports) this.#hear(seat, report);
  }

  #hear(seat: Seat, report: SlotReport): void {
    const { gate, epoch, limit, brings, back, want, heard } = report;
    const accounts = this.#gates.get(gate) ?? new Map<Seat, Account>();
    this.#gates.set(gate, accounts);
    if (limit === null) {
      accounts.delete(seat);
    } else {
      const known = accounts.get(seat);
      // With another limit it begins anew, with what its calls have.
      const account = known?.epoch === epoch ? known : newAccount(seat, epoch, limit);
      accounts.set(seat, account);
      account.held += brings - back;
      account.want = want;
      account.heard = heard;
    }
    this.#settle(gate, accounts);
  }

  #settle(gate: string, accounts: Map<Seat, Account>): void {
    if (accounts.size === 0) {
      this.#gates.delete(gate);
      return;
    }
    const all = [...accounts.values()];
    const limit = Math.min(...all.map((account) => account.limit));
    const share = Math.floor(limit / this.#size);
    const gives = this.#lend(all, limit, share);
    const isOver = heldBy(all) > limit;
    for (const account of all) {
      const others = all.filter((other) => other !== account);
      const lend = isOver || others.some(({ want }) => want > 0);
      const keep = isOver ? 0 : lend ? share : ALL;
      this.#tell(gate, account, { give: gives.get(account) ?? 0, share, keep, lend });
    }
    // Behind the others' notices: whoever has been told to lend, and has heard it, has nothing that lies idle.
    for (const account of all) {
      const isScarce = all.every((other) => other === account || (other.lend && other.heard === other.told));
      if (account.want > 0 && isScarce && !account.scarce) this.#tellScarce(gate, account);
    }
  }

  /** Gives what is free to those who want it, and then to those who have less than their share. */
  #lend(all: readonly Account[], limit: number, share: number): Map<Account, number> {
    const gives = new Map<Account, number>();
    for (let free = limit - heldBy(all); free > 0; free--) {
      const next = nextFor(all, share);
      if (next === null) break;
      next.held++;
      next.want = Math.max(0, next.want - 1);
      next.servedAt = ++this.#clock;
      gives.set(next, (gives.get(next) ?? 0) + 1);
    }
    return gives;
  }

  #tell(
    gate: string,
    account: Account,
    news: Omit<SlotNotice, "gate" | "epoch" | "scarce" | "number">,
  ): void {
    const { give, share, keep, lend } = news;
    const isOld =
      give === 0 && share === account.share && Object.is(keep, account.keep) && lend === account.lend;
    if (give > 0 || account.want === 0) account.scarce = false;
    if (isOld) return;
    Object.assign(account, { share, keep, lend, told: account.told + 1 });
    const { seat, epoch, scarce, told: number } = account;
    seat.tell([{ gate, epoch, ...news, scarce, number }]);
  }

  #tellScarce(gate: string, account: Account): void {
    account.scarce = true;
    const { seat, epoch, share, keep, lend, told: number } = account;
    seat.tell([{ gate, epoch, give: 0, share, keep, lend, scarce: true, number }]);
  }
}

function newAccount(seat: Seat, epoch: number, limit: number): Account {
  const nothing = { held: 0, want: 0, servedAt: 0, share: 0, told: 0, heard: 0 };
  return { seat, epoch, limit, ...nothing, keep: Number.NaN, lend: false, scarce: false };
}

function heldBy(all: readonly Account[]): number {
  return all.reduce((sum, { held }) => sum + held, 0);
}

function nextFor(all: readonly Account[], share: number): Account | null {
  const wanting = all.filter(({ want }) => want > 0);
  const below = (among: readonly Account[]): Account | null =>
    least(among.filter(({ held }) => held < share));
  return below(wanting) ?? longestWithout(wanting) ?? below(all);
}

function least(among: readonly Account[]): Account | null {
  return among.reduce<Account | null>(
    (best, one) => (best === null || one.held < best.held ? one : best),
    null,
  );
}

function longestWithout(among: readonly Account[]): Account | null {
  return among.reduce<Account | null>(
    (best, one) => (best === null || one.servedAt < best.servedAt ? one : best),
    null,
  );
}
