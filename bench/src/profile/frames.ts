/** Who owns a function, and what it is called in tables and graphs. */

/** A function as V8's profilers name it; natively written ones have no `url`. */
export interface CallFrame {
  functionName: string;
  url: string;
  lineNumber: number;
}

export type Owner =
  | "headrace"
  | "undici"
  | "uws"
  | "other packages"
  | "node"
  | "collector"
  | "builtins"
  | "native";

/** The order and the words of tables and legends. */
export const OWNERS: Readonly<Record<Owner, string>> = {
  headrace: "Headrace",
  undici: "undici",
  uws: "uWebSockets.js, called from JavaScript",
  node: "Node's own JavaScript and what it calls",
  "other packages": "other packages",
  builtins: "V8's built-ins",
  collector: "collection of garbage",
  native: "outside of JavaScript: kernel, event loop, sockets",
};

export interface NamedFrame {
  owner: Owner;
  /** For instance `gateway/pipeline/try-runner`, `undici/lib/dispatcher/client`, `node:net`; empty when native. */
  file: string;
  name: string;
}

const HEADRACE_FILE = /\/packages\/([^/]+)\/(?:dist|src)\/(.+)\.[cm]?[jt]s$/;
const PACKAGE_FILE = /\/node_modules\/((?:@[^/]+\/)?[^/]+)\/([^?]+?)(?:\.[cm]?js)?$/;
const LLHTTP = "llhttp, WebAssembly";
/** What V8's profiler calls the method `cork`, whose code it knows by address only. */
const CORK_ALIAS = "collect";
/** Methods of uWebSockets.js's responses, requests and apps that a gateway calls: they have no file of their own. */
const UWS_METHODS = new Set(
  [
    ["cork", "end", "tryEnd", "write", "writeStatus", "writeHeader", "close", "pause", "resume"],
    ["onData", "onDataV2", "onAborted", "onWritable", "onFullData", "collectBody", "getWriteOffset"],
    [CORK_ALIAS, "getHeader", "getUrl", "getQuery", "getMethod", "getParameter", "forEach", "setYield"],
    ["getRemoteAddress", "getRemoteAddressAsText", "getProxiedRemoteAddress", "upgrade", "endWithoutBody"],
    ["beginWrite", "maxRemainingBodyLength", "getCaseSensitiveMethod"],
  ].flat(),
);

/** What is measured must not hold the measuring: the inspector's answers and the functions that ask for them. */
export function isProbe({ url }: CallFrame): boolean {
  return url === "node:inspector" || /\/profile\/probe\.[jt]s$/.test(url);
}

/** `caller` is the file of the nearest calling function that has one: it tells what a native function belongs to. */
export function nameFrame({ functionName, url }: CallFrame, caller: string): NamedFrame {
  if (functionName === "(garbage collector)") return { owner: "collector", file: "", name: functionName };
  if (functionName === "(program)" || functionName === "(root)") {
    return { owner: "native", file: "", name: functionName };
  }
  const name = functionName || "(anonymous)";
  // undici's parser is the only WebAssembly on the main thread; its functions are named by number.
  if (url.startsWith("wasm:")) return { owner: "undici", file: LLHTTP, name };
  if (url === "") {
    const owner = nativeOwner(name, caller);
    return { owner, file: "", name: owner === "uws" && name === CORK_ALIAS ? "cork" : name };
  }
  const file = shortFile(url);
  return { owner: fileOwner(url, file), file, name };
}

/** Without what belongs to the machine: the folder of the repository and of the package store. */
export function shortFile(url: string): string {
  const own = HEADRACE_FILE.exec(url);
  if (own !== null && !url.includes("/node_modules/")) return `${own[1]}/${own[2]}`;
  // The last node_modules counts: pnpm's store has several on the way.
  const last = url.slice(Math.max(0, url.lastIndexOf("/node_modules/")));
  const installed = PACKAGE_FILE.exec(last);
  if (installed !== null) return `${installed[1]}/${installed[2]}`;
  return url.startsWith("node:") ? url : (url.split("/").at(-1) ?? url);
}

function fileOwner(url: string, file: string): Owner {
  if (url.startsWith("node:")) return "node";
  if (file.startsWith("undici/")) return "undici";
  if (/uwebsockets\.js\//i.test(file)) return "uws";
  if (url.includes("/node_modules/")) return "other packages";
  return HEADRACE_FILE.test(url) ? "headrace" : "other packages";
}

function nativeOwner(name: string, caller: string): Owner {
  if (caller.startsWith("gateway/") && UWS_METHODS.has(name)) return "uws";
  if (caller === LLHTTP || name.startsWith("js-to-wasm")) return "undici";
  return caller.startsWith("node:") ? "node" : "builtins";
}

/** For tables and hints: `cork`, or `resume (undici/lib/dispatcher/client)`. */
export function titleOf({ name, file }: NamedFrame): string {
  return file === "" ? name : `${name} (${file})`;
}
