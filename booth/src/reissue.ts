import { ReissueRoom } from "./reissue/application.js";
import { languageOf } from "./view/words.js";

/** Entry of the bundle of the page that makes a new code. */
const root = document.getElementById("reissue");
const stateUrl = root?.dataset["stateUrl"];
if (root && stateUrl !== undefined) {
  const room = new ReissueRoom(root, stateUrl, languageOf(root.lang || document.documentElement.lang));
  // What is left behind holds no code: neither the page kept by the browser for « Back », nor the one shown again.
  window.addEventListener("pagehide", () => { room.forget(); });
  window.addEventListener("pageshow", (event) => { if (event.persisted) window.location.reload(); });
  void room.open();
}
