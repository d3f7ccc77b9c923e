import { GatewayError } from "@headrace/core/errors/gateway-error";
import type { ProviderErrorWords } from "@headrace/core/provider-adapter";
import type { Credential } from "../upstream/credentials/credential.ts";
import { maskSecretBytes, maskSecrets } from "./mask-secret.ts";
import type { RelayedError } from "./stream-relay.ts";

const MAX_QUOTED_CHARS = 500;

/** What a provider says of an error, fit for a client: without the credentials that it may quote. */
export class ProviderWords {
  readonly #credential: Credential;

  /** @param credential - whose secrets are not for clients; they change with its tokens */
  constructor(credential: Credential) {
    this.#credential = credential;
  }

  /** An error that the provider reported inside a 200, in place of an answer or of its rest. */
  reported({ status, message }: RelayedError): GatewayError {
    // As where it comes as a status: the client's own key is fine.
    if (status === 401) return new GatewayError("upstream_auth_failed");
    return new GatewayError("upstream_error", {
      status: status ?? 502,
      message: `The model provider answered with an error: ${this.#quote(message)}`,
    });
  }

  /** A refusal, to be said anew on any wire. */
  refused({ message, param }: ProviderErrorWords, answer: RefusalHead): GatewayError {
    const { status, retryAfterMs } = answer;
    return new GatewayError("upstream_error", {
      status,
      message: this.#quote(message),
      ...(param === null ? {} : { param }),
      ...(retryAfterMs === null ? {} : { retryAfterMs }),
    });
  }

  /** What was thrown while an answer was read, and may quote it. */
  thrown(error: unknown): GatewayError {
    if (!(error instanceof GatewayError)) return GatewayError.from(error, "internal_error");
    const wire = error.toWire();
    return GatewayError.fromWire({ ...wire, happened: maskSecrets(wire.happened, this.#credential.secrets) });
  }

  mask(bytes: Buffer): Buffer {
    return maskSecretBytes(bytes, this.#credential.secrets);
  }

  #quote(message: string): string {
    return maskSecrets(message, this.#credential.secrets).slice(0, MAX_QUOTED_CHARS);
  }
}

interface RefusalHead {
  readonly status: number;
  readonly retryAfterMs: number | null;
}
