import { element } from "./dom.js";

/** One thing to correct, and the field where it is corrected. */
export interface FieldError {
  readonly fieldId: string;
  readonly sentence: string;
  /** Characters of the field to point at: from, to. */
  readonly characters?: readonly [from: number, to: number] | undefined;
}

/** The summary at the top of a form; each line leads to its field. */
export function errorSummary(title: string, errors: readonly FieldError[]): HTMLElement {
  const lines = errors.map(({ fieldId, sentence, characters }) => {
    const link = element("a", { href: `#${fieldId}` }, sentence);
    link.addEventListener("click", (event) => {
      // The address must not change: it is part of the voter's history.
      event.preventDefault();
      const field = document.getElementById(fieldId);
      field?.focus();
      if (characters && field instanceof HTMLInputElement) field.setSelectionRange(...characters);
    });
    return element("li", {}, link);
  });
  return element("div", { class: "error-summary", role: "alert", tabindex: -1 }, element("h2", {}, title), element("ul", {}, ...lines));
}
