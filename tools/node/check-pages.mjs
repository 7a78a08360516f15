// Checks HTML files by pa11y with HTML_CodeSniffer (WCAG 2 AA), in one Chromium; prints the findings as JSON.
//   node check-pages.mjs FILE…        CHROMIUM: path of the browser
import { execFileSync } from "node:child_process";
import { basename } from "node:path";
import { pathToFileURL } from "node:url";
import pa11y from "pa11y";
import puppeteer from "puppeteer";

const AT_ONCE = 2;
const names = ["chromium", "chromium-browser", "google-chrome"];

function chromium() {
  if (process.env.CHROMIUM) return process.env.CHROMIUM;
  for (const name of names) {
    try {
      return execFileSync("which", [name], { encoding: "utf8" }).trim();
    } catch {
      // The next name may be there.
    }
  }
  throw new Error("Chromium is not installed");
}

const waiting = process.argv.slice(2);
const findings = [];
const browser = await puppeteer.launch({
  executablePath: chromium(),
  args: ["--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage", "--disable-background-networking", "--no-first-run"],
});

async function checkNext() {
  for (let file = waiting.shift(); file !== undefined; file = waiting.shift()) {
    const page = await browser.newPage();
    const options = { browser, page, runners: ["htmlcs"], standard: "WCAG2AA", timeout: 60_000, viewport: { width: 1280, height: 800 } };
    const { issues } = await pa11y(pathToFileURL(file).href, options);
    findings.push(...issues.map(({ code, message, selector }) => ({ page: basename(file), code, message, selector })));
    await page.close();
  }
}

try {
  await Promise.all(Array.from({ length: AT_ONCE }, checkNext));
} finally {
  await browser.close();
}
console.log(JSON.stringify(findings));
