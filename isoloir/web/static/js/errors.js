// Brings the summary of errors to the reader, and the reader to the field a line of it names.

const summary = document.querySelector(".error-summary");
summary?.focus();
summary?.addEventListener("click", (event) => {
  const target = event.target.closest("a[href^='#']");
  const field = target && document.getElementById(target.hash.slice(1));
  if (field) {
    event.preventDefault();
    field.focus();
    (field.closest(".field") ?? field).scrollIntoView({ block: "start" });
  }
});
