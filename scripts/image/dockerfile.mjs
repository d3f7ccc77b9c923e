/**
 * Reads the part of the Dockerfile language that this project's file uses; anything else is an error, so that a new
 * instruction is never skipped in silence.
 */

/**
 * @typedef {{ line: number, name: string, argument: string }} Instruction
 * @typedef {{ name: string, base: string, instructions: Instruction[] }} Stage
 */

const STAGE_INSTRUCTIONS = new Set([
  ...["WORKDIR", "COPY", "RUN", "ENV", "USER", "EXPOSE"],
  ...["STOPSIGNAL", "HEALTHCHECK", "ENTRYPOINT", "CMD"],
]);

/**
 * @param {string} text
 * @returns {Stage[]} in the order of the file; the last is the image
 * @throws {Error} that names the line of what it does not know
 */
export function parseDockerfile(text) {
  /** @type {Map<string, string>} */
  const args = new Map();
  /** @type {Stage[]} */
  const stages = [];
  for (const instruction of readInstructions(text)) {
    const { line, name, argument } = instruction;
    const stage = stages.at(-1);
    if (name === "ARG" && stage === undefined) args.set(...readPair(argument, line));
    else if (name === "FROM") stages.push(readFrom(substitute(argument, args), stages.length));
    else if (stage !== undefined && STAGE_INSTRUCTIONS.has(name)) stage.instructions.push(instruction);
    else throw new Error(`Dockerfile:${line}: ${name} is not known to the rehearsal`);
  }
  return stages;
}

/** Joins continued lines, drops comments and empty lines. */
function readInstructions(text) {
  /** @type {Instruction[]} */
  const instructions = [];
  let pending = "";
  let startedAt = 0;
  for (const [index, raw] of text.split("\n").entries()) {
    if (/^\s*#/.test(raw) || (pending === "" && raw.trim() === "")) continue;
    if (pending === "") startedAt = index + 1;
    if (raw.endsWith("\\")) {
      pending += `${raw.slice(0, -1).trim()} `;
      continue;
    }
    const [, name = "", argument = ""] = /^\s*(\w+)\s+(.*)$/.exec(pending + raw.trim()) ?? [];
    instructions.push({ line: startedAt, name: name.toUpperCase(), argument });
    pending = "";
  }
  return instructions;
}

/** @returns {[string, string]} */
function readPair(argument, line) {
  const [, name, value] = /^(\w+)=(.*)$/.exec(argument) ?? [];
  if (name === undefined || value === undefined) throw new Error(`Dockerfile:${line}: expected NAME=value`);
  return [name, value];
}

function readFrom(argument, index) {
  const [, base = "", name = String(index)] = /^(\S+)(?:\s+AS\s+(\S+))?$/i.exec(argument) ?? [];
  return { name, base, instructions: [] };
}

/**
 * Puts variables into an argument: `$NAME` and `${NAME}`.
 *
 * @param {string} text
 * @param {ReadonlyMap<string, string>} values
 */
function substitute(text, values) {
  return text.replace(/\$(?:\{(\w+)\}|(\w+))/g, (_, braced, bare) => values.get(braced ?? bare) ?? "");
}

/** The pairs of an ENV instruction. */
export function readEnvironment(argument, values) {
  return [...argument.matchAll(/(\w+)=(\S+)/g)].map(([, name, value]) => {
    return /** @type {const} */ ([name, substitute(value ?? "", values)]);
  });
}

/**
 * The words of an instruction in JSON form, as ENTRYPOINT, CMD and the CMD of HEALTHCHECK are written here.
 *
 * @param {Instruction} instruction
 * @returns {string[]}
 */
export function readWords({ argument, line }) {
  const json = argument.slice(Math.max(0, argument.indexOf("[")));
  try {
    return JSON.parse(json);
  } catch {
    throw new Error(`Dockerfile:${line}: only the JSON form runs without a shell in between`);
  }
}

/**
 * The parts of a COPY.
 *
 * @param {Instruction} instruction
 * @returns {{ from: string | undefined, sources: string[], target: string }}
 */
export function readCopy({ argument }) {
  const [, from, paths = ""] = /^(?:--from=(\S+)\s+)?(.*)$/.exec(argument) ?? [];
  const words = paths.split(/\s+/);
  return { from, sources: words.slice(0, -1), target: words.at(-1) ?? "" };
}

/**
 * What .dockerignore leaves out of the build: plain paths, and `**` in front of a name.
 *
 * @param {string} text content of .dockerignore
 * @returns {(path: string) => boolean} whether a path, relative to the context, is left out
 */
export function readIgnore(text) {
  const patterns = text.split("\n").filter((line) => line !== "" && !line.startsWith("#"));
  const tests = patterns.map((pattern) => {
    const source = pattern
      .replace(/[.+^$()|[\]{}]/g, "\\$&")
      .replace(/\*\*\/|\*/g, (stars) => (stars === "*" ? "[^/]*" : "(.*/)?"));
    return new RegExp(`^${source}(/|$)`);
  });
  return (path) => tests.some((test) => test.test(path));
}
