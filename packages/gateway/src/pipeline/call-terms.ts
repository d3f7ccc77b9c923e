import type { Priority } from "@headrace/core/config/types-traffic";
import type { LoadShedder } from "../admission/load-shedder.ts";
import { type FaultPlan, faultsOf } from "../faults/fault-plan.ts";
import type { Exchange } from "../http/exchange.ts";
import type { KeyIdentity } from "../snapshot/keyring.ts";
import type { Snapshot } from "../snapshot/snapshot.ts";
import { authenticate, type KeyBearer, refuseEncodedBody } from "./admit.ts";
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

/** What a call comes in by. */
export interface Entrance {
  readonly snapshot: Snapshot;
  readonly shedder: Pick<LoadShedder, "admit">;
  /** Told whose the call is before anything else of it can be refused. */
  readonly tally: { keyName: string };
}

/**
 * Lets a call in by its head, while the exchange's handler runs.
 *
 * @param bearer - who shows the key
 * @throws GatewayError `missing_api_key`, `invalid_api_key`, `override_not_allowed`, `invalid_override`,
 * `unsupported_media_type`, `overloaded`
 */
export function admitCall(
  exchange: Exchange,
  { snapshot, shedder, tally }: Entrance,
  bearer: KeyBearer = exchange,
): CallTerms {
  const identity = authenticate(bearer, snapshot);
  tally.keyName = identity.name;
  const terms = readTerms(exchange, identity, snapshot);
  shedder.admit(terms.priority);
  return terms;
}

function readTerms(exchange: Exchange, identity: KeyIdentity, snapshot: Snapshot): CallTerms {
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
