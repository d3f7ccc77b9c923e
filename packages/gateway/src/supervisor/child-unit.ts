import { type ChildProcess, fork } from "node:child_process";
import { extname } from "node:path";
import { fileURLToPath } from "node:url";
import type { ConversationStore } from "@headrace/providers/wires/openai-responses/conversation";
import type { HealthNotice } from "@headrace/routing/health/health-notice";
import type { HealthReport } from "@headrace/routing/health/target-health";
import type { CallsQuery, ExplainedCall } from "../explain/explained-call.ts";
import type { MetricJson } from "../observability/metric-table.ts";
import type { ConfigVersion, GatewayUnit, ProcessOptions } from "../process/gateway-unit.ts";
import type { ShadowTally } from "../shadow/shadow-tally.ts";
import { answerStoreAsk } from "./linked-store.ts";
import type { FromChild, ToChild } from "./messages.ts";
import type { SlotBank } from "./slot-bank.ts";

const ENTRY = fileURLToPath(new URL(`./child-entry${extname(import.meta.url)}`, import.meta.url));

/** A child may drain this much longer than its own limit before it is killed. */
const KILL_GRACE_MS = 5_000;
/** A child that does not answer in time is left out of a scrape. */
const SCRAPE_TIMEOUT_MS = 2_000;
/** A reload opens connections to providers before it takes effect. */
const RELOAD_TIMEOUT_MS = 60_000;

type Answer = Extract<FromChild, { kind: "answer" }>;

/** What a child needs of its supervisor. */
export interface ChildHost {
  /** Null when no responses are to be kept. */
  readonly store: ConversationStore | null;
  /** Told what it has found out about targets, for the others. */
  readonly onHealth: (notices: readonly HealthNotice[]) => void;
  /** Where it has the slots of its limits from. */
  readonly bank: SlotBank;
  /** Told when it has ended without having been asked to. */
  readonly onExit: (reason: string) => void;
}

/**
 * Starts a gateway process as a child.
 *
 * @throws Error with the child's own words when it cannot start
 */
export function startChildUnit(options: ProcessOptions, host: ChildHost): Promise<GatewayUnit> {
  return leadChild(fork(ENTRY, [], { serialization: "advanced" }), options, host);
}

/** The same for a process that has just been forked. */
export function leadChild(
  child: ChildProcess,
  options: ProcessOptions,
  { store, bank, onHealth, onExit }: ChildHost,
): Promise<GatewayUnit> {
  return new Promise((resolve, reject) => {
    let unit: ForkedUnit | null = null;
    const seat = bank.open((notices) => {
      if (child.connected) child.send({ kind: "slots", notices } satisfies ToChild, ignoreLost);
    });
    child.on("message", (message: FromChild) => {
      if (message.kind === "listening") {
        unit = new ForkedUnit(child, message.port, options.config.drainTimeoutMs);
        resolve(unit);
      } else if (message.kind === "failed") reject(new Error(message.message));
      else if (message.kind === "health") onHealth(message.notices);
      else if (message.kind === "slots") bank.hear(seat, message.reports);
      else if (message.kind === "store-ask") {
        const { id, ask } = message;
        void answerStoreAsk(store, ask).then((answer) =>
          child.send({ kind: "store-answer", id, answer } satisfies ToChild, ignoreLost),
        );
      } else unit?.onAnswer(message);
    });
    child.on("exit", (code, signal) => {
      bank.close(seat);
      const reason = signal === null ? `exit code ${code}` : `signal ${signal}`;
      if (unit === null) reject(new Error(`a gateway process ended while it started (${reason})`));
      else if (!unit.onExit()) onExit(reason);
    });
    // Not started, or not to be killed. What cannot be sent is told to who sends it, and a lost child by its exit.
    child.on("error", (error) => reject(new Error(`a gateway process cannot be started: ${error.message}`)));
    child.send({ kind: "start", options } satisfies ToChild, ignoreLost);
  });
}

class ForkedUnit implements GatewayUnit {
  readonly port: number;
  readonly #child: ChildProcess;
  #drainTimeoutMs: number;
  readonly #waiting = new Map<number, (answer: Answer) => void>();
  #nextId = 1;
  #draining = false;
  #onEnd: (() => void) | null = null;

  constructor(child: ChildProcess, port: number, drainTimeoutMs: number) {
    this.#child = child;
    this.port = port;
    this.#drainTimeoutMs = drainTimeoutMs;
  }

  async metrics(): Promise<MetricJson[]> {
    const answer = await this.#ask(SCRAPE_TIMEOUT_MS, (id) => ({ kind: "metrics", id }));
    if (answer.metrics === undefined) throw new Error(answer.problem);
    return answer.metrics;
  }

  async calls(query: CallsQuery): Promise<ExplainedCall[]> {
    const answer = await this.#ask(SCRAPE_TIMEOUT_MS, (id) => ({ kind: "calls", id, query }));
    if (answer.calls === undefined) throw new Error(answer.problem);
    return answer.calls;
  }

  async targets(): Promise<readonly HealthReport[]> {
    const answer = await this.#ask(SCRAPE_TIMEOUT_MS, (id) => ({ kind: "targets", id }));
    if (answer.targets === undefined) throw new Error(answer.problem);
    return answer.targets;
  }

  async shadows(): Promise<ShadowTally[]> {
    const answer = await this.#ask(SCRAPE_TIMEOUT_MS, (id) => ({ kind: "shadows", id }));
    if (answer.shadows === undefined) throw new Error(answer.problem);
    return answer.shadows;
  }

  async reload(next: ConfigVersion): Promise<void> {
    const answer = await this.#ask(RELOAD_TIMEOUT_MS, (id) => ({ kind: "reload", id, next }));
    if (answer.problem !== undefined) throw new Error(answer.problem);
    this.#drainTimeoutMs = next.config.drainTimeoutMs;
  }

  learn(notices: readonly HealthNotice[]): void {
    if (this.#child.connected) this.#child.send({ kind: "health", notices } satisfies ToChild, ignoreLost);
  }

  drain(): Promise<void> {
    this.#draining = true;
    if (this.#child.exitCode !== null || this.#child.signalCode !== null) return Promise.resolve();
    return new Promise((resolve) => {
      const timer = setTimeout(() => this.#child.kill("SIGKILL"), this.#drainTimeoutMs + KILL_GRACE_MS);
      this.#onEnd = () => {
        clearTimeout(timer);
        resolve();
      };
      this.#child.send({ kind: "drain" } satisfies ToChild, ignoreLost);
    });
  }

  onAnswer(answer: Answer): void {
    this.#waiting.get(answer.id)?.(answer);
  }

  /** True when the end was asked for. */
  onExit(): boolean {
    for (const [id, settle] of this.#waiting) settle({ kind: "answer", id, problem: "the process ended" });
    this.#onEnd?.();
    return this.#draining;
  }

  #ask(timeoutMs: number, message: (id: number) => ToChild): Promise<Answer> {
    const id = this.#nextId++;
    return new Promise((resolve) => {
      const settle = (answer: Answer): void => {
        clearTimeout(timer);
        this.#waiting.delete(id);
        resolve(answer);
      };
      const timer = setTimeout(() => settle({ kind: "answer", id, problem: "no answer in time" }), timeoutMs);
      this.#waiting.set(id, settle);
      this.#child.send(message(id), (error) => {
        if (error !== null) settle({ kind: "answer", id, problem: error.message });
      });
    });
  }
}

/** For a message to a child that may have died this moment, which its exit tells; without it Node throws. */
function ignoreLost(): void {}
