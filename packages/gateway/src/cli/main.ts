#!/usr/bin/env node
/** The entry of the command line. It is small, so that a process that replaces itself has not loaded the gateway twice. */
import { shapeProcess } from "./process-shape.ts";

const argv = process.argv.slice(2);
if (argv[0] === "start") shapeProcess();
const { run } = await import("./run.ts");
await run(argv);
