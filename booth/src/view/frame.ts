import { element } from "./dom.js";

/** Where a page stands in a journey of named steps; `current` counts from 1. */
export interface Steps {
  readonly label: string;
  readonly count: string;
  readonly names: readonly string[];
  readonly current: number;
  readonly done: string;
}

export interface Page {
  readonly title: string;
  /** A line above the title, for instance which contest this is. */
  readonly kicker?: string | undefined;
  readonly steps?: Steps | undefined;
  readonly content: readonly (Node | undefined)[];
}

/** The one place of the document that changes: steps, title, content, and a region read aloud. */
export class Frame {
  /** True while something is under way that must not be left or begun twice. */
  busy = false;
  private readonly announcer = element("p", { class: "visually-hidden", role: "status" });
  private readonly body = element("div");

  constructor(
    root: HTMLElement,
    private readonly siteTitle: () => string,
  ) {
    root.replaceChildren(this.announcer, this.body);
  }

  /** Replaces the page, tells its title to the window and to assistive technology, and goes to its top. */
  show({ title, kicker, steps, content }: Page): void {
    const heading = element("h1", { tabindex: -1 }, title);
    const above = kicker === undefined ? undefined : element("p", { class: "kicker" }, kicker);
    const parts = [steps && stepsList(steps), above, heading, ...content];
    this.body.replaceChildren(...parts.filter((part) => part !== undefined));
    this.announcer.replaceChildren();
    document.title = [title, this.siteTitle()].filter(Boolean).join(" – ");
    window.scrollTo(0, 0);
    heading.focus();
  }

  /** Says a sentence to those who do not see the page. */
  announce(sentence: string): void {
    this.announcer.textContent = sentence;
  }
}

function stepsList({ label, count, names, current, done }: Steps): HTMLElement {
  const items = names.map((name, rank) => {
    const isDone = rank + 1 < current;
    const isCurrent = rank + 1 === current;
    const said = isDone ? element("span", { class: "visually-hidden" }, `${done} `) : undefined;
    const attributes = { "data-state": isDone ? "done" : undefined, "aria-current": isCurrent ? "step" : undefined };
    return element("li", attributes, said, name);
  });
  // A narrow screen hides the list: the line says the step's name too.
  const name = names[current - 1];
  const line = element("p", { class: "steps__count" }, count, ...(name === undefined ? [] : [" : ", element("strong", {}, name)]));
  return element("nav", { class: "steps", "aria-label": label }, line, element("ol", {}, ...items));
}
