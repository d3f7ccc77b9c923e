import type { Segments } from "../../schema/json-schema.ts";
import type { ProblemList } from "../problem.ts";
import type { Config } from "../types.ts";
import type { TargetList } from "../types-routing.ts";

/** More would make a choice slow; a file of aliases and references could ask for billions. */
const MAX_TARGETS = 1_000;
/** Models one behind the other. */
const MAX_CHAIN = 16;

/** What stands behind a model, those of the models that it names included. */
type Size = { readonly targets: number; readonly chain: number };

const NOTHING: Size = { targets: 0, chain: 0 };

/** Models that have models for targets: reports circles, and what has grown out of hand. */
export class ModelGraph {
  readonly #models: Config["models"];
  readonly #problems: ProblemList;
  readonly #sizes = new Map<string, Size>();
  /** The models from where the walk began to where it is. */
  readonly #trail: string[] = [];
  #isTooMuch = false;

  constructor(models: Config["models"], problems: ProblemList) {
    this.#models = models;
    this.#problems = problems;
  }

  /** Targets of a model in the end, each way to one counted. */
  targetsOf(name: string): number {
    return this.#visit(name).targets;
  }

  #visit(name: string): Size {
    const known = this.#sizes.get(name);
    if (known !== undefined) return known;
    const model = Object.hasOwn(this.#models, name) ? this.#models[name] : undefined;
    if (model === undefined || this.#isTooMuch) return NOTHING;
    this.#trail.push(name);
    const at = ["models", name];
    const below = this.#sizeOf(at, model.targets);
    const size = { targets: below.targets, chain: below.chain + 1 };
    this.#trail.pop();
    this.#bound(at, size);
    this.#sizes.set(name, size);
    return size;
  }

  #sizeOf(at: Segments, list: TargetList): Size {
    let targets = 0;
    let chain = 0;
    for (const [index, target] of list.entries()) {
      const place = [...at, "targets", String(index)];
      const size = this.#sizeOfOne(place, target);
      targets += size.targets;
      chain = Math.max(chain, size.chain);
    }
    return { targets, chain };
  }

  #sizeOfOne(at: Segments, target: TargetList[number]): Size {
    if (target.targets !== undefined) return this.#sizeOf(at, target.targets);
    if (target.provider !== undefined) return { targets: 1, chain: 0 };
    return this.#follow([...at, "model"], target.model);
  }

  #follow(at: Segments, model: string): Size {
    const start = this.#trail.indexOf(model);
    if (start >= 0) {
      const circle = [...this.#trail.slice(start), model].join(" -> ");
      this.#problems.add(at, `the models go round in a circle: ${circle}`, {
        hint: "give one of them a target that has a provider",
      });
      return NOTHING;
    }
    if (this.#trail.length < MAX_CHAIN) return this.#visit(model);
    this.#refuse(at, `there are more than ${MAX_CHAIN} models one behind the other`);
    return NOTHING;
  }

  #bound(at: Segments, { targets, chain }: Size): void {
    if (targets > MAX_TARGETS) {
      const whose = "those of the models that it names among them";
      this.#refuse([...at, "targets"], `there are more than ${MAX_TARGETS} targets, ${whose}`);
    } else if (chain > MAX_CHAIN) {
      this.#refuse([...at, "targets"], `there are more than ${MAX_CHAIN} models one behind the other`);
    }
  }

  /** Once: every model further up would have the same to report. */
  #refuse(at: Segments, message: string): void {
    if (!this.#isTooMuch) this.#problems.add(at, message, { atKey: true });
    this.#isTooMuch = true;
  }
}
