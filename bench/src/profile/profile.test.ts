import assert from "node:assert/strict";
import { existsSync, readdirSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { processTree } from "../measure/process-tree.ts";
import { repoDir } from "../paths.ts";
import { drawPng } from "../report/draw.ts";
import { takeProfile } from "./command.ts";
import { flameSvg } from "./flame-svg.ts";
import { type CallFrame, nameFrame, shortFile } from "./frames.ts";
import { parseProfileOptions } from "./options.ts";
import { parseStrace, splitOfScript } from "./outside-tools.ts";
import {
  type CpuProfile,
  costsByFunction,
  mergeCpuProfiles,
  mergeHeapProfiles,
  type Stack,
  weightByOwner,
} from "./stacks.ts";

const BUILT = ["packages/gateway/dist/cli/main.js", "packages/mock-upstream/dist/cli.js"];
const missing = BUILT.filter((entry) => !existsSync(join(repoDir, entry)));

const RELAY = "file:///srv/headrace/packages/gateway/dist/pipeline/relay.js";
const UNDICI = "/srv/headrace/node_modules/.pnpm/undici@8.12.4/node_modules/undici/lib/dispatcher/client.js";

function frame(functionName: string, url = "", lineNumber = url === "" ? -1 : 7): CallFrame {
  return { functionName, url, lineNumber };
}

/** As V8 records it: 5 idle samples, and `relay` twice, since it was compiled anew in between. */
const RECORDED: CpuProfile = {
  nodes: [
    { id: 1, callFrame: frame("(root)"), children: [2, 3, 4, 5, 8, 11] },
    { id: 2, callFrame: frame("(idle)") },
    { id: 3, callFrame: frame("(program)") },
    { id: 4, callFrame: frame("(garbage collector)") },
    { id: 5, callFrame: frame("relay", RELAY), children: [6, 7] },
    { id: 6, callFrame: frame("_resume", UNDICI), children: [10] },
    { id: 7, callFrame: frame("writeHeader") },
    { id: 8, callFrame: frame("relay", RELAY), children: [9] },
    { id: 9, callFrame: frame("_resume", UNDICI) },
    { id: 10, callFrame: frame("relay", RELAY) },
    { id: 11, callFrame: frame("post", "node:inspector"), children: [12] },
    { id: 12, callFrame: frame("(anonymous)") },
  ],
  samples: [2, 3, 4, 5, 6, 7, 8, 9, 10, 2, 12],
  timeDeltas: [5000, 100, 50, 20, 30, 40, 60, 70, 130, 9000, 700],
};

function outline({ frame: { name, owner }, self, total, children }: Stack): unknown[] {
  return [name, owner, self, total, children.map(outline)];
}

test("stacks of one function are one, idle time and the probe's own are none", () => {
  assert.deepEqual(outline(mergeCpuProfiles([RECORDED])), [
    ...["all", "native", 0, 500],
    [
      [
        ...["relay", "headrace", 80, 350],
        [
          ["_resume", "undici", 100, 230, [["relay", "headrace", 130, 130, []]]],
          ["writeHeader", "uws", 40, 40, []],
        ],
      ],
      ["(program)", "native", 100, 100, []],
      ["(garbage collector)", "collector", 50, 50, []],
    ],
  ]);
  assert.equal(mergeCpuProfiles([RECORDED, RECORDED]).total, 1000);
});

test("a function's own time is summed wherever it was called, and what it calls counts once", () => {
  const root = mergeCpuProfiles([RECORDED]);
  const costs = new Map(
    costsByFunction(root).map(({ title, self, inclusive }) => [title, [self, inclusive]]),
  );
  assert.deepEqual(costs.get("relay (gateway/pipeline/relay)"), [210, 350]);
  assert.deepEqual(costs.get("_resume (undici/lib/dispatcher/client)"), [100, 230]);
  assert.deepEqual(costs.get("writeHeader"), [40, 40]);
  assert.deepEqual(Object.fromEntries(weightByOwner(root)), {
    native: 100,
    headrace: 210,
    undici: 100,
    uws: 40,
    collector: 50,
  });
});

test("allocated bytes are merged alike", () => {
  const node = (callFrame: CallFrame, selfSize: number): object => ({ callFrame, selfSize, children: [] });
  const head = {
    callFrame: frame("(root)"),
    selfSize: 0,
    children: [node(frame("relay", RELAY), 300), node(frame("relay", RELAY), 200)],
  };
  const profile = JSON.parse(JSON.stringify({ head }));
  assert.deepEqual(outline(mergeHeapProfiles([profile])), [
    ...["all", "native", 0, 500],
    [["relay", "headrace", 500, 500, []]],
  ]);
});

test("files are named without what belongs to the machine, functions by who owns them", () => {
  assert.equal(shortFile(RELAY), "gateway/pipeline/relay");
  assert.equal(shortFile(UNDICI), "undici/lib/dispatcher/client");
  assert.equal(shortFile("/x/node_modules/.pnpm/a@1/node_modules/@b/a/dist/i.mjs"), "@b/a/dist/i");
  assert.equal(shortFile("node:net"), "node:net");
  const ownerOf = (callFrame: CallFrame, caller: string): string => nameFrame(callFrame, caller).owner;
  assert.equal(ownerOf(frame("end"), "gateway/http/uws-exchange"), "uws");
  assert.equal(ownerOf(frame("end"), "undici/lib/dispatcher/client"), "builtins");
  assert.equal(ownerOf(frame("writev"), "node:internal/stream_base_commons"), "node");
  assert.equal(ownerOf(frame("Uint8Array"), "gateway/http/uws-server"), "builtins");
  assert.equal(ownerOf(frame("wasm-function[20]", "wasm://wasm/00034eea"), ""), "undici");
  assert.equal(ownerOf(frame("f", "/x/node_modules/pino/lib/tools.js"), ""), "other packages");
});

test("the flame graph: callers below, width by time, colours by owner, the whole story in the hint", () => {
  const svg = flameSvg(mergeCpuProfiles([RECORDED]), { title: "a < b", amount: (weight) => `${weight} µs` });
  const boxes = [
    ...svg.matchAll(/<g><title>(.*?)<\/title><rect x="(.*?)" y="(.*?)" width="(.*?)" .*?fill="(.*?)"/g),
  ];
  assert.deepEqual(
    boxes.map(([, hint, x, y, width, fill]) => [hint, x, y, width, fill]),
    [
      ["all: 500 µs, 100.0 %; itself 0 µs", "10.0", "97", "1180.0", "#c4c8cc"],
      ["relay (gateway/pipeline/relay): 350 µs, 70.0 %; itself 80 µs", "10.0", "80", "826.0", "#f2994a"],
      [
        "_resume (undici/lib/dispatcher/client): 230 µs, 46.0 %; itself 100 µs",
        "10.0",
        "63",
        "542.8",
        "#6ea8dc",
      ],
      ["relay (gateway/pipeline/relay): 130 µs, 26.0 %; itself 130 µs", "10.0", "46", "306.8", "#f2994a"],
      ["writeHeader: 40 µs, 8.0 %; itself 40 µs", "552.8", "63", "94.4", "#8fc98b"],
      ["(program): 100 µs, 20.0 %; itself 100 µs", "836.0", "80", "236.0", "#c4c8cc"],
      ["(garbage collector): 50 µs, 10.0 %; itself 50 µs", "1072.0", "80", "118.0", "#e57373"],
    ],
  );
  assert.match(svg, /a &lt; b/);
  assert.match(svg, />Headrace<\/text>/);
  assert.deepEqual(
    [...drawPng(svg).subarray(1, 4)],
    [..."PNG"].map((letter) => letter.charCodeAt(0)),
  );
});

test("perf's samples are sorted by their innermost frame, the kernel's by system call", () => {
  const script = `
\tffffffff81 tcp_sendmsg ([kernel.kallsyms])
\tffffffff82 __x64_sys_writev ([kernel.kallsyms])
\t    1019b3 __writev (/usr/lib/libc.so.6)

\t  7f1 JS:*relay file:///x/relay.js:1:1 (/tmp/perf-7.map)
\t  123 node::Start (/usr/bin/node)

\t  7f1 JS:*relay file:///x/relay.js:1:1 ([JIT] tid 7)

\t  123 v8::internal::Scavenger::Process (/usr/bin/node)

\t  123 Builtins_LoadIC (/usr/bin/node)

\tffffffff81 irq ([kernel.kallsyms])

\t  123 uWS::HttpResponse<false>::end (/x/uws_linux_x64_137.node)
`;
  assert.deepEqual(
    splitOfScript(script).map(({ part, samples }) => [part, samples]),
    [
      ["compiled JavaScript", 2],
      ["V8: built-ins", 1],
      ["V8: collection of garbage", 1],
      ["kernel: interrupts, faults and the rest", 1],
      ["kernel: writev", 1],
      ["uWebSockets.js", 1],
    ],
  );
  assert.deepEqual(splitOfScript(""), []);
});

test("strace's table is read with and without errors", () => {
  const table = `% time     seconds  usecs/call     calls    errors syscall
------ ----------- ----------- --------- --------- ----------------
 94.88    8.904755        6392      1393       240 futex
  1.68    0.157562          15     10212           sendto
------ ----------- ----------- --------- --------- ----------------
100.00    9.385515         215     43564       432 total
`;
  assert.deepEqual(parseStrace(table), [
    { name: "sendto", calls: 10212 },
    { name: "futex", calls: 1393 },
  ]);
});

test("options", () => {
  const { kind, sliceMs, warmupMs, runs } = parseProfileOptions(["--seconds", "2"]);
  assert.deepEqual([kind, sliceMs, warmupMs, runs], ["plain", 2000, 2000, 3]);
  assert.throws(() => parseProfileOptions(["--kind", "paced"]), /--kind is one of plain, stream, translated/);
  assert.throws(() => parseProfileOptions(["--seconds", "0"]), /--seconds is a number above 0/);
});

test("a short run against the built gateway: time and bytes have owners, and nothing is left", {
  skip: missing.length > 0 ? `not built: ${missing.join(", ")}` : false,
}, async () => {
  const left = (): string[] => readdirSync(tmpdir()).filter((name) => name.startsWith("headrace-profile-"));
  const before = left();
  const { results, table, svg } = await takeProfile(
    ["--seconds", "0.5", "--runs", "1", "--v8-only"],
    () => {},
  );
  assert.ok(results.mainThreadUs > 0 && results.mainThreadUs <= results.cpuUs * 1.5);
  for (const owner of ["headrace", "undici", "node"] as const) {
    assert.ok((results.usByOwner[owner] ?? 0) > 0, owner);
    assert.ok((results.bytesByOwner[owner] ?? 0) > 0, owner);
  }
  assert.ok(results.allocatedBytes > 500 && results.allocatedBytes < 500_000, String(results.allocatedBytes));
  assert.ok(results.mostSelf.length === 25 && results.mostAllocating.length === 25);
  assert.doesNotMatch(JSON.stringify(results.mostInclusive), /node:inspector|profile\/probe/);
  assert.deepEqual([results.split, results.syscalls], [null, null]);
  assert.match(table, /^# Where a plain request spends its time/);
  assert.match(svg, /<title>[^<]*gateway\/http\/uws-server/);
  assert.deepEqual(
    left().filter((name) => !before.includes(name)),
    [],
  );
  assert.deepEqual(processTree(process.pid), [process.pid]);
});
