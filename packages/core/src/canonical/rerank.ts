import type { RerankWireId } from "../wire/wire-id.ts";
import type { ExtraFields } from "./chat-parts.ts";
import type { TokenUsage } from "./usage.ts";

/** A call that orders documents by how well they answer a query. */
export type RerankRequest = {
  readonly wire: RerankWireId;
  readonly model: string;
  readonly query: string;
  readonly documents: readonly string[];
  /** Results wanted; absent = all. */
  readonly topN?: number;
  readonly returnDocuments: boolean;
  readonly extra: ExtraFields;
};

export type RerankResult = {
  readonly id: string;
  readonly model: string;
  /** Best first. */
  readonly results: readonly RerankedDocument[];
  readonly usage: TokenUsage | null;
  /** What the provider bills by, where it says so (Cohere). */
  readonly searchUnits: number | null;
};

export type RerankedDocument = {
  /** Its place in the request. */
  readonly index: number;
  readonly score: number;
};
