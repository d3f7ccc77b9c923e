import type { ToolName } from "../../scenarios/options.ts";
import type { LoadGenerator } from "../generator.ts";
import { startExternalTool } from "./external.ts";
import { TOOL_ADAPTERS } from "./registry.ts";

export interface ToolSetting {
  embedded: LoadGenerator;
  /** `taskset -c` list. */
  cpus: string | undefined;
  workDir: string;
}

/** The load generator behind `--tool`; throws when the tool is not installed. */
export function createTool(name: ToolName, setting: ToolSetting): LoadGenerator {
  return name === "embedded" ? setting.embedded : startExternalTool(TOOL_ADAPTERS[name], setting);
}
