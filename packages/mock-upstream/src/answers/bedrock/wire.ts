import { EXCEPTION_MARK } from "../../wire/event-stream.ts";
import type { Wire } from "../contract.ts";
import type { WireError } from "../refusal.ts";
import { isSigned, signatureProblem } from "./sigv4.ts";

const REQUEST_ID = "mock0000-0000-4000-8000-000000000000";

/** Exception and sentence for a status (Amazon Bedrock API Reference, "Errors" of Converse). */
const WORDS: Readonly<Record<number, readonly [exception: string, message: string]>> = {
  400: ["ValidationException", "The input fails to satisfy the constraints specified by Amazon Bedrock."],
  403: ["AccessDeniedException", "You don't have access to the model with the specified model ID."],
  404: [
    "ResourceNotFoundException",
    "Could not resolve the foundation model from the provided model identifier.",
  ],
  408: ["ModelTimeoutException", "The request took too long to process."],
  424: ["ModelErrorException", "The request failed due to an error while processing the model."],
  429: ["ThrottlingException", "Too many requests, please wait before trying again."],
  500: [
    "InternalServerException",
    "The system encountered an unexpected error during processing. Try your request again.",
  ],
  503: ["ServiceUnavailableException", "Bedrock is unable to process your request."],
};

/** What the endpoints of Bedrock's runtime have in common. */
export const BEDROCK: Wire = {
  name: "bedrock",
  keyPlaces: [{ header: "authorization", prefix: "Bearer " }],
  signatures: { isSigned, problem: signatureProblem },
  missingKey: {
    status: 403,
    type: "MissingAuthenticationTokenException",
    message: "Missing Authentication Token",
  },
  wrongKey: {
    status: 403,
    type: "UnrecognizedClientException",
    message: "The security token included in the request is invalid.",
  },
  notJson: { status: 400, type: "SerializationException", message: "The request body is not valid JSON." },
  sentence: (status) => WORDS[status]?.[1] ?? `The mock answers with status ${status}.`,
  encodeError: ({ message }) => JSON.stringify({ message }),
  errorHeaders: (error) => [
    ["x-amzn-errortype", `${exceptionOf(error)}:http://internal.amazon.com/coral/com.amazon.bedrock/`],
    ["x-amzn-requestid", REQUEST_ID],
  ],
  streamError: (error) => {
    const exception = exceptionOf(error);
    const name = EXCEPTION_MARK + exception.charAt(0).toLowerCase() + exception.slice(1);
    return { error: [{ name, data: JSON.stringify({ message: error.message }) }], closing: [] };
  },
};

function exceptionOf({ type, status }: WireError): string {
  return type ?? WORDS[status]?.[0] ?? (status < 500 ? "ValidationException" : "InternalServerException");
}
