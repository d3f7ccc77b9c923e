import { BoundedMap } from "../bounded-map.ts";
import { type JsonObject, objectsOf } from "../json.ts";

const MAX_RESPONSES = 1_000;

/** A response that was kept, and where its conversation stood. */
export interface StoredResponse {
  readonly response: JsonObject;
  /** Rounds of tool results that came before it. */
  readonly toolRounds: number;
}

/** The responses that one mock keeps for `previous_response_id` and `GET /v1/responses/{id}`. */
export class StoredResponses {
  readonly #responses = new BoundedMap<StoredResponse>(MAX_RESPONSES);

  get(id: string): StoredResponse | undefined {
    return this.#responses.get(id);
  }

  set(id: string, stored: StoredResponse): void {
    this.#responses.set(id, stored);
  }

  delete(id: string): boolean {
    return this.#responses.delete(id);
  }

  /** Whether an item of this id stands in a response that is kept. */
  hasItem(id: unknown): boolean {
    return this.#responses
      .values()
      .some(({ response }) => objectsOf(response.output).some((item) => item.id === id));
  }
}
