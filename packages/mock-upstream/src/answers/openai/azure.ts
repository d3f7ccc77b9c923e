import type { MockBehaviour } from "../../behaviour/fields.ts";
import type { Call, GenerationEndpoint, JsonEndpoint } from "../contract.ts";
import { openAiWire } from "./wire.ts";

const DEPLOYMENT = /\/deployments\/([^/]+)/;

/** An endpoint as Azure serves it: the path names the model, and the flavour is Azure's. */
export function inDeployment(endpoint: GenerationEndpoint): GenerationEndpoint {
  return {
    ...endpoint,
    name: `azure-${endpoint.name}`,
    needsTarget: true,
    wire: (behaviour) => openAiWire(asAzure(behaviour)),
    read: (call) => endpoint.read(withModel(call)),
    plain: (request, behaviour) => endpoint.plain(request, asAzure(behaviour)),
    events: (request, behaviour) => endpoint.events(request, asAzure(behaviour)),
  };
}

/** The same for an endpoint with one answer. */
export function jsonInDeployment(endpoint: JsonEndpoint): JsonEndpoint {
  return {
    ...endpoint,
    name: `azure-${endpoint.name}`,
    needsTarget: true,
    wire: (behaviour) => openAiWire(asAzure(behaviour)),
    answer: (call) => endpoint.answer(withModel(call)),
  };
}

function asAzure(behaviour: MockBehaviour): MockBehaviour {
  return behaviour.flavour === "openai" ? { ...behaviour, flavour: "azure" } : behaviour;
}

/** Whatever model the body names, the deployment decides. */
function withModel(call: Call): Call {
  const deployment = DEPLOYMENT.exec(call.target.path)?.[1] ?? "";
  return { ...call, body: { ...call.body, model: decodeURIComponent(deployment) } };
}
