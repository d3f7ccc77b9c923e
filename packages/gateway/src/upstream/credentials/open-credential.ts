import type { ProviderConfig } from "@headrace/core/config/types";
import type { AuthScheme } from "@headrace/core/provider-adapter";
import { awsCredential } from "./aws.ts";
import type { Credential } from "./credential.ts";
import { entraCredential } from "./entra.ts";
import { googleCredential } from "./google.ts";
import { KeyRing } from "./key-ring.ts";
import { BEARER, type KeyHeader, staticKey } from "./static-key.ts";

/**
 * What a provider's config and its adapter's scheme make together. Nothing is loaded or asked for before the first
 * request.
 *
 * @throws Error for AWS without a region
 */
export function openCredential(scheme: AuthScheme, config: ProviderConfig): Credential {
  if (config.apiKeys !== undefined && scheme.kind !== "none")
    return new KeyRing(config.apiKeys, keyHeaderOf(scheme));
  switch (scheme.kind) {
    case "none":
      return staticKey(BEARER, null);
    case "key-header":
      return staticKey(scheme, config.apiKey ?? null);
    case "aws":
      return awsCredential({ ...config, service: scheme.service });
    case "google":
      return googleCredential({ ...config, scope: scheme.scope });
    case "entra":
      return entraCredential({
        ...config,
        scope: scheme.scope,
        keyHeader: scheme.keyHeader,
        authorityHost: process.env.AZURE_AUTHORITY_HOST,
      });
  }
}

/** Where a key goes in a scheme that may know something better. */
function keyHeaderOf(scheme: AuthScheme): KeyHeader {
  if (scheme.kind === "entra") return { name: scheme.keyHeader, prefix: "" };
  return scheme.kind === "key-header" ? scheme : BEARER;
}
