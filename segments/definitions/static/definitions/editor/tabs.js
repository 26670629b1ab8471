// Two ways to see the filter, one at a time; the browser remembers which.
import { element, newId } from "../../face/element.js";

const REMEMBERED = "lyticsapp.filter-editor";

export class Tabs {
  // parts: [{key, title, label, panel, open}]; `open` is called before it is shown.
  constructor(label, parts) {
    this.parts = parts.map((part) => ({ ...part, id: newId("tab") }));
    this.list = element("div", { class: "fq-tabs", role: "tablist", "aria-label": label });
    for (const part of this.parts) {
      part.panel.id = part.panel.id || newId("panel");
      part.panel.setAttribute("role", "tabpanel");
      part.panel.setAttribute("aria-label", part.label);
      part.tab = element("button", {
        type: "button", id: part.id, class: "fq-tab", role: "tab", "aria-controls": part.panel.id,
        onclick: () => this.choose(part.key), onkeydown: (event) => this.pressed(event),
      }, part.title);
      this.list.append(part.tab);
    }
  }

  get chosen() {
    return this.shown;
  }

  remembered(otherwise) {
    try {
      const key = localStorage.getItem(REMEMBERED);
      return this.parts.some((part) => part.key === key) ? key : otherwise;
    } catch {
      return otherwise;
    }
  }

  choose(key) {
    try {
      localStorage.setItem(REMEMBERED, key);
    } catch {
      // Not kept where the browser keeps nothing.
    }
    this.show(key);
  }

  show(key) {
    this.shown = key;
    for (const part of this.parts) {
      const here = part.key === key;
      part.tab.setAttribute("aria-selected", String(here));
      part.tab.tabIndex = here ? 0 : -1;
      part.panel.hidden = !here;
      if (here && part.open) part.open();
    }
  }

  pressed(event) {
    const steps = { ArrowRight: 1, ArrowLeft: -1 };
    const step = steps[event.key];
    if (!step) return;
    event.preventDefault();
    const at = this.parts.findIndex((part) => part.key === this.shown);
    const next = this.parts[(at + step + this.parts.length) % this.parts.length];
    this.choose(next.key);
    next.tab.focus();
  }
}
