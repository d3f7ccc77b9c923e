import { GatewayError } from "@headrace/core/errors/gateway-error";
import { viewAsBuffer } from "./decode-body.ts";

/** @throws GatewayError `upstream_invalid_response` */
export function parseAnswer(body: Uint8Array): unknown {
  try {
    return JSON.parse(viewAsBuffer(body).toString());
  } catch {
    // The words of the parser would quote the answer.
    throw new GatewayError("upstream_invalid_response", {
      message: "The model provider's answer is not JSON.",
    });
  }
}
