import type { MockBehaviour } from "../behaviour/fields.ts";

const ASCII_WORDS: readonly string[] =
  "the channel carries water from the pond to the wheel and every turn of it is counted with care by the miller".split(
    " ",
  );
const UTF8_WORDS: readonly string[] =
  "größe naïve señor 日本語 🙂 Ωμέγα привет 👩‍🚀 façade 水車 €uro ñandú".split(" ");

/** The text of an answer in the pieces that a stream sends. */
export function answerPieces(behaviour: MockBehaviour, userText: string): string[] {
  if (behaviour.echo) return divide(userText, behaviour.chunks);
  if (behaviour.content !== "") return divide(behaviour.content, behaviour.chunks);
  return wordPieces(behaviour, behaviour.chunks);
}

/** Generated words, one piece a token. */
export function wordPieces(behaviour: MockBehaviour, count: number): string[] {
  const words = behaviour.text === "utf8" ? UTF8_WORDS : ASCII_WORDS;
  const pieces: string[] = [];
  for (let index = 0; index < count; index += 1) {
    const word = words[index % words.length] ?? "";
    const piece = index === 0 ? word : ` ${word}`;
    pieces.push(behaviour.chunkBytes === 0 ? piece : fill(piece, behaviour.chunkBytes));
  }
  return pieces;
}

/** Whether a text is what the mock makes of generated words, however many. */
export function isWordRun(text: string): boolean {
  return [ASCII_WORDS, UTF8_WORDS].some((words) => {
    const said = text.split(" ");
    return said.every((word, index) => word === words[index % words.length]);
  });
}

/** Repeats a word to exactly so many UTF-8 bytes, without cutting a character. */
function fill(word: string, bytes: number): string {
  const wordBytes = Buffer.byteLength(word);
  const repeats = Math.floor(bytes / wordBytes);
  let filled = word.repeat(repeats);
  let left = bytes - repeats * wordBytes;
  for (const character of word) {
    const size = Buffer.byteLength(character);
    if (size > left) break;
    filled += character;
    left -= size;
  }
  return filled + ".".repeat(left);
}

/** Divides a text between characters into at most `count` pieces of like length. */
export function divide(text: string, count: number): string[] {
  const characters = Array.from(text);
  const size = Math.max(1, Math.ceil(characters.length / Math.max(1, count)));
  const pieces: string[] = [];
  for (let start = 0; start < characters.length; start += size) {
    pieces.push(characters.slice(start, start + size).join(""));
  }
  return pieces;
}

/** Cuts a text into pieces of so many characters. */
export function cutEvery(text: string, characters: number): string[] {
  const pieces: string[] = [];
  for (let start = 0; start < text.length; start += characters)
    pieces.push(text.slice(start, start + characters));
  return pieces;
}
