/**
 * Every way in which Headrace refuses or fails a request, in one place.
 *
 * `status` and `type` go to the client, in the error shape of the client's wire. `summary` says what
 * happened and `remedy` what to do about it; together they are the default message. `retryable` says
 * whether the same request may succeed later: such answers carry `Retry-After`.
 * docs/errors.md is generated from this table and a test holds the two equal.
 */
export type ErrorType =
  | "invalid_request_error"
  | "authentication_error"
  | "permission_error"
  | "not_found_error"
  | "rate_limit_error"
  | "server_error"
  | "upstream_error"
  | "timeout_error";

/** The shape of one row of {@link ERROR_TABLE}. */
export type ErrorRow = {
  readonly status: number;
  readonly type: ErrorType;
  readonly retryable: boolean;
  /** What happened: one sentence, for the person who reads the client's log. */
  readonly summary: string;
  /** What to do about it: one sentence. */
  readonly remedy: string;
};

export const ERROR_TABLE = {
  invalid_json: {
    status: 400,
    type: "invalid_request_error",
    retryable: false,
    summary: "The request body is not valid JSON.",
    remedy: "Send one JSON object, with double-quoted keys and no trailing commas.",
  },
  body_not_object: {
    status: 400,
    type: "invalid_request_error",
    retryable: false,
    summary: "The request body is JSON, but not an object.",
    remedy: "Send one JSON object at the top level.",
  },
  invalid_encoding: {
    status: 400,
    type: "invalid_request_error",
    retryable: false,
    summary: "The request body is not valid UTF-8.",
    remedy: "Encode the body as UTF-8 and send binary data as base64.",
  },
  body_too_deep: {
    status: 400,
    type: "invalid_request_error",
    retryable: false,
    summary: "The request body is nested too deeply.",
    remedy: "Flatten the objects and arrays in it; the limit is limits.jsonDepth in the configuration.",
  },
  duplicate_field: {
    status: 400,
    type: "invalid_request_error",
    retryable: false,
    summary: "The request body has the same field twice.",
    remedy: "Send each field once, so that everyone who reads the body reads the same value.",
  },
  missing_field: {
    status: 400,
    type: "invalid_request_error",
    retryable: false,
    summary: "A required field is missing from the request body.",
    remedy: "Add the field named in param.",
  },
  invalid_field: {
    status: 400,
    type: "invalid_request_error",
    retryable: false,
    summary: "A field of the request body has a value that is not allowed.",
    remedy: "Correct the field named in param.",
  },
  malformed_form: {
    status: 400,
    type: "invalid_request_error",
    retryable: false,
    summary: "The multipart form in the request body is malformed.",
    remedy: "Let an HTTP client library write the form, its boundary and its content type.",
  },
  unsupported_param: {
    status: 400,
    type: "invalid_request_error",
    retryable: false,
    summary: "The request has a field that the provider of this model cannot take.",
    remedy: "Leave out the field named in param, or set unsupportedParams of the provider to warn or drop.",
  },
  endpoint_not_served: {
    status: 404,
    type: "not_found_error",
    retryable: false,
    summary: "The provider of this model does not serve this kind of call.",
    remedy: "Ask for a model that does; GET /v1/capabilities lists what each provider serves.",
  },
  model_not_found: {
    status: 404,
    type: "not_found_error",
    retryable: false,
    summary: "The model does not exist on this gateway.",
    remedy: "Ask GET /v1/models for the names that this key may use.",
  },
  provider_not_found: {
    status: 404,
    type: "not_found_error",
    retryable: false,
    summary: "The provider does not exist on this gateway.",
    remedy:
      "Name a provider of the configuration in x-headrace-provider, or leave the choice to the gateway.",
  },
  response_not_found: {
    status: 404,
    type: "not_found_error",
    retryable: false,
    summary: "The stored response does not exist.",
    remedy: "Check the id; a response that was asked for with store: false, or is too old, is not kept.",
  },
  request_not_found: {
    status: 404,
    type: "not_found_error",
    retryable: false,
    summary: "Nothing is known of a request with this id.",
    remedy:
      "Only the latest requests to models are kept (routing.explain.keep); the id is in the answer's x-request-id.",
  },
  previous_response_not_found: {
    status: 400,
    type: "invalid_request_error",
    retryable: false,
    summary: "The response named by previous_response_id is not there to go on from.",
    remedy: "Send the conversation so far as input, without previous_response_id.",
  },
  missing_api_key: {
    status: 401,
    type: "authentication_error",
    retryable: false,
    summary: "No API key was sent.",
    remedy: "Send a key of this gateway as `Authorization: Bearer <key>`.",
  },
  invalid_api_key: {
    status: 401,
    type: "authentication_error",
    retryable: false,
    summary: "The API key is not known to this gateway.",
    remedy:
      "Check the key; a provider's own key is not accepted here, unless the gateway was given it as a client key.",
  },
  model_not_allowed: {
    status: 403,
    type: "permission_error",
    retryable: false,
    summary: "The API key may not use this model.",
    remedy: "Choose a model that GET /v1/models lists for this key, or ask for the model to be added to it.",
  },
  key_limited_to_models: {
    status: 403,
    type: "permission_error",
    retryable: false,
    summary: "The API key may use some models only, and this call could reach any model of its provider.",
    remedy: "Use a key that is not limited to models.",
  },
  override_not_allowed: {
    status: 403,
    type: "permission_error",
    retryable: false,
    summary: "The API key may not decide this for its requests.",
    remedy: "Leave out the header or field named in param, or ask for it to be added to the key's overrides.",
  },
  invalid_override: {
    status: 400,
    type: "invalid_request_error",
    retryable: false,
    summary: "What the request says of its own routing is not valid.",
    remedy: "Correct the header or field named in param.",
  },
  route_not_found: {
    status: 404,
    type: "not_found_error",
    retryable: false,
    summary: "There is nothing at this path.",
    remedy: "Check the path; the client's base URL should end in /v1.",
  },
  method_not_allowed: {
    status: 405,
    type: "invalid_request_error",
    retryable: false,
    summary: "This path does not accept this HTTP method.",
    remedy: "Use a method that the Allow header of this answer names.",
  },
  unsupported_media_type: {
    status: 415,
    type: "invalid_request_error",
    retryable: false,
    summary: "The content type or content encoding of the body is not supported here.",
    remedy:
      "Send the body uncompressed: as application/json, or as multipart/form-data where a file goes with it.",
  },
  body_too_large: {
    status: 413,
    type: "invalid_request_error",
    retryable: false,
    summary: "The request body is too large.",
    remedy: "Send less at once; the limits are limits.bodyBytes and limits.uploadBytes in the configuration.",
  },
  headers_too_large: {
    status: 431,
    type: "invalid_request_error",
    retryable: false,
    summary: "The request headers are too large.",
    remedy: "Send fewer or shorter headers.",
  },
  malformed_request: {
    status: 400,
    type: "invalid_request_error",
    retryable: false,
    summary: "The HTTP request itself is malformed.",
    remedy: "Use an HTTP client library; if one is in use, check the proxies between it and the gateway.",
  },
  request_timeout: {
    status: 408,
    type: "timeout_error",
    retryable: true,
    summary: "The request did not arrive in time.",
    remedy:
      "Send it again without pauses; the limits are limits.headerTimeoutMs and limits.bodyTimeoutMs in the configuration.",
  },
  client_closed: {
    status: 499,
    type: "invalid_request_error",
    retryable: false,
    summary: "The client closed the connection before the answer was complete.",
    remedy: "Nothing to do here; this appears in logs and metrics only.",
  },
  overloaded: {
    status: 503,
    type: "server_error",
    retryable: true,
    summary: "The gateway has as much work as it can hold.",
    remedy: "Try again after the time in Retry-After.",
  },
  queue_full: {
    status: 503,
    type: "server_error",
    retryable: true,
    summary: "As many requests as may run at a time are running, and as many as may wait are waiting.",
    remedy:
      "Try again after the time in Retry-After, or raise concurrency.limit or concurrency.queue.max of the model, target or key.",
  },
  queue_timeout: {
    status: 503,
    type: "timeout_error",
    retryable: true,
    summary: "The request waited for its turn as long as it may.",
    remedy:
      "Try again after the time in Retry-After, or raise concurrency.limit or concurrency.queue.deadlineMs of the model, target or key.",
  },
  no_target_available: {
    status: 503,
    type: "upstream_error",
    retryable: true,
    summary: "No target of this model can be asked now.",
    remedy: "Try again after the time in Retry-After; the providers failed, or refused further calls.",
  },
  draining: {
    status: 503,
    type: "server_error",
    retryable: true,
    summary: "This gateway instance is shutting down and takes no new requests.",
    remedy: "Try again; a load balancer will choose another instance.",
  },
  not_ready: {
    status: 503,
    type: "server_error",
    retryable: true,
    summary: "This gateway instance is still starting.",
    remedy: "Try again after the time in Retry-After; GET /readyz says when it is ready.",
  },
  worker_failed: {
    status: 500,
    type: "server_error",
    retryable: true,
    summary: "A worker thread of the gateway failed while it handled the request.",
    remedy: "Try again; if it happens again, report it with the request id.",
  },
  worker_timeout: {
    status: 503,
    type: "server_error",
    retryable: true,
    summary: "A worker thread of the gateway took too long over the request.",
    remedy: "Try again after the time in Retry-After, or send a smaller request.",
  },
  internal_error: {
    status: 500,
    type: "server_error",
    retryable: false,
    summary: "The gateway failed in a way that it did not expect.",
    remedy: "Report it with the request id.",
  },
  upstream_unreachable: {
    status: 502,
    type: "upstream_error",
    retryable: true,
    summary: "The model provider could not be reached.",
    remedy: "Try again; if it stays so, check the provider's baseUrl and its network.",
  },
  upstream_connect_timeout: {
    status: 504,
    type: "timeout_error",
    retryable: true,
    summary: "No connection to the model provider was there in time.",
    remedy: "Try again; the limits are timeouts.connectMs of the model and connections of the provider.",
  },
  upstream_first_byte_timeout: {
    status: 504,
    type: "timeout_error",
    retryable: true,
    summary: "The model provider did not begin to answer in time.",
    remedy: "Try again, or raise timeouts.firstByteMs (streams) or timeouts.plainFirstByteMs of the model.",
  },
  upstream_idle_timeout: {
    status: 504,
    type: "timeout_error",
    retryable: true,
    summary: "The model provider stopped in the middle of its answer.",
    remedy: "Try again, or raise timeouts.idleMs of the model.",
  },
  upstream_stalled: {
    status: 504,
    type: "timeout_error",
    retryable: true,
    summary: "The model provider sent its answer more slowly than this model allows.",
    remedy: "Try again, or lower stall.minTokensPerSecond or raise stall.afterMs of the model.",
  },
  upstream_total_timeout: {
    status: 504,
    type: "timeout_error",
    retryable: true,
    summary: "The whole answer took longer than this model allows.",
    remedy: "Ask for less output, or raise timeouts.totalMs of the model.",
  },
  upstream_cut: {
    status: 502,
    type: "upstream_error",
    retryable: true,
    summary: "The model provider closed the connection before its answer was complete.",
    remedy: "Try again; what arrived so far is not the whole answer.",
  },
  upstream_invalid_response: {
    status: 502,
    type: "upstream_error",
    retryable: true,
    summary: "The model provider answered in a form that the gateway does not understand.",
    remedy: "Try again; if it stays so, check that the provider's baseUrl is the root of its API.",
  },
  upstream_event_too_large: {
    status: 502,
    type: "upstream_error",
    retryable: false,
    summary: "The model provider sent a single stream event that is larger than the gateway allows.",
    remedy: "Ask for less in one piece, or without streaming.",
  },
  upstream_auth_failed: {
    status: 502,
    type: "upstream_error",
    retryable: false,
    summary: "The model provider refused the gateway's own credentials.",
    remedy: "The key that was sent to the gateway is fine; check the provider's apiKey in the configuration.",
  },
  upstream_error: {
    status: 502,
    type: "upstream_error",
    retryable: true,
    summary: "The model provider answered with an error.",
    remedy: "Read the provider's message; try again if it is a passing fault.",
  },
} as const;

/** The stable name of an error: `error.code` on the OpenAI wire, a label in logs and metrics. */
export type ErrorCode = keyof typeof ERROR_TABLE;
