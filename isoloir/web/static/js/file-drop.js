// Lets a file be dropped anywhere on the frame of a file field; without it the field works as the browser gives it.

for (const frame of document.querySelectorAll(".file-drop")) {
  const input = frame.querySelector("input[type=file]");
  const mark = (over) => (event) => {
    event.preventDefault();
    frame.dataset.over = String(over);
  };
  frame.addEventListener("dragover", mark(true));
  frame.addEventListener("dragleave", mark(false));
  frame.addEventListener("drop", (event) => {
    mark(false)(event);
    if (event.dataTransfer.files.length > 0) {
      input.files = event.dataTransfer.files;
      input.dispatchEvent(new Event("change", { bubbles: true }));
    }
  });
}
