/** A catalogue of sentences; `{name}` marks a place to fill. */
export type Catalogue<Key extends string> = Readonly<Record<Key, string>>;
export type Values = Readonly<Record<string, string | number>>;
export type Language = "fr" | "en";

/** Says a sentence of the catalogue in the page's language. */
export type Say<Key extends string> = (key: Key, values?: Values) => string;

export function languageOf(code: string): Language {
  return code.toLowerCase().startsWith("en") ? "en" : "fr";
}

export function speaker<Key extends string>(catalogues: Readonly<Record<Language, Catalogue<Key>>>, language: Language): Say<Key> {
  const catalogue = catalogues[language];
  return (key, values = {}) => {
    const filled = catalogue[key].replace(/\{(\w+)\}/g, (_, name: string) => String(values[name] ?? ""));
    return language === "fr" ? frenchSpaces(filled) : filled;
  };
}

/** French typography: no line break before high punctuation nor inside quotation marks. */
export function frenchSpaces(text: string): string {
  return text.replace(/ ([:;?!»])/g, "\u00a0$1").replace(/« /g, "«\u00a0");
}

/** A moment in full, in Paris: « jeudi 3 décembre 2026 à 9 h 12 (heure de Paris) ». */
export function parisTime(instant: string, language: Language): string {
  const date = new Date(instant);
  if (Number.isNaN(date.getTime())) return "";
  const parts = new Intl.DateTimeFormat(language === "fr" ? "fr-FR" : "en-GB", {
    timeZone: "Europe/Paris",
    weekday: "long",
    day: "numeric",
    month: "long",
    year: "numeric",
    hour: "numeric",
    minute: "2-digit",
    hourCycle: "h23",
  }).formatToParts(date);
  const part = (type: Intl.DateTimeFormatPartTypes): string => parts.find((one) => one.type === type)?.value ?? "";
  const day = `${part("weekday")} ${part("day")} ${part("month")} ${part("year")}`;
  if (language === "en") return `${day} at ${part("hour").padStart(2, "0")}:${part("minute")} (Paris time)`;
  const minutes = part("minute") === "00" ? "" : `\u00a0${part("minute")}`;
  const hour = part("hour").replace(/^0(?=\d)/, "");
  return `${day.replace(/ 1 /, " 1er ")} à ${hour}\u00a0h${minutes} (heure de Paris)`;
}
