#!/usr/bin/env node
/**
 * Makes the prebuilt uWebSockets.js addon load on glibc 2.36 and 2.37 (Debian 12).
 *
 * The addon is linked against glibc 2.38 for one reason only: C23 headers rename `strtol` and its kin to
 * `__isoc23_*` aliases. On an older glibc this script writes a copy of the addon in which those undefined
 * symbols carry their old name and the base version again. It edits the ELF tables in place and needs nothing
 * but Node 18.
 */
import { readdirSync, readFileSync, realpathSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { dirname, join, resolve } from "node:path";
import { fileURLToPath } from "node:url";

/** The glibc from which on the addon loads as it was published. */
export const NATIVE_GLIBC = "2.38";
/** The oldest glibc that a relinked addon loads on: it also uses `arc4random`, new in 2.36. */
export const OLDEST_GLIBC = "2.36";
/** `process.versions.modules` of Node 24, the only Node that the gateway runs on. */
const NODE_24_ABI = "137";
/** The version that every symbol of the first glibc of an architecture carries. */
const BASE_VERSION = { x64: "GLIBC_2.2.5", arm64: "GLIBC_2.17" };
const C23_PREFIX = "__isoc23_";
/** The C23 functions whose older namesake takes the same arguments and has been in glibc from the beginning. */
const C23_FUNCTIONS = new Set(
  [
    "strtol",
    "strtoul",
    "strtoll",
    "strtoull",
    "wcstol",
    "wcstoul",
    "sscanf",
    "fscanf",
    "scanf",
    "vsscanf",
  ].map((name) => C23_PREFIX + name),
);

const SECTION_DYNSYM = 11;
const SECTION_VERSYM = 0x6fffffff;
const SECTION_VERNEED = 0x6ffffffe;
const MACHINES = new Map([
  [62, "x64"],
  [183, "arm64"],
]);
const SYMBOL_BYTES = 24;
const VERSION_WEAK = 2;

/**
 * Rebinds the C23 aliases of an addon to their base version. Pure: the given bytes are not modified.
 *
 * @param {Uint8Array} bytes an ELF64 little-endian shared object
 * @returns {{ bytes: Uint8Array, changed: boolean }} `changed` is false when nothing is bound to GLIBC_2.38
 * @throws {Error} for another format, or a symbol of GLIBC_2.38 with no known older namesake
 */
export function relinkAddon(bytes) {
  const image = Buffer.from(bytes);
  const { arch, sections } = readSections(image);
  const symbols = sectionOf(sections, SECTION_DYNSYM);
  const symbolVersions = sectionOf(sections, SECTION_VERSYM);
  const strings = sections[symbols.link];
  const needs = readVersionNeeds(image, sectionOf(sections, SECTION_VERNEED), sections);

  const newest = needs.filter((need) => need.name === `GLIBC_${NATIVE_GLIBC}`);
  let changed = false;
  for (let index = 0; index * SYMBOL_BYTES < symbols.size; index += 1) {
    const versionAt = symbolVersions.offset + index * 2;
    const need = newest.find((candidate) => candidate.index === (image.readUInt16LE(versionAt) & 0x7fff));
    if (need === undefined) continue;
    const nameAt = symbols.offset + index * SYMBOL_BYTES;
    const name = readString(image, strings, image.readUInt32LE(nameAt));
    if (!C23_FUNCTIONS.has(name)) {
      throw new Error(
        `the addon needs ${name} of glibc ${NATIVE_GLIBC}, for which no older namesake is known`,
      );
    }
    const base = needs.find((other) => other.file === need.file && other.name === BASE_VERSION[arch]);
    if (base === undefined) throw new Error(`the addon names no ${BASE_VERSION[arch]} of ${need.file}`);
    // The tail of "__isoc23_strtol" in the string table is "strtol": no new string is needed.
    image.writeUInt32LE(image.readUInt32LE(nameAt) + C23_PREFIX.length, nameAt);
    image.writeUInt16LE(base.index, versionAt);
    changed = true;
  }
  // The loader refuses a library whose named versions are missing, used or not, unless they are marked weak.
  if (changed) for (const need of newest) image.writeUInt16LE(need.flags | VERSION_WEAK, need.flagsAt);
  return { bytes: image, changed };
}

/** @param {Buffer} image */
function readSections(image) {
  const isElf64Le =
    image.length > 64 && image.readUInt32BE(0) === 0x7f454c46 && image[4] === 2 && image[5] === 1;
  if (!isElf64Le) throw new Error("the addon is no 64-bit little-endian ELF file");
  const arch = MACHINES.get(image.readUInt16LE(18));
  if (arch === undefined) throw new Error(`the addon is for an unknown machine (${image.readUInt16LE(18)})`);
  const tableOffset = Number(image.readBigUInt64LE(40));
  const entryBytes = image.readUInt16LE(58);
  const count = image.readUInt16LE(60);
  if (tableOffset + count * entryBytes > image.length)
    throw new Error("the addon's section table is cut off");
  const sections = Array.from({ length: count }, (_, index) => {
    const at = tableOffset + index * entryBytes;
    return {
      type: image.readUInt32LE(at + 4),
      offset: Number(image.readBigUInt64LE(at + 24)),
      size: Number(image.readBigUInt64LE(at + 32)),
      link: image.readUInt32LE(at + 40),
      info: image.readUInt32LE(at + 44),
    };
  });
  return { arch, sections };
}

function sectionOf(sections, type) {
  const section = sections.find((candidate) => candidate.type === type);
  if (section === undefined) throw new Error(`the addon has no dynamic symbol table (section ${type})`);
  return section;
}

/** Lists the versions that the addon asks of each library: .gnu.version_r is a list of lists of relative offsets. */
function readVersionNeeds(image, section, sections) {
  const strings = sections[section.link];
  const needs = [];
  let fileAt = section.offset;
  for (let files = 0; files < section.info; files += 1) {
    const file = readString(image, strings, image.readUInt32LE(fileAt + 4));
    let at = fileAt + image.readUInt32LE(fileAt + 8);
    for (let versions = image.readUInt16LE(fileAt + 2); versions > 0; versions -= 1) {
      needs.push({
        file,
        name: readString(image, strings, image.readUInt32LE(at + 8)),
        index: image.readUInt16LE(at + 6),
        flags: image.readUInt16LE(at + 4),
        flagsAt: at + 4,
      });
      at += image.readUInt32LE(at + 12);
    }
    fileAt += image.readUInt32LE(fileAt + 12);
  }
  return needs;
}

function readString(image, strings, start) {
  const from = strings.offset + start;
  return image.toString("latin1", from, image.indexOf(0, from));
}

/**
 * The glibc of this process, e.g. "2.36".
 *
 * @returns {string | undefined} undefined on another system or another C library
 */
export function hostGlibc() {
  if (process.platform !== "linux") return undefined;
  /** @type {any} the types of Node lack the two fields */
  const report = process.report;
  // Listing the network interfaces is the slow part of a report.
  report.excludeNetwork = true;
  return report.getReport().header.glibcVersionRuntime;
}

/** Compares two dotted versions: negative when the first is older. */
export function compareVersions(left, right) {
  const [a, b] = [left, right].map((version) => version.split(".").map(Number));
  const at = a.findIndex((part, index) => part !== (b[index] ?? 0));
  return at === -1 ? 0 : a[at] - (b[at] ?? 0);
}

/**
 * Relinks one addon file. The new content replaces the name, not the bytes: the installed file is a hard link
 * into the package store, which must stay as published.
 *
 * @param {string} file path of the addon
 * @returns {boolean} whether the file was replaced
 */
export function relinkFile(file) {
  const { bytes, changed } = relinkAddon(readFileSync(file));
  if (!changed) return false;
  const temporary = `${file}.${process.pid}.tmp`;
  try {
    writeFileSync(temporary, bytes, { mode: 0o755 });
    renameSync(temporary, file);
  } finally {
    rmSync(temporary, { force: true });
  }
  return true;
}

/** The file name of the addon that Node 24 loads on this machine. */
export function addonName() {
  return `uws_${process.platform}_${process.arch}_${NODE_24_ABI}.node`;
}

/** Every installed copy of that addon. */
function installedAddons(root) {
  const files = new Set();
  for (const workspacePackage of readdirSync(join(root, "packages"))) {
    const link = join(root, "packages", workspacePackage, "node_modules", "uWebSockets.js");
    try {
      files.add(join(realpathSync(link), addonName()));
    } catch (error) {
      if (error.code !== "ENOENT" && error.code !== "ENOTDIR") throw error;
    }
  }
  return [...files];
}

/**
 * Relinks the addons of a checkout when this machine's glibc asks for it.
 *
 * @param {string} root the workspace root
 * @returns {string[]} the files that were replaced; empty on a new glibc, another system, or a second run
 */
export function relinkInstalled(root) {
  const glibc = hostGlibc();
  if (glibc === undefined || compareVersions(glibc, NATIVE_GLIBC) >= 0) return [];
  return installedAddons(root).filter(relinkFile);
}

if (process.argv[1] !== undefined && realpathSync(process.argv[1]) === fileURLToPath(import.meta.url)) {
  const root = resolve(dirname(fileURLToPath(import.meta.url)), "..");
  for (const file of relinkInstalled(root)) process.stdout.write(`relinked ${file}\n`);
}
