const SVG = "http://www.w3.org/2000/svg";

/** Outlines of the icons used here, as in the portal's own set; the word beside each carries the meaning. */
const OUTLINES = {
  "chevron-down": "M5 9l7 7 7-7",
  check: "M4.500 12.500l5 5L19.500 7",
  "check-circle": "M12 3a9 9 0 1 0 0 18a9 9 0 1 0 0-18M7.800 12.300l3 3 5.400-6.200",
  "arrow-right": "M4 12h15.500M13 5l7 7-7 7",
  circle: "M12 4a8 8 0 1 0 0 16a8 8 0 1 0 0-16",
} as const;

export function icon(name: keyof typeof OUTLINES, modifier = ""): SVGElement {
  const drawing = document.createElementNS(SVG, "svg");
  const attributes = {
    class: modifier === "" ? "icon" : `icon icon--${modifier}`,
    viewBox: "0 0 24 24",
    fill: "none",
    stroke: "currentColor",
    "stroke-width": "2",
    "stroke-linecap": "round",
    "stroke-linejoin": "round",
    "aria-hidden": "true",
    focusable: "false",
  };
  for (const [attribute, value] of Object.entries(attributes)) drawing.setAttribute(attribute, value);
  const path = document.createElementNS(SVG, "path");
  path.setAttribute("d", OUTLINES[name]);
  drawing.append(path);
  return drawing;
}
