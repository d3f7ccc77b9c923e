import { GatewayError } from "@headrace/core/errors/gateway-error";
import type { Exchange, Handler } from "../http/exchange.ts";
import { authenticate, mayUse } from "../pipeline/admit.ts";
import type { Snapshot } from "../snapshot/snapshot.ts";
import { LocalCall } from "./local-call.ts";

const PREFIX = "/v1/models/";
// Nothing tells when a provider made a model; the field is required on the wire.
const CREATED_EPOCH_S = 0;

/** `GET /v1/models`: the names that this key may ask for. */
export function listModelsHandler(currentSnapshot: () => Snapshot): Handler {
  return answering(currentSnapshot, (snapshot, usable) => {
    return { object: "list", data: snapshot.models.names().filter(usable).map(describe) };
  });
}

/** `GET /v1/models/{model}`, for names with slashes too. */
export function getModelHandler(currentSnapshot: () => Snapshot): Handler {
  return answering(currentSnapshot, (_snapshot, usable, exchange) => {
    const name = decode(exchange.path.slice(PREFIX.length));
    if (!usable(name)) throw new GatewayError("model_not_found", { param: "model" });
    return describe(name);
  });
}

type Answer = (snapshot: Snapshot, usable: (name: string) => boolean, exchange: Exchange) => unknown;

function answering(currentSnapshot: () => Snapshot, answer: Answer): Handler {
  return function handleModels(exchange) {
    const snapshot = currentSnapshot();
    const call = new LocalCall(exchange, snapshot.localRecorders.models);
    try {
      const identity = authenticate(exchange, snapshot);
      call.keyName = identity.name;
      const usable = (name: string): boolean => {
        const model = snapshot.models.get(name);
        return model !== undefined && mayUse(identity, name, model);
      };
      call.answer(JSON.stringify(answer(snapshot, usable, exchange)));
    } catch (error) {
      if (!(error instanceof GatewayError)) throw error;
      call.refuse(error);
    }
  };
}

function describe(name: string): object {
  return { id: name, object: "model", created: CREATED_EPOCH_S, owned_by: "headrace" };
}

function decode(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}
