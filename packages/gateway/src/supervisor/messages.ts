/** What the supervisor and its children say to each other; structured clone carries it. */
import type { HealthNotice } from "@headrace/routing/health/health-notice";
import type { HealthReport } from "@headrace/routing/health/target-health";
import type { SlotNotice, SlotReport } from "../admission/slot-messages.ts";
import type { CallsQuery, ExplainedCall } from "../explain/explained-call.ts";
import type { MetricJson } from "../observability/metric-table.ts";
import type { ConfigVersion, ProcessOptions } from "../process/gateway-unit.ts";
import type { ShadowTally } from "../shadow/shadow-tally.ts";
import type { StoreAnswer, StoreAsk } from "./linked-store.ts";

export type ToChild =
  | { readonly kind: "start"; readonly options: ProcessOptions }
  | { readonly kind: "reload"; readonly id: number; readonly next: ConfigVersion }
  | { readonly kind: "metrics"; readonly id: number }
  | { readonly kind: "calls"; readonly id: number; readonly query: CallsQuery }
  | { readonly kind: "targets"; readonly id: number }
  | { readonly kind: "shadows"; readonly id: number }
  | { readonly kind: "drain" }
  | { readonly kind: "health"; readonly notices: readonly HealthNotice[] }
  | { readonly kind: "slots"; readonly notices: readonly SlotNotice[] }
  | { readonly kind: "store-answer"; readonly id: number; readonly answer: StoreAnswer };

export type FromChild =
  | { readonly kind: "health"; readonly notices: readonly HealthNotice[] }
  | { readonly kind: "slots"; readonly reports: readonly SlotReport[] }
  | { readonly kind: "store-ask"; readonly id: number; readonly ask: StoreAsk }
  | { readonly kind: "listening"; readonly port: number }
  | { readonly kind: "failed"; readonly message: string }
  | {
      readonly kind: "answer";
      readonly id: number;
      readonly metrics?: MetricJson[];
      readonly calls?: ExplainedCall[];
      readonly shadows?: ShadowTally[];
      readonly targets?: readonly HealthReport[];
      readonly problem?: string;
    };
