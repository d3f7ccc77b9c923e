import type { MeteredUsage } from "../pipeline/metered-usage.ts";
import type { Spending } from "../pipeline/spending.ts";
import { toMicroseconds } from "../time/microseconds.ts";
import type { CallsQuery, ExplainedCall, ExplainedTry, ExplainedUsage } from "./explained-call.ts";

/** What tells calls apart that are counted together. One object for many calls. */
export interface CallLabels {
  readonly endpoint: string;
  /** As the config calls it; "" for none. */
  readonly model: string;
}

/** A call that is over. All times are of `performance.now()`. */
export interface EndedCall {
  readonly requestId: string;
  /** "" for none. */
  readonly keyName: string;
  readonly status: number;
  readonly errorCode: string | null;
  readonly stream: boolean;
  readonly startedAtMs: number;
  readonly durationMs: number;
  readonly firstTokenMs: number | null;
  readonly overheadMs: number;
  readonly requestBytes: number;
  readonly answerBytes: number;
  readonly usage: MeteredUsage | null;
  /** null = not known. */
  readonly costUsd: number | null;
  readonly tries: readonly EndedTry[];
}

export interface EndedTry {
  readonly target: { readonly provider: string; readonly model: string };
  readonly reason: string;
  readonly outcome: string;
  /** 0 for none. */
  readonly status: number;
  readonly code: string | null;
  readonly startedAtMs: number;
  /** 0 for none. */
  readonly firstByteAtMs: number;
  readonly endedAtMs: number;
  readonly lost: readonly string[];
  readonly fault: string | null;
  spending(): Spending;
}

/** The numbers of a call, by their place in its row. */
const COLUMNS = [
  "startedAtMs",
  "durationMs",
  "firstTokenMs",
  "overheadMs",
  "requestBytes",
  "answerBytes",
  "uncachedInput",
  "cacheReadInput",
  "cacheWrite5mInput",
  "cacheWrite1hInput",
  "visibleOutput",
  "reasoningOutput",
  "costUsd",
  "tryStartedMs",
  "tryFirstByteMs",
  "tryEndedMs",
] as const;

type Column = (typeof COLUMNS)[number];

const WIDTH: number = COLUMNS.length;
const AT = Object.fromEntries(COLUMNS.map((name, i) => [name, i])) as Readonly<Record<Column, number>>;

const STREAM = 1;
const HAS_USAGE = 2;
const IS_ESTIMATED = 4;

/** What a call leaves behind that is no number: either everything about its tries, or where its only one went. */
interface Kept {
  id: string;
  keyName: string;
  labels: CallLabels;
  error: string | null;
  provider: string;
  providerModel: string;
  outcome: string;
  /** For a call with more to tell than one try that went well. */
  tries: readonly ExplainedTry[] | null;
}

const NO_LABELS: CallLabels = { endpoint: "", model: "" };

/**
 * The latest calls of a process, in rows that are there from the beginning and written over, oldest first. Nearly every
 * call is one try that goes well: of that only numbers and names that exist already are kept, so that tens of thousands
 * of calls a second leave nothing behind to be collected.
 */
export class KeptCalls {
  #size = 0;
  #next = 0;
  #count = 0;
  #numbers = new Float64Array(0);
  #statuses = new Uint16Array(0);
  #tryStatuses = new Uint16Array(0);
  #flags = new Uint8Array(0);
  #kept: Kept[] = [];

  /** @param size - calls that are kept; 0 for none */
  constructor(size: number) {
    this.resize(size);
  }

