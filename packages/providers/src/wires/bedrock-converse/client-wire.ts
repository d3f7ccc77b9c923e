import type { GatewayError } from "@headrace/core/errors/gateway-error";
import type { ClientWire } from "@headrace/core/wire/client-wire";

/** Bedrock API reference, "Common errors", and those of `Converse` and `InvokeModel`, by their statuses. */
const EXCEPTION_BY_STATUS: ReadonlyMap<number, string> = new Map([
  [400, "ValidationException"],
  [401, "AccessDeniedException"],
  [403, "AccessDeniedException"],
  [404, "ResourceNotFoundException"],
  [405, "ValidationException"],
  [408, "ModelTimeoutException"],
  [409, "ConflictException"],
  [413, "ValidationException"],
  [415, "ValidationException"],
  [424, "ModelErrorException"],
  [429, "ThrottlingException"],
  [500, "InternalServerException"],
  [502, "InternalServerException"],
  [503, "ServiceUnavailableException"],
  [504, "ModelTimeoutException"],
  [529, "ServiceUnavailableException"],
]);

/** The few that a stream may end with: "ConverseStream", `stream`. */
const STREAM_EXCEPTION_BY_STATUS: ReadonlyMap<number, string> = new Map([
  [400, "validationException"],
  [424, "modelStreamErrorException"],
  [429, "throttlingException"],
  [502, "modelStreamErrorException"],
  [503, "serviceUnavailableException"],
  [504, "modelStreamErrorException"],
  [529, "serviceUnavailableException"],
]);

/** What the gateway itself says to AWS's SDKs, which tell errors apart by a header and by the type of a message. */
export const converseClientWire: ClientWire = {
  encodeError,
  encodeStreamError(error) {
    const type = STREAM_EXCEPTION_BY_STATUS.get(error.status) ?? "internalServerException";
    return `event: ${type}\ndata: ${encodeError(error)}\n\n`;
  },
  // The binary form has no place for what is no message, and SDKs need not know a message of our own.
  keepAlive: "",
  requestIdHeader: "x-amzn-requestid",
  errorTypeHeader: { name: "x-amzn-errortype", valueFor: exceptionFor },
};

function exceptionFor(status: number): string {
  return (
    EXCEPTION_BY_STATUS.get(status) ?? (status < 500 ? "ValidationException" : "InternalServerException")
  );
}

function encodeError({ message }: GatewayError): string {
  return JSON.stringify({ message });
}
