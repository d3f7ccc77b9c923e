import assert from "node:assert/strict";
import { type ChildProcess, execFileSync, spawn } from "node:child_process";
import { afterEach, describe, it } from "node:test";
import type { GatewayUnit, ProcessOptions } from "../process/gateway-unit.ts";
import { configOf } from "../testing/compiled.ts";
import { leadChild } from "./child-unit.ts";
import { SlotBank } from "./slot-bank.ts";

const OPTIONS: ProcessOptions = {
  config: configOf({
    providers: { p: { adapter: "mock" } },
    models: { m: { targets: [{ provider: "p", model: "x" }] } },
    keys: [{ name: "k", key: "hr-test-key" }],
  }),
  hash: "test",
  version: 1,
  index: 0,
  fleetSize: 2,
};

/** What a child does with a message `m`; the first one starts it. */
const LISTENS = `if (m.kind === "start") process.send({ kind: "listening", port: 1 });`;

const children: ChildProcess[] = [];

/** A process that hears its supervisor and does what the code says. */
function childThat(onMessage: string, command: string = process.execPath): ChildProcess {
  const code = `process.on("message", (m) => { ${onMessage} })`;
  const child = spawn(command, ["-e", code], {
    stdio: ["ignore", "ignore", "inherit", "ipc"],
    serialization: "advanced",
  });
  children.push(child);
  return child;
}

/** Kills a process and returns once it is dead, before this process has had the time to notice. */
function killUnnoticed(child: ChildProcess): void {
  child.kill("SIGKILL");
  for (let state = ""; !state.startsWith("Z"); ) {
    state = execFileSync("ps", ["-o", "stat=", "-p", String(child.pid)], { encoding: "utf8" });
  }
}

/** Resolves with the reason when the child's end was not asked for. */
function leadUntilExit(child: ChildProcess): { leading: Promise<GatewayUnit>; exited: Promise<string> } {
  const exit = Promise.withResolvers<string>();
  return {
    leading: leadChild(child, OPTIONS, {
      store: null,
      bank: new SlotBank(2),
      onHealth: () => {},
      onExit: exit.resolve,
    }),
    exited: exit.promise,
  };
}

describe("a led child", { timeout: 20_000 }, () => {
  afterEach(() => {
    for (const child of children.splice(0)) child.kill("SIGKILL");
  });

  for (const [verb, ask] of [
    ["asked for its metrics", "metrics"],
    ["told to reload", "reload"],
  ] as const) {
    it(`that has just died may be ${verb}`, async () => {
      const child = childThat(LISTENS);
      const { leading, exited } = leadUntilExit(child);
      const unit = await leading;
      killUnnoticed(child);
      await assert.rejects(ask === "metrics" ? unit.metrics() : unit.reload(OPTIONS));
      assert.equal(await exited, "signal SIGKILL");
    });
  }

  it("that has just died may be told to drain", async () => {
    const child = childThat(LISTENS);
    const unit = await leadUntilExit(child).leading;
    killUnnoticed(child);
    await unit.drain();
  });

  it("fails to start with its own words", async () => {
    const child = childThat(`process.send({ kind: "failed", message: "no luck" });`);
    await assert.rejects(leadUntilExit(child).leading, { message: "no luck" });
  });

  it("fails to start when it ends before it listens", async () => {
    await assert.rejects(leadUntilExit(childThat("process.exit(3);")).leading, { message: /exit code 3/ });
  });

  it("fails to start when there is no such program", async () => {
    await assert.rejects(leadUntilExit(childThat("", "/nonexistent/node")).leading, { message: /ENOENT/ });
  });

  it("answers with its metrics", async () => {
    const sample = { name: "n", help: "h", type: "counter", aggregator: "sum", values: [] };
    const answers = `if (m.kind === "metrics") process.send({ kind: "answer", id: m.id, metrics: [${JSON.stringify(sample)}] });`;
    const unit = await leadUntilExit(childThat(LISTENS + answers)).leading;
    assert.deepEqual(await unit.metrics(), [sample]);
  });

  it("ends when it is drained, and nobody is told of an unexpected end", async () => {
    const child = childThat(`${LISTENS} if (m.kind === "drain") process.exit(0);`);
    let exits = 0;
    const unit = await leadChild(child, OPTIONS, {
      store: null,
      bank: new SlotBank(2),
      onHealth: () => {},
      onExit: () => exits++,
    });
    await unit.drain();
    assert.deepEqual([child.exitCode, exits], [0, 0]);
  });
});
