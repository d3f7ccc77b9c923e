import { parseArgs } from "node:util";
import { oneOf, resultName, UsageError } from "../command-line.ts";
import { TOOLS, type ToolName } from "../scenarios/options.ts";

export type SectionName =
  | "cpu"
  | "translation"
  | "idle-clients"
  | "memory"
  | "start-up"
  | "big-prompt"
  | "routing"
  | "agents";
export const SECTIONS: readonly SectionName[] = [
  "cpu",
  "translation",
  "idle-clients",
  "memory",
  "start-up",
  "big-prompt",
  "routing",
  "agents",
];

/** How long and how often everything is measured. */
export interface FigurePlan {
  /** How often a slice is measured again when the generator was late in it. */
  maxRetries: number;
  cpu: {
    /** Each on a freshly started gateway: what the compiler made of it differs from start to start. */
    runs: number;
    connections: number;
    promptBytes: number;
    chunks: number;
    warmupMs: number;
    sliceMs: number;
    streamMs: number;
    /** Load on nginx beside each slice. */
    besideMs: number;
    pacedRuns: number;
    pacedMs: number;
    pacedEventsPerSecond: number;
  };
  /** Streams as in `cpu`, in turn with translated ones. */
  translation: { runs: number; sliceMs: number };
  idleClients: { runs: number; clients: number; holdMs: number };
  memory: {
    runs: number;
    /** After ready, before the first reading. */
    settleMs: number;
    /** In rising order. */
    rps: readonly number[];
    sliceMs: number;
    streams: number;
    streamsMs: number;
    /** Exact counts after the first one. */
    counts: number;
  };
  startUp: {
    runs: number;
    /** How many of the starts go on to the first seconds under load. */
    loadedRuns: number;
    rps: number;
    coldMs: number;
    /** Load between the first seconds and the warm ones. */
    warmupMs: number;
    warmMs: number;
    /** How often a process is killed and replaced. */
    replacements: number;
  };
  bigPrompt: {
    rounds: number;
    rps: number;
    sliceMs: number;
    warmupMs: number;
    promptBytes: number;
    /** Large chat bodies a second; counted prompts follow one another instead. */
    chatsPerSecond: number;
  };
  routing: {
    /** With a dead target. */
    requests: number;
    /** One before it dies, and as many after it as that takes. */
    sliceMs: number;
    /** Of the mocks. */
    latencyMs: number;
    tailRuns: number;
    tailMs: number;
    /** When all targets are down. */
    downCalls: number;
  };
  agents: {
    agents: number;
    /** In a conversation. */
    calls: number;
    durationMs: number;
    thinkMs: number;
    latencyMs: number;
  };
}

const FULL: FigurePlan = {
  maxRetries: 1,
  cpu: {
    runs: 5,
    connections: 64,
    promptBytes: 128,
    chunks: 100,
    warmupMs: 1200,
    sliceMs: 5000,
    streamMs: 4000,
    besideMs: 1200,
    pacedRuns: 3,
    pacedMs: 2000,
    pacedEventsPerSecond: 500,
  },
  translation: { runs: 5, sliceMs: 2500 },
  idleClients: { runs: 3, clients: 10_000, holdMs: 2000 },
  memory: {
    runs: 3,
    settleMs: 1000,
    rps: [100, 200, 500, 1000, 2000],
    sliceMs: 6000,
    streams: 1000,
    streamsMs: 12_000,
    counts: 20,
  },
  startUp: { runs: 7, loadedRuns: 4, rps: 500, coldMs: 5000, warmupMs: 1000, warmMs: 3000, replacements: 4 },
  bigPrompt: {
    rounds: 5,
    rps: 500,
    sliceMs: 2500,
    warmupMs: 1500,
    promptBytes: 1_000_000,
    chatsPerSecond: 5,
  },
  routing: { requests: 100_000, sliceMs: 5000, latencyMs: 20, tailRuns: 3, tailMs: 10_000, downCalls: 1000 },
  agents: { agents: 500, calls: 15, durationMs: 60_000, thinkMs: 1000, latencyMs: 50 },
};

