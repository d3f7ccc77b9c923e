import type { ProviderSettings } from "../provider-adapter.ts";
import type {
  BreakerConfig,
  ConcurrencyConfig,
  FallbacksConfig,
  HedgeConfig,
  OutliersConfig,
  RetryConfig,
  ShadowConfig,
  StallConfig,
  StrategyConfig,
  TargetList,
} from "./types-routing.ts";
import type {
  FaultsConfig,
  Override,
  PriceConfig,
  Priority,
  ProbeConfig,
  RoutingConfig,
  SheddingConfig,
} from "./types-traffic.ts";

/**
 * The configuration after validation: every default filled in, every reference resolved. Plain data, so
 * that it can be cloned to other processes; the records are keyed by names that clients choose from, so
 * build a Map for look-ups (`config.models["constructor"]` on a plain object is not undefined).
 */
export type Config = {
  readonly listen: ListenConfig;
  readonly admin: AdminConfig;
  /** Gateway processes; "auto" = one per core, at most 8. */
  readonly processes: number | "auto";
  readonly workers: WorkersConfig;
  readonly providers: Readonly<Record<string, ProviderConfig>>;
  /** A name may hold one `*`, which stands for any text. The longest text before it wins, then the longest after it. */
  readonly models: Readonly<Record<string, ModelConfig>>;
  /** Another name → a key of {@link Config.models}. */
  readonly aliases: Readonly<Record<string, string>>;
  readonly auth: AuthConfig;
  readonly keys: readonly KeyConfig[];
  readonly limits: LimitsConfig;
  readonly discovery: DiscoveryConfig;
  readonly responses: ResponsesConfig;
  readonly drainTimeoutMs: number;
  readonly logs: LogsConfig;
  readonly routing: RoutingConfig;
  readonly shedding: SheddingConfig;
  readonly faults: FaultsConfig;
  /** By `provider/model`, the model's name at its providers, or the clients' name for it; in this order. */
  readonly prices: Readonly<Record<string, PriceConfig>>;
};

export type ListenConfig = {
  readonly host: string;
  /** 0 = any free port. */
  readonly port: number;
  readonly tls?: TlsConfig;
};

/** Paths of PEM files. */
export type TlsConfig = {
  readonly cert: string;
  readonly key: string;
};

export type AdminConfig = {
  readonly host: string;
  readonly port: number;
  readonly key?: string;
};

export type WorkersConfig = {
  readonly threads: number | "auto";
  /** Bodies larger than this are planned on a worker thread. */
  readonly offloadAboveBytes: number;
};

export type ProviderConfig = ProviderSettings & {
  /** One of the ids in the registry of adapters. */
  readonly adapter: string;
  readonly apiKey?: string;
  /** In place of `apiKey`: several, each with its share. */
  readonly apiKeys?: readonly WeightedKey[];
  readonly accessKeyId?: string;
  readonly secretAccessKey?: string;
  readonly sessionToken?: string;
  /** Path of a Google service account file. */
  readonly credentialsFile?: string;
  readonly tenantId?: string;
  readonly clientId?: string;
  readonly clientSecret?: string;
  /** API root, used as written; absent = the adapter's own. Present for every adapter that has none. */
  readonly baseUrl?: string;
  readonly unsupportedParams: UnsupportedParams;
  /** At most so many connections to this provider from one gateway process. */
  readonly connections: number;
  /** Connections opened before the gateway is ready. */
  readonly warmConnections: number;
  readonly http2: boolean;
  /** Client request headers passed on, in lower case. */
  readonly forwardHeaders: readonly string[];
  /** Path of a PEM file with the certificate authorities to trust for this provider. */
  readonly caCertFile?: string;
  readonly breaker: BreakerConfig;
  /** Absent = no probes. */
  readonly probe?: ProbeConfig;
};

/** A key and its share of the requests, beside the weights of the others; at least 0.001. */
export type WeightedKey = { readonly key: string; readonly weight: number };

/** What becomes of fields that a provider cannot take; all of them are named in the answer's header. */
export type UnsupportedParams = "warn" | "drop" | "reject";

export type ModelConfig = {
  readonly strategy: StrategyConfig;
  /** Exactly one when the strategy is single. */
  readonly targets: TargetList;
  readonly retry: RetryConfig;
  readonly timeouts: TimeoutsConfig;
  readonly fallbacks: FallbacksConfig;
  readonly outliers: OutliersConfig;
  /** Absent = no second target is asked before the first has answered. */
  readonly hedge?: HedgeConfig;
  /** Absent = no limit. */
  readonly concurrency?: ConcurrencyConfig;
  /** Absent = only silence is a stall. */
  readonly stall?: StallConfig;
  /** Text that a broken stream has begun is gone on with by another target. */
  readonly continuation: boolean;
  readonly shadow?: ShadowConfig;
};

export type TimeoutsConfig = {
  readonly connectMs: number;
  /** Until the first byte of a stream. */
  readonly firstByteMs: number;
  /** Until the first byte of an answer that is not streamed, which comes when the answer is complete. */
  readonly plainFirstByteMs: number;
  readonly idleMs: number;
  /** Whole answer; null = no limit. */
  readonly totalMs: number | null;
};

export type AuthConfig = {
  readonly mode: "keys" | "none";
  /** Allows mode none on an address other than loopback. */
  readonly force: boolean;
};

export type KeyConfig = {
  readonly name: string;
  readonly key: string;
  /** Names of models or aliases that the key may use; absent = all. */
  readonly models?: readonly string[];
  readonly priority: Priority;
  /** Absent = no limit. */
  readonly concurrency?: ConcurrencyConfig;
  readonly overrides: readonly Override[];
  /** For rules. */
  readonly tags: readonly string[];
};

export type LimitsConfig = {
  readonly bodyBytes: number;
  /** Forms with files, which are passed on while they arrive. */
  readonly uploadBytes: number;
  /** Disk for what came of such forms before it was known where they go, per gateway process. */
  readonly uploadSpoolBytes: number;
  readonly headerTimeoutMs: number;
  readonly bodyTimeoutMs: number;
  /** Deepest nesting of objects and arrays in a request body. */
  readonly jsonDepth: number;
};

export type DiscoveryConfig = {
  /** Look for model servers on this machine. */
  readonly local: boolean;
  readonly intervalMs: number;
};

/** Responses that the gateway keeps in place of providers that keep none. */
export type ResponsesConfig = {
  /** All of them together, in the memory of the machine's gateway; 0 = none is kept. */
  readonly storeBytes: number;
  readonly ttlMs: number;
};

export type LogsConfig = {
  readonly level: "trace" | "debug" | "info" | "warn" | "error" | "fatal" | "silent";
  /** One line per request. */
  readonly access: boolean;
};