  /** Another size begins anew; the same one changes nothing. */
  resize(size: number): void {
    if (size === this.#size) return;
    this.#size = size;
    this.#next = 0;
    this.#count = 0;
    this.#numbers = new Float64Array(size * WIDTH);
    this.#statuses = new Uint16Array(size);
    this.#tryStatuses = new Uint16Array(size);
    this.#flags = new Uint8Array(size);
    this.#kept = Array.from({ length: size }, emptyRow);
  }

  keep(labels: CallLabels, call: EndedCall): void {
    const row = this.#next;
    const kept = this.#kept[row];
    if (kept === undefined) return;
    this.#next = row + 1 === this.#size ? 0 : row + 1;
    if (this.#count < this.#size) this.#count++;
    kept.id = call.requestId;
    kept.keyName = call.keyName;
    kept.labels = labels;
    kept.error = call.errorCode;
    const [first] = call.tries;
    const only = call.errorCode === null && call.tries.length === 1 ? first : undefined;
    const plain = only !== undefined && only.lost.length === 0 && only.fault === null;
    if (plain) {
      kept.provider = only.target.provider;
      kept.providerModel = only.target.model;
      kept.outcome = only.outcome;
      kept.tries = null;
    } else kept.tries = call.tries.map((begun) => explainTry(begun, call));
    this.#writeNumbers(row, call, plain ? only : undefined);
  }

  /** The calls that fit, newest first. */
  find({ id, status, model, error, limit }: CallsQuery): ExplainedCall[] {
    const found: ExplainedCall[] = [];
    for (let back = 1; back <= this.#count && found.length < limit; back++) {
      const row = (this.#next - back + this.#size) % this.#size;
      const kept = this.#kept[row];
      if (kept === undefined || (id !== undefined && kept.id !== id)) continue;
      if (status !== undefined && this.#statuses[row] !== status) continue;
      if (model !== undefined && kept.labels.model !== model) continue;
      if (error !== undefined && kept.error !== error) continue;
      found.push(this.#explain(row, kept));
    }
    return found;
  }

  #writeNumbers(row: number, call: EndedCall, only: EndedTry | undefined): void {
    const numbers = this.#numbers;
    const at = row * WIDTH;
    const { startedAtMs, usage } = call;
    this.#statuses[row] = call.status;
    this.#flags[row] = flagsOf(call);
    numbers[at + AT.startedAtMs] = startedAtMs;
    numbers[at + AT.durationMs] = call.durationMs;
    numbers[at + AT.firstTokenMs] = call.firstTokenMs ?? Number.NaN;
    numbers[at + AT.overheadMs] = call.overheadMs;
    numbers[at + AT.requestBytes] = call.requestBytes;
    numbers[at + AT.answerBytes] = call.answerBytes;
    if (usage !== null) {
      const { tokens } = usage;
      numbers[at + AT.uncachedInput] = tokens.uncachedInput;
      numbers[at + AT.cacheReadInput] = tokens.cacheReadInput;
      numbers[at + AT.cacheWrite5mInput] = tokens.cacheWrite5mInput;
      numbers[at + AT.cacheWrite1hInput] = tokens.cacheWrite1hInput;
      numbers[at + AT.visibleOutput] = tokens.visibleOutput;
      numbers[at + AT.reasoningOutput] = tokens.reasoningOutput;
    }
    numbers[at + AT.costUsd] = call.costUsd ?? Number.NaN;
    if (only === undefined) return;
    this.#tryStatuses[row] = only.status;
    numbers[at + AT.tryStartedMs] = only.startedAtMs - startedAtMs;
    numbers[at + AT.tryFirstByteMs] =
      only.firstByteAtMs === 0 ? Number.NaN : only.firstByteAtMs - startedAtMs;
    numbers[at + AT.tryEndedMs] = only.endedAtMs - startedAtMs;
  }

  #explain(row: number, kept: Kept): ExplainedCall {
    const flags = this.#flags[row] ?? 0;
    const usage = (flags & HAS_USAGE) === 0 ? null : this.#usage(row, flags);
    return {
      id: kept.id,
      startedAt: new Date(wallMs(this.#number(row, "startedAtMs"))).toISOString(),
      endpoint: kept.labels.endpoint,
      model: kept.labels.model || null,
      key: kept.keyName || null,
      status: this.#statuses[row] ?? 0,
      error: kept.error,
      stream: (flags & STREAM) !== 0,
      durationMs: toMicroseconds(this.#number(row, "durationMs")),
      firstTokenMs: microsecondsOrNull(this.#number(row, "firstTokenMs")),
      overheadMs: toMicroseconds(this.#number(row, "overheadMs")),
      requestBytes: this.#number(row, "requestBytes"),
      answerBytes: this.#number(row, "answerBytes"),
      usage,
      costUsd: this.#costUsd(row),
      tries: kept.tries ?? [this.#onlyTry(row, kept, usage)],
    };
  }

  #onlyTry(row: number, kept: Kept, usage: ExplainedUsage | null): ExplainedTry {
    return {
      provider: kept.provider,
      model: kept.providerModel || null,
      reason: "first",
      outcome: kept.outcome,
      status: this.#tryStatuses[row] || null,
      error: null,
      startedMs: toMicroseconds(this.#number(row, "tryStartedMs")),
      firstByteMs: microsecondsOrNull(this.#number(row, "tryFirstByteMs")),
      endedMs: toMicroseconds(this.#number(row, "tryEndedMs")),
      droppedParams: [],
      fault: null,
      usage,
      costUsd: this.#costUsd(row),
    };
  }

  #usage(row: number, flags: number): ExplainedUsage {
    return {
      uncachedInput: this.#number(row, "uncachedInput"),
      cacheReadInput: this.#number(row, "cacheReadInput"),
      cacheWrite5mInput: this.#number(row, "cacheWrite5mInput"),
      cacheWrite1hInput: this.#number(row, "cacheWrite1hInput"),
      visibleOutput: this.#number(row, "visibleOutput"),
      reasoningOutput: this.#number(row, "reasoningOutput"),
      source: (flags & IS_ESTIMATED) === 0 ? "reported" : "estimated",
    };
  }

  #costUsd(row: number): number | null {
    const costUsd = this.#number(row, "costUsd");
    return Number.isNaN(costUsd) ? null : costUsd;
  }

  #number(row: number, column: Column): number {
    return this.#numbers[row * WIDTH + AT[column]] ?? 0;
  }
}

function emptyRow(): Kept {
  return {
    id: "",
    keyName: "",
    labels: NO_LABELS,
    error: null,
    provider: "",
    providerModel: "",
    outcome: "",
    tries: null,
  };
}

function flagsOf({ stream, usage }: EndedCall): number {
  const streamed = stream ? STREAM : 0;
  if (usage === null) return streamed;
  return streamed | HAS_USAGE | (usage.source === "estimated" ? IS_ESTIMATED : 0);
}

function explainTry(begun: EndedTry, { startedAtMs }: EndedCall): ExplainedTry {
  const { target, status, firstByteAtMs } = begun;
  const { usage, costUsd } = begun.spending();
  return {
    provider: target.provider,
    model: target.model || null,
    reason: begun.reason,
    outcome: begun.outcome,
    status: status || null,
    error: begun.code,
    startedMs: toMicroseconds(begun.startedAtMs - startedAtMs),
    firstByteMs: firstByteAtMs === 0 ? null : toMicroseconds(firstByteAtMs - startedAtMs),
    endedMs: toMicroseconds(begun.endedAtMs - startedAtMs),
    droppedParams: begun.lost,
    fault: begun.fault,
    usage: usage === null ? null : { ...usage.tokens, source: usage.source },
    costUsd,
  };
}

/** A time of the monotonic clock by the one on the wall, as that one goes now. */
function wallMs(atMs: number): number {
  return Date.now() - (performance.now() - atMs);
}

function microsecondsOrNull(valueMs: number): number | null {
  return Number.isNaN(valueMs) ? null : toMicroseconds(valueMs);
}
