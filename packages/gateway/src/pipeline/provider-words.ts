import { GatewayError } from "@headrace/core/errors/gateway-error";
import type { ProviderErrorWords } from "@headrace/core/provider-adapter";
import { maskSecret, maskSecretBytes } from "./mask-secret.ts";
import type { RelayedError } from "./stream-relay.ts";

const MAX_QUOTED_CHARS = 500;

/** What a provider says of an error, fit for a client: without the credentials that it may quote. */
export class ProviderWords {
  readonly #secret: string | null;

  /** @param secret - the provider's credentials, or null */
  constructor(secret: string | null) {
    this.#secret = secret;
  }

  /** An error that the provider reported inside a 200, in place of an answer or of its rest. */
  reported({ status, message }: RelayedError): GatewayError {
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

  mask(bytes: Buffer): Buffer {
    return maskSecretBytes(bytes, this.#secret);
  }

  #quote(message: string): string {
    return maskSecret(message, this.#secret).slice(0, MAX_QUOTED_CHARS);
  }
}

interface RefusalHead {
  readonly status: number;
  readonly retryAfterMs: number | null;
}
