import type { IncomingHttpHeaders } from "node:http";
import type { FaultConfig } from "@headrace/core/config/types-traffic";
import { GatewayError } from "@headrace/core/errors/gateway-error";
import type { ErrorType } from "@headrace/core/errors/table";
import type { WireId } from "@headrace/core/wire/wire-id";
import { BedrockMessageFraming, CONVERSE_MESSAGES } from "@headrace/providers/bedrock/message-framing";
import { clientWireFor } from "../handlers/client-wires.ts";

/** An answer that no provider gave. */
export interface MadeAnswer {
  readonly status: number;
  readonly headers: IncomingHttpHeaders;
  readonly body: Buffer;
}

/** What a provider was asked. */
export interface AskedCall {
  /** On which it answers. */
  readonly wire: WireId;
  readonly stream: boolean;
}

const MADE_MESSAGE = "This failure was made on purpose.";
const ERROR_ID = "made-on-purpose";
const STATUS_IN_STREAM = 503;

/** As the wire's own providers put an error; what they have in common with a client's wire is its form. */
export function refusal(
  { status, retryAfterMs }: Extract<FaultConfig, { fault: "status" }>,
  { wire }: AskedCall,
): MadeAnswer {
  const form = clientWireFor(wire);
  const { errorTypeHeader } = form;
  return {
    status,
    headers: {
      "content-type": "application/json",
      ...(errorTypeHeader === undefined ? {} : { [errorTypeHeader.name]: errorTypeHeader.valueFor(status) }),
      ...(retryAfterMs === undefined
        ? {}
        : { "retry-after-ms": `${retryAfterMs}`, "retry-after": `${Math.ceil(retryAfterMs / 1000)}` }),
    },
    body: Buffer.from(form.encodeError(errorOf(status), ERROR_ID)),
  };
}

/** An error where the answer should be, under the status of one that went well. */
export function errorIn200({ wire, stream }: AskedCall): MadeAnswer {
  const error = errorOf(STATUS_IN_STREAM);
  if (!stream) return made("application/json", clientWireFor(wire).encodeError(error, ERROR_ID));
  if (wire === "ollama-chat")
    return made("application/x-ndjson", `${JSON.stringify({ error: MADE_MESSAGE })}\n`);
  const form = clientWireFor(wire);
  // Cohere's word for an error in a stream ends a message, and none has begun.
  const events =
    wire === "cohere-chat"
      ? `data: ${form.encodeError(error, ERROR_ID)}\n\n`
      : form.encodeStreamError(error, ERROR_ID);
  if (wire !== "bedrock-converse" && wire !== "bedrock-invoke") return made("text/event-stream", events);
  const framing = new BedrockMessageFraming(CONVERSE_MESSAGES);
  return made(framing.contentType, framing.push(Buffer.from(events)));
}

function made(contentType: string, body: string | Buffer): MadeAnswer {
  return { status: 200, headers: { "content-type": contentType }, body: Buffer.from(body) };
}

const TYPES: ReadonlyMap<number, ErrorType> = new Map<number, ErrorType>([
  [401, "authentication_error"],
  [403, "permission_error"],
  [404, "not_found_error"],
  [429, "rate_limit_error"],
]);

function errorOf(status: number): GatewayError {
  const type = TYPES.get(status) ?? (status < 500 ? "invalid_request_error" : "server_error");
  return new GatewayError("upstream_error", { message: MADE_MESSAGE, status, type });
}
