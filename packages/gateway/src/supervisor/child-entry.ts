/** The main module of a child process: one gateway process, led by messages. */
import type { HealthNotice } from "@headrace/routing/health/health-notice";
import { Leases } from "../admission/leases.ts";
import { type Logs, openLogs } from "../observability/logger.ts";
import { messageOf } from "../observability/message-of.ts";
import { endProcess } from "../process/end-process.ts";
import { startGatewayProcess } from "../process/gateway-process.ts";
import type { ConfigVersion, GatewayUnit, ProcessOptions } from "../process/gateway-unit.ts";
import { LINK_BOUNDS, LinkedConversationStore } from "./linked-store.ts";
import type { FromChild, ToChild } from "./messages.ts";

let logs: Logs | null = null;
let unit: GatewayUnit | null = null;
let draining = false;
const leases = new Leases((reports) => void send({ kind: "slots", reports }));
const store = new LinkedConversationStore(
  (id, ask) => void send({ kind: "store-ask", id, ask }),
  LINK_BOUNDS,
);

/** Resolves when it is sent, or cannot be: that the supervisor has gone is told by the end of the channel. */
function send(message: FromChild): Promise<void> {
  return new Promise((resolve) => {
    if (process.send === undefined) resolve();
    else process.send(message, undefined, undefined, () => resolve());
  });
}

async function start(options: ProcessOptions): Promise<void> {
  logs = openLogs(options.config.logs, options.fleetSize > 1);
  try {
    const keeps = options.config.responses.storeBytes > 0;
    const tell = (notices: readonly HealthNotice[]): void => void send({ kind: "health", notices });
    unit = await startGatewayProcess(options, { logs, store: keeps ? store : null, tell, leases });
    await send({ kind: "listening", port: unit.port });
  } catch (error) {
    await send({ kind: "failed", message: messageOf(error) });
    await logs.close();
    endProcess(1);
  }
}

async function drain(): Promise<void> {
  if (draining) return;
  draining = true;
  await unit?.drain();
  await logs?.close();
  endProcess(0);
}

async function reload(next: ConfigVersion): Promise<Answer> {
  await unit?.reload(next);
  return {};
}

type Answer = Omit<Extract<FromChild, { kind: "answer" }>, "kind" | "id">;

async function answer(id: number, work: () => Promise<Answer>): Promise<void> {
  try {
    await send({ kind: "answer", id, ...(await work()) });
  } catch (error) {
    await send({ kind: "answer", id, problem: messageOf(error) });
  }
}

process.on("message", (message: ToChild) => {
  if (message.kind === "start") void start(message.options);
  else if (message.kind === "drain") void drain();
  else if (message.kind === "health") unit?.learn(message.notices);
  else if (message.kind === "slots") leases.hear(message.notices);
  else if (message.kind === "store-answer") store.onAnswer(message.id, message.answer);
  else if (message.kind === "metrics")
    void answer(message.id, async () => ({ metrics: (await unit?.metrics()) ?? [] }));
  else if (message.kind === "calls")
    void answer(message.id, async () => ({ calls: (await unit?.calls(message.query)) ?? [] }));
  else if (message.kind === "targets")
    void answer(message.id, async () => ({ targets: (await unit?.targets()) ?? [] }));
  else if (message.kind === "shadows")
    void answer(message.id, async () => ({ shadows: (await unit?.shadows()) ?? [] }));
  else void answer(message.id, () => reload(message.next));
});

// A terminal sends its signal to the whole group; the supervisor alone decides what it means.
process.on("SIGINT", () => {});
process.on("SIGTERM", () => {});
process.on("SIGHUP", () => {});
// Without a supervisor nobody would ever stop this process.
process.on("disconnect", () => void drain());
