/** What a gateway process is to those who start and lead it. */
import type { Config } from "@headrace/core/config/types";
import type { ConversationStore } from "@headrace/providers/wires/openai-responses/conversation";
import type { HealthNotice } from "@headrace/routing/health/health-notice";
import type { HealthReport } from "@headrace/routing/health/target-health";
import type { Leases } from "../admission/leases.ts";
import type { CallsQuery, ExplainedCall } from "../explain/explained-call.ts";
import type { Logs } from "../observability/logger.ts";
import type { MetricJson } from "../observability/metric-table.ts";
import type { ShadowTally } from "../shadow/shadow-tally.ts";

/** A validated config with a number that grows with each reload. */
export interface ConfigVersion {
  readonly config: Config;
  readonly hash: string;
  readonly version: number;
}

export interface ProcessOptions extends ConfigVersion {
  readonly index: number;
  /** Gateway processes in all: they share the machine's cores and their standard output. */
  readonly fleetSize: number;
}

/** One gateway process, here or in a child: the supervisor treats both alike. */
export interface GatewayUnit {
  readonly port: number;
  metrics(): Promise<MetricJson[]>;
  /** Where the latest calls went that fit, newest first. */
  calls(query: CallsQuery): Promise<ExplainedCall[]>;
  /** How the copies of its calls went. */
  shadows(): Promise<ShadowTally[]>;
  /** How it sees its targets. */
  targets(): Promise<readonly HealthReport[]>;
  /** Swaps the snapshot; requests that run keep theirs. Rejects, and changes nothing, when it cannot. */
  reload(next: ConfigVersion): Promise<void>;
  /** What another process of the machine has found out about targets. */
  learn(notices: readonly HealthNotice[]): void;
  /** Stops accepting, lets what runs end within `drainTimeoutMs`, and frees everything. */
  drain(): Promise<void>;
}

/** What is there before a process serves, and after. */
export interface ProcessHost {
  /** The process's own; who opened them closes them, behind the unit's drain. */
  readonly logs: Logs;
  /** Where responses are kept; null when none are to be. */
  readonly store: ConversationStore | null;
  /** Tells the other processes of the machine what this one has found out about targets. */
  readonly tell: (notices: readonly HealthNotice[]) => void;
  /** What it has of limits that other processes share; null when none does. */
  readonly leases: Leases | null;
}
