import { spawn } from "node:child_process";

const TICK_MS = 5_000;

/**
 * Runs one step of the preparation under a line that tells what is done and how long it took. A dot every five
 * seconds shows that a slow download is alive, in a terminal as in a log.
 *
 * @template T
 * @param {string} title e.g. "Installing packages"
 * @param {() => Promise<T>} work
 * @param {{ write(text: string): unknown }} out where the line goes
 * @returns {Promise<T>}
 */
export async function step(title, work, out = process.stdout) {
  const startedAt = Date.now();
  out.write(`headrace: ${title} ..`);
  const ticker = setInterval(() => out.write("."), TICK_MS);
  try {
    const result = await work();
    out.write(` ${((Date.now() - startedAt) / 1000).toFixed(1)} s\n`);
    return result;
  } catch (error) {
    out.write(" failed\n");
    throw error;
  } finally {
    clearInterval(ticker);
  }
}

/**
 * Runs a program quietly and keeps what it printed.
 *
 * @param {string} program
 * @param {string[]} args
 * @param {{ cwd: string, env: NodeJS.ProcessEnv }} place
 * @returns {Promise<{ code: number, output: string }>} rejects when the program cannot be started
 */
export function capture(program, args, { cwd, env }) {
  return new Promise((resolve, reject) => {
    const child = spawn(program, args, { cwd, env, stdio: ["ignore", "pipe", "pipe"] });
    /** @type {Buffer[]} */
    const chunks = [];
    child.stdout.on("data", (chunk) => chunks.push(chunk));
    child.stderr.on("data", (chunk) => chunks.push(chunk));
    child.once("error", reject);
    child.once("close", (code) =>
      resolve({ code: code ?? 1, output: Buffer.concat(chunks).toString("utf8") }),
    );
  });
}
