// Behaviour of the shell: menus, dialogs, toasts and the choice of colours. Everything works without it but the last two.
"use strict";

const root = document.documentElement;
root.classList.add("scripted");

function chooseTheme(theme) {
  if (theme) root.dataset.theme = theme;
  else delete root.dataset.theme;
  const age = theme ? 31536000 : 0;
  document.cookie = `theme=${theme}; path=/; max-age=${age}; samesite=lax`;
  showTheme();
  root.dispatchEvent(new CustomEvent("headwater:theme"));
}

function showTheme() {
  for (const button of document.querySelectorAll("[data-theme-choice]")) {
    button.setAttribute("aria-pressed", String(button.dataset.themeChoice === (root.dataset.theme || "")));
  }
}

function closeMenus(except) {
  for (const menu of document.querySelectorAll("details[data-menu][open]")) {
    if (!menu.contains(except)) menu.open = false;
  }
}

document.addEventListener("click", (event) => {
  closeMenus(event.target);
  if (!event.target.closest(".search")) document.getElementById("search-found")?.replaceChildren();
  const target = event.target.closest("[data-theme-choice], [data-opens], [data-closes], .toast .close");
  if (!target) return;
  if (target.matches(".close")) target.closest(".toast").remove();
  else if (target.dataset.opens) document.getElementById(target.dataset.opens)?.showModal();
  else if (target.dataset.closes) document.getElementById(target.dataset.closes)?.close();
  else if ("themeChoice" in target.dataset) chooseTheme(target.dataset.themeChoice);
});

// The search of the top bar: "/" goes there, arrows walk through what is found, Escape leaves it.
document.addEventListener("keydown", (event) => {
  const field = document.getElementById("search");
  if (!field) return;
  const found = [...document.querySelectorAll("#search-found a")];
  const inside = field.form.contains(event.target);
  if (event.key === "/" && !event.ctrlKey && !event.metaKey && !event.target.closest("input, textarea, select, [contenteditable], dialog[open]")) {
    event.preventDefault();
    field.focus();
    field.select();
  } else if (inside && event.key === "Escape") {
    document.getElementById("search-found").replaceChildren();
    field.focus();
  } else if (inside && found.length && (event.key === "ArrowDown" || event.key === "ArrowUp")) {
    event.preventDefault();
    const at = found.indexOf(document.activeElement) + (event.key === "ArrowDown" ? 1 : -1);
    (at < 0 ? field : found[Math.min(at, found.length - 1)]).focus();
  }
});

document.addEventListener("focusin", (event) => {
  const field = document.getElementById("search");
  if (field && !field.form.contains(event.target)) document.getElementById("search-found").replaceChildren();
});

document.addEventListener("keydown", (event) => {
  if (event.key !== "Escape") return;
  const menu = document.activeElement?.closest("details[data-menu][open]");
  closeMenus(null);
  menu?.querySelector("summary").focus();
});

// A select or check box marked data-sends sends its form as soon as it changes.
document.addEventListener("change", (event) => {
  if (event.target.closest("[data-sends]")) event.target.form?.requestSubmit();
});

document.addEventListener("DOMContentLoaded", () => {
  showTheme();
  document.querySelector(".rooms [aria-current]")?.scrollIntoView({ block: "nearest", inline: "center" });
});
