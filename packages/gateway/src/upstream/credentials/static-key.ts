import type { FlatHeaders } from "@headrace/core/adapter";
import type { Credential } from "./credential.ts";

/** Where a key goes in a request. */
export interface KeyHeader {
  /** In lower case. */
  readonly name: string;
  /** What stands before the key, such as `Bearer `. */
  readonly prefix: string;
}

export const BEARER: KeyHeader = { name: "authorization", prefix: "Bearer " };

/** One key, the same for every request; null for a provider that is asked without. */
export function staticKey({ name, prefix }: KeyHeader, key: string | null): Credential {
  const headers: FlatHeaders = key === null ? [] : [name, prefix + key];
  return {
    fixedHeaders: headers,
    headers: () => headers,
    secrets: key === null ? [] : [key],
    close: () => Promise.resolve(),
  };
}
