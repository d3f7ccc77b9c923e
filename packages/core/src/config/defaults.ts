import type { KeyConfig, ModelConfig, ProviderConfig } from "./types.ts";

/**
 * What the schema fills in, for configurations that are made by the program itself; a test holds it equal to the
 * schema's defaults.
 */

export const MODEL_DEFAULTS: Omit<ModelConfig, "targets"> = {
  strategy: { type: "single" },
  retry: {
    attempts: 2,
    statuses: [408, 429, 500, 502, 503, 504, 529],
    maxTries: 6,
    backoffMs: { first: 100, max: 1_000 },
    maxRetryAfterMs: 2_000,
    byStatus: {},
  },
  timeouts: {
    connectMs: 2_000,
    firstByteMs: 30_000,
    plainFirstByteMs: 600_000,
    idleMs: 60_000,
    totalMs: null,
  },
  fallbacks: { contextWindow: [], contentPolicy: [], other: [] },
  outliers: {
    enabled: true,
    latencyFactor: 4,
    failureMargin: 0.3,
    ejectMs: 30_000,
    maxEjectedShare: 0.5,
    intervalMs: 5_000,
  },
  continuation: false,
};

export const PROVIDER_DEFAULTS: Omit<ProviderConfig, "adapter"> = {
  unsupportedParams: "warn",
  connections: 1_024,
  warmConnections: 0,
  http2: false,
  forwardHeaders: [],
  breaker: {
    enabled: true,
    consecutiveFailures: 5,
    failureShare: 0.5,
    minCalls: 20,
    windowMs: 10_000,
    openMs: 5_000,
    maxOpenMs: 120_000,
  },
};

export const KEY_DEFAULTS: Omit<KeyConfig, "name" | "key"> = { priority: "normal", overrides: [], tags: [] };
