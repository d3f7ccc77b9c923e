/** `pnpm conformance --recorded DIR` */
import { parseArgs } from "node:util";
import { runConformance } from "./run.ts";

const USAGE = "usage: conformance --recorded <folder of *.json and *.chunks.txt>\n";

const { values } = parseArgs({ options: { recorded: { type: "string" } } });
if (values.recorded === undefined) {
  process.stderr.write(USAGE);
  process.exitCode = 2;
} else {
  const { compared, disagreements } = await runConformance(values.recorded, (text) =>
    process.stdout.write(text),
  );
  process.stdout.write(`${compared} answers compared, ${disagreements} disagree\n`);
  process.exitCode = disagreements === 0 ? 0 : 1;
}
