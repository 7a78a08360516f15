// Password fields: a show/hide button, and the rules ticked while one types. The server checks everything again.

const ANNOUNCEMENT_DELAY = 1200;

function addToggle(field) {
  const input = field.querySelector("input");
  const button = field.querySelector("button");
  const word = button.querySelector("[data-word]");
  button.hidden = false;
  button.addEventListener("click", () => {
    const shown = input.type === "text";
    input.type = shown ? "password" : "text";
    word.textContent = shown ? field.dataset.show : field.dataset.hide;
    input.focus();
  });
  // A shown password goes back to dots before it is sent, so that no browser offers to remember it as plain text.
  input.form?.addEventListener("submit", () => {
    input.type = "password";
  });
}

function followRules(list) {
  const input = document.getElementById(list.dataset.rulesFor);
  const status = document.querySelector(`[data-rules-status="${list.dataset.rulesFor}"]`);
  const rules = [...list.querySelectorAll("[data-pattern]")].map((item) => ({
    item,
    pattern: new RegExp(item.dataset.pattern, "u"),
    spoken: item.querySelector("[data-met-word]"),
  }));
  let announcement;
  input.addEventListener("input", () => {
    let met = 0;
    for (const { item, pattern, spoken } of rules) {
      const respected = pattern.test(input.value);
      met += respected ? 1 : 0;
      item.dataset.met = String(respected);
      spoken.textContent = respected ? spoken.dataset.metWord : spoken.dataset.unmetWord;
    }
    // Screen readers hear one short sentence after a pause, not one per key.
    clearTimeout(announcement);
    announcement = setTimeout(() => {
      status.textContent = `${status.dataset.sentence} : ${met} / ${rules.length}`;
    }, ANNOUNCEMENT_DELAY);
  });
}

document.querySelectorAll(".password").forEach(addToggle);
document.querySelectorAll("[data-rules-for]").forEach(followRules);
