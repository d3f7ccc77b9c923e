/** Words of several lengths and scripts, code and things that a guard looks for: text as prompts have it. */
const FRAGMENTS = [
  "the contract",
  "was signed",
  "in the northern",
  "harbour",
  "after a long",
  "negotiation",
  "between both",
  "parties",
  "however",
  "no agreement",
  "could be reached",
  "about the schedule",
  "of payments",
  "which the",
  "accountants",
  "had prepared",
  "Please summarise",
  "the following",
  "paragraphs",
  "as a bullet list",
  "and keep",
  "every figure",
  "function add(a, b) { return a + b; }",
  "SELECT id, total FROM invoices WHERE total > 100;",
  "for item in items: print(item)",
  "naïve café",
  "Überweisung",
  "東京の天気",
  "привет мир",
  "total: 1,284.50 EUR",
  "on 2024-03-17",
  "at 09:45",
  "order no. 88213-B",
  "write to anna.keller@example.com",
  "host 10.24.8.117",
  "call +49 30 901820",
  "0.7351",
  "see https://example.org/a?b=c&d=1",
] as const;

/** Varied text of at least this many UTF-8 bytes, the same for the same seed. */
export function variedText(bytes: number, seed = 1): string {
  let state = seed >>> 0;
  const parts: string[] = [];
  let length = 0;
  while (length < bytes) {
    // A linear congruential generator, its high bits: good enough to vary text, and the same everywhere.
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    const fragment = FRAGMENTS[(state >>> 16) % FRAGMENTS.length] ?? "";
    const end = (state >>> 8) % 9 === 0 ? ".\n" : " ";
    parts.push(fragment, end);
    length += Buffer.byteLength(fragment) + end.length;
  }
  return parts.join("");
}

/** A chat request whose user message is varied text of about this size. */
export function sampleBody(promptBytes: number): Buffer {
  return Buffer.from(
    JSON.stringify({
      model: "gpt-4o",
      temperature: 0.2,
      messages: [
        { role: "system", content: "You are a careful assistant." },
        { role: "user", content: [{ type: "text", text: variedText(promptBytes) }] },
      ],
    }),
  );
}
