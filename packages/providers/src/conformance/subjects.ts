import type { ProviderAdapter } from "@headrace/core/provider-adapter";
import type { ChatProviderCodec } from "@headrace/core/wire/chat-codec";
import { PLATFORM_MODELS } from "../capabilities/platform-models.ts";
import { ADAPTERS, adapterFor } from "../registry.ts";
import { FIXTURE_SETS } from "./fixture-sets.ts";
import { CASES, type Case, type FixtureSet } from "./fixtures.ts";

/** An adapter that chats, with the fixtures that prove it. */
export interface ChatSubject {
  /** The adapter's id, with a model where a platform has several adapters. */
  readonly title: string;
  readonly adapter: ProviderAdapter;
  readonly codec: ChatProviderCodec;
  readonly folder: string;
  /** The cases of its folder, those that it is exempt from left out. */
  readonly cases: readonly Case[];
}

export interface Registered {
  readonly title: string;
  readonly adapter: ProviderAdapter;
}

/** Every adapter there is, those behind platforms included. */
export function registeredAdapters(): Registered[] {
  return ADAPTERS.flatMap((adapter): Registered[] => {
    const behind = (PLATFORM_MODELS[adapter.id] ?? [])
      .map(({ example }) => ({ title: `${adapter.id}/${example}`, adapter: adapterFor(adapter.id, example) }))
      .filter((one) => one.adapter !== adapter);
    return [{ title: adapter.id, adapter }, ...behind];
  });
}

export function chatSubjects(): ChatSubject[] {
  return registeredAdapters().flatMap(({ title, adapter }) => {
    const found = folderOf(title);
    if (adapter.chat === null || found === null) return [];
    return [{ title, adapter, codec: adapter.chat, ...found }];
  });
}

export interface Folder {
  readonly folder: string;
  readonly cases: readonly Case[];
}

/** Null for one without fixtures of chats; registry.test.ts says whether it may be without. */
export function folderOf(title: string): Folder | null {
  const set: FixtureSet | undefined = FIXTURE_SETS[title];
  if (set === undefined || "noChat" in set) return null;
  if ("like" in set) return folderOf(set.like);
  return { folder: set.folder, cases: CASES.filter((name) => set.without?.[name] === undefined) };
}
