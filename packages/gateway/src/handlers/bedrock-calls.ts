import { GatewayError } from "@headrace/core/errors/gateway-error";
import {
  BedrockMessageFraming,
  CONVERSE_MESSAGES,
  INVOKE_MESSAGES,
} from "@headrace/providers/bedrock/message-framing";
import type { Exchange, Handler } from "../http/exchange.ts";
import { decodeSegment } from "../http/path-segment.ts";
import type { CallHead } from "../pipeline/call-head.ts";
import { clientWireOf } from "./client-wires.ts";
import { beginInference, type InferenceDeps } from "./inference.ts";
import { LocalCall } from "./local-call.ts";

type Operation = Pick<CallHead, "endpoint" | "openFraming"> & { readonly stream: boolean };

/** What stands behind the model (Bedrock API reference, "Converse", "InvokeModel" and their streams). */
const OPERATIONS: Readonly<Record<string, Operation>> = {
  converse: { endpoint: "converse", stream: false },
  "converse-stream": {
    endpoint: "converse",
    stream: true,
    openFraming: () => new BedrockMessageFraming(CONVERSE_MESSAGES),
  },
  invoke: { endpoint: "invoke-model", stream: false },
  "invoke-with-response-stream": {
    endpoint: "invoke-model",
    stream: true,
    openFraming: () => new BedrockMessageFraming(INVOKE_MESSAGES),
  },
};

/** How AWS's SDKs begin a signature, when they were given AWS credentials in place of a bearer token. */
const SIGNATURE = "AWS4-";

/** `POST {prefix}{model}/{operation}`; the model may be an ARN, so it is one segment, encoded. */
export function bedrockHandler(prefix: string, deps: InferenceDeps): Handler {
  return function handleBedrock(exchange) {
    const head = readHead(exchange.path.slice(prefix.length));
    if (head === null) refuse(exchange, noSuchCall(), deps);
    else if (isSigned(exchange, deps)) refuse(exchange, signedRequest(), deps);
    else beginInference(exchange, head, deps);
  };
}

function readHead(rest: string): CallHead | null {
  const slash = rest.lastIndexOf("/");
  const operation = rest.slice(slash + 1);
  if (slash < 1 || !Object.hasOwn(OPERATIONS, operation)) return null;
  const found = OPERATIONS[operation];
  if (found === undefined) return null;
  const { stream, ...head } = found;
  return { ...head, path: { model: decodeSegment(rest.slice(0, slash)), stream } };
}

/** A signature shows only that its maker has a secret, which the gateway does not know. */
function isSigned(exchange: Exchange, { currentSnapshot }: InferenceDeps): boolean {
  return !currentSnapshot().keyring.open && exchange.header("authorization").startsWith(SIGNATURE);
}

function signedRequest(): GatewayError {
  return new GatewayError("invalid_api_key", {
    message:
      "The request is signed with AWS credentials, which mean nothing here. Give the SDK a key of this gateway as its bearer token, for example in AWS_BEARER_TOKEN_BEDROCK.",
  });
}

function noSuchCall(): GatewayError {
  const message = `There is no such call; those on a model are ${Object.keys(OPERATIONS).join(", ")}.`;
  return new GatewayError("route_not_found", { message });
}

function refuse(exchange: Exchange, error: GatewayError, { currentSnapshot }: InferenceDeps): void {
  const call = new LocalCall(exchange, currentSnapshot().localRecorders.none);
  call.refuse(error, { wire: clientWireOf("converse") });
}
