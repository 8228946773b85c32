// The map of the journey: items dragged by their handle, with a pointer or the arrow keys. What moves where is decided
// here; the server moves it and answers with the map as it is then.
"use strict";

const NEAR = 56; // how near the edge the map scrolls along, in pixels
const START = 5; // how far a pointer moves before it drags

const listsOf = (kind) => [...document.querySelectorAll(`[data-places="${kind}"]`)];
const itemsOf = (list) => [...list.children].filter((child) => child.dataset.item);
const inline = (kind) => kind === "stage";

function place(item, list, index) {
  const siblings = itemsOf(list).filter((other) => other !== item);
  const before = itemsOf(item.parentElement).indexOf(item);
  if (list === item.parentElement && index === before) return;
  const values = { parent: list.dataset.parent, index: Math.max(0, Math.min(index, siblings.length)) };
  htmx.ajax("POST", item.dataset.place, { values, target: "#journey", swap: "outerHTML" });
}

// Arrow keys: along its list, past its ends into the next one; across to the stage beside.
function step(item, key) {
  const kind = item.dataset.item;
  const rtl = document.documentElement.dir === "rtl";
  const across = { ArrowLeft: rtl ? 1 : -1, ArrowRight: rtl ? -1 : 1 }[key] ?? 0;
  const along = { ArrowUp: -1, ArrowDown: 1 }[key] ?? 0;
  const list = item.parentElement;
  const index = itemsOf(list).indexOf(item);
  if (inline(kind)) return place(item, list, Math.max(0, index + (across || along)));
  if (across) {
    const stage = item.closest('[data-item="stage"]');
    const beside = across > 0 ? stage.nextElementSibling : stage.previousElementSibling;
    const other = beside?.querySelector(`[data-places="${kind}"]`);
    return other && place(item, other, index);
  }
  if (index + along >= 0 && index + along < itemsOf(list).length) return place(item, list, index + along);
  const stageLists = listsOf(kind).filter((one) => one.closest('[data-item="stage"]') === item.closest('[data-item="stage"]'));
  const next = stageLists[stageLists.indexOf(list) + along];
  return next && place(item, next, along > 0 ? 0 : itemsOf(next).length);
}

let drag = null;

function begin(event, handle) {
  const item = handle.closest("[data-item]");
  drag = { item, handle, x: event.clientX, y: event.clientY, started: false, marker: document.createElement("li") };
  drag.marker.className = "drop-here";
  drag.marker.setAttribute("aria-hidden", "true");
  handle.setPointerCapture(event.pointerId);
}

function follow(event) {
  if (!drag.started && Math.hypot(event.clientX - drag.x, event.clientY - drag.y) < START) return;
  drag.started = true;
  drag.item.classList.add("dragged");
  const kind = drag.item.dataset.item;
  const under = document.elementsFromPoint(event.clientX, event.clientY);
  const stage = under.map((one) => one.closest('[data-item="stage"]')).find(Boolean);
  const list =
    under.map((one) => one.closest(`[data-places="${kind}"]`)).find(Boolean) ??
    stage?.querySelector(`[data-places="${kind}"]`);
  scrollAlong(event);
  if (!list) return;
  const rtl = inline(kind) && document.documentElement.dir === "rtl";
  const after = itemsOf(list).find((other) => {
    if (other === drag.item) return false;
    const box = other.getBoundingClientRect();
    if (!inline(kind)) return event.clientY < box.top + box.height / 2;
    const middle = box.left + box.width / 2;
    return rtl ? event.clientX > middle : event.clientX < middle;
  });
  list.insertBefore(drag.marker, after ?? null);
}

function scrollAlong(event) {
  const map = drag.item.closest(".journey-map");
  const box = map.getBoundingClientRect();
  if (event.clientX > box.right - NEAR) map.scrollBy({ left: 24 });
  else if (event.clientX < box.left + NEAR) map.scrollBy({ left: -24 });
}

function end(dropped) {
  const { item, marker, started } = drag;
  const list = marker.parentElement;
  const siblings = list ? [...list.children].filter((one) => one === marker || (one.dataset.item && one !== item)) : [];
  const index = siblings.indexOf(marker);
  marker.remove();
  item.classList.remove("dragged");
  drag = null;
  if (dropped && started && list) place(item, list, index);
}

document.addEventListener("pointerdown", (event) => {
  const handle = event.target.closest("[data-handle]");
  if (handle && event.button === 0) begin(event, handle);
});
document.addEventListener("pointermove", (event) => drag && follow(event));
document.addEventListener("pointerup", () => drag && end(true));
document.addEventListener("pointercancel", () => drag && end(false));

document.addEventListener("keydown", (event) => {
  if (event.key === "Escape" && drag) return end(false);
  if (event.key === "Escape") return event.target.closest("form")?.querySelector("[data-cancels]")?.click();
  const handle = event.target.closest?.("[data-handle]");
  if (handle && event.key.startsWith("Arrow")) {
    event.preventDefault();
    return step(handle.closest("[data-item]"), event.key);
  }
  const writing = event.target.closest?.("input, textarea, select, dialog");
  if (!writing && (event.ctrlKey || event.metaKey) && !event.shiftKey && event.key.toLowerCase() === "z") {
    event.preventDefault();
    document.getElementById("map-undo")?.click();
  }
});
