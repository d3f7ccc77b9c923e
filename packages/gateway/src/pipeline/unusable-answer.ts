import { GatewayError } from "@headrace/core/errors/gateway-error";

export function isJson(contentType: string): boolean {
  return contentType.startsWith("application/json") || /^[^;]*\bjson\b/i.test(contentType);
}

/** For an answer that the provider took for a good one. */
export function invalidAnswer(message: string): GatewayError {
  return new GatewayError("upstream_invalid_response", { message });
}

export function redirectedAnswer(status: number): GatewayError {
  return invalidAnswer(
    `The model provider answered with a redirect (status ${status}), which is not followed.`,
  );
}

export interface UnreadableAnswer {
  readonly status: number;
  readonly contentType: string;
  readonly retryAfterMs: number | null;
}

/** An answer that is no JSON: a proxy's or a CDN's page. Its status counts, its words do not help the client. */
export function unreadableAnswer({ status, contentType, retryAfterMs }: UnreadableAnswer): GatewayError {
  const what = contentType === "" ? "without a content type" : `of type ${JSON.stringify(contentType)}`;
  const message = `The model provider answered with status ${status} and a body ${what} where JSON was expected.`;
  if (status < 400) return invalidAnswer(message);
  return new GatewayError("upstream_error", {
    status,
    message,
    ...(retryAfterMs === null ? {} : { retryAfterMs }),
  });
}
