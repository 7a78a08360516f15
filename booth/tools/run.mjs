// Runs a TypeScript file of this package with any Node ≥ 20: bundles it in memory, then imports it.
//   node tools/run.mjs tools/make-ballot.ts < request.json
import { build } from "esbuild";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { pathToFileURL } from "node:url";

const [, , source, ...rest] = process.argv;
if (source === undefined) {
  process.stderr.write("usage: node tools/run.mjs FILE.ts [arguments]\n");
  process.exit(2);
}
const { outputFiles } = await build({
  entryPoints: [resolve(source)],
  bundle: true,
  write: false,
  format: "esm",
  platform: "node",
  target: "node20",
  logLevel: "error",
  absWorkingDir: resolve(import.meta.dirname, ".."),
});
const directory = await mkdtemp(join(tmpdir(), "isoloir-booth-"));
try {
  const file = join(directory, "program.mjs");
  await writeFile(file, outputFiles[0].contents);
  process.argv.splice(1, process.argv.length, resolve(source), ...rest);
  await import(pathToFileURL(file).href);
} finally {
  await rm(directory, { recursive: true });
}
