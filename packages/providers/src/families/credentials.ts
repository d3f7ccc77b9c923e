import type { AuthScheme } from "@headrace/core/provider-adapter";

/** A key as a bearer token: how OpenAI has it, and nearly every vendor after it. */
export const BEARER_KEY: AuthScheme = {
  kind: "key-header",
  name: "authorization",
  prefix: "Bearer ",
  optional: false,
};

/** The same for servers of one's own, which mostly want none. */
export const OPTIONAL_BEARER_KEY: AuthScheme = { ...BEARER_KEY, optional: true };
