import type { Bed } from "./bed.ts";
import { jobFor, oneLine, withGateway, withoutHistograms } from "./cpu.ts";
import { figureOf, ratiosOf, type SectionResult } from "./figure.ts";
import { type StartedGateway, TRANSLATED_MODEL } from "./gateway.ts";
import { type MeasuredJob, measureJob, problemsOf } from "./measured-job.ts";

const LIMIT_RATIO = 2.5;

interface Pair {
  untouched: MeasuredJob;
  translated: MeasuredJob;
}

/** CPU of a stream of Anthropic's wire written anew for OpenAI's clients, with untouched streams in adjacent slices. */
export async function measureTranslation(bed: Bed): Promise<SectionResult> {
  const { runs } = bed.options.plan.translation;
  const pairs: Pair[] = [];
  for (let run = 0; run < runs; run++) {
    await withGateway(bed, async (gateway) => {
      pairs.push(await measurePair(bed, gateway, run % 2 === 0));
    });
  }
  return resultOf(bed, pairs);
}

async function measurePair(bed: Bed, gateway: StartedGateway, untouchedFirst: boolean): Promise<Pair> {
  const { warmupMs } = bed.options.plan.cpu;
  const { sliceMs } = bed.options.plan.translation;
  const measure = async (target: StartedGateway, what: string): Promise<MeasuredJob> => {
    await bed.tool.run(jobFor(bed, { target, kind: "stream", durationMs: warmupMs }));
    const job = jobFor(bed, { target, kind: "stream", durationMs: sliceMs });
    const measured = await measureJob({ generator: bed.tool, job, pid: target.pid });
    bed.log(`Headrace, ${what}: ${oneLine(measured)}`);
    return measured;
  };
  const untouched = (): Promise<MeasuredJob> => measure(gateway, "untouched stream");
  const translated = (): Promise<MeasuredJob> =>
    measure({ ...gateway, model: TRANSLATED_MODEL }, "translated stream");
  if (untouchedFirst) return { untouched: await untouched(), translated: await translated() };
  const after = await translated();
  return { untouched: await untouched(), translated: after };
}

function resultOf({ options }: Bed, pairs: readonly Pair[]): SectionResult {
  const { cpu, translation } = options.plan;
  const problems = pairs.flatMap(({ untouched, translated }) => [
    ...problemsOf("untouched streams", untouched.result),
    ...problemsOf("translated streams", translated.result),
  ]);
  const untouched = pairs.map((pair) => pair.untouched.cpuUs);
  const translated = pairs.map((pair) => pair.translated.cpuUs);
  return {
    name: "translation",
    method: `Streams of ${cpu.chunks} chunks over ${cpu.connections} connections, as for the CPU figures, ${translation.sliceMs / 1000} s of each kind in turn on a freshly started gateway: OpenAI chunks that are passed on, and Anthropic events that become OpenAI chunks.`,
    figures: [
      figureOf({
        key: "translation-ratio",
        title: "A translated stream's CPU by an untouched one's",
        unit: "×",
        limit: LIMIT_RATIO,
        runs: ratiosOf(translated, untouched),
        problems,
      }),
      figureOf({
        key: "translation-cpu",
        title: `CPU of a translated ${cpu.chunks}-chunk stream`,
        unit: "µs",
        runs: translated,
        beside: { name: "untouched", runs: untouched },
        problems,
      }),
    ],
    problems,
    otherCores: pairs.flatMap((pair) => [pair.untouched.otherCores, pair.translated.otherCores]),
    readings: pairs.map((pair) => ({
      untouched: withoutHistograms(pair.untouched),
      translated: withoutHistograms(pair.translated),
    })),
  };
}
