/* The quick log in the browser. Without it the form works too: a submit shows the candidates as radios.

   data-who          a typeahead: the input becomes a combobox over the radios that the server finds
   data-draft        form: what is typed is kept on this device until it is saved, a day at most */
(() => {
  "use strict";
  const DRAFT_MS = 24 * 3600 * 1000;
  const KEPT = ["who", "notes", "next_action"];
  const all = (selector, within = document) => [...within.querySelectorAll(selector)];

  /* --- who --- */
  const parts = (who) => ({
    input: who.querySelector("[data-who-input]"),
    found: who.querySelector(".who-options"),
    options: all(".who-option", who),
  });

  function enhance(who) {
    const { input, found, options } = parts(who);
    const list = found.querySelector(".who-list");
    const picked = options.some((option) => option.querySelector("input").checked);
    input.setAttribute("role", "combobox");
    input.setAttribute("aria-autocomplete", "list");
    input.setAttribute("aria-expanded", String(Boolean(list) && !picked));
    input.removeAttribute("aria-activedescendant");
    if (list) {
      list.id = `${found.id}_list`;
      list.setAttribute("role", "listbox");
      input.setAttribute("aria-controls", list.id);
      options.forEach((option, n) => {
        option.id = `${list.id}_${n}`;
        option.setAttribute("role", "option");
        option.setAttribute("aria-selected", String(option.querySelector("input").checked));
      });
    } else input.removeAttribute("aria-controls");
    who.classList.toggle("is-picked", picked);
    const still = options.find((option) => option.querySelector("input").value === who.dataset.active);
    if (still && !picked) activate(who, still); // a newer list has it too
  }

  function activate(who, option) {
    const { input, options } = parts(who);
    options.forEach((other) => other.classList.toggle("is-active", other === option));
    input.setAttribute("aria-activedescendant", option.id);
    who.dataset.active = option.querySelector("input").value;
    option.scrollIntoView({ block: "nearest" });
  }

  function pick(who, option) {
    const radio = option.querySelector("input");
    const { input } = parts(who);
    radio.checked = true;
    input.value = radio.dataset.name;
    input.removeAttribute("aria-invalid");
    delete who.dataset.active;
    enhance(who);
    keep(input.form);
    input.dispatchEvent(new CustomEvent("picked", { bubbles: true })); // near matches depend on the account
    if (radio.name === "picked") input.form.querySelector("[name=channel]")?.focus();
  }

  document.addEventListener("keydown", (event) => {
    const who = event.target.matches("[data-who-input]") && event.target.closest("[data-who]");
    if (!who) return;
    const { found, options } = parts(who);
    if (event.key === "Enter") event.preventDefault(); // never a half-typed entry
    if (!options.length || who.classList.contains("is-picked")) return;
    const at = options.findIndex((option) => option.classList.contains("is-active"));
    const step = { ArrowDown: 1, ArrowUp: -1 }[event.key];
    if (step) {
      event.preventDefault();
      activate(who, options[(at + step + options.length) % options.length]);
    } else if (event.key === "Enter" && !found.dataset.stale) pick(who, options[Math.max(at, 0)]);
    else if (event.key === "Escape") {
      event.preventDefault();
      event.stopPropagation();
      found.replaceChildren();
      delete who.dataset.active;
      enhance(who);
    }
  });

  document.addEventListener("change", (event) => {
    const option = event.target.closest(".who-list[role=listbox] .who-option");
    if (option) pick(option.closest("[data-who]"), option);
  });

  document.addEventListener("input", (event) => {
    const who = event.target.matches("[data-who-input]") && event.target.closest("[data-who]");
    if (who) {
      parts(who).found.dataset.stale = "yes";
      all("input[type=radio]", who).forEach((radio) => (radio.checked = false));
      who.classList.remove("is-picked");
    }
    const form = event.target.closest("[data-draft]");
    if (form) keep(form);
  });

  /* --- drafts --- */
  function keep(form) {
    if (!form.dataset.draft) return;
    const draft = { at: Date.now() };
    for (const name of KEPT) draft[name] = form.elements[name].value;
    try {
      if (draft.notes || draft.next_action) localStorage.setItem(form.dataset.draft, JSON.stringify(draft));
      else localStorage.removeItem(form.dataset.draft);
    } catch {
      /* no room, or not allowed: the form works without */
    }
  }

  function restore(form) {
    let draft;
    try {
      draft = JSON.parse(localStorage.getItem(form.dataset.draft));
    } catch {
      return;
    }
    const typed = form.elements;
    const about = typed.who.value;
    if (!draft || Date.now() - draft.at > DRAFT_MS || typed.notes.value || typed.next_action.value) return;
    if (about && about !== draft.who) return;
    for (const name of KEPT) if (draft[name] && !typed[name].value) typed[name].value = draft[name];
    if (!about && draft.who) typed.who.dispatchEvent(new Event("input", { bubbles: true }));
    form.querySelector("[data-draft-note]").hidden = false;
  }

  const forget = () => all("[data-draft]").forEach((form) => localStorage.removeItem(form.dataset.draft));
  document.addEventListener("hub:logged", forget);
  document.addEventListener("click", (event) => {
    const form = event.target.matches("[data-draft-discard]") && event.target.closest("form");
    if (!form) return;
    for (const name of KEPT) form.elements[name].value = "";
    form.querySelector("[data-draft-note]").hidden = true;
    forget();
    form.elements.who.dispatchEvent(new Event("input", { bubbles: true }));
    form.elements.who.focus();
  });

  /* --- forms as they come --- */
  function ready(within) {
    all("[data-who]", within).forEach(enhance);
    all("[data-draft]", within).forEach(restore);
  }
  document.addEventListener("htmx:afterSwap", (event) => {
    const found = event.detail.target.closest?.("[data-who]");
    if (found) {
      delete parts(found).found.dataset.stale;
      enhance(found);
    }
  });
  document.addEventListener("htmx:load", (event) => {
    if (event.detail.elt !== document.body) ready(event.detail.elt.parentElement || document);
  });
  ready(document);
})();
