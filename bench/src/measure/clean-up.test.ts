import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { isRunning } from "./process-tree.ts";

const MODULES = {
  process: import.meta.resolve("./managed-process.ts"),
  cleanUp: import.meta.resolve("./clean-up.ts"),
};

/** A bench in the middle of a run: it has a server in a group of its own and a work folder. */
const PROGRAM = `
const { ManagedProcess } = await import(process.argv[1]);
const { removableFolder } = await import(process.argv[2]);
removableFolder(process.argv[3]);
const server = await ManagedProcess.start({
  name: "server", command: process.execPath, args: ["-e", "setInterval(() => {}, 1000)"],
  cpus: undefined, logFile: process.argv[3] + "/log",
});
process.send(server.pid);
`;

for (const signal of ["SIGINT", "SIGTERM"] as const) {
  test(`a run that is ended by ${signal} leaves no server and no folder behind`, async () => {
    const folder = mkdtempSync(join(tmpdir(), "bench-cleanup-"));
    const args = ["--conditions=headrace-source", "--input-type=module", "-e", PROGRAM];
    const child = spawn(process.execPath, [...args, MODULES.process, MODULES.cleanUp, folder], {
      stdio: ["ignore", "inherit", "inherit", "ipc"],
    });
    try {
      const [serverPid] = await once(child, "message");
      assert.equal(isRunning(serverPid), true);
      child.kill(signal);
      const [code] = await once(child, "exit");
      assert.equal(code, signal === "SIGINT" ? 130 : 143);
      const deadlineMs = performance.now() + 5000;
      while (isRunning(serverPid) && performance.now() < deadlineMs)
        await new Promise((done) => setImmediate(done));
      assert.equal(isRunning(serverPid), false);
      assert.equal(existsSync(folder), false);
    } finally {
      child.kill("SIGKILL");
      rmSync(folder, { recursive: true, force: true });
    }
  });
}
