import { type ChildProcess, fork } from "node:child_process";
import { once } from "node:events";
import { requestBytes } from "../load/request-bytes.ts";
import { entryModule } from "../paths.ts";
import { type Contestant, requestTo } from "../peers/start.ts";
import { SHELL, withManyFiles } from "./file-limit.ts";
import type { HolderOrder, HolderReply } from "./idle-clients-process.ts";

/** A process of its own that holds idle connections. */
export interface IdleClientsHolder {
  /** Opens so many connections, each of which makes one chat request; resolves when all are answered or lost. */
  open(target: Contestant, options: { clients: number; promptBytes: number }): Promise<HolderReply>;
  count(): Promise<HolderReply>;
  close(): Promise<void>;
}

/** `cpus` is a `taskset` list. */
export async function startIdleClientsHolder(cpus: string | undefined): Promise<IdleClientsHolder> {
  const module = entryModule(import.meta.url, "./idle-clients-process");
  const pinned = cpus === undefined ? [] : ["taskset", "-c", cpus];
  const conditions = module.endsWith(".ts") ? ["--conditions=headrace-source"] : [];
  const child = fork(module, [], {
    execPath: SHELL,
    execArgv: withManyFiles([...pinned, process.execPath, ...conditions]),
    serialization: "advanced",
  });
  await once(child, "spawn");
  return {
    open: (target, { clients, promptBytes }) =>
      ask(child, {
        kind: "open",
        host: target.host,
        port: target.port,
        request: requestBytes(requestTo(target, { promptBytes, stream: false })),
        clients,
      }),
    count: () => ask(child, { kind: "count" }),
    async close(): Promise<void> {
      if (child.exitCode !== null) return;
      const exited = once(child, "exit");
      child.disconnect();
      await exited;
    },
  };
}

function ask(child: ChildProcess, order: HolderOrder): Promise<HolderReply> {
  return new Promise((resolve, reject) => {
    const onExit = (): void => reject(new Error("the process that holds idle clients died"));
    child.once("exit", onExit);
    child.once("message", (reply: HolderReply) => {
      child.off("exit", onExit);
      resolve(reply);
    });
    child.send(order);
  });
}
