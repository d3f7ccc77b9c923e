/** Providers on OpenAI's wires: each is a record of where it is and how it deviates. */
import type {
  AuthScheme,
  PathCall,
  Prefill,
  ProviderAdapter,
  ProviderService,
  ProviderSettings,
} from "@headrace/core/provider-adapter";
import type { EmbeddingProviderCodec } from "@headrace/core/wire/embedding-codec";
import type { WireId } from "@headrace/core/wire/wire-id";
import { jinaRerankProvider } from "../wires/jina-rerank/provider.ts";
import { jinaRerankService } from "../wires/jina-rerank/service.ts";
import type { OpenAiChatDialect } from "../wires/openai-chat/dialect.ts";
import { openAiChatProvider } from "../wires/openai-chat/provider.ts";
import { readOpenAiError } from "../wires/openai-chat/provider-errors.ts";
import { openAiEmbeddingsProvider } from "../wires/openai-embeddings/provider.ts";
import { openAiResponsesService } from "../wires/openai-responses/service.ts";
import { BEARER_KEY } from "./credentials.ts";
import { type OpenAiCall, openAiCalls } from "./openai-calls.ts";
import { openAiChatService, openAiCompletionsService, openAiEmbeddingsService } from "./openai-services.ts";

type SettingName = keyof ProviderSettings;

type ServedWire =
  | "openai-completions"
  | "openai-responses"
  | "openai-embeddings"
  | "jina-rerank"
  | OpenAiCall;

export interface OpenAiFamilyMember {
  readonly id: string;
  readonly title: string;
  /** API root without a slash at the end; null when a config must give one. */
  readonly baseUrl: string | null | ((settings: ProviderSettings) => string | null);
  readonly requiredSettings?: readonly SettingName[];
  readonly optionalSettings?: readonly SettingName[];
  /** A key as a bearer token when absent. */
  readonly auth?: AuthScheme;
  /** The list of models when absent. */
  readonly probePath?: string;
  /** What it takes besides chats: calls of OpenAI in their own forms, and reranking in Jina's. */
  readonly serves?: readonly ServedWire[];
  /** How its chats deviate from what any server on this wire takes. */
  readonly dialect?: Partial<OpenAiChatDialect>;
  /** How its models go on with an answer that was begun; absent = they write a new one. */
  readonly prefill?: Prefill;
  /** Where its paths are not OpenAI's. */
  readonly path?: (openAiPath: string, call: PathCall) => string;
  /** Further services, or others in place of the family's. */
  readonly services?: ProviderAdapter["services"];
  /** Its own codec of embeddings, where those are not OpenAI's. */
  readonly embedding?: EmbeddingProviderCodec;
}

export function openAiFamily(member: OpenAiFamilyMember): ProviderAdapter {
  const { id, title, baseUrl, dialect = {}, serves = [] } = member;
  const services: Partial<Record<WireId, ProviderService>> = {
    "openai-chat": openAiChatService(dialect),
    "openai-completions": openAiCompletionsService(),
    "openai-embeddings": openAiEmbeddingsService(),
    "openai-responses": openAiResponsesService(),
    "jina-rerank": jinaRerankService(),
    ...openAiCalls(serves.filter((name): name is OpenAiCall => !HAS_CODECS.has(name))),
  };
  const spoken = Object.entries(services).filter(
    ([name]) => name === "openai-chat" || serves.some((one) => one === name),
  );
  return {
    id,
    title,
    baseUrl: typeof baseUrl === "function" ? baseUrl : () => baseUrl,
    requiredSettings: member.requiredSettings ?? [],
    optionalSettings: member.optionalSettings ?? [],
    probePath: member.probePath ?? "/models",
    auth: member.auth ?? BEARER_KEY,
    chat: openAiChatProvider(dialect),
    embedding: member.embedding ?? (serves.includes("openai-embeddings") ? openAiEmbeddingsProvider : null),
    rerank: serves.includes("jina-rerank") ? jinaRerankProvider() : null,
    services: {
      ...Object.fromEntries(spoken.map(([name, service]) => [name, at(service, member.path)])),
      ...member.services,
    },
    readError: readOpenAiError,
    ...(member.prefill === undefined ? {} : { prefill: member.prefill }),
  };
}

const HAS_CODECS: ReadonlySet<string> = new Set([
  "openai-completions",
  "openai-responses",
  "openai-embeddings",
  "jina-rerank",
]);

function at(service: ProviderService, path: OpenAiFamilyMember["path"]): ProviderService {
  return path === undefined ? service : { ...service, path: (call) => path(service.path(call), call) };
}
