import type { JsonSchema } from "../schema/json-schema.ts";
import { markNotBuilt, NOT_BUILT } from "./not-built.ts";
import { KEYS_SCHEMA } from "./schema/keys.ts";
import { MODELS_SCHEMA } from "./schema/models.ts";
import { CLIENT_KEY, DURATION_MS } from "./schema/parts.ts";
import { PROVIDERS_SCHEMA } from "./schema/providers.ts";
import { STRATEGY_SCHEMA, TARGET_SCHEMA } from "./schema/strategy.ts";
import { FAULTS_SCHEMA, PRICES_SCHEMA, ROUTING_SCHEMA, SHEDDING_SCHEMA } from "./schema/traffic.ts";

const HOST: JsonSchema = { type: "string", minLength: 1 };
const PORT: JsonSchema = { type: "integer", minimum: 0, maximum: 65_535 };
const FILE: JsonSchema = { type: "string", minLength: 1, "x-expected": "the path of a PEM file" };
/** The server's timers count no further than 16 minutes. */
const CLIENT_TIMEOUT_MS: JsonSchema = { type: "integer", minimum: 1, maximum: 600_000 };
const AUTO: JsonSchema = { const: "auto" };

const LISTEN: JsonSchema = {
  type: "object",
  description: "Where clients connect.",
  default: {},
  additionalProperties: false,
  properties: {
    host: { ...HOST, default: "0.0.0.0", description: "Address of the data port." },
    port: { ...PORT, default: 8080, description: "Data port; 0 takes any free one." },
    tls: {
      type: "object",
      description: "Serve HTTPS with this certificate; absent = HTTP.",
      additionalProperties: false,
      required: ["cert", "key"],
      properties: {
        cert: { ...FILE, description: "PEM file with the certificate and its chain." },
        key: { ...FILE, description: "PEM file with the private key." },
      },
    },
  },
};

const ADMIN: JsonSchema = {
  type: "object",
  description: "Metrics and administration.",
  default: {},
  additionalProperties: false,
  properties: {
    host: { ...HOST, default: "127.0.0.1", description: "Address of the admin port." },
    port: { ...PORT, default: 8081, description: "Admin port; 0 takes any free one." },
    key: { ...CLIENT_KEY, description: "Key for the admin port; required when admin.host is not loopback." },
  },
};

const WORKERS: JsonSchema = {
  type: "object",
  description: "Worker threads for CPU-bound work, per gateway process.",
  default: {},
  additionalProperties: false,
  properties: {
    threads: {
      anyOf: [AUTO, { type: "integer", minimum: 1, maximum: 64 }],
      default: "auto",
      description:
        "Threads; auto = an equal share of the cores that the gateway processes leave free, at least 1.",
    },
    offloadAboveBytes: {
      type: "integer",
      minimum: 0,
      default: 32_768,
      description: "Request bodies larger than this are read on a worker thread.",
    },
  },
};

const LIMITS: JsonSchema = {
  type: "object",
  description: "What a client may send.",
  default: {},
  additionalProperties: false,
  properties: {
    bodyBytes: {
      type: "integer",
      minimum: 1,
      maximum: 1_073_741_824,
      default: 20_971_520,
      description: "Largest request body (20 MiB).",
    },
    uploadBytes: {
      type: "integer",
      minimum: 1,
      maximum: 68_719_476_736,
      default: 536_870_912,
      description: "Largest upload: a form with a file, which is passed on while it arrives (512 MiB).",
    },
    uploadSpoolBytes: {
      type: "integer",
      minimum: 0,
      maximum: 1_099_511_627_776,
      default: 4_294_967_296,
      description:
        "Disk for uploads whose model stands behind the file, in all and per gateway process (4 GiB); more are refused until there is room.",
    },
    headerTimeoutMs: {
      ...CLIENT_TIMEOUT_MS,
      default: 10_000,
      description:
        "Time for a new connection to send its first request headers; then it is closed, up to 8 seconds late.",
    },
    bodyTimeoutMs: {
      ...CLIENT_TIMEOUT_MS,
      default: 30_000,
      description: "Time for a client to send its body, or each further 64 KiB of a larger one.",
    },
    jsonDepth: {
      type: "integer",
      minimum: 8,
      maximum: 1000,
      default: 128,
      description: "Deepest nesting of objects and arrays in a request body.",
    },
  },
};

