import { generateCode } from "../protocol/credentials.js";
import { canonical } from "../protocol/jsontext.js";
import type { RandomSource } from "../protocol/random.js";
import { makeNewKey, type Replaced } from "../protocol/reissue.js";

/**
 * A new code, held by this page alone. It is kept as bytes, which can be overwritten; a text is made of it for as long
 * as it is shown. What is sent is made once, so that a second sending has the same bytes.
 */
export class NewCode {
  private readonly characters: Uint8Array;
  /** Body of the request: public keys and the proofs that their secrets are held. */
  readonly body: string;

  constructor(places: readonly Replaced[], random: RandomSource) {
    const code = generateCode(random);
    this.characters = Uint8Array.from(code, (character) => character.charCodeAt(0));
    const keys = places.map((place) => makeNewKey(place, code, random));
    this.body = canonical({ keys });
  }

  /** The code with its hyphens; empty once forgotten. */
  read(): string {
    return this.isForgotten ? "" : String.fromCharCode(...this.characters);
  }

  get isForgotten(): boolean {
    return this.characters.every((byte) => byte === 0);
  }

  /** Its first characters only, so that one recognises what one noted. */
  masked(): string {
    return Array.from(this.read(), (character, place) => (place < 3 || character === "-" ? character : "•")).join("");
  }

  forget(): void {
    this.characters.fill(0);
  }
}
