import type { EmbeddingRequest } from "@headrace/core/canonical/embedding";
import type { EmbeddingWireId } from "@headrace/core/wire/wire-id";

type Field = "dimensions" | "purpose";

/** By the references of the wires; OpenAI's has no purpose, and what its clients add to it is called as Voyage calls it. */
const SPELLINGS: Readonly<Record<Field, Readonly<Partial<Record<EmbeddingWireId, string>>>>> = {
  dimensions: { "gemini-embed": "outputDimensionality", "cohere-embed": "output_dimension" },
  purpose: { "gemini-embed": "taskType", "cohere-embed": "input_type", "openai-embeddings": "input_type" },
};

/** Collects what an encoder of embeddings could not say, in the words of the client's wire, each once. */
export class EmbeddingLosses {
  readonly #names = new Set<string>();
  readonly #wire: EmbeddingWireId;

  constructor({ wire }: EmbeddingRequest) {
    this.#wire = wire;
  }

  get paths(): readonly string[] {
    return [...this.#names];
  }

  field(field: Field): void {
    this.#names.add(SPELLINGS[field][this.#wire] ?? field);
  }

  named(name: string): void {
    this.#names.add(name);
  }
}
