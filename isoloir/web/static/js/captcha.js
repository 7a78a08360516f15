// The CAPTCHA without reloading the page: another code, and the proof of work, which a worker does beside the page.
// Without this file, « Nouveau code » sends the form and the server answers with another code.

// A code lives five minutes. One that nobody began to copy is replaced a little before its end.
const RENEWAL = 4.5 * 60_000;

class Captcha {
  constructor(root) {
    this.root = root;
    this.part = (name) => root.querySelector(`[data-${name}]`);
    this.answer = this.part("answer");
    this.found = this.part("found");
    this.work = this.part("work");
    this.worker = null;
    this.asked = 0;
    const another = this.part("new");
    // As a plain button it no longer is what the Enter key presses, nor leaves the page.
    another.type = "button";
    // Only what sends a form may leave its checks out.
    another.removeAttribute("formnovalidate");
    another.addEventListener("click", () => this.renew({ spoken: true }));
    this.part("start").addEventListener("click", () => this.search());
    this.part("cancel").addEventListener("click", () => this.cancel());
    this.answer.addEventListener("input", () => this.forgetWork());
    this.work.hidden = typeof Worker !== "function";
    if (this.found.value) {
      this.show("done");
    }
    this.expectEnd();
  }

  say(word) {
    const status = this.part("status");
    status.textContent = word ? status.getAttribute(`data-word-${word}`) : "";
  }

  show(state) {
    this.root.dataset.state = state;
    this.part("running").hidden = state !== "running";
    this.part("start").hidden = state === "running" || state === "done";
    this.say(state === "idle" ? "" : state);
  }

  expectEnd() {
    clearTimeout(this.end);
    this.end = setTimeout(() => {
      if (!this.answer.value && !this.found.value && !this.worker) {
        this.renew({ spoken: false });
      }
    }, RENEWAL);
  }

  async renew({ spoken }) {
    this.asked += 1;
    const turn = this.asked;
    try {
      const response = await fetch(this.root.dataset.another, { headers: { Accept: "application/json" }, cache: "no-store" });
      if (!response.ok) {
        throw new Error(String(response.status));
      }
      const shown = await response.json();
      // Of two presses in a row, the last one counts.
      if (turn === this.asked) {
        this.take(shown);
        this.say(spoken ? "new" : "");
      }
    } catch {
      if (spoken) {
        this.say("failed");
      }
    }
  }

  take({ token, image, sound, work }) {
    this.stop();
    this.found.value = "";
    this.answer.value = "";
    this.show("idle");
    this.part("token").value = token;
    this.part("image").src = image;
    this.part("sound").src = sound;
    Object.assign(this.work.dataset, work);
    this.expectEnd();
  }

  search() {
    const { prefix, target, maximum } = this.work.dataset;
    let halfSaid = false;
    this.stop();
    this.worker = new Worker(this.root.dataset.worker, { type: "module" });
    this.worker.addEventListener("error", () => this.fail());
    this.worker.addEventListener("message", ({ data }) => {
      if ("found" in data) {
        this.conclude(data.found);
        return;
      }
      this.part("progress").value = Math.round(100 * data.share);
      // Screen readers hear the beginning, the middle and the end.
      if (!halfSaid && data.share >= 0.5) {
        halfSaid = true;
        this.say("half");
      }
    });
    this.part("progress").value = 0;
    this.show("running");
    this.part("cancel").focus();
    this.worker.postMessage({ prefix, target, maximum: Number(maximum) });
  }

  conclude(number) {
    if (number === null) {
      this.fail();
      return;
    }
    const focused = this.root.contains(document.activeElement);
    this.stop();
    this.found.value = String(number);
    this.answer.value = "";
    this.show("done");
    // The button that had the focus is gone: what comes next in the form takes it.
    if (focused) {
      const status = this.part("status");
      status.tabIndex = -1;
      status.focus();
    }
  }

  fail() {
    this.stop();
    this.show("impossible");
    this.answer.focus();
  }

  cancel() {
    this.stop();
    this.show("cancelled");
    this.part("start").focus();
  }

  /** Who begins to copy the code after all is judged by what they copy. */
  forgetWork() {
    if (this.found.value) {
      this.found.value = "";
      this.show("idle");
    }
  }

  stop() {
    this.worker?.terminate();
    this.worker = null;
  }
}

const alive = new WeakSet();

function giveLife(root) {
  if (alive.has(root)) {
    return;
  }
  alive.add(root);
  const captcha = new Captcha(root);
  // A program judged the answer: it brings the next code.
  root.addEventListener("captcha-renewed", ({ detail }) => captcha.take(detail));
}

document.querySelectorAll("[data-captcha]").forEach(giveLife);
// One that is put into the page later says so: this file runs once, however often it is named.
document.addEventListener("captcha-shown", ({ target }) => giveLife(target));
