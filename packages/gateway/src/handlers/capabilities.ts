import { GatewayError } from "@headrace/core/errors/gateway-error";
import { capabilities } from "@headrace/providers/capabilities/capabilities";
import type { Handler } from "../http/exchange.ts";
import { authenticate, mayUse } from "../pipeline/admit.ts";
import type { Snapshot } from "../snapshot/snapshot.ts";
import { LocalCall } from "./local-call.ts";

/**
 * `GET /v1/capabilities`: what each adapter serves, natively or by translation, as the conformance suite proves it; and by
 * which adapters the models are served that this key may use.
 */
export function capabilitiesHandler(currentSnapshot: () => Snapshot): Handler {
  return function handleCapabilities(exchange) {
    const snapshot = currentSnapshot();
    const call = new LocalCall(exchange, snapshot.localRecorders.capabilities);
    try {
      const identity = authenticate(exchange, snapshot);
      call.keyName = identity.name;
      const models = snapshot.models.names().flatMap((name) => {
        const model = snapshot.models.get(name);
        if (model === undefined || !mayUse(identity, name, model)) return [];
        const targets = model.targets.map(({ upstream, model: id }) => ({
          provider: upstream.name,
          adapter: upstream.adapter.id,
          model: id,
        }));
        return [{ id: name, targets }];
      });
      call.answer(JSON.stringify({ object: "capabilities", models, ...capabilities() }));
    } catch (error) {
      if (!(error instanceof GatewayError)) throw error;
      call.refuse(error);
    }
  };
}
