import type { PathCall, ProviderService } from "@headrace/core/provider-adapter";
import { parseJsonObject } from "../../json/read.ts";
import { JINA_RERANK, type RerankDialect } from "./dialect.ts";
import { usageFromJina } from "./usage.ts";

export interface JinaRerankServiceOptions {
  /** Below the API root, which ends in `/v1` everywhere but at TEI; `/rerank` when absent. */
  readonly path?: (call: PathCall) => string;
  readonly dialect?: RerankDialect;
}

/** `POST /v1/rerank`: clients' bytes go through where the names are Jina's own. */
export function jinaRerankService(options: JinaRerankServiceOptions = {}): ProviderService {
  const dialect = options.dialect ?? JINA_RERANK;
  return {
    path: options.path ?? (() => "/rerank"),
    ...(dialect === JINA_RERANK ? {} : { onlyTranslated: true }),
    stream: null,
    edits: { model: dialect.namesModel ? "replace" : "remove", askUsage: false, refused: [], added: "" },
    readUsage: (body) => parseJsonObject(body.toString())?.usage ?? null,
    tokenUsage: usageFromJina,
  };
}
