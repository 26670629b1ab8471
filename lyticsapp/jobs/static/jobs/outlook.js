// What ticking a box will come to, asked of the server while somebody fills in the form.
import { element, settled } from "../face/element.js";

export class Outlook {
  constructor(form, box) {
    this.form = form;
    this.box = box;
    this.of = JSON.parse(box.dataset.outlookOf);
    this.told = element("p", { class: "f-choice-status", role: "status" });
    (box.closest(".group") || box.parentElement).append(this.told);
    const later = settled(300, () => this.ask());
    const heard = ({ target }) => (target === box || this.of.includes(target.name)) && later();
    form.addEventListener("input", heard);
    form.addEventListener("change", heard);
    this.ask();
  }

  async ask() {
    this.asking?.abort();
    if (!this.box.checked) return this.told.replaceChildren();
    const asking = (this.asking = new AbortController());
    this.told.textContent = "Looking …";
    try {
      const response = await fetch(this.box.dataset.outlook, { method: "POST", body: this.body(), signal: asking.signal });
      if (response.ok) this.told.innerHTML = await response.text();
      else this.told.textContent = "The server did not answer. What this will come to is not known.";
    } catch (error) {
      if (error.name !== "AbortError") this.told.textContent = "The server did not answer. What this will come to is not known.";
    }
  }

  body() {
    const wanted = [this.box.name, "csrfmiddlewaretoken", ...this.of];
    const body = new FormData();
    for (const [name, value] of new FormData(this.form)) if (wanted.includes(name)) body.append(name, value);
    body.set("authorization", this.form.dataset.authorization);
    return body;
  }
}