const QUICK: FigurePlan = {
  maxRetries: 0,
  cpu: {
    ...FULL.cpu,
    runs: 1,
    warmupMs: 400,
    sliceMs: 1000,
    streamMs: 1000,
    besideMs: 400,
    pacedRuns: 1,
    pacedMs: 600,
  },
  translation: { runs: 1, sliceMs: 600 },
  idleClients: { runs: 1, clients: 500, holdMs: 200 },
  memory: {
    ...FULL.memory,
    ...{ runs: 1, settleMs: 100, rps: [50, 100], sliceMs: 400, streams: 20, streamsMs: 400, counts: 3 },
  },
  startUp: {
    ...FULL.startUp,
    ...{ runs: 2, loadedRuns: 1, coldMs: 1000, warmupMs: 300, warmMs: 700, replacements: 1 },
  },
  bigPrompt: { ...FULL.bigPrompt, rounds: 1, sliceMs: 1000, warmupMs: 300 },
  routing: { ...FULL.routing, requests: 1000, sliceMs: 800, tailRuns: 1, tailMs: 2000, downCalls: 50 },
  agents: { ...FULL.agents, agents: 30, durationMs: 5000, thinkMs: 200 },
};

export interface FigureOptions {
  plan: FigurePlan;
  quick: boolean;
  only: readonly SectionName[];
  /** The load tool of the CPU figures; everything else needs the embedded generator. */
  tool: ToolName;
  /** Folder name under bench/results; the date and time when empty. */
  name: string;
  /** `taskset` list over the gateway's own core. */
  gatewayCpus?: string;
}

const MS_PER_MINUTE = 60_000;
const MOST_AGENT_MINUTES = 24 * 60;

const FLAGS = {
  quick: { type: "boolean", default: false },
  only: { type: "string", default: SECTIONS.join(",") },
  tool: { type: "string", default: "embedded" },
  "gateway-cpus": { type: "string" },
  "agent-minutes": { type: "string" },
  name: { type: "string", default: "" },
} as const;

export const FIGURES_USAGE: string = `Options of figures (defaults in brackets):
  --quick               one short run of everything: a smoke test, not a result
  --only LIST           any of ${SECTIONS.join(",")} [all]
  --tool NAME           load tool of the CPU figures: embedded, wrk, oha [${FLAGS.tool.default}]
  --gateway-cpus LIST   cores of the gateway, as taskset takes them [one core]
  --agent-minutes N     how long the agents are at it [1]
  --name NAME           folder under bench/results [date-time-figures]`;

/** @throws UsageError, or the TypeError of `parseArgs` */
export function parseFigureOptions(args: readonly string[]): FigureOptions {
  const { values } = parseArgs({ args: [...args], options: FLAGS, strict: true });
  const only = values.only.split(",").map((text) => oneOf(text, SECTIONS, "only"));
  return {
    plan: planOf(values.quick ? QUICK : FULL, values["agent-minutes"]),
    quick: values.quick,
    only,
    tool: oneOf(values.tool, TOOLS, "tool"),
    name: resultName(values.name),
    ...(values["gateway-cpus"] === undefined ? {} : { gatewayCpus: values["gateway-cpus"] }),
  };
}

function planOf(plan: FigurePlan, agentMinutes: string | undefined): FigurePlan {
  if (agentMinutes === undefined) return plan;
  const minutes = Number(agentMinutes);
  if (!(minutes > 0 && minutes <= MOST_AGENT_MINUTES)) {
    throw new UsageError(`--agent-minutes is a number up to ${MOST_AGENT_MINUTES}, got "${agentMinutes}"`);
  }
  return { ...plan, agents: { ...plan.agents, durationMs: minutes * MS_PER_MINUTE } };
}
