/** What a process tells the bank of one limit; see docs/decisions/0012-slots-are-leased.md. */
export interface SlotReport {
  readonly gate: string;
  /** Another with each change of the limit: what was given under the one before, and is on its way, is nobody's. */
  readonly epoch: number;
  /** The limit as its config has it; null when it has none any more. */
  readonly limit: number | null;
  /** Slots that its calls have already; only in the first report of an epoch. */
  readonly brings: number;
  /** Slots that it gives back. */
  readonly back: number;
  /** How many more it could use now. */
  readonly want: number;
  /** The last notice that it has acted on. */
  readonly heard: number;
}

/** What the bank tells a process of one limit. */
export interface SlotNotice {
  readonly gate: string;
  /** That of the report that it follows. */
  readonly epoch: number;
  /** Slots that are its own from now on. */
  readonly give: number;
  /** Its own share: with more it gives back what lies idle. */
  readonly share: number;
  /** With more than so many it gives back every one that its calls leave, whoever waits. */
  readonly keep: number;
  /** Whether it gives back at once whatever lies idle. */
  readonly lend: boolean;
  /** True when nobody has a slot that lies idle. */
  readonly scarce: boolean;
  /** Grows with each. */
  readonly number: number;
}
