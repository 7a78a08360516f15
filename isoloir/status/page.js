/* Says how long ago the page was written, and warns when that is long ago; reads the page anew each minute. */
"use strict";

const written = document.getElementById("written");
const since = Date.parse(written.dataset.written);

function tell() {
  const seconds = Math.max(0, (Date.now() - since) / 1000);
  document.getElementById("ago").textContent = written.dataset.ago.replace("{n}", String(Math.floor(seconds / 60)));
  document.getElementById("stale").hidden = seconds <= Number(written.dataset.stale);
}

tell();
setInterval(tell, 5000);
