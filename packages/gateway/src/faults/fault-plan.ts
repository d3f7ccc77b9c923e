import type { FaultConfig, FaultRuleConfig, FaultsConfig } from "@headrace/core/config/types-traffic";
import { GatewayError } from "@headrace/core/errors/gateway-error";
import type { Exchange } from "../http/exchange.ts";
import type { KeyIdentity } from "../snapshot/keyring.ts";
import type { Snapshot } from "../snapshot/snapshot.ts";
import { FAULT_HEADER, readFault } from "./fault-header.ts";

/** Where a request is about to go. */
export interface FaultPlace {
  readonly provider: string;
  /** As the config calls it; "" for a call that is about none. */
  readonly model: string;
}

/** The failures that are made on purpose, compiled with the config. */
export class FaultPlan {
  readonly #rules: readonly FaultRuleConfig[];

  constructor(rules: readonly FaultRuleConfig[]) {
    this.#rules = rules;
  }

  /** With a rule of the call's own before the others. */
  withRule(rule: FaultRuleConfig): FaultPlan {
    return new FaultPlan([rule, ...this.#rules]);
  }

  /** The first rule that fits, and whose share the dice choose. */
  choose(place: FaultPlace, random: () => number): FaultConfig | null {
    const chosen = this.#rules.find(({ provider, model, share }) => {
      if (provider !== undefined && provider !== place.provider) return false;
      if (model !== undefined && model !== place.model) return false;
      return share >= 1 || random() < share;
    });
    return chosen ?? null;
  }
}

/** @returns null when none are to be made, so that nothing else has to be looked at */
export function compileFaults({ enabled, rules }: FaultsConfig): FaultPlan | null {
  return enabled ? new FaultPlan(rules) : null;
}

/**
 * What a request may meet: the config's rules, and before them what its own header asks for.
 *
 * @throws GatewayError `override_not_allowed` or `invalid_override`
 */
export function faultsOf(
  exchange: Pick<Exchange, "header">,
  identity: KeyIdentity,
  { faults, providers }: Pick<Snapshot, "faults" | "providers">,
): FaultPlan | null {
  const header = exchange.header(FAULT_HEADER);
  if (header === "") return faults;
  if (faults === null) {
    const message = "Failures are not made on purpose here: faults.enabled is false.";
    throw new GatewayError("override_not_allowed", { message, param: FAULT_HEADER });
  }
  if (!identity.overrides.has("faults"))
    throw new GatewayError("override_not_allowed", { param: FAULT_HEADER });
  const rule = readFault(header);
  if (rule.provider === undefined || providers.has(rule.provider)) return faults.withRule(rule);
  const message = "The header x-headrace-fault names a provider that is not there.";
  throw new GatewayError("invalid_override", { message, param: FAULT_HEADER });
}
