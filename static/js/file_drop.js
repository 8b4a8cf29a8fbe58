// A file that is dropped anywhere on the box is taken as if it had been chosen, and one beyond the limit is named
// before it travels. Without this script the box is a plain file input, and the server names the limit.
for (const box of document.querySelectorAll("[data-file-drop]")) {
  const input = box.querySelector("input[type=file]");
  const problem = box.querySelector("[data-file-problem]");

  const look = () => {
    const file = input.files[0];
    const isTooLarge = Boolean(file && box.dataset.limit && file.size > Number(box.dataset.limit));
    problem.hidden = !isTooLarge;
    problem.textContent = isTooLarge ? box.dataset.tooLarge : "";
    input.setCustomValidity(isTooLarge ? box.dataset.tooLarge : "");
  };

  input.addEventListener("change", look);
  for (const name of ["dragenter", "dragover"]) {
    box.addEventListener(name, (event) => {
      event.preventDefault();
      box.classList.add("file-drop--over");
    });
  }
  for (const name of ["dragleave", "drop"]) {
    box.addEventListener(name, () => box.classList.remove("file-drop--over"));
  }
  box.addEventListener("drop", (event) => {
    event.preventDefault();
    if (!event.dataTransfer.files.length) return;
    input.files = event.dataTransfer.files;
    look();
  });
}
