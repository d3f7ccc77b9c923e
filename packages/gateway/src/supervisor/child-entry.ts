/** The main module of a child process: one gateway process, led by messages. */
import { messageOf } from "../observability/message-of.ts";
import type { MetricJson } from "../observability/metric-table.ts";
import {
  type ConfigVersion,
  type GatewayUnit,
  type ProcessOptions,
  startGatewayProcess,
} from "../process/gateway-process.ts";
import type { FromChild, ToChild } from "./messages.ts";

let unit: GatewayUnit | null = null;
let draining = false;

function send(message: FromChild): void {
  process.send?.(message);
}

async function start(options: ProcessOptions): Promise<void> {
  try {
    unit = await startGatewayProcess(options);
    send({ kind: "listening", port: unit.port });
  } catch (error) {
    send({ kind: "failed", message: messageOf(error) });
    process.exitCode = 1;
    process.disconnect();
  }
}

async function drain(): Promise<void> {
  if (draining) return;
  draining = true;
  await unit?.drain();
  process.exit(0);
}

async function reload(next: ConfigVersion): Promise<MetricJson[]> {
  await unit?.reload(next);
  return [];
}

async function answer(id: number, work: () => Promise<MetricJson[]>): Promise<void> {
  try {
    send({ kind: "answer", id, metrics: await work() });
  } catch (error) {
    send({ kind: "answer", id, problem: messageOf(error) });
  }
}

process.on("message", (message: ToChild) => {
  if (message.kind === "start") void start(message.options);
  else if (message.kind === "drain") void drain();
  else if (message.kind === "metrics") void answer(message.id, async () => (await unit?.metrics()) ?? []);
  else void answer(message.id, () => reload(message.next));
});

// A terminal sends its signal to the whole group; the supervisor alone decides what it means.
process.on("SIGINT", () => {});
process.on("SIGTERM", () => {});
process.on("SIGHUP", () => {});
// Without a supervisor nobody would ever stop this process.
process.on("disconnect", () => void drain());
