import type { FlatHeaders } from "@headrace/core/adapter";
import type { Credential, ProviderVerdict } from "./credential.ts";
import { TokenKeeper, type TokenKeeperOptions } from "./token-keeper.ts";

/** Headers with a token that is fetched and refreshed. */
export class TokenCredential implements Credential {
  readonly #keeper: TokenKeeper<FlatHeaders>;

  constructor(options: TokenKeeperOptions<FlatHeaders>) {
    this.#keeper = new TokenKeeper(options);
  }

  get secrets(): readonly string[] {
    return (this.#keeper.current ?? []).filter((_, index) => index % 2 === 1).map(withoutScheme);
  }

  headers(): FlatHeaders | Promise<FlatHeaders> {
    return this.#keeper.get();
  }

  answered(headers: FlatHeaders, { status }: ProviderVerdict): null {
    if (status === 401 && headers === this.#keeper.current) this.#keeper.doubt();
    return null;
  }

  close(): Promise<void> {
    return this.#keeper.close();
  }
}

function withoutScheme(value: string): string {
  return value.replace(/^Bearer /, "");
}
