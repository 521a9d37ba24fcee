/* What the frame does in the browser. Every page works without it.

   data-dialog-open="#id"     button: opens the <dialog>
   data-dialog-load="#id"     link: loads its page's htmx answer into the dialog's .dialog-body and opens it;
                              without htmx, on a modified click or when that fails it stays a plain link
   data-dialog-close          button: closes the dialog around it
   data-light-dismiss         dialog: a click beside it closes it
   data-quick-log             the link that the key L follows
   data-search                the input that the key / focuses
   data-arrows="#id"          input: arrow keys move between it and the [data-option] links in #id, Enter opens the first
   data-menu                  details: closes on Escape and on a click elsewhere
   data-toast, -toast-close   a toast, and the button that dismisses it
   data-keys-toggle           checkbox: single-letter keys on or off
   data-select-all="#id"      checkbox: ticks the checkboxes of the table in #id (default: of its own)
   data-autosubmit            form: a changed field submits it
   data-focus                 takes the focus when it comes (data-no-focus around it: not on load)
   data-no-guard              form: may be submitted twice at once

   From the server (HX-Trigger header): "hub:close" closes the open dialogs. A 422 answer is swapped in like a 200. */
(() => {
  "use strict";
  const GUARD_MS = 4000;
  const TOAST_MS = 8000;
  const UNDO_MS = 20000;
  const one = (selector, within = document) => (selector ? within.querySelector(selector) : null);
  const all = (selector, within = document) => [...within.querySelectorAll(selector)];

  /* --- dialogs --- */
  function open(dialog) {
    if (!dialog || dialog.open) return;
    for (const other of all("dialog[open]")) other.close();
    dialog.showModal();
    (one("[autofocus]", dialog) || one(":is(input:not([type=hidden]), select, textarea)", dialog))?.focus();
  }

  async function load(link) {
    const dialog = one(link.dataset.dialogLoad);
    const body = one(".dialog-body", dialog);
    dialog.setAttribute("aria-busy", "true");
    for (const name of ["hx-select", "hx-select-oob"]) link.setAttribute(name, "unset"); // a table's are for its own swaps
    const failed = () => location.assign(link.href);
    link.addEventListener("htmx:responseError", failed, { once: true });
    link.addEventListener("htmx:sendError", failed, { once: true });
    await window.htmx.ajax("GET", link.href, { source: link, target: body, swap: "innerHTML" });
    dialog.removeAttribute("aria-busy");
    open(dialog);
  }

  document.addEventListener("click", (event) => {
    const at = (selector) => event.target.closest(selector);
    const loader = at("[data-dialog-load]");
    const plain = event.button === 0 && !event.ctrlKey && !event.metaKey && !event.shiftKey && !event.altKey;
    if (loader && plain && window.htmx && one(loader.dataset.dialogLoad)) {
      event.preventDefault();
      load(loader);
    }
    const opener = at("[data-dialog-open]");
    if (opener) open(one(opener.dataset.dialogOpen));
    if (at("[data-dialog-close]")) at("dialog")?.close();
    if (event.target.matches("dialog[data-light-dismiss]")) event.target.close();
    if (at("[data-toast-close]")) at("[data-toast]").remove();
    for (const menu of all("details[data-menu][open]")) if (!menu.contains(event.target)) menu.open = false;
  });
  document.addEventListener("hub:close", () => all("dialog[open]").forEach((dialog) => dialog.close()));

  /* --- keys --- */
  const letters = () => localStorage.getItem("letter-keys") !== "off";
  const typing = (element) => element.closest("input:not([type=checkbox], [type=radio]), textarea, select, [contenteditable]");
  const keys = {
    "/": () => one("[data-search]")?.focus(),
    "?": () => open(one("#keys")),
    l: () => one("[data-quick-log]")?.click(),
  };

  document.addEventListener("keydown", (event) => {
    if (event.key.toLowerCase() === "k" && (event.ctrlKey || event.metaKey) && one("#palette")) {
      event.preventDefault();
      open(one("#palette"));
      return;
    }
    if (event.key === "Escape") {
      const menu = one("details[data-menu][open]");
      if (menu) {
        menu.open = false;
        one("summary", menu).focus();
      }
      return;
    }
    if (arrows(event)) return;
    const act = keys[event.key.length === 1 ? event.key.toLowerCase() : event.key];
    const held = event.ctrlKey || event.metaKey || event.altKey || event.repeat || event.isComposing;
    if (!act || held || event.defaultPrevented || typing(event.target) || one("dialog[open]") || !letters()) return;
    event.preventDefault();
    act();
  });

  /* Arrow keys between an input and the links found for it. */
  function arrows(event) {
    const input = event.target.closest("[data-arrows]");
    const option = event.target.closest("[data-option]");
    const found = input ? one(input.dataset.arrows) : option && all("[data-arrows]").map((i) => one(i.dataset.arrows)).find((list) => list?.contains(option));
    if (!found) return false;
    const options = all("[data-option]", found);
    if (input && event.key === "Enter" && options.length && !found.dataset.stale) {
      event.preventDefault();
      options[0].click();
      return true;
    }
    const step = { ArrowDown: 1, ArrowUp: -1 }[event.key];
    if (!step) return false;
    const next = options.indexOf(option) + step;
    const owner = all("[data-arrows]").find((i) => one(i.dataset.arrows) === found);
    event.preventDefault();
    (next < 0 ? owner : options[Math.min(next, options.length - 1)] || owner).focus();
    return true;
  }
  document.addEventListener("input", (event) => {
    const found = one(event.target.dataset?.arrows);
    if (found) found.dataset.stale = "yes";
  });

  /* --- forms: one submit at a time --- */
  const sent = new Map();
  const release = (form) => {
    clearTimeout(sent.get(form));
    sent.delete(form);
    for (const button of all("[data-sending]", form)) {
      delete button.dataset.sending;
      button.removeAttribute("aria-disabled");
    }
  };
  window.addEventListener(
    "submit",
    (event) => {
      const form = event.target;
      const asks = form.method === "get" && !form.matches("[hx-post], [hx-put], [hx-patch], [hx-delete]");
      if (asks || form.method === "dialog" || "noGuard" in form.dataset) return;
      if (sent.has(form)) {
        event.preventDefault();
        event.stopImmediatePropagation();
        return;
      }
      sent.set(form, setTimeout(() => release(form), GUARD_MS));
      if (event.submitter) {
        event.submitter.dataset.sending = "yes";
        event.submitter.setAttribute("aria-disabled", "true");
      }
    },
    true,
  );
  window.addEventListener("pageshow", () => [...sent.keys()].forEach(release));

  document.addEventListener("change", (event) => {
    const field = event.target;
    if (field.matches("[data-keys-toggle]")) localStorage.setItem("letter-keys", field.checked ? "on" : "off");
    if (field.matches("[data-select-all]"))
      for (const box of all("tbody input[type=checkbox]", one(field.dataset.selectAll) || field.closest("table"))) box.checked = field.checked;
    if (field.form?.matches("[data-autosubmit]")) field.form.requestSubmit();
  });

  /* --- toasts --- */
  function toast(text, tone = "error") {
    const node = document.createElement("div");
    node.className = `toast toast-${tone}`;
    node.dataset.toast = "";
    node.append(Object.assign(document.createElement("p"), { textContent: text }));
    const close = Object.assign(document.createElement("button"), { className: "btn btn-sm", type: "button", textContent: "Dismiss" });
    close.dataset.toastClose = "";
    node.append(close);
    one("#toasts")?.append(node);
  }
  function fade(node) {
    if (node.dataset.timed || node.classList.contains("toast-error")) return;
    node.dataset.timed = "yes";
    const life = one("form", node) ? UNDO_MS : TOAST_MS;
    const end = () => (node.matches(":hover, :focus-within") ? setTimeout(end, 2000) : node.remove());
    setTimeout(end, life);
  }
  const toasts = one("#toasts");
  if (toasts) {
    new MutationObserver(() => all("[data-toast]", toasts).forEach(fade)).observe(toasts, { childList: true });
    all("[data-toast]", toasts).forEach(fade);
  }

  /* --- htmx --- */
  document.addEventListener("htmx:configRequest", (event) => {
    if (event.detail.verb !== "get") event.detail.headers["X-CSRFToken"] = one("meta[name=csrf-token]").content;
  });
  document.addEventListener("htmx:beforeSwap", (event) => {
    const answer = event.detail.xhr;
    const signin = document.body.dataset.signin;
    if (answer.responseURL && new URL(answer.responseURL).pathname === signin && location.pathname !== signin) {
      event.detail.shouldSwap = false;
      location.reload(); // the session has ended: sign in and come back here
    }
  });
  document.addEventListener("htmx:afterRequest", (event) => {
    const form = event.detail.elt.closest("form");
    if (form && event.detail.requestConfig.verb !== "get") release(form);
  });
  document.addEventListener("htmx:afterSwap", (event) => {
    delete event.target.dataset.stale;
    one("[data-focus]", event.target)?.focus();
  });
  document.addEventListener("htmx:sendError", (event) => {
    if (!event.target.matches("[data-dialog-load]")) toast("The hub can't be reached. Check the connection and try again.");
  });
  document.addEventListener("htmx:responseError", (event) => {
    if (event.target.matches("[data-dialog-load]")) return;
    const refused = event.detail.xhr.status === 403;
    toast(refused ? "Your role doesn't allow this." : "That didn't work. Nothing was saved; try again.");
  });

  const keysToggle = one("[data-keys-toggle]");
  if (keysToggle) keysToggle.checked = letters();
  one("[data-focus]:not([data-no-focus] *)")?.focus();
})();
