// The survey editor, made quicker: a chosen answer goes into the words at the cursor; questions can be dragged.
// Everything works without it: words can be typed, and every question has buttons to move it.
"use strict";

let lastField = null;

document.addEventListener("focusin", (event) => {
  if (event.target.matches(".by-language textarea")) lastField = event.target;
});

document.addEventListener("click", (event) => {
  const button = event.target.closest("[data-pipe]");
  if (!button) return;
  const words = button.closest("fieldset");
  const wasIn = words.contains(lastField);
  const field = wasIn ? lastField : words.querySelector("textarea");
  const [start, end] = wasIn ? [field.selectionStart, field.selectionEnd] : [field.value.length, field.value.length];
  field.setRangeText(button.dataset.pipe, start, end, "end");
  const open = field.value.indexOf("…", start);
  field.focus();
  if (open >= 0) field.setSelectionRange(open, open + 1);
  button.closest("details").open = false;
});

const outline = document.querySelector("[data-outline]");
let dragged = null;

function drop(question, page, index) {
  const field = document.createElement("input");
  Object.assign(field, { type: "hidden", name: "do", value: `place:${question}:${page}:${index}` });
  outline.append(field);
  outline.submit();
}

if (outline) {
  for (const item of outline.querySelectorAll("[data-question]")) item.draggable = true;
  outline.addEventListener("dragstart", (event) => {
    dragged = event.target.closest("[data-question]");
    event.dataTransfer?.setData("text/plain", dragged?.dataset.question ?? "");
  });
  outline.addEventListener("dragover", (event) => {
    const list = event.target.closest("[data-page]");
    if (!dragged || !list) return;
    event.preventDefault();
    for (const one of outline.querySelectorAll(".dropping")) one.classList.remove("dropping");
    event.target.closest("[data-question]")?.classList.add("dropping");
  });
  outline.addEventListener("drop", (event) => {
    const list = event.target.closest("[data-page]");
    if (!dragged || !list) return;
    event.preventDefault();
    const others = [...list.children].filter((one) => one !== dragged);
    const before = event.target.closest("[data-question]");
    const index = before && before !== dragged ? others.indexOf(before) : others.length;
    drop(dragged.dataset.question, list.dataset.page, index);
  });
}
