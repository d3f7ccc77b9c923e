import { conflictOf } from "./conflicts.ts";
import type { MockBehaviour } from "./fields.ts";
import type { ParsedPatch } from "./parse.ts";

/** A behaviour to play, or the sentence that refuses it. */
export type Resolved =
  | { readonly ok: true; readonly behaviour: MockBehaviour }
  | { readonly ok: false; readonly problem: string };

/** Lays a patch over a behaviour; the same object comes back when there is nothing to lay. */
export function resolveBehaviour(base: MockBehaviour, parsed: ParsedPatch): Resolved {
  if (!parsed.ok) return parsed;
  if (parsed.patch === undefined) return { ok: true, behaviour: base };
  const behaviour = { ...base, ...parsed.patch };
  const problem = conflictOf(behaviour);
  return problem === undefined ? { ok: true, behaviour } : { ok: false, problem };
}
