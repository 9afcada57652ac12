// What makes the console more pleasant where scripts run; every page works without it.
"use strict";
(() => {
  const root = document.documentElement;
  const one = (selector, within = document) => within.querySelector(selector);
  const all = (selector, within = document) => [...within.querySelectorAll(selector)];
  const kept = {
    get(name) { try { return localStorage.getItem("callguard." + name) || ""; } catch { return ""; } },
    set(name, value) { try { localStorage.setItem("callguard." + name, value); } catch { /* not kept, then */ } },
  };

  // --- colours: as early as possible, so that nothing flashes ---
  const paint = () => {
    const wanted = kept.get("theme");
    if (wanted) root.dataset.theme = wanted; else delete root.dataset.theme;
    for (const meta of all("meta[name=theme-color]")) {
      const dark = wanted ? wanted === "dark" : meta.media.includes("dark");
      meta.content = dark ? "#1b2125" : "#ffffff";
    }
  };
  paint();

  // --- what a fresh piece of page needs ---
  const dress = (part) => {
    for (const button of all("[data-copy], [data-show], [data-dismiss]", part)) button.hidden = false;
    for (const choice of all("[data-theme-choice]", part)) { choice.value = kept.get("theme"); choice.parentElement.hidden = false; }
    for (const choice of all("[data-keys-choice]", part)) { choice.checked = kept.get("keys") !== "off"; choice.parentElement.hidden = false; }
  };

  // --- copying, also on plain http, where browsers have no clipboard for scripts ---
  const copy = async (text) => {
    if (navigator.clipboard) return navigator.clipboard.writeText(text);
    const area = document.createElement("textarea");
    area.value = text;
    area.className = "unseen";
    document.body.append(area);
    area.select();
    const done = document.execCommand("copy");
    area.remove();
    if (!done) throw new Error("not copied");
  };
  const tell = (text) => { const told = one("#told"); if (told) told.textContent = text; };

  const clicked = {
    async copy(button) {
      const words = one("span", button), before = words.textContent;
      await copy(button.dataset.copy).then(() => { words.textContent = "Copied"; }, () => { words.textContent = "Please copy by hand"; });
      tell(words.textContent);
      button.focus();
      setTimeout(() => { words.textContent = before; }, 2000);
    },
    show(button) {
      const field = document.getElementById(button.dataset.show);
      const shown = field.type === "password";
      field.type = shown ? "text" : "password";
      button.setAttribute("aria-pressed", String(shown));
    },
    dismiss(button) { button.closest(".toast").remove(); one("#main").focus({ preventScroll: true }); },
    showNew() { showWaiting(); },
  };
  document.addEventListener("click", (event) => {
    for (const open of all("details.menu[open], #more[open]")) if (!open.contains(event.target)) open.open = false;
    const button = event.target.closest?.("[data-copy], [data-show], [data-dismiss], [data-show-new]");
    if (button) for (const what of Object.keys(clicked)) if (what in button.dataset) clicked[what](button);
  });
  document.addEventListener("click", (event) => {  // a double tap is one wish: not the next button's, nor the same again
    if (event.detail > 1 && event.target.closest?.("[type=submit]")) { event.preventDefault(); event.stopPropagation(); }
  }, true);
  document.addEventListener("change", ({ target }) => {
    if ("themeChoice" in target.dataset) { kept.set("theme", target.value); paint(); }
    if ("keysChoice" in target.dataset) kept.set("keys", target.checked ? "" : "off");
  });
  document.addEventListener("keydown", (event) => {
    const typing = event.target.closest?.("input, select, textarea, [contenteditable]");
    if (event.key === "Escape") {
      const open = event.target.closest?.("details[open].menu, #more[open]");
      if (open) { open.open = false; one("summary", open).focus(); }
    } else if (event.key === "/" && !typing && !event.ctrlKey && !event.metaKey && !event.altKey && kept.get("keys") !== "off") {
      const search = one("[data-search]");
      if (search) { event.preventDefault(); search.focus(); search.select(); }
    }
  });

  // --- pages by htmx: an action keeps the place, a link begins at the top ---
  let asked = null;
  document.addEventListener("htmx:before:request", ({ detail: { ctx } }) => {
    const source = ctx.sourceElement;
    asked = null;
    if (!source?.matches?.("a, form, button")) return;  // nobody asked: the page keeps itself up to date
    one("#main")?.setAttribute("aria-busy", "true");
    asked = { near: source.closest("[id]")?.id, post: ctx.request.method === "POST", path: location.pathname };
  });
  document.addEventListener("htmx:before:swap", ({ detail: { ctx, tasks } }) => {
    const stays = asked?.post && new URL(ctx.response?.raw?.url ?? location.href).pathname === asked.path;
    for (const task of tasks) {
      if (task.type !== "main" || !stays) continue;
      task.swapSpec.show = "none";
      if (ctx.sourceElement?.matches?.(".act")) task.swapSpec.style = "outerMorph";
    }
    if (asked) asked.stays = stays;
  });
  document.addEventListener("htmx:after:swap", () => {
    const left = asked;
    asked = null;
    if (!left || document.activeElement !== document.body) return;
    const near = left.stays ? one(`#${CSS.escape(left.near ?? "main")} :is(a, button, summary)`) : null;
    (near ?? one("#main"))?.focus({ preventScroll: true });
  });
  document.addEventListener("htmx:finally:request", ({ detail: { ctx } }) => {
    if (ctx.sourceElement?.id !== "live") one("#main")?.removeAttribute("aria-busy");
  });
  document.addEventListener("htmx:after:process", ({ target }) => { dress(target); if (!waiting.size) pill(); });

  // --- contact with the house ---
  let lost = null;
  const contact = (there) => {
    const banner = one("[data-offline]");
    if (there) lost = null; else lost ??= new Date();
    if (!banner || banner.hidden === !lost) return;
    if (lost) one("[data-since]", banner).textContent = lost.toLocaleTimeString([], { hour: "2-digit", minute: "2-digit", hourCycle: "h23" });
    banner.hidden = !lost;
    root.toggleAttribute("data-lost", Boolean(lost));
  };
  let grace = 0;
  const gone = () => { grace ||= setTimeout(() => { grace = 0; contact(false); }, 2500); };
  const back = () => { clearTimeout(grace); grace = 0; const were = lost; contact(true); if (were) renew(); };
  document.addEventListener("htmx:sse:after:connection", back);
  document.addEventListener("htmx:sse:error", ({ detail: { status } }) => {
    if (status === 401) location.reload();  // signed out elsewhere: the way back in knows this page
    else if (!status || status === 502 || status === 504) gone();
  });
  document.addEventListener("htmx:error", ({ detail: { ctx } }) => {
    if (ctx?.sourceElement?.id === "live") { setTimeout(() => window.htmx.process(ctx.sourceElement, true), 3000); gone(); }
    else if (asked) { asked = null; say("CallGuard did not answer. Look whether it was done before you try again."); }
  });
  const say = (text) => {
    const toast = document.createElement("div"), words = document.createElement("p"), away = document.createElement("button");
    toast.className = "toast error";
    words.textContent = text;
    away.className = "button quiet";
    away.type = "button";
    away.dataset.dismiss = "";
    away.textContent = "Dismiss";
    toast.append(words, away);
    one("#flash").append(toast);
  };
  window.addEventListener("offline", () => contact(false));

  // --- calls as they come; the server sends rows ready made ---
  const MOST = 200;  // rows of a page that is left open for days
  const waiting = new Map();
  const busy = (list) => list.contains(document.activeElement) || one("details[open]", list);
  const pill = () => {
    const button = one("[data-show-new]");
    if (!button) return;
    button.hidden = !waiting.size;
    button.textContent = waiting.size ? `${waiting.size} new ${waiting.size === 1 ? "call" : "calls"} – show` : "";
    tell(button.textContent);
  };
  const place = (list, row) => {
    const short = one(":scope > .calls", list);
    if (short) { short.prepend(row); short.lastElementChild.remove(); } else placeByDay(list, row);
    for (const old of all(".call", list).slice(MOST)) old.remove();
    window.htmx?.process(row);
    dress(row);
  };
  const placeByDay = (list, row) => {
    const { day, dayWords } = row.dataset;
    let section = one(`[data-day="${CSS.escape(day)}"].day`, list);
    if (!section) {
      section = document.createElement("section");
      section.className = "day";
      section.dataset.day = day;
      const head = document.createElement("h2"), rows = document.createElement("ol");
      head.textContent = dayWords;
      rows.className = "calls";
      section.append(head, rows);
      list.prepend(section);
    }
    one(".calls", section).prepend(row);
  };
  const refresh = () => {
    waiting.clear();
    pill();
    window.htmx?.ajax("GET", location.href, { target: "#main", select: "#main", swap: "outerMorph", selectOOB: "#top:outerMorph" });
  };
  const renew = () => { if (one("[data-live]")) refresh(); else restate(); };  // a form keeps what was typed
  let soon = 0;
  const restate = () => {  // later than the page after an action, which has something to say once
    clearTimeout(soon);
    soon = setTimeout(() => {
      const parts = "#banners:outerMorph,#unreviewed:outerMorph";
      window.htmx.ajax("GET", one("#live").dataset.state, { target: "#state", select: "#state", swap: "outerMorph", selectOOB: parts });
    }, 1500);
  };
  const showWaiting = () => {
    const list = one("[data-live]");
    if (list?.dataset.live !== "rows" || one(".empty")) { scrollTo(0, 0); return refresh(); }
    for (const row of waiting.values()) place(list, row);
    waiting.clear();
    pill();
    scrollTo({ top: 0, behavior: "instant" });
    one("a", list)?.focus({ preventScroll: true });
  };
  document.addEventListener("call", ({ target, detail }) => {
    const list = one("[data-live]");
    if (target.id !== "live" || !list) return;
    const row = new DOMParser().parseFromString(`<ol>${detail.data}</ol>`, "text/html").querySelector("li");
    if (!row) return;
    document.adoptNode(row);
    row.classList.add("new");
    for (const field of all("[name=back]", row)) field.value = location.pathname + location.search;
    const there = document.getElementById(row.id);
    if (there) { there.replaceWith(row); window.htmx.process(row); dress(row); return; }
    waiting.set(row.id, row);
    const quietly = list.dataset.live === "rows" && scrollY < 120 && !busy(list) && !one(".empty");
    if (!quietly) return pill();
    for (const next of waiting.values()) place(list, next);
    tell(`${waiting.size} new ${waiting.size === 1 ? "call" : "calls"}`);
    waiting.clear();
  });
  const told = { resync: renew, back: renew, away: () => restate(), changed: () => restate() };
  for (const name of Object.keys(told)) document.addEventListener(name, ({ target }) => { if (target.id === "live") told[name](); });

  document.addEventListener("DOMContentLoaded", () => dress(document));
})();
