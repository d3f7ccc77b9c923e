import type { EmbeddingWireId } from "../wire/wire-id.ts";
import type { ExtraFields } from "./chat-parts.ts";
import type { TokenUsage } from "./usage.ts";

/** An embeddings call in the form that translation goes through. */
export type EmbeddingRequest = {
  readonly wire: EmbeddingWireId;
  readonly model: string;
  readonly inputs: readonly EmbeddingInput[];
  /** Length of the vectors; absent = the model's own. */
  readonly dimensions?: number;
  /** How the client wants the vectors written: numbers, or base64 of little-endian float32. */
  readonly encoding: "float" | "base64";
  /** What they are for, where a wire lets one say so. */
  readonly purpose?: EmbeddingPurpose;
  /** What its result's encoder wants to have of it besides; plain data. */
  readonly echo?: unknown;
  readonly extra: ExtraFields;
};

/** Text, or the ids of its tokens. */
export type EmbeddingInput = string | readonly number[];

export type EmbeddingPurpose = "query" | "document" | "classification" | "clustering" | "similarity";

export type EmbeddingResult = {
  readonly model: string;
  /** In the order of the inputs. */
  readonly vectors: readonly Float32Array[];
  readonly usage: TokenUsage | null;
};
