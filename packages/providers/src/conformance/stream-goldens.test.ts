/** How the streams of each provider's wire look on each client's; the goldens are read by people. */
import { test } from "node:test";
import { decodeStream } from "../testing/chat-streams.ts";
import { openAiCompletionsClient } from "../wires/openai-completions/client.ts";
import { CALL, CLIENTS } from "./client-wires.ts";
import { readStreamFixture } from "./fixture-files.ts";
import { assertGolden } from "./golden.ts";
import { type ChatSubject, chatSubjects } from "./subjects.ts";

/** The provider that has made the wire. */
const MAKERS = ["openai", "anthropic", "gemini", "bedrock", "cohere", "ollama", "replicate"];

for (const { title, codec, folder, cases } of oneForEachWire()) {
  for (const name of cases) {
    const bytes = readStreamFixture(folder, name, codec.framing);
    if (bytes === null) continue;
    test(`${title} streams ${name}: every client's wire is what was read and committed`, () => {
      const { events, whole } = decodeStream(codec, [bytes]);
      const sections = [...CLIENTS.map(({ client }) => client), openAiCompletionsClient].map((client) => {
        const encoder = client.createStreamEncoder(CALL);
        const pieces = events.map((event) => (event.type === "error" ? "" : encoder.encode(event)));
        const end = whole ? encoder.end() : `(no end)\n`;
        return `=== ${client.wire}\n${pieces.join("")}${end}`;
      });
      assertGolden(`streams/${codec.wire}/${name}.txt`, sections.join("\n").replaceAll("\r\n", "\n"));
    });
  }
}

function oneForEachWire(): ChatSubject[] {
  const subjects = chatSubjects();
  return MAKERS.flatMap((maker) => subjects.filter(({ title }) => title === maker));
}
