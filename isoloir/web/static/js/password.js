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
    word.textContent = field.dataset.show;
  });
}

// As the server has it: the same keys pressed on two systems give the same password.
const typed = (input) => input.value.normalize("NFKC");

function tests(list, input) {
  if (list.dataset.repeats === undefined) {
    return [...list.querySelectorAll("[data-pattern]")].map((item) => {
      const pattern = new RegExp(item.dataset.pattern, "u");
      return [item, () => pattern.test(typed(input))];
    });
  }
  const first = input.form.elements[list.dataset.repeats];
  const same = () => input.value !== "" && input.value === first.value;
  return [...list.querySelectorAll("[data-same]")].map((item) => [item, same]);
}

function followRules(list) {
  const input = document.getElementById(list.dataset.rulesFor);
  const status = document.querySelector(`[data-rules-status="${list.dataset.rulesFor}"]`);
  const rules = tests(list, input);
  let announcement;
  function tick() {
    let met = 0;
    for (const [item, isRespected] of rules) {
      const respected = isRespected();
      const spoken = item.querySelector("[data-met-word]");
      met += respected ? 1 : 0;
      item.dataset.met = String(respected);
      spoken.textContent = respected ? spoken.dataset.metWord : spoken.dataset.unmetWord;
    }
    return met;
  }
  // The form, not the field: the second typing is compared anew when the first one changes.
  input.form.addEventListener("input", tick);
  input.addEventListener("input", () => {
    const met = tick();
    if (status !== null) {
      // Screen readers hear one short sentence after a pause, not one per key.
      clearTimeout(announcement);
      announcement = setTimeout(() => {
        status.textContent = `${status.dataset.sentence} : ${met} / ${rules.length}`;
      }, ANNOUNCEMENT_DELAY);
    }
  });
}

document.querySelectorAll(".password").forEach(addToggle);
document.querySelectorAll("[data-rules-for]").forEach(followRules);