const DISCOVERY: JsonSchema = {
  type: "object",
  description: "Models that are found rather than written down.",
  default: {},
  additionalProperties: false,
  properties: {
    local: {
      type: "boolean",
      default: false,
      description:
        "Look for Ollama, LM Studio, vLLM and llama.cpp on this machine, at their usual ports, and offer their models as ollama/<model> and so on.",
    },
    intervalMs: {
      type: "integer",
      minimum: 1_000,
      maximum: 86_400_000,
      default: 30_000,
      description: "How often to look again.",
    },
  },
};

const RESPONSES: JsonSchema = {
  type: "object",
  description: "Responses that the gateway keeps in place of providers that keep none.",
  default: {},
  additionalProperties: false,
  properties: {
    storeBytes: {
      type: "integer",
      minimum: 0,
      maximum: 1_099_511_627_776,
      default: 67_108_864,
      description:
        "Memory for all of them together, whatever the number of processes (64 MiB): the oldest make room for new ones, and none takes more than a quarter. 0 = none is kept.",
    },
    ttlMs: {
      type: "integer",
      minimum: 1_000,
      maximum: 2_592_000_000,
      default: 86_400_000,
      description: "How long one is kept (a day).",
    },
  },
};

const LOGS: JsonSchema = {
  type: "object",
  description: "JSON lines on standard output.",
  default: {},
  additionalProperties: false,
  properties: {
    level: {
      enum: ["trace", "debug", "info", "warn", "error", "fatal", "silent"],
      default: "info",
      description: "Least severe level that is written.",
    },
    access: { type: "boolean", default: true, description: "One line per request." },
  },
};

const WHOLE: JsonSchema = {
  $schema: "https://json-schema.org/draft/2020-12/schema",
  title: "Headrace configuration",
  type: "object",
  additionalProperties: false,
  required: ["providers", "models"],
  properties: {
    listen: LISTEN,
    admin: ADMIN,
    processes: {
      anyOf: [AUTO, { type: "integer", minimum: 1, maximum: 256 }],
      default: "auto",
      description: "Gateway processes on the data port; auto = one per core, at most 8.",
    },
    workers: WORKERS,
    providers: PROVIDERS_SCHEMA,
    models: MODELS_SCHEMA,
    aliases: {
      type: "object",
      description: "Other names for models.",
      default: {},
      additionalProperties: {
        type: "string",
        minLength: 1,
        description: "The model that this name stands for, one of the names under models.",
      },
    },
    auth: {
      type: "object",
      description: "Who may call.",
      default: {},
      additionalProperties: false,
      properties: {
        mode: {
          enum: ["keys", "none"],
          default: "keys",
          description:
            "keys = one of the keys below; none = anybody, refused outside loopback unless forced.",
        },
        force: {
          type: "boolean",
          default: false,
          description: "Allow mode none on an address that other machines can reach.",
        },
      },
    },
    keys: KEYS_SCHEMA,
    limits: LIMITS,
    discovery: DISCOVERY,
    responses: RESPONSES,
    drainTimeoutMs: {
      ...DURATION_MS,
      default: 30_000,
      description: "Time for running requests to finish after SIGTERM.",
    },
    logs: LOGS,
    routing: ROUTING_SCHEMA,
    shedding: SHEDDING_SCHEMA,
    faults: FAULTS_SCHEMA,
    prices: PRICES_SCHEMA,
    store: { description: "Where usage, keys and budgets are kept (url)." },
    redis: { description: "Limits and cache shared across machines (url)." },
  },
  $defs: { strategy: STRATEGY_SCHEMA, target: TARGET_SCHEMA },
};

/**
 * JSON Schema of the configuration file, published as docs/config.schema.json. Objects have `default: {}`
 * so that ajv fills the defaults inside them too.
 */
export const CONFIG_SCHEMA: JsonSchema = markNotBuilt(WHOLE, NOT_BUILT);
