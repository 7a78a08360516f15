// Builds the bundles and their hashes. `--compare` builds in memory and fails when the committed files differ.
import { build } from "esbuild";
import { createHash } from "node:crypto";
import { mkdir, readFile, writeFile } from "node:fs/promises";
import { join, resolve } from "node:path";

const here = import.meta.dirname;
const destination = resolve(here, "../isoloir/web/static/booth");
const licences = (contained) => `/*! Isoloir, EUPL-1.2. Contains ${contained}, MIT, © Paul Miller. Sources: booth/ in the repository. */`;

/** Bundles of these entries, by name. */
async function bundle(entryPoints, contained, define = {}) {
  const { outputFiles } = await build({
    entryPoints,
    absWorkingDir: here,
    outdir: "published",
    bundle: true,
    write: false,
    format: "esm",
    platform: "browser",
    target: ["es2022"],
    minify: true,
    legalComments: "none",
    charset: "utf8",
    banner: { js: licences(contained) },
    define,
    logLevel: "error",
  });
  return outputFiles.map(({ path, contents }) => [path.split(/[\\/]/).at(-1), Buffer.from(contents)]);
}

/** The files to publish, by name: bundles, then the hashes that pages put in their `integrity` attributes. */
async function makeFiles() {
  const [[name, decoder]] = await bundle(["src/qr.ts"], "qr");
  // The booth loads the decoder itself, when somebody asks for it, and must know its hash.
  const others = await bundle(["src/booth.ts", "src/patience.ts", "src/reissue.ts", "src/trustee.ts"], "@noble/curves and @noble/hashes", {
    QR_INTEGRITY: JSON.stringify(sri(decoder)),
  });
  const files = new Map([...others, [name, decoder]]);
  const hashes = [...files].sort(([one], [other]) => (one < other ? -1 : 1)).map(([name, contents]) => [name, sri(contents)]);
  files.set("integrity.json", Buffer.from(JSON.stringify(Object.fromEntries(hashes), null, 2) + "\n"));
  return files;
}

function sri(contents) {
  return "sha384-" + createHash("sha384").update(contents).digest("base64");
}

const files = await makeFiles();
if (process.argv.includes("--compare")) {
  const differing = [];
  for (const [name, contents] of files) {
    const committed = await readFile(join(destination, name)).catch(() => Buffer.alloc(0));
    if (!committed.equals(contents)) differing.push(name);
  }
  if (differing.length > 0) {
    process.stderr.write(`The committed bundle is not what the sources build: ${differing.join(", ")}. Run “npm run build”.\n`);
    process.exit(1);
  }
  process.stdout.write("The committed bundle is, byte for byte, what the sources build.\n");
} else {
  await mkdir(destination, { recursive: true });
  for (const [name, contents] of files) {
    await writeFile(join(destination, name), contents);
    process.stdout.write(`${name}  ${contents.length} bytes\n`);
  }
}
