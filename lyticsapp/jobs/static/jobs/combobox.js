// A box in which a value is typed, or chosen of those the provider has.
import { element, newId, settled } from "../face/element.js";

export class Combobox {
  constructor(input, choices) {
    this.input = input;
    this.choices = choices;
    this.shown = [];
    this.active = -1;
    this.list = element("ul", { id: newId("choices"), role: "listbox", class: "f-choice-list", "aria-label": "Choices", hidden: true, onmousedown: (event) => event.preventDefault(), onclick: (event) => this.clicked(event), onscroll: () => this.scrolled() });
    this.status = element("p", { class: "f-choice-status", role: "status" });
    this.open = element("button", { type: "button", class: "f-icon-button f-choice-open", "aria-label": "Show the choices", tabIndex: -1, onmousedown: (event) => event.preventDefault(), onclick: () => this.toggled() }, element("span", { class: "material-symbols-outlined", "aria-hidden": "true" }, "expand_more"));
    const frame = element("div", { class: "f-choice-box" });
    input.replaceWith(frame);
    frame.append(input, this.open, this.list);
    frame.after(this.status);
    for (const [name, value] of Object.entries({ role: "combobox", "aria-autocomplete": "list", "aria-expanded": "false", "aria-controls": this.list.id })) input.setAttribute(name, value);
    this.later = settled(200, () => this.ask());
    input.addEventListener("input", () => this.later());
    input.addEventListener("keydown", (event) => this.pressed(event));
    input.addEventListener("blur", () => this.hide());
  }

  get isOpen() {
    return !this.list.hidden;
  }

  toggled() {
    this.input.focus();
    if (this.isOpen) this.hide();
    else this.ask("");
  }

  pressed(event) {
    const { key } = event;
    if (key === "ArrowDown" && !this.isOpen) this.ask("");
    else if (!this.isOpen) return;
    else if (key === "ArrowDown") this.activate(Math.min(this.active + 1, this.shown.length - 1));
    else if (key === "ArrowUp") this.activate(Math.max(this.active - 1, 0));
    else if (key === "Enter" && this.active >= 0) this.take(this.active);
    else if (key === "Escape") this.hide();
    else return;
    event.preventDefault();
  }

  async ask(search = this.input.value.trim()) {
    const { missing } = this.choices;
    if (missing) return this.tell(`Fill in ${missing} first, or type the value.`);
    this.search = search;
    this.busy(true);
    const page = await this.choices.page(search);
    if (page === undefined) return;
    if (document.activeElement !== this.input) return this.busy(false);
    this.shown = [];
    this.list.replaceChildren();
    this.add(page);
    if (!(await this.soughtOn())) return;
    this.list.hidden = this.shown.length === 0;
    this.input.setAttribute("aria-expanded", String(this.isOpen));
    this.tell(page.error || (this.shown.length ? "" : "Nothing found. You can type the value."));
    this.activate(-1);
  }

  // Asks on until something is found or nothing is left; false when asked anew meanwhile.
  async soughtOn() {
    while (!this.shown.length && this.next && document.activeElement === this.input) {
      const page = await this.choices.page(this.search, this.next);
      if (page === undefined) return false;
      this.add(page);
    }
    this.busy(false);
    return true;
  }

  async scrolled() {
    const nearEnd = this.list.scrollTop + this.list.clientHeight > this.list.scrollHeight - 60;
    if (!nearEnd || !this.next || this.loading) return;
    this.busy(true);
    const page = await this.choices.page(this.search, this.next);
    if (page === undefined) return;
    this.busy(false);
    this.add(page);
  }

  add(page) {
    this.next = page.next;
    this.shown.push(...page.choices);
    this.list.append(...page.choices.map((choice) => element("li", { id: newId("choice"), role: "option", class: "f-choice", "aria-selected": "false" }, choice.label)));
  }

  activate(place) {
    this.active = place;
    [...this.list.children].forEach((item, each) => item.setAttribute("aria-selected", String(each === place)));
    const item = this.list.children[place];
    if (item) {
      item.scrollIntoView({ block: "nearest" });
      this.input.setAttribute("aria-activedescendant", item.id);
    } else this.input.removeAttribute("aria-activedescendant");
  }

  clicked(event) {
    const place = [...this.list.children].indexOf(event.target.closest("[role=option]"));
    if (place >= 0) this.take(place);
  }

  take(place) {
    this.input.value = this.shown[place].value;
    this.input.dispatchEvent(new Event("change", { bubbles: true }));
    this.hide();
  }

  hide() {
    this.later.cancel();
    this.list.hidden = true;
    this.input.setAttribute("aria-expanded", "false");
    this.activate(-1);
  }

  busy(is) {
    this.loading = is;
    this.open.classList.toggle("f-busy", is);
    if (is && !this.isOpen) this.tell("Looking …");
  }

  tell(text) {
    this.status.textContent = text;
  }
}
