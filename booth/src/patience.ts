// The worker of the proof of work: it searches beside the page, so that the page stays alive and can end it.
import { type Search, searchNumber } from "./patience/search.js";

export type Report = { readonly share: number } | { readonly found: number | null };

self.addEventListener("message", (event: MessageEvent<Search>) => {
  const tell = (report: Report): void => {
    self.postMessage(report);
  };
  const found = searchNumber(event.data, (share) => {
    tell({ share });
  });
  tell({ found });
});
