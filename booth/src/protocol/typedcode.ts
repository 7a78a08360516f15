import { CODE_LENGTH, GROUPS, bareCode } from "./credentials.js";
import { BASE58 } from "./random.js";

/**
 * Characters that no code contains and that stand for one character only: the round ones can only be o, the bar can
 * only be 1. Capital I and small l are not here: each may be two characters, and nothing is ever guessed.
 */
const READ_AS: ReadonlyMap<string, string> = new Map([["0", "o"], ["O", "o"], ["|", "1"]]);
/** What a doubtful character may be: its look-alike, or the same letter in the other case. */
const CANDIDATES: ReadonlyMap<string, string> = new Map([["I", "1i"], ["l", "1L"]]);

/** What was read instead of what was typed. */
export interface Replacement {
  readonly typed: string;
  readonly read: string;
}

/** The characters of a code as typed, look-alikes read as what they can only be; and what was replaced, each once. */
export function readTyped(typed: string): { readonly bare: string; readonly replaced: readonly Replacement[] } {
  const replaced = new Map<string, string>();
  const characters = Array.from(bareCode(codeInText(typed) ?? typed), (character) => {
    const read = READ_AS.get(character);
    if (read === undefined) return character;
    replaced.set(character, read);
    return read;
  });
  return { bare: characters.join(""), replaced: Array.from(replaced, ([from, read]) => ({ typed: from, read })) };
}

/** A character that no code contains, where it stands on the notice, and what it may be (nothing when unknown). */
export interface Doubt {
  readonly character: string;
  /** Group of the notice and rank inside it, both from 1. */
  readonly group: number;
  readonly rank: number;
  readonly candidates: string;
}

/** The characters to look at again, in order. */
export function doubtsOf(bare: string): Doubt[] {
  return Array.from(bare).flatMap((character, place) => {
    if (BASE58.includes(character)) return [];
    return [{ character, ...standing(place), candidates: CANDIDATES.get(character) ?? "" }];
  });
}

/** Group and rank of a character on the notice; what comes after the last group is counted with it. */
function standing(place: number): { readonly group: number; readonly rank: number } {
  let start = 0;
  for (const [order, size] of GROUPS.entries()) {
    if (place < start + size || order === GROUPS.length - 1) return { group: order + 1, rank: place - start + 1 };
    start += size;
  }
  return { group: 1, rank: place + 1 };
}

const CHARACTER = "[0-9A-Za-z|]";
const HYPHENS = "\\s?[\\u2010-\\u2015\\u2212._\\u00b7-]\\s?";
/** From the surest form to the least sure: with its hyphens, in one piece, with spaces. */
const FORMS: readonly RegExp[] = [HYPHENS, "", "\\s{1,3}"].map((join) => {
  const groups = GROUPS.map((size) => `${CHARACTER}{${size}}`).join(join);
  return new RegExp(`(?:^|[^0-9A-Za-z|-])(${groups})(?![0-9A-Za-z|-])`, "gu");
});

/**
 * The one code inside a longer text (a sentence, the address of a notice's QR code); nothing when there is none, or
 * several. Words of the right lengths are no code: a code mixes digits and letters of both cases.
 */
export function codeInText(text: string): string | undefined {
  const plain = text.normalize("NFKC");
  if (Array.from(bareCode(plain)).length <= CODE_LENGTH) return undefined;
  for (const form of FORMS) {
    const found = new Set(Array.from(plain.matchAll(form), ([, code = ""]) => bareCode(code)).filter(looksRandom));
    if (found.size > 0) return found.size === 1 ? [...found][0] : undefined;
  }
  return undefined;
}

function looksRandom(code: string): boolean {
  return /[a-z][A-Z]|[0-9]/.test(code);
}
