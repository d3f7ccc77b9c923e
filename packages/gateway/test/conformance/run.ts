/** Replays recorded answers of providers to official clients, through their wires and the started gateway. */

import { readRecordings } from "@headrace/mock-upstream/recordings";
import type { Replay } from "@headrace/mock-upstream/server";
import {
  type FamiliesGateway,
  type ProviderFamily,
  startFamiliesGateway,
} from "../support/provider-families.ts";
import { CLIENTS, type RecordedClient } from "./clients.ts";
import { differences, type Outcome } from "./compare.ts";
import { familyOf, type RecordedWire, type Recording } from "./providers.ts";
import { anthropic } from "./readers/anthropic.ts";
import { bedrock } from "./readers/bedrock.ts";
import { cohere } from "./readers/cohere.ts";
import { gemini } from "./readers/gemini.ts";
import { ollama } from "./readers/ollama.ts";
import { openAiChat } from "./readers/openai-chat.ts";
import { openAiResponses } from "./readers/openai-responses.ts";
import type { Reader, Said } from "./said.ts";
import { formatTable, type Row } from "./table.ts";

const READERS: Readonly<Partial<Record<RecordedWire, Reader>>> = {
  openai: openAiChat,
  responses: openAiResponses,
  anthropic,
  gemini,
  bedrock,
  cohere,
  ollama,
};

export interface ConformanceResult {
  /** Answers that were compared. */
  readonly compared: number;
  readonly disagreements: number;
}

/** One of a recording's two forms. */
interface Take {
  readonly recording: Recording;
  readonly family: ProviderFamily;
  readonly stream: boolean;
  readonly expected: Said;
}

/**
 * Compares every recording of a folder, writing a table of each.
 *
 * @throws Error for a folder without recordings, and for a file that no wire fits
 */
export async function runConformance(
  folder: string,
  write: (text: string) => void,
): Promise<ConformanceResult> {
  const replays = await readRecordings(folder);
  const takes = Object.entries(replays).flatMap(([name, replay]) => takesOf({ name, replay }));
  if (takes.length === 0) throw new Error(`${folder}: there are no recordings, *.json or *.chunks.txt`);
  const families = [...new Map(takes.map(({ family }) => [family.name, family])).values()];
  const up = await startFamiliesGateway({ families, mock: { replays } });
  try {
    let compared = 0;
    let disagreements = 0;
    for (const take of takes) {
      const rows = await askAll(up, take);
      const { name, replay } = take.recording;
      const form = take.stream ? "streamed" : "plain";
      const provider: Row = { who: "provider", outcome: { said: take.expected } };
      write(formatTable(`${name}, ${form} (${replay.wire})`, [provider, ...rows]));
      compared += rows.length;
      disagreements += rows.filter((row) => row.differences?.length !== 0).length;
    }
    return { compared, disagreements };
  } finally {
    await up.close();
  }
}

function takesOf(recording: Recording): Take[] {
  const { replay } = recording;
  const family = familyOf(recording);
  const reader = readerOf(replay);
  const { plain, events } = replay;
  return [
    ...(plain === undefined
      ? []
      : [{ recording, family, stream: false, expected: reader.plain(JSON.parse(plain)) }]),
    ...(events === undefined
      ? []
      : [{ recording, family, stream: true, expected: reader.stream(events.map(parsed)) }]),
  ];
}

function parsed(line: string): unknown {
  return JSON.parse(line);
}

function readerOf({ wire }: Replay): Reader {
  const reader = READERS[wire];
  if (reader === undefined) throw new Error(`recordings on the wire ${wire} hold no chats`);
  return reader;
}

async function askAll(up: FamiliesGateway, take: Take): Promise<Row[]> {
  const rows: Row[] = [];
  const { wire } = take.recording.replay;
  for (const client of CLIENTS) {
    if (client.passesBy.includes(wire)) continue;
    const outcome = await ask(up, client, take);
    const comparison = { client, passedOn: client.own === wire };
    rows.push({ who: client.title, outcome, differences: differences(take.expected, outcome, comparison) });
  }
  return rows;
}

async function ask(up: FamiliesGateway, client: RecordedClient, take: Take): Promise<Outcome> {
  up.mock.clear();
  up.mock.setFaults({ ...take.family.behaviour, replay: take.recording.name });
  const question = { model: take.family.name, stream: take.stream, calls: take.expected.calls };
  try {
    return { said: await client.ask(up.gateway.url, question) };
  } catch (error) {
    return { error: error instanceof Error ? error.message : String(error) };
  }
}
