// On a narrow screen a closed list cuts what is chosen: it is written in full under the list. Screen readers read the list
// itself, so this is hidden from them.

for (const chosen of document.querySelectorAll("[data-chosen-of]")) {
  const list = document.getElementById(chosen.dataset.chosenOf);
  const write = () => {
    chosen.hidden = list.value === "";
    chosen.ariaHidden = chosen.hidden ? null : "true";
    chosen.textContent = list.selectedOptions[0]?.textContent ?? "";
  };
  list.addEventListener("change", write);
  write();
}
