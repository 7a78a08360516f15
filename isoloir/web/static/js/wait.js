// Counts the seconds left before the next try. Quiet: the figures have the role « timer », and one sentence is said at the
// end. Without this script the sentence of the error says how long to wait, and the server is the judge in any case.

function follow(block) {
  const end = Date.now() + 1000 * Number(block.dataset.seconds);
  const figure = block.querySelector("[data-left]");
  const timer = setInterval(write, 250);

  function write() {
    const left = Math.ceil((end - Date.now()) / 1000);
    if (left > 0) {
      figure.textContent = String(left);
      return;
    }
    clearInterval(timer);
    block.querySelector("[data-waiting]").hidden = true;
    block.querySelector("[role=status]").textContent = block.dataset.over;
  }

  block.hidden = false;
  write();
}

document.querySelectorAll(".wait").forEach(follow);
