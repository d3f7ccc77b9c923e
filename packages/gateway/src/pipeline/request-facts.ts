import type { Endpoint, RelayedEndpoint } from "@headrace/core/endpoints";
import type { CallFacts } from "@headrace/routing/route";
import type { Plan } from "@headrace/workers/tasks/plan";
import type { CallTerms } from "./call-terms.ts";

/** What is known of what a request asks for. */
export type AskedFor = Pick<Plan, "model" | "stream" | "estimatedInputTokens" | "shownBody">;

/** What a route may look at of one request. */
export class RequestFacts implements CallFacts {
  readonly endpoint: Endpoint | RelayedEndpoint;
  readonly #plan: AskedFor;
  readonly #terms: Pick<CallTerms, "identity" | "shown">;

  constructor(
    endpoint: Endpoint | RelayedEndpoint,
    plan: AskedFor,
    terms: Pick<CallTerms, "identity" | "shown">,
  ) {
    this.endpoint = endpoint;
    this.#plan = plan;
    this.#terms = terms;
  }

  /** The name that the client asked for. */
  get model(): string {
    return this.#plan.model;
  }

  get keyName(): string {
    return this.#terms.identity.name;
  }

  get tags(): readonly string[] {
    return this.#terms.identity.tags;
  }

  get stream(): boolean {
    return this.#plan.stream;
  }

  get inputTokens(): number {
    return this.#plan.estimatedInputTokens;
  }

  get wallMs(): number {
    return Date.now();
  }

  get body(): unknown {
    return this.#plan.shownBody;
  }

  header(name: string): string {
    return this.#terms.shown.get(name) ?? "";
  }
}
