import type { CallFacts } from "@headrace/routing/route";
import type { KeyIdentity } from "../snapshot/keyring.ts";
import type { ForwardedHeaders } from "./forward-headers.ts";

/** Where the facts of a call come from. */
export interface FactSources {
  /** The name that the client asked for. */
  readonly model: string;
  readonly endpoint: string;
  readonly identity: KeyIdentity;
  readonly stream: boolean;
  readonly inputTokens: number;
  /** Those that some route reads. */
  readonly headers: ForwardedHeaders;
  /** The request's JSON, bounded; null where no route reads it. */
  readonly body: unknown;
}

/** What a route may look at of one request. */
export class RequestFacts implements CallFacts {
  readonly #sources: FactSources;

  constructor(sources: FactSources) {
    this.#sources = sources;
  }

  get model(): string {
    return this.#sources.model;
  }

  get endpoint(): string {
    return this.#sources.endpoint;
  }

  get keyName(): string {
    return this.#sources.identity.name;
  }

  get tags(): readonly string[] {
    return this.#sources.identity.tags;
  }

  get stream(): boolean {
    return this.#sources.stream;
  }

  get inputTokens(): number {
    return this.#sources.inputTokens;
  }

  get wallMs(): number {
    return Date.now();
  }

  get body(): unknown {
    return this.#sources.body;
  }

  header(name: string): string {
    return this.#sources.headers.get(name) ?? "";
  }
}
