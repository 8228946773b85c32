/* A survey in a corner of somebody else's page. One script, no framework, no markup as text, no inline style.
   Nothing is stored and no storage is read before the host says that the visitor agreed (see docs/use/web-snippet.md). */
(config => {
  "use strict";
  const tag = document.currentScript;
  if (!tag || !config || !("adoptedStyleSheets" in Document.prototype)) return;
  const home = new URL(tag.src).origin;
  const page = `${home}/s/${config.token}`;
  const { words, when } = config;
  const kept = `headwater-survey-${config.token}`;
  // The same words sent twice, because the first answer got lost on its way, count once.
  const key = [...crypto.getRandomValues(new Uint8Array(16))].map(byte => byte.toString(16).padStart(2, "0")).join("");
  let agreed = tag.dataset.consent === "yes";
  let host = null;
  let before = null;
  let done = false;

  const css = `
:host { all: initial; position: fixed; z-index: 2147483000; inset-block-end: 1rem; inset-inline-end: 1rem; inline-size: min(23rem, calc(100vw - 2rem));
  --paper: #fff; --ink: #14231e; --quiet: #465650; --line: #7f8c86; --accent: #1d4d42; --on: #fff; --harm: #a84723; color-scheme: light; }
:host([data-theme="dark"]) { --paper: #14201c; --ink: #e6eeea; --quiet: #abbab3; --line: #7f8f88; --accent: #7cc0ae; --on: #0d1513; --harm: #e58a63; color-scheme: dark; }
@media (prefers-color-scheme: dark) { :host([data-theme="auto"]) { --paper: #14201c; --ink: #e6eeea; --quiet: #abbab3; --line: #7f8f88; --accent: #7cc0ae; --on: #0d1513; --harm: #e58a63; color-scheme: dark; } }
@media print { :host { display: none; } }
* { box-sizing: border-box; }
.box { max-block-size: min(36rem, calc(100vh - 2rem)); overflow: auto; padding: 1rem 1.25rem 1.25rem; border: 1px solid var(--line); border-block-start: 4px solid var(--brand, var(--accent));
  border-radius: 10px; background: var(--paper); color: var(--ink); box-shadow: 0 4px 24px rgb(0 0 0 / 0.22); font: 16px/1.45 system-ui, sans-serif; text-align: start; overflow-wrap: anywhere; }
header { display: flex; gap: 1rem; align-items: start; justify-content: space-between; }
h2 { margin: 0; padding-block: 0.5rem; font-size: 1rem; line-height: 1.4; }
fieldset { min-inline-size: 0; margin: 0.75rem 0; padding: 0; border: 0; }
legend, .asked { padding: 0; margin-block-end: 0.5rem; font-weight: 600; }
p { margin: 0.5rem 0; } .quiet { color: var(--quiet); font-size: 0.875rem; } .wrong { color: var(--harm); font-weight: 600; }
.scale { display: grid; grid-template-columns: repeat(auto-fit, minmax(2.75rem, 1fr)); gap: 0.375rem; }
.scale label { position: relative; display: grid; place-items: center; min-block-size: 2.75rem; border: 1px solid var(--line); border-radius: 6px; cursor: pointer; }
.scale input { position: absolute; inset: 0; inline-size: 100%; block-size: 100%; margin: 0; opacity: 0; cursor: pointer; }
.scale label:has(:checked) { background: var(--accent); border-color: var(--accent); color: var(--on); font-weight: 700; }
.scale label:has(:focus-visible) { outline: 3px solid var(--accent); outline-offset: 2px; }
.ends { display: flex; justify-content: space-between; gap: 1rem; }
.list label { display: flex; gap: 0.625rem; align-items: center; min-block-size: 2.75rem; cursor: pointer; }
input[type="radio"], input[type="checkbox"] { inline-size: 1.25rem; block-size: 1.25rem; flex: none; accent-color: var(--accent); }
textarea { inline-size: 100%; min-block-size: 5rem; padding: 0.5rem; border: 1px solid var(--line); border-radius: 6px; background: var(--paper); color: var(--ink); font: inherit; }
button, .go { display: inline-block; min-block-size: 2.75rem; padding: 0.5rem 1.25rem; border: 1px solid var(--accent); border-radius: 6px; background: var(--accent); color: var(--on); font: inherit; font-weight: 600; text-decoration: none; cursor: pointer; }
button.close { flex: none; min-inline-size: 2.75rem; padding: 0; border-color: transparent; background: transparent; color: var(--ink); font-size: 1.375rem; line-height: 1; }
a { color: var(--accent); } button[disabled] { opacity: 0.6; }
:focus-visible { outline: 3px solid var(--accent); outline-offset: 2px; } .box:focus { outline: none; }
.said { position: absolute; inline-size: 1px; block-size: 1px; overflow: hidden; clip-path: inset(50%); }
@media (prefers-reduced-motion: no-preference) { .box { animation: rise 0.25s ease-out; } @keyframes rise { from { opacity: 0; transform: translateY(1rem); } } }`;

  const make = (name, attributes, ...children) => {
    const element = document.createElement(name);
    for (const [attribute, value] of Object.entries(attributes || {})) if (value !== null && value !== false) element.setAttribute(attribute, value);
    element.append(...children.filter(child => child !== null && child !== ""));
    return element;
  };
  const link = (href, text, kind) => make("a", { href, class: kind || null, target: "_blank", rel: "noopener" }, text);

  const choice = (question, type, value, text) => make("label", {}, make("input", { type, name: question.id, value }), make("span", {}, text));
  const asked = question => [question.text, question.required ? make("span", { "aria-hidden": "true" }, " *") : ""];
  const field = question => {
    const legend = make("legend", {}, ...asked(question));
    const help = question.help ? make("p", { class: "quiet" }, question.help) : "";
    if (question.kind === "statement") return make("p", {}, question.text);
    if (question.kind === "open") {
      const label = make("label", { for: question.id, class: "asked" }, ...asked(question));
      return make("fieldset", {}, label, help, make("textarea", { id: question.id, name: question.id, maxlength: question.most }));
    }
    if (question.kind === "consent") return make("fieldset", {}, legend, help, make("div", { class: "list" }, choice(question, "checkbox", "true", question.agree)));
    if (question.options) {
      const type = question.kind === "multiple" ? "checkbox" : "radio";
      return make("fieldset", {}, legend, help, make("div", { class: "list" }, ...question.options.map(([id, text]) => choice(question, type, id, text))));
    }
    const points = [];
    const named = question.points || {};
    for (let score = question.from; score <= question.to; score += 1) points.push(choice(question, "radio", score, named[score] || String(score)));
    const ends = question.low || question.high ? make("div", { class: "ends quiet" }, make("span", {}, question.low), make("span", {}, question.high)) : "";
    return make("fieldset", {}, legend, help, make("div", { class: question.points ? "list" : "scale" }, ...points), ends);
  };

  const answersOf = form => {
    const answers = {};
    for (const question of config.questions) {
      const given = [...form.querySelectorAll(`[name="${question.id}"]`)].filter(input => input.type === "textarea" || input.checked).map(input => input.value.trim()).filter(Boolean);
      if (!given.length) continue;
      if (question.kind === "multiple") answers[question.id] = given;
      else if (question.kind === "consent") answers[question.id] = true;
      else if (question.from === undefined) answers[question.id] = given[0];
      else answers[question.id] = Number(given[0]);
    }
    return answers;
  };

  const say = (box, ...children) => {
    box.querySelector(".body").replaceChildren(...children);
    box.focus();
  };
  const elsewhere = answers => {
    const first = config.questions.find(question => question.id in answers && !Array.isArray(answers[question.id]) && question.kind !== "open");
    return first ? `${page}?q=${first.id}&v=${encodeURIComponent(answers[first.id])}` : page;
  };

  const send = async (event, box, wrong) => {
    event.preventDefault();
    const button = event.target.querySelector("button");
    if (button.disabled) return;
    const answers = answersOf(event.target);
    const missing = config.questions.find(question => question.required && !(question.id in answers));
    if (missing || !Object.keys(answers).length) {
      wrong.textContent = words.missing;
      event.target.querySelector(missing ? `[name="${missing.id}"]` : "input, textarea").focus();
      return;
    }
    button.disabled = true;
    wrong.textContent = "";
    try {
      const body = JSON.stringify({ key, language: config.language, shown: config.questions.map(question => question.id), answers });
      const response = await fetch(`${home}/snippet/${config.token}/answers`, { method: "POST", body, credentials: "omit", headers: { "Content-Type": "text/plain" } });
      const said = await response.json();
      if (!response.ok) throw new Error(said.message || words.failed);
      done = true;
      remember();
      if (said.next) say(box, make("p", {}, words.saved), link(said.next, words.go_on, "go"));
      else say(box, make("p", {}, said.thanks || words.thanks));
    } catch (error) {
      // The host's policy forbids us to send, or there is no way to us just now: the survey's own page can.
      button.disabled = false;
      wrong.replaceChildren(error instanceof TypeError || !error.message ? words.failed : error.message, " ", link(elsewhere(answers), words.open));
    }
  };

  const remember = () => {
    if (!agreed || !when.once) return;
    try { localStorage.setItem(kept, "1"); } catch { /* a browser without storage asks again another day */ }
  };
  const seen = () => {
    if (!agreed || !when.once) return false;
    try { return localStorage.getItem(kept) !== null; } catch { return false; }
  };

  const close = () => {
    if (!host) return;
    const inside = document.activeElement === host || document.activeElement === document.body;
    host.remove();
    host = null;
    document.removeEventListener("keydown", escape);
    remember();
    if (inside && before && before.isConnected) before.focus();
  };
  const escape = event => {
    if (event.key === "Escape" && !event.defaultPrevented) close();
  };

  const open = () => {
    if (host || done || !document.body) return;
    before = document.activeElement;
    const busy = before && (before.isContentEditable || /^(INPUT|TEXTAREA|SELECT)$/.test(before.tagName));
    host = make("div", { "data-headwater": "", "data-theme": config.theme, lang: config.language, dir: config.direction });
    if (config.colour) host.style.setProperty("--brand", config.colour);
    const sheet = new CSSStyleSheet();
    sheet.replaceSync(css);
    const root = host.attachShadow({ mode: "open" });
    root.adoptedStyleSheets = [sheet];
    const shut = make("button", { type: "button", class: "close", "aria-label": words.close }, "\u00d7");
    shut.addEventListener("click", close);
    const wrong = make("p", { class: "wrong", role: "alert" });
    const form = make("form", { novalidate: "" }, ...config.questions.map(field), wrong, make("button", {}, config.more ? words.go_on : words.send));
    const note = make("p", { class: "quiet" }, config.privacy, " ", link(page, words.open));
    const box = make("div", { class: "box", role: "dialog", "aria-modal": "false", "aria-labelledby": "title", tabindex: "-1" },
      make("header", {}, make("h2", { id: "title" }, config.title), shut), make("div", { class: "body" }, form, note));
    form.addEventListener("submit", event => send(event, box, wrong));
    const said = make("p", { class: "said", role: "status" });
    root.append(box, said);
    document.body.append(host);
    document.addEventListener("keydown", escape);
    // Who is typing keeps the cursor, and hears that something opened.
    if (busy) setTimeout(() => { said.textContent = words.opened; }, 100);
    else box.focus({ preventScroll: true });
  };

  const glob = pattern => new RegExp(`^${pattern.split("*").map(part => part.replace(/[.+?^${}()|[\]\\]/g, "\\$&")).join(".*")}$`);
  const wanted = () => (!when.pages.length || when.pages.some(pattern => glob(pattern).test(location.pathname))) && Math.random() * 100 < when.share;
  const scrolled = () => {
    const room = document.documentElement.scrollHeight - innerHeight;
    return room <= 0 || (scrollY / room) * 100 >= when.scroll;
  };
  const wait = () => {
    const show = () => { if (!seen()) open(); };
    if (when.trigger === "delay") return show();
    const [where, type, test] = when.trigger === "scroll" ? [window, "scroll", scrolled] : [document.documentElement, "mouseleave", event => event && event.clientY <= 0];
    const look = event => {
      if (!test(event)) return;
      where.removeEventListener(type, look);
      show();
    };
    where.addEventListener(type, look, { passive: true });
    look();
  };

  document.addEventListener("headwater:consent", () => { agreed = true; });
  document.addEventListener("headwater:open", open);
  if (wanted()) {
    const start = () => setTimeout(wait, when.delay * 1000);
    if (document.readyState === "loading") document.addEventListener("DOMContentLoaded", start);
    else start();
  }
})(/* config */ null);
