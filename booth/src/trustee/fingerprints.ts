import { base64Hash } from "../protocol/bytes.js";
import { checkCertificates } from "../protocol/ceremony.js";
import { elementText } from "../protocol/group.js";
import { deriveTrusteeKeys } from "../protocol/sealing.js";
import { element, factList, trackerText } from "../view/dom.js";
import type { TrusteeRoom } from "./application.js";

/** Fingerprint of a verification key: b64-hash of its text form, as anyone can recompute it. */
export function fingerprintOf(verificationKey: string): string {
  return base64Hash(verificationKey);
}

/** My own fingerprint, to be read aloud. */
export function ownFingerprint(room: TrusteeRoom, seed: string): HTMLElement {
  const fingerprint = fingerprintOf(elementText(deriveTrusteeKeys(seed).verificationKey));
  return factList([[room.say("fingerprintMine"), trackerText(fingerprint)]]);
}

/** Fingerprints of the whole group, to be compared from screen to screen; raises when a certificate is wrong. */
export function groupFingerprints(room: TrusteeRoom, texts: readonly string[]): HTMLElement {
  const { say, state } = room;
  const rows = checkCertificates(texts, state.me).map(({ verificationKey }, rank) => {
    const isMine = rank + 1 === state.me.index;
    const holder = `${say("holderNumber", { index: rank + 1 })}${isMine ? ` ${say("holderMe")}` : ""}`;
    const fingerprint = trackerText(fingerprintOf(elementText(verificationKey)));
    return element("tr", {}, element("th", { scope: "row" }, holder), element("td", {}, fingerprint));
  });
  const head = element("tr", {}, element("th", { scope: "col" }, say("columnHolder")), element("th", { scope: "col" }, say("fingerprints")));
  const table = element(
    "table",
    {},
    element("caption", {}, say("fingerprintsCaption")),
    element("thead", {}, head),
    element("tbody", {}, ...rows),
  );
  return element("div", { class: "table-scroll", tabindex: 0, role: "region", "aria-label": say("fingerprintsCaption") }, table);
}
