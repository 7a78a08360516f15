import { Booth } from "./booth/application.js";
import { WorkerBallotMaker, serveAsWorker, type DedicatedWorkerScope } from "./booth/ballotmaker.js";
import { showFailure } from "./booth/failurepage.js";
import { languageOf } from "./view/words.js";

/**
 * Entry of the booth's bundle. The same file is the page's script and its Web Worker: one file, one
 * published hash. (Browsers check the hash of the page's script only; the worker comes from the same address.)
 */
if (typeof document === "undefined") {
  serveAsWorker(globalThis as unknown as DedicatedWorkerScope);
} else {
  const root = document.getElementById("booth");
  const stateUrl = root?.dataset["stateUrl"];
  if (root && stateUrl !== undefined) startBooth(root, stateUrl);
}

function startBooth(root: HTMLElement, stateUrl: string): void {
  const booth = new Booth({
    root,
    stateUrl,
    language: languageOf(root.lang || document.documentElement.lang),
    maker: new WorkerBallotMaker(import.meta.url),
    codeFromLink: takeCodeFromAddress(),
  });
  if (typeof crypto === "undefined" || typeof BigInt === "undefined") showFailure(booth, { code: "no_crypto" });
  else void booth.open();
}

/** The notice's QR carries the code behind `#`, which browsers never send; it leaves the address at once. */
function takeCodeFromAddress(): string {
  const fragment = window.location.hash.slice(1);
  if (fragment === "") return "";
  history.replaceState(null, "", window.location.pathname + window.location.search);
  try {
    return decodeURIComponent(fragment.replace(/^code=/, ""));
  } catch {
    return "";
  }
}
