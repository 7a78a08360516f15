import { freshToken } from "./contests.js";

/** The digits that the portal of test takes for right, whatever the picture. */
export const RIGHT_DIGITS = "12345";
const PICTURE = "data:image/gif;base64,R0lGODlhAQABAIAAAP///wAAACH5BAAAAAAALAAAAAABAAEAAAICRAEAOw==";

export interface Challenge {
  readonly token: string;
  readonly image: string;
  readonly sound: string;
  readonly work: { readonly prefix: string; readonly target: string; readonly maximum: number };
}

export function anotherChallenge(): Challenge {
  return { token: freshToken(), image: PICTURE, sound: "/captcha/son.wav", work: { prefix: "essai|", target: "0".repeat(64), maximum: 1000 } };
}

/** The widget of the portal (isoloir/web/templates/components/captcha.html) as the page of the booth brings it. */
export function captchaTemplate(): string {
  const { token, image, sound, work } = anotherChallenge();
  return `<template id="captcha-template">
<div class="field captcha" data-captcha data-another="/captcha/autre.json" data-worker="/static/booth/patience.js">
<fieldset aria-describedby="id_captcha_help"><legend class="field__label">Code à recopier</legend>
<p class="field__hint" id="id_captcha_help">Pour écarter les robots.</p>
<input type="hidden" name="captcha_0" value="${token}" data-token><input type="hidden" name="captcha_2" value="" data-found>
<div class="captcha__picture"><img src="${image}" width="260" height="90" alt="Code à recopier" data-image>
<button type="submit" class="visually-hidden" tabindex="-1" aria-hidden="true">Envoyer</button>
<button type="submit" name="new-captcha" value="1" formnovalidate class="button button--secondary" data-new>Nouveau code</button></div>
<audio class="captcha__sound" controls preload="none" src="${sound}" aria-label="Écouter le code" data-sound></audio>
<label class="field__label" for="id_captcha">Chiffres de l’image ou du son</label>
<input type="text" name="captcha_1" id="id_captcha" value="" inputmode="numeric" autocomplete="off" data-answer>
<div class="captcha__work" data-work data-prefix="${work.prefix}" data-target="${work.target}" data-maximum="${work.maximum}" hidden>
<p class="captcha__or">Ni image ni son.</p><button type="button" class="button button--secondary" data-start>Vérifier sans image ni son</button>
<div class="captcha__progress" data-running hidden><progress max="100" value="0" aria-label="Vérification en cours" data-progress></progress>
<button type="button" class="button button--link" data-cancel>Arrêter</button></div></div>
<p class="captcha__status" role="status" data-status data-word-new="Nouveau code affiché." data-word-failed="Échec." data-word-done="Fait."></p>
</fieldset><script type="module" src="/static/js/captcha.js"></script></div></template>`;
}
