import type { MockBehaviour } from "../behaviour/fields.ts";
import type { Script } from "../wire/script.ts";

/** What the answer to a simple request depends on besides the behaviour. */
export interface ScriptKey {
  readonly endpoint: string;
  readonly stream: boolean;
  readonly includeUsage: boolean;
  readonly model: string;
  readonly variant: string;
}

const MAX_SCRIPTS = 1_000;

/** Compiled answers by request and behaviour object; only behaviours that outlive a request belong here. */
export class ScriptCache {
  readonly #byBehaviour = new WeakMap<MockBehaviour, Map<string, Script>>();

  /** The script of a key, compiled when it is asked for the first time. */
  get(behaviour: MockBehaviour, key: ScriptKey, compile: () => Script): Script {
    let scripts = this.#byBehaviour.get(behaviour);
    if (scripts === undefined) {
      scripts = new Map();
      this.#byBehaviour.set(behaviour, scripts);
    }
    const name = nameOf(key);
    let script = scripts.get(name);
    if (script === undefined) {
      if (scripts.size >= MAX_SCRIPTS) scripts.clear();
      script = compile();
      scripts.set(name, script);
    }
    return script;
  }
}

function nameOf({ endpoint, stream, includeUsage, model, variant }: ScriptKey): string {
  const shape = stream ? (includeUsage ? "u" : "s") : "p";
  return `${endpoint} ${shape} ${variant} ${model}`;
}
