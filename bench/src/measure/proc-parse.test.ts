import assert from "node:assert/strict";
import { test } from "node:test";
import { parseProcStat, parseSchedstatMs, parseSmapsRollup, parseStatusRssMb } from "./proc-parse.ts";

test("stat is read past a command with spaces and parentheses", () => {
  const recorded =
    "10032 (node (a) b) S 10029 10029 5963 0 -1 4194304 2848 6609 0 0 5312 471 4 2 20 0 11 0 118358 16961536 3352 18446744073709551615 1 1 0 0 0 0 0 16781312 2 0 0 0 17 1 0 0 0 0 0 0 0 0 0 0 0 0 0\n";
  assert.deepEqual(parseProcStat(recorded), { pid: 10032, parentPid: 10029, cpuMs: 57_830 });
});

test("schedstat gives nanoseconds as milliseconds", () => {
  assert.equal(parseSchedstatMs("553004235 225416 21\n"), 553.004235);
});

test("smaps_rollup and status give megabytes", () => {
  const rollup =
    "5566e029b000-7ffd99057000 ---p 00000000 00:00 0                          [rollup]\nRss:               91280 kB\nPss:               63890 kB\nPss_Dirty:           41120 kB\nPss_Anon:            40000 kB\n";
  assert.deepEqual(parseSmapsRollup(rollup), { rssMb: 93.47072, pssMb: 65.42336 });
  assert.equal(parseStatusRssMb("Name:\tnode\nVmHWM:\t   99999 kB\nVmRSS:\t    1000 kB\n"), 1.024);
});

test("a kernel thread without memory counts as nothing", () => {
  assert.equal(parseStatusRssMb("Name:\tkthreadd\n"), 0);
});
