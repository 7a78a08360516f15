import { TrusteeRoom } from "./trustee/application.js";
import { languageOf } from "./view/words.js";

/** Entry of the trustee's bundle. */
const root = document.getElementById("trustee");
const stateUrl = root?.dataset["stateUrl"];
if (root && stateUrl !== undefined) {
  const room = new TrusteeRoom(root, stateUrl, languageOf(root.lang || document.documentElement.lang));
  void room.open();
}
