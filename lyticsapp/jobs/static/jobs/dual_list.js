// Many chosen of many: what there is on the left, what was chosen on the right.
import { element, newId, settled } from "../face/element.js";

export class DualList {
  constructor(box, choices) {
    this.box = box;
    this.choices = choices;
    this.labels = new Map();
    const label = document.querySelector(`label[for="${box.id}"]`);
    const title = label ? label.textContent.replace("*", "").trim() : "";
    this.search = element("input", { id: newId("search"), type: "search", class: "f-input", placeholder: "Search", "aria-label": `Search ${title}`, oninput: settled(200, () => this.ask()) });
    this.available = this.list(`Available: ${title}`, (value) => this.choose(value));
    this.available.addEventListener("scroll", () => this.scrolled());
    this.chosen = this.list(`Chosen: ${title}`, (value) => this.drop(value));
    this.status = element("p", { class: "f-choice-status", role: "status" });
    const frame = element(
      "div",
      { class: "f-dual" },
      element("div", {}, element("div", { class: "f-dual-title" }, "Available"), this.search, this.available),
      element("div", {}, element("div", { class: "f-dual-title" }, "Chosen"), this.chosen)
    );
    box.hidden = true;
    box.after(frame, this.status);
    if (label) label.htmlFor = this.search.id;
    this.show();
    this.ask();
  }

  list(label, take) {
    const list = element("ul", { class: "f-dual-list", "aria-label": label });
    list.addEventListener("click", (event) => {
      const button = event.target.closest("button");
      if (button) take(button.value);
    });
    list.addEventListener("keydown", (event) => {
      const step = { ArrowDown: "nextElementSibling", ArrowUp: "previousElementSibling" }[event.key];
      const item = step && event.target.closest("li")?.[step];
      if (!item) return;
      event.preventDefault();
      item.firstElementChild.focus();
    });
    return list;
  }

  get values() {
    return this.box.value.split("\n").map((line) => line.trim()).filter(Boolean);
  }

  set values(values) {
    this.box.value = values.join("\n");
    this.box.dispatchEvent(new Event("input", { bubbles: true }));
  }

  async ask() {
    this.status.textContent = "Looking …";
    const page = await this.choices.page(this.search.value.trim());
    if (page === undefined) return;
    this.found = page.choices;
    this.next = page.next;
    this.status.textContent = page.error || (this.found.length ? "" : "Nothing found.");
    this.note(page.choices);
    await this.name();
    this.show();
  }

  async scrolled() {
    const list = this.available;
    if (!this.next || this.loading || list.scrollTop + list.clientHeight < list.scrollHeight - 60) return;
    this.loading = true;
    const page = await this.choices.page(this.search.value.trim(), this.next);
    this.loading = false;
    if (page === undefined) return;
    this.found.push(...page.choices);
    this.next = page.next;
    this.note(page.choices);
    this.show();
  }

  // What was chosen before may lie on no page that was read: ask for its name.
  async name() {
    for (const value of this.values) {
      if (this.labels.has(value)) continue;
      const page = await this.choices.page(value);
      if (page === undefined) return;
      this.note(page.choices);
      if (!this.labels.has(value)) this.labels.set(value, value);
    }
  }

  note(choices) {
    for (const { value, label } of choices) this.labels.set(value, label);
  }

  choose(value) {
    this.values = [...this.values, value];
    this.moved(this.available);
  }

  drop(value) {
    this.values = this.values.filter((each) => each !== value);
    this.moved(this.chosen);
  }

  // The key that moved a value stays in its list, at the place of the next one.
  moved(list) {
    const place = [...list.children].findIndex((item) => item.contains(document.activeElement));
    this.show();
    const next = list.children[Math.min(place, list.children.length - 1)];
    (next ? next.firstElementChild : this.search)?.focus();
  }

  show() {
    const chosen = this.values;
    const left = (this.found || []).filter(({ value }) => !chosen.includes(value));
    this.available.replaceChildren(...left.map(({ value, label }) => this.item(value, label, "add", `Add ${label}`)));
    this.chosen.replaceChildren(...chosen.map((value) => this.item(value, this.labels.get(value) || value, "close", `Remove ${this.labels.get(value) || value}`)));
  }

  item(value, label, icon, action) {
    const sign = element("span", { class: "material-symbols-outlined", "aria-hidden": "true" }, icon);
    return element("li", {}, element("button", { type: "button", value, "aria-label": action }, element("span", {}, label), sign));
  }
}
