import { spawn } from "node:child_process";
import { constants } from "node:os";

/** Signals that a process manager sends, and that belong to the command and not to its launcher. */
const FORWARDED = /** @type {const} */ (["SIGTERM", "SIGINT", "SIGHUP", "SIGQUIT", "SIGUSR1", "SIGUSR2"]);

/**
 * Runs a command in the place of this process: same streams, signals passed on.
 *
 * @param {string} program
 * @param {string[]} args
 * @param {{ cwd: string, env: NodeJS.ProcessEnv }} place
 * @returns {Promise<number>} its exit code, 128 + n when signal n ended it
 */
export function run(program, args, { cwd, env }) {
  return new Promise((resolve, reject) => {
    const child = spawn(program, args, { cwd, env, stdio: "inherit" });
    /** @type {(signal: NodeJS.Signals) => void} */
    const forward = (signal) => {
      // A terminal gives Ctrl-C to the whole group: passing it on would make it the impatient second one.
      const hasItAlready = signal === "SIGINT" && process.stdin.isTTY;
      if (!hasItAlready) child.kill(signal);
    };
    for (const signal of FORWARDED) process.on(signal, forward);
    child.once("error", reject);
    child.once("exit", (code, signal) => {
      for (const name of FORWARDED) process.off(name, forward);
      resolve(code ?? 128 + (signal === null ? 0 : constants.signals[signal]));
    });
  });
}
