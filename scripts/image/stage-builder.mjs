import { spawn } from "node:child_process";
import { cpSync, existsSync, mkdirSync, readdirSync, readFileSync, statSync } from "node:fs";
import { join, relative } from "node:path";
import { readCopy, readEnvironment, readIgnore } from "./dockerfile.mjs";

/**
 * Builds stages into folders that stand for the file systems of containers. Paths of the image become paths below
 * the stage's folder; programs of the base image (a shell, npm) are this machine's, except Node, which is put into
 * the folder as the base would have it.
 */
export class StageBuilder {
  #context;
  #workspace;
  #report;
  /** @type {Map<string, string>} */
  #roots = new Map();

  /**
   * @param {{ context: string, workspace: string, report: (line: string) => void }} options `context` is the folder
   *   that is built, `workspace` an empty folder for the stages
   */
  constructor({ context, workspace, report }) {
    this.#context = context;
    this.#workspace = workspace;
    this.#report = report;
  }

  /**
   * @param {import("./dockerfile.mjs").Stage} stage
   * @returns {Promise<{ root: string, workdir: string, environment: Map<string, string>, user: string | undefined }>}
   */
  async build(stage) {
    const root = join(this.#workspace, stage.name);
    this.#roots.set(stage.name, root);
    this.#installBase(root);
    this.#report(`FROM ${stage.base} (stage ${stage.name})`);
    const built = { root, workdir: root, environment: new Map(baseEnvironment(root)), user: undefined };
    for (const instruction of stage.instructions) {
      const startedAt = Date.now();
      await this.#apply(instruction, built);
      const seconds = ((Date.now() - startedAt) / 1000).toFixed(1);
      const size = megabytes(folderBytes(root));
      this.#report(`${instruction.name} ${instruction.argument}  [${seconds} s, stage ${size}]`);
    }
    return built;
  }

  #installBase(root) {
    for (const folder of ["usr/local/bin", "tmp", "home/node"])
      mkdirSync(join(root, folder), { recursive: true });
    cpSync(process.execPath, join(root, "usr/local/bin/node"));
  }

  async #apply(instruction, built) {
    const { name, argument, line } = instruction;
    if (name === "WORKDIR") {
      built.workdir = join(built.root, argument);
      mkdirSync(built.workdir, { recursive: true });
    } else if (name === "ENV") {
      for (const [key, value] of readEnvironment(argument, built.environment)) {
        built.environment.set(key, mapPath(value, built.root));
      }
    } else if (name === "COPY") this.#copy(readCopy(instruction), built);
    else if (name === "RUN") await this.#run(argument, built, line);
    else if (name === "USER") built.user = argument;
  }

  #copy({ from, sources, target }, { root, workdir }) {
    const isIgnored = readIgnore(readFileSync(join(this.#context, ".dockerignore"), "utf8"));
    const base = from === undefined ? this.#context : this.#rootOf(from);
    const to = target.startsWith("/") ? join(root, target) : join(workdir, target);
    for (const source of sources) {
      const path = join(base, source);
      const isFolder = statSync(path).isDirectory();
      // A folder is copied by its content, a file by its name, as an image builder does.
      const destination =
        isFolder || !/(\/|\.)$/.test(target) ? to : join(to, source.split("/").at(-1) ?? "");
      const filter = (file) => from !== undefined || !isIgnored(relative(this.#context, file));
      cpSync(path, destination, { recursive: true, filter, verbatimSymlinks: true });
    }
  }

  #rootOf(stage) {
    const root = this.#roots.get(stage);
    if (root === undefined) throw new Error(`COPY --from=${stage} names no stage above it`);
    return root;
  }

  /** Builds have the network and this machine's settings for it, as they would from the machine that builds. */
  async #run(command, { root, workdir, environment }, line) {
    const path = `${environment.get("PATH")}:${process.env.PATH}`;
    const env = { ...process.env, ...Object.fromEntries(environment), HOME: process.env.HOME, PATH: path };
    const child = spawn("sh", ["-c", mapPath(command, root)], {
      cwd: workdir,
      env,
      stdio: ["ignore", "inherit", "inherit"],
    });
    const code = await new Promise((done, failed) => child.once("error", failed).once("close", done));
    if (code !== 0) throw new Error(`Dockerfile:${line}: the command ended with ${code}`);
  }
}

/** What the base image says by itself. */
function baseEnvironment(root) {
  /** @type {[string, string][]} */
  const environment = [
    ["PATH", `${join(root, "usr/local/bin")}:/usr/local/sbin:/usr/sbin:/usr/bin:/sbin:/bin`],
    ["HOME", join(root, "home/node")],
  ];
  return environment;
}

/**
 * Replaces paths of the image by paths below the stage's folder, wherever the image has made such a folder.
 *
 * @param {string} text a command or a value
 * @param {string} root
 */
export function mapPath(text, root) {
  return text.replace(
    /(^|[\s:="'])\/(app|src)(?=$|[\s:/"'])/g,
    (_, before, folder) => `${before}${root}/${folder}`,
  );
}

/** Bytes of all files below a folder, hard links counted once. */
export function folderBytes(folder, seen = new Set()) {
  if (!existsSync(folder)) return 0;
  return readdirSync(folder, { withFileTypes: true }).reduce((sum, entry) => {
    const path = join(folder, entry.name);
    if (entry.isDirectory()) return sum + folderBytes(path, seen);
    if (!entry.isFile()) return sum;
    const { ino, size } = statSync(path);
    if (seen.has(ino)) return sum;
    seen.add(ino);
    return sum + size;
  }, 0);
}

/** @param {number} bytes */
export function megabytes(bytes) {
  return `${(bytes / 1024 / 1024).toFixed(0)} MB`;
}
