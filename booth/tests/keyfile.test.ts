import { beforeAll, describe, expect, it } from "vitest";

import { generateSeed } from "../src/protocol/ceremony.js";
import { openKeyFile, passphraseLength, readKeyHolder, sealKeyFile, type KeyHolder } from "../src/protocol/keyfile.js";
import { systemRandom } from "../src/protocol/random.js";

const HOLDER: KeyHolder = { station: "BVE-01", holder: "Mme Anne EXEMPLE", group: "chair", index: 1 };
const PASSPHRASE = "forêt pivoine 12 marées";
let seed: string;
let file: string;

beforeAll(async () => {
  seed = generateSeed(systemRandom);
  file = await sealKeyFile(HOLDER, seed, PASSPHRASE, systemRandom);
});

describe("a key file", () => {
  it("opens again with its passphrase, composed or decomposed alike", async () => {
    expect(await openKeyFile(file, PASSPHRASE)).toEqual({ holder: HOLDER, seed });
    expect((await openKeyFile(`${file}\n`, PASSPHRASE.normalize("NFD"))).seed).toBe(seed);
  });

  it("has the agreed form, and no seed in clear", () => {
    const { salt, ...kdf } = (JSON.parse(file) as { kdf: Record<string, unknown> }).kdf;
    expect(kdf).toEqual({ name: "scrypt", n: 65536, r: 8, p: 1 });
    expect(salt).toMatch(/^[0-9a-f]{32}$/);
    expect(file).not.toContain(seed);
    expect(readKeyHolder(file)).toEqual(HOLDER);
  });

  it("does not open with another passphrase, nor for another holder's place", async () => {
    await expect(openKeyFile(file, `${PASSPHRASE} `)).rejects.toMatchObject({ code: "passphrase-wrong" });
    await expect(openKeyFile(file.replace('"index":1', '"index":2'), PASSPHRASE)).rejects.toMatchObject({ code: "passphrase-wrong" });
    await expect(openKeyFile(file.replace("BVE-01", "BVE-02"), PASSPHRASE)).rejects.toMatchObject({ code: "passphrase-wrong" });
  });

  it("is refused when it is something else", async () => {
    for (const text of ["", "{}", file.replace('"n":65536', '"n":1024'), file.replace("version\":1", "version\":2"), file.replace(/"sealed":"../, '"sealed":"')]) {
      await expect(openKeyFile(text, PASSPHRASE)).rejects.toMatchObject({ code: "key-file-form" });
    }
  });

  it("is not made with a passphrase of fewer than twelve characters, as people count them", async () => {
    await expect(sealKeyFile(HOLDER, seed, "onze lettr.", systemRandom)).rejects.toMatchObject({ code: "passphrase-short" });
    expect(passphraseLength("e\u0301\u{1F5F3}")).toBe(2);
  });
});
