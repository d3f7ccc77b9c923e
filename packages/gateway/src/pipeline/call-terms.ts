import type { Priority } from "@headrace/core/config/types-traffic";
import { type FaultPlan, faultsOf } from "../faults/fault-plan.ts";
import type { Exchange } from "../http/exchange.ts";
import type { KeyIdentity } from "../snapshot/keyring.ts";
import type { Snapshot } from "../snapshot/snapshot.ts";
import { refuseEncodedBody } from "./admit.ts";
import { type CallOverrides, readOverrides } from "./call-overrides.ts";
import { collectForwarded, type ForwardedHeaders } from "./forward-headers.ts";

/** What a request's head settles before its body is read. */
export interface CallTerms {
  readonly identity: KeyIdentity;
  readonly priority: Priority;
  /** Null for a client that decides nothing by itself. */
  readonly overrides: CallOverrides | null;
  /** The failures that are made on purpose; null for none. */
  readonly faults: FaultPlan | null;
  /** Headers that may go on to providers. */
  readonly forwarded: ForwardedHeaders;
  /** Headers that routes look at. */
  readonly shown: ForwardedHeaders;
}

/**
 * Reads them while the exchange's handler runs.
 *
 * @throws GatewayError `override_not_allowed`, `invalid_override`, `unsupported_media_type`
 */
export function readTerms(exchange: Exchange, identity: KeyIdentity, snapshot: Snapshot): CallTerms {
  const faults = faultsOf(exchange, identity, snapshot);
  refuseEncodedBody(exchange);
  const overrides = readOverrides(exchange, identity);
  return {
    identity,
    priority: overrides?.priority ?? identity.priority,
    overrides,
    faults,
    forwarded: collectForwarded(exchange, snapshot.forwardHeaders),
    shown: collectForwarded(exchange, snapshot.needs.headers),
  };
}
