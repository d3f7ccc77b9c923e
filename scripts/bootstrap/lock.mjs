import { mkdir, readFile, rm, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import { setTimeout as delay } from "node:timers/promises";

const POLL_MS = 100;
/** A lock without an owner's name in it for this long was left by a process killed between two system calls. */
const NAMELESS_MS = 2_000;

/**
 * Runs `work` while no other process of this checkout does: making a directory is atomic everywhere. A lock whose
 * owner is gone is taken over.
 *
 * @template T
 * @param {string} folder the lock, a path that does not exist while nobody works
 * @param {() => Promise<T>} work
 * @returns {Promise<T>}
 */
export async function withLock(folder, work) {
  await mkdir(dirname(folder), { recursive: true });
  let namelessSince = 0;
  while (!(await tryLock(folder))) {
    const owner = Number(await readFile(join(folder, "owner"), "utf8").catch(() => ""));
    if (owner === 0) namelessSince ||= Date.now();
    const isAbandoned = owner === 0 ? Date.now() - namelessSince > NAMELESS_MS : !isAlive(owner);
    if (isAbandoned) await rm(folder, { recursive: true, force: true });
    else await delay(POLL_MS);
  }
  try {
    return await work();
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

async function tryLock(folder) {
  try {
    await mkdir(folder);
  } catch (error) {
    if (error.code === "EEXIST") return false;
    throw error;
  }
  await writeFile(join(folder, "owner"), String(process.pid));
  return true;
}

function isAlive(pid) {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return error.code === "EPERM";
  }
}
