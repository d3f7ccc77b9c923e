import type { FaultConfig } from "@headrace/core/config/types-traffic";
import { ENDPOINTS, type Endpoint } from "@headrace/core/endpoints";
import type { WireId } from "@headrace/core/wire/wire-id";
import type { TryRecord } from "../pipeline/try-record.ts";
import type { Target } from "../snapshot/snapshot.ts";
import type { UpstreamRequest } from "../upstream/upstream-call.ts";
import { writeFault } from "./fault-header.ts";
import type { FaultPlan } from "./fault-plan.ts";
import { faultyDispatcher } from "./faulty-dispatcher.ts";
import type { AskedCall } from "./made-answer.ts";

/** The failure that a try is to meet, which its record then tells; null for none. */
export function chooseFault(
  record: Pick<TryRecord, "target" | "recorder" | "fault">,
  plan: FaultPlan,
  random: () => number,
): FaultConfig | null {
  const { model } = record.recorder.labels;
  const fault = plan.choose({ provider: record.target.provider, model }, random);
  if (fault !== null) record.fault = writeFault(fault);
  return fault;
}

/** Where a try is sent: to its provider, or by a way on which it fails as a plan wants it to, which the record then says. */
export function upstreamWithFaults(
  record: Pick<TryRecord, "target" | "recorder" | "fault">,
  plan: FaultPlan,
  { call, random }: { readonly call: AskedCall; readonly random: () => number },
): UpstreamRequest["upstream"] {
  const { upstream } = record.target;
  const fault = chooseFault(record, plan, random);
  if (fault === null) return upstream;
  return { dispatcher: faultyDispatcher(upstream.dispatcher, fault, call) };
}

/** The wire on which a request of this path fails. */
export function wireAt(path: string, endpoint: Endpoint, { routes }: Target): WireId {
  const { passing, translating } = routes[endpoint];
  const passes = passing !== null && (path === passing.plainPath || path === passing.streamPath);
  if (passes || translating === null) return ENDPOINTS[endpoint].wire;
  const { wire, stream } = translating.translation;
  // Who frames another's wire in AWS's messages has AWS's errors too.
  return stream?.provider.framing === "aws-event-stream" ? "bedrock-invoke" : wire;
}
