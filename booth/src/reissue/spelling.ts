import type { Language } from "../view/words.js";

const LETTERS: Readonly<Record<Language, string>> = {
  fr: "Anatole Berthe Célestin Désiré Eugène François Gaston Henri Irma Joseph Kléber Louis Marcel Nicolas Oscar Pierre Quintal Raoul Suzanne Thérèse Ursule Victor William Xavier Yvonne Zoé",
  en: "Alfa Bravo Charlie Delta Echo Foxtrot Golf Hotel India Juliett Kilo Lima Mike November Oscar Papa Quebec Romeo Sierra Tango Uniform Victor Whiskey X-ray Yankee Zulu",
};
const DIGITS: Readonly<Record<Language, readonly string[]>> = {
  fr: ["zéro", "un", "deux", "trois", "quatre", "cinq", "six", "sept", "huit", "neuf"],
  en: ["zero", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine"],
};
type Sizes = Readonly<Record<"capital" | "small" | "as" | "digit", string>>;
const CASES: Readonly<Record<Language, Sizes>> = {
  fr: { capital: "majuscule", small: "minuscule", as: "comme", digit: "chiffre" },
  en: { capital: "capital", small: "small", as: "as in", digit: "digit" },
};

/** A character of a code as it is said on the telephone: « V majuscule comme Victor », « chiffre 2, deux ». */
export function spellCharacter(character: string, language: Language): string {
  const { capital, small, as, digit } = CASES[language];
  if (/[0-9]/.test(character)) return `${digit} ${character}, ${DIGITS[language][Number(character)] ?? ""}`;
  const size = character === character.toUpperCase() ? capital : small;
  const word = LETTERS[language].split(" ")[character.toUpperCase().charCodeAt(0) - 65] ?? "";
  return language === "fr" ? `${character} ${size} ${as} ${word}` : `${size} ${character} ${as} ${word}`;
}

/** The groups of a code, each spelled out. */
export function spellCode(code: string, language: Language): string[][] {
  return code.split("-").map((group) => Array.from(group, (character) => spellCharacter(character, language)));
}
