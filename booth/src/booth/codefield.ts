import { bareCode, groupCode } from "../protocol/credentials.js";
import { readTyped, type Replacement } from "../protocol/typedcode.js";
import { element } from "../view/dom.js";

/** The field of a code: groups as it is typed, look-alikes read as what they can only be, the code found in pasted prose. */
export function codeInput(id: string, hintId: string, told: (replaced: readonly Replacement[]) => void): HTMLInputElement {
  const input = element("input", {
    id,
    type: "text",
    autocomplete: "off",
    autocapitalize: "off",
    autocorrect: "off",
    spellcheck: "false",
    "aria-describedby": hintId,
    "data-1p-ignore": true,
    "data-lpignore": "true",
  });
  input.addEventListener("input", () => {
    const { bare, replaced } = readTyped(input.value);
    if (replaced.length > 0) told(replaced);
    regroup(input, groupCode(bare));
  });
  return input;
}

/** Puts the hyphens back where they belong after each stroke, and leaves the caret where the voter is. */
function regroup(input: HTMLInputElement, grouped: string): void {
  const caret = input.selectionStart ?? input.value.length;
  const before = bareCode(input.value.slice(0, caret)).length;
  if (grouped === input.value) return;
  input.value = grouped;
  let place = 0;
  for (let seen = 0; seen < before && place < grouped.length; place += 1) {
    if (grouped[place] !== "-") seen += 1;
  }
  input.setSelectionRange(place, place);
}

/** Where a character of the bare code stands in the grouped field: its two ends. */
export function rangeOf(grouped: string, group: number, rank: number): readonly [number, number] {
  const start = grouped.split("-").slice(0, group - 1).reduce((sum, part) => sum + part.length + 1, 0) + rank - 1;
  return [start, start + 1];
}
