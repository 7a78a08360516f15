/** Attributes of a new element: `true` writes an empty attribute, `false` and `undefined` write none. */
export type Attributes = Readonly<Record<string, string | number | boolean | undefined>>;
export type Child = Node | string | undefined;

/** Builds an element. Text is always text: nothing here ever parses HTML. */
export function element<Tag extends keyof HTMLElementTagNameMap>(
  tag: Tag,
  attributes: Attributes = {},
  ...children: readonly Child[]
): HTMLElementTagNameMap[Tag] {
  const node = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) {
    if (value === undefined || value === false) continue;
    node.setAttribute(name, value === true ? "" : String(value));
  }
  node.append(...children.filter((child) => child !== undefined));
  return node;
}

/** A button that acts in the page. */
export function actionButton(label: string, act: () => void, style = ""): HTMLButtonElement {
  const button = element("button", { type: "button", class: `button ${style}`.trim() }, label);
  button.addEventListener("click", act);
  return button;
}

export type NoticeKind = "info" | "success" | "warning" | "danger";

/** A message set apart; its kind is also said by a word or sign in its text, never by the colour alone. */
export function notice(kind: NoticeKind, ...children: readonly Child[]): HTMLElement {
  const role = kind === "danger" ? "alert" : undefined;
  return element("div", { class: `notice notice--${kind}`, role }, ...children.map(asParagraph));
}

function asParagraph(child: Child): Child {
  return typeof child === "string" ? element("p", {}, child) : child;
}

/** Offers a text or bytes as a file of that name, without any network. */
export function downloadFile(name: string, content: BlobPart, type: string): void {
  const url = URL.createObjectURL(new Blob([content], { type }));
  const link = element("a", { href: url, download: name });
  document.body.append(link);
  link.click();
  link.remove();
  // The browser reads the address after the click has been handled; a minute is ample.
  setTimeout(() => { URL.revokeObjectURL(url); }, 60_000);
}

/** A long reference shown by groups of four, to be read aloud; the spaces are style, so that a copy has none. */
export function trackerText(text: string): HTMLElement {
  const groups = text.match(/.{1,4}/g) ?? [];
  return element("code", { class: "tracker" }, ...groups.flatMap((group) => [element("span", {}, group), element("wbr")]));
}

/** A list of facts: each a term and its value. */
export function factList(facts: readonly (readonly [term: string, value: string | Node])[]): HTMLElement {
  const rows = facts.map(([term, value]) => element("div", { class: "facts__fact" }, element("dt", {}, term), element("dd", {}, value)));
  return element("dl", { class: "facts" }, ...rows);
}
