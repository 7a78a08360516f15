import { element } from "../view/dom.js";

/** A labelled field with its hint and the place of its error. */
export interface Field<Control extends HTMLElement> {
  readonly box: HTMLElement;
  readonly control: Control;
  refuse(sentence: string | undefined): void;
}

export function field<Control extends HTMLElement>(
  label: string,
  hint: string | undefined,
  control: Control,
  holder: HTMLElement = control,
): Field<Control> {
  const { id } = control;
  const error = element("p", { class: "field__error", id: `${id}-error`, hidden: true });
  const hintLine = hint === undefined ? undefined : element("p", { class: "field__hint", id: `${id}-hint` }, hint);
  const box = element("div", { class: "field" }, element("label", { class: "field__label", for: id }, label), hintLine, error, holder);
  const describe = (isRefused: boolean): void => {
    const parts = [hint === undefined ? "" : `${id}-hint`, isRefused ? `${id}-error` : ""].filter(Boolean);
    if (parts.length > 0) control.setAttribute("aria-describedby", parts.join(" "));
    else control.removeAttribute("aria-describedby");
  };
  describe(false);
  return {
    box,
    control,
    refuse: (sentence) => {
      error.hidden = sentence === undefined;
      error.textContent = sentence ?? "";
      box.classList.toggle("field--error", sentence !== undefined);
      if (sentence === undefined) control.removeAttribute("aria-invalid");
      else control.setAttribute("aria-invalid", "true");
      describe(sentence !== undefined);
    },
  };
}

/** A passphrase field with its button to show what is typed. */
export function passphraseField(
  id: string,
  label: string,
  hint: string | undefined,
  words: { show: string; hide: string },
): Field<HTMLInputElement> {
  const input = element("input", { id, type: "password", autocomplete: "off", autocapitalize: "off", spellcheck: "false" });
  const word = element("span", {}, words.show);
  const about = element("span", { class: "visually-hidden" }, ` (${label})`);
  const toggle = element("button", { type: "button", class: "button button--secondary password__toggle", "aria-controls": id }, word, about);
  toggle.addEventListener("click", () => {
    const isShown = input.type === "text";
    input.type = isShown ? "password" : "text";
    word.textContent = isShown ? words.show : words.hide;
  });
  return field(label, hint, input, element("div", { class: "password" }, input, toggle));
}

/** A field for one file of this device. */
export function fileField(id: string, label: string, hint: string): Field<HTMLInputElement> {
  const input = element("input", { id, type: "file", accept: ".json,application/json" });
  return field(label, hint, input, element("div", { class: "file-drop" }, input));
}
